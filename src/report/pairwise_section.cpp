#include "report/charts.hpp"
#include "report/contrast_genes.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

Section pairwise_section(const StudyReport& report) {
  Section section{"pairwise", "One cluster against another", {}};
  const auto& rows = report.pairwise;
  if (rows.empty()) return section;
  const ContrastWords words{"clusters", rows.front().contrast, "higher in the first cluster",
                            "higher in the second cluster", "lots"};
  section.body =
      paragraph(
          "What tells two clusters apart, lot by lot: the foremost genes of each direction by the cautious end of the "
          "95 % interval, over lots, of the log2 ratio of the two. As for all markers, the clusters were formed on "
          "these genes, so that no p here is evidence that they are two.") +
      chart("pairwise", contrast_chart(rows, words), element("strong", text("Genes")) + text(" of a pair of clusters"),
            "tables/markers_pairwise.tsv") +
      element("details",
              element("summary", text("All numbers")) +
                  contrast_table("Foremost genes of each pair of clusters", "clusters", rows, words, report.alpha));
  return section;
}

}  // namespace miura::report
