#include <algorithm>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/charts.hpp"
#include "report/mapped_words.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

namespace {

/// Status and flags; the side of the test stands in a column of its own.
std::string status_of(const ReplicationRow& row) {
  std::string flags;
  for (const auto part : std::views::split(row.flags, ';')) {
    const std::string_view flag(part.begin(), part.end());
    if (!flag.empty() && !flag.starts_with("ONE_SIDED")) flags += (flags.empty() ? "" : "; ") + std::string(flag);
  }
  return flags.empty() ? row.status : row.status + " (" + flags + ")";
}

}  // namespace

Section replication_section(const StudyReport& report) {
  using Align = HtmlTable::Align;
  Section section{"other-lots", "In other lots and sources", {}};
  if (report.replication.empty()) return section;
  section.body += paragraph(words_on_replication(report));
  section.body += paragraph(
      "One cluster and the sign of its correlation come from the training lots; the mapped lots had no part in "
      "choosing them, so the test is one-sided and of its own. Lots of role test were held out to confirm; rows that "
      "take several groups together hold the same lots once more, so that they add no finding. Several sources "
      "together are compared within each source. With very few lots nothing but a "
      "perfect order would count as replicated, so not replicated does not mean that there is nothing.");
  Html figures;
  int number = 0;
  for (const auto& scatter : report.replication_scatter)
    figures += chart("replication-" + std::to_string(number++), scatter_chart(scatter),
                     element("strong", text("cluster " + scatter.cluster)) + text(" and " + scatter.outcome),
                     "tables/source_marker_lots.tsv");
  if (number > 0) section.body += figure_row(figures);
  HtmlTable table("Share of cluster " + report.replication.front().cluster + " against the outcome in mapped lots",
                  {{"lots of", Align::text},
                   {"outcome", Align::text},
                   {"expected", Align::text},
                   {"lots"},
                   {"rho"},
                   {"p, one-sided"},
                   {"smallest attainable p"},
                   {"finding", Align::text},
                   {"status", Align::text}});
  std::vector<const ReplicationRow*> rows;
  for (const auto& row : report.replication) rows.push_back(&row);
  std::ranges::stable_sort(rows, {}, [&](const ReplicationRow* row) {
    const auto outcome = std::ranges::find(report.replication, row->outcome, &ReplicationRow::outcome);
    return std::pair(outcome - report.replication.begin(), group_of(*row));
  });
  for (const auto* each : rows) {
    const auto& row = *each;
    const auto found = replication_of(row, report.alpha);
    const bool replicated = found == Replication::replicated, nothing_to = was_not_declared(report, row);
    const auto* together = group_of(row) == GroupOfLots::together ? "together: " : "";
    table.add({cell(together + words_of_group(row.role, row.source)), cell(row.outcome), cell(row.hypothesis),
               cell(count_text(row.n_lots)), cell(rho_text(row.rho)), cell(p_text(row.p_one_sided, report.alpha)),
               cell(p_text(row.p_min_attainable, report.alpha)),
               cell(replicated && nothing_to ? "as in training, which does not declare it" : word_for(found)),
               cell(status_of(row))},
              replicated && !nothing_to && group_of(row) != GroupOfLots::together ? "declared" : "");
  }
  section.body += table.html();
  return section;
}

}  // namespace miura::report
