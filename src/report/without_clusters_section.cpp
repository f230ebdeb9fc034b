#include <fmt/format.h>

#include <algorithm>

#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

Section without_clusters_section(const StudyReport& report) {
  using Align = HtmlTable::Align;
  Section section{"without-clusters", "Without clusters", {}};
  const auto& rows = report.without_clusters;
  if (rows.empty()) return section;
  section.body += paragraph(
      "The same question without any partition: does the abundance of lots round each reference cell go with the "
      "outcome (covarying neighborhood analysis, Reshef et al. 2022)? All of them together, the best single "
      "neighborhood with the search paid for, and clusters and neighborhoods in one test.");
  const auto main = std::ranges::find(rows, report.primary_outcome, &NeighborhoodRow::outcome);
  if (main != rows.end() && main->p <= 1)
    section.body += paragraph(
        fmt::format("For {}: p = {} over all neighborhoods; {}.", main->outcome, p_text(main->p, report.alpha),
                    main->p_omnibus <= 1
                        ? fmt::format("with the clusters in one test p = {}", p_text(main->p_omnibus, report.alpha))
                        : std::string("no joint test with the clusters")));
  HtmlTable table("Outcomes against neighborhoods", {{"outcome", Align::text},
                                                     {"lots"},
                                                     {"components"},
                                                     {"p, all neighborhoods"},
                                                     {"p, best neighborhood"},
                                                     {"p, best cluster"},
                                                     {"p, clusters and neighborhoods"},
                                                     {"status", Align::text}});
  for (const auto& row : rows)
    table.add({cell(row.outcome), cell(count_text(row.n_lots)), cell(count_text(row.n_components)),
               cell(p_text(row.p, report.alpha)), cell(p_text(row.p_local, report.alpha)),
               cell(p_text(row.p_clusters, report.alpha)), cell(p_text(row.p_omnibus, report.alpha)),
               cell(row.status)});
  section.body += table.html();
  return section;
}

}  // namespace miura::report
