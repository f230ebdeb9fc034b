#include <fmt/format.h>

#include <cmath>

#include "report/charts.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

namespace {

using Align = HtmlTable::Align;

std::string fold_text(double value) { return std::isfinite(value) ? fmt::format("{:+.2f}", value) : "\u2013"; }

}  // namespace

Section marker_section(const StudyReport& report) {
  Section section{"markers", "What marks the clusters", {}};
  if (report.markers.empty()) return section;
  section.body += paragraph(
      "The genes that are higher in a cluster than in the other cells of the same lot, by what all lots agree on: the "
      "cautious end of the 95 % interval, over lots, of the log2 ratio. Tests over cells would prove nothing here: the "
      "clusters were formed on these very genes, and the cells of a lot are no independent samples. Nor does a marker "
      "prove that its cluster is real: any cut through a continuum has some.");
  if (!report.marker_dots.empty())
    section.body += chart("markers", dot_plot(report),
                          text("The foremost genes of each cluster in all clusters; ringed where they mark it"),
                          "tables/marker_dots.tsv");
  if (!report.volcano.empty()) {
    section.body += paragraph(
        "All genes of one cluster. The p of the axis is over cells and no evidence; where the lots agree (the interval "
        "of "
        "the log2 ratio over lots leaves out 0) a gene is a coloured triangle. Of genes that would lie on one another "
        "the "
        "foremost is drawn.");
    section.body += chart("volcano", volcano_chart(report, cluster_of_claim(report)),
                          element("strong", text("Volcano")) + text(" of a cluster against the others"),
                          "tables/marker_volcano.tsv");
  }
  HtmlTable table("Foremost genes of each cluster", {{"cluster", Align::text},
                                                     {"gene", Align::text},
                                                     {"log2 ratio"},
                                                     {"at least"},
                                                     {"higher in lots"},
                                                     {"p over lots, family-wise"},
                                                     {"AUC over cells"},
                                                     {"expressed inside"},
                                                     {"outside"},
                                                     {"remark", Align::text}});
  for (const auto& row : report.markers)
    table.add({cell(row.cluster), cell(row.gene), cell(fold_text(row.difference)), cell(fold_text(row.effect)),
               cell(fmt::format("{} of {}", row.n_higher, row.n_lots)), cell(p_text(row.p_max_t, report.alpha)),
               cell(rho_text(row.auc)), cell(percent_text(row.share_in)), cell(percent_text(row.share_out)),
               cell(row.flags)});
  section.body += element("details", element("summary", text("All numbers")) + table.html());
  section.body += note(
      "More genes, up and down, with their tests over lots and over cells: tables/markers.tsv; the numbers behind "
      "every "
      "dot: tables/marker_dots.tsv.");
  return section;
}

}  // namespace miura::report
