#include <cmath>

#include "report/charts.hpp"
#include "report/lots_shown.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

Section outcome_section(const StudyReport& report) {
  using Align = HtmlTable::Align;
  Section section{"outcomes", "What the lots do", {}};
  if (report.outcomes.empty()) return section;
  const auto measures = measures_of(report.outcome_names);
  const auto cluster = cluster_of_claim(report);
  const bool ordered = !report.primary_outcome.empty();
  section.body +=
      paragraph("The outcomes of each lot" +
                (ordered ? ", ordered by " + report.primary_outcome + ", lowest first" : std::string()) +
                ". Conditions of one measurement stand on one line." +
                (cluster.empty() ? std::string()
                                 : " The bars, in the same order, are the lots' shares of cluster " + cluster + "."));
  Html figures;
  for (std::size_t m = 0; m < measures.size(); ++m) {
    const bool several = measures[m].conditions.size() > 1;
    figures +=
        chart("outcome-" + std::to_string(m), outcome_chart(report, measures[m]),
              element("strong", text(measures[m].name)) + text(several ? ", by condition" : ""), "tables/outcomes.tsv");
    if (m == 0 && !cluster.empty())
      figures += chart("share", share_chart(report, cluster),
                       element("strong", text("cluster " + cluster)) + text(", its share"), "tables/composition.tsv");
  }
  section.body += figure_row(figures);
  std::vector<HtmlTable::Column> columns{{"lot", Align::text}, {"source", Align::text}, {"role", Align::text}};
  for (const auto& name : report.outcome_names) columns.push_back({name});
  HtmlTable table("Outcomes of each lot, as its sheet has them", columns);
  for (const auto* lot : lots_by_outcome(report)) {
    std::vector<TableCell> row{cell(lot->lot), cell(lot->source), cell(lot->role)};
    for (const double value : lot->value)
      row.push_back(cell(std::isfinite(value) ? rounded_text(value) : std::string("\u2013")));
    table.add(row);
  }
  section.body += element("details", element("summary", text("All numbers")) + table.html());
  section.body += note_of_lots_shown(report.outcomes.size(), most_lots, "tables/outcomes.tsv");
  return section;
}

}  // namespace miura::report
