#include <fmt/format.h>

#include <algorithm>

#include "report/charts.hpp"
#include "report/mapped_words.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

Section replication_section(const StudyReport& report) {
  using Align = HtmlTable::Align;
  Section section{"other-lots", "In other lots and sources", {}};
  if (report.replication.empty()) return section;
  section.body += element("p", element("strong", text(words_on_replication(report)))) + Html{"\n"};
  section.body += paragraph(
      "One cluster and the sign of its correlation come from the training lots; the mapped lots had no part in "
      "choosing them, so the test is one-sided and of its own. The groups of lots overlap: the one that was declared "
      "beforehand counts. Several sources together are compared within each source.");
  Html figures;
  int number = 0;
  for (const auto& scatter : report.replication_scatter)
    figures += chart("replication-" + std::to_string(number++), scatter_chart(scatter),
                     element("strong", text("cluster " + scatter.cluster)) + text(" and " + scatter.outcome));
  if (number > 0) section.body += figure_row(figures);
  HtmlTable table("Share of the declared cluster against the outcome in mapped lots", {{"lots of", Align::text},
                                                                                       {"outcome", Align::text},
                                                                                       {"cluster", Align::text},
                                                                                       {"expected", Align::text},
                                                                                       {"lots"},
                                                                                       {"rho"},
                                                                                       {"p, one-sided"},
                                                                                       {"smallest attainable p"},
                                                                                       {"relabelings"},
                                                                                       {"finding", Align::text},
                                                                                       {"status", Align::text}});
  for (const auto& row : report.replication) {
    const auto found = replication_of(row, report.alpha);
    table.add({cell(words_of_group(row.role, row.source)), cell(row.outcome), cell(row.cluster), cell(row.hypothesis),
               cell(count_text(row.n_lots)), cell(rho_text(row.rho)), cell(p_text(row.p_one_sided, report.alpha)),
               cell(p_text(row.p_min_attainable, report.alpha)), cell(count_text(row.permutations)),
               cell(word_for(found)), cell(row.flags.empty() ? row.status : row.status + " (" + row.flags + ")")},
              found == Replication::replicated ? "declared" : "");
  }
  section.body += table.html();
  return section;
}

}  // namespace miura::report
