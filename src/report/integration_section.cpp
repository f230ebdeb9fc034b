#include <fmt/format.h>

#include <algorithm>

#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

namespace {

using Align = HtmlTable::Align;

std::string words_of(const std::string& integration) {
  return integration == "none" ? "without integration" : "integrated by " + integration;
}

/// Rows of one pair of integrations and one outcome.
struct Pair {
  const IntegrationRow* first;
  std::vector<const IntegrationRow*> rows;
};

std::vector<Pair> pairs_of(const std::vector<IntegrationRow>& rows) {
  std::vector<Pair> pairs;
  for (const auto& row : rows) {
    const auto same = [&](const Pair& pair) {
      return pair.first->integration == row.integration && pair.first->other == row.other &&
             pair.first->outcome == row.outcome;
    };
    auto of = std::ranges::find_if(pairs, same);
    if (of == pairs.end()) of = pairs.insert(pairs.end(), {&row, {}});
    of->rows.push_back(&row);
  }
  return pairs;
}

Html table_of(const Pair& pair, double alpha) {
  const auto& first = *pair.first;
  const auto with = words_of(first.integration), other = words_of(first.other);
  const bool tested = !first.outcome.empty();
  std::vector<HtmlTable::Column> columns{
      {"cluster, " + with, Align::text}, {"cluster, " + other, Align::text}, {"Jaccard"}, {"rho of shares"}};
  if (tested)
    for (const auto* quantity : {"rho", "p, this test alone", "p, family-wise"})
      for (const auto& which : {with, other}) columns.push_back({fmt::format("{}, {}", quantity, which)});
  HtmlTable table(tested ? fmt::format("Each cluster {} and {}, and {}", with, other, first.outcome)
                         : fmt::format("Each cluster {} and {}", with, other),
                  columns);
  for (const auto* row : pair.rows) {
    std::vector<TableCell> cells{cell(row->cluster), cell(row->other_cluster),
                                 TableCell{cell(rho_text(row->jaccard)).content, row->jaccard},
                                 cell(rho_text(row->rho_shares))};
    if (tested)
      for (const auto& words :
           {rho_text(row->rho), rho_text(row->other_rho), p_text(row->p_exact, alpha),
            p_text(row->other_p_exact, alpha), p_text(row->p_step, alpha), p_text(row->other_p_step, alpha)})
        cells.push_back(cell(words));
    table.add(cells);
  }
  return table.html();
}

}  // namespace

Section integration_section(const StudyReport& report) {
  Section section{"integration", "With and without integration", {}};
  if (report.integration.empty()) return section;
  section.body += paragraph(
      "Integration makes cells of different batches comparable, and can take a true difference between lots away or "
      "place cells where their batch has none. So each cluster stands beside the most similar one of the other "
      "coordinates. A finding that is there in both does not hang on the integration. The family-wise p of clusters "
      "that are not declared is within their own partition and declares nothing.");
  for (const auto& pair : pairs_of(report.integration)) {
    section.body +=
        paragraph(fmt::format("{} against {}: adjusted Rand index of the labels {}.", words_of(pair.first->integration),
                              words_of(pair.first->other), rho_text(pair.first->ari)));
    section.body += table_of(pair, report.alpha);
  }
  return section;
}

}  // namespace miura::report
