#include <fmt/format.h>

#include <algorithm>

#include "report/charts.hpp"
#include "report/contrast_genes.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/ranked_sets.hpp"
#include "report/sections.hpp"

namespace miura::report {

namespace {

/// What the number of donors allows.
std::string words_of_donors(const Conditions& conditions, double alpha) {
  std::int64_t most = 0;
  double smallest = 1;
  for (const auto& row : conditions.genes) {
    most = std::max(most, row.n_lots);
    smallest = std::min(smallest, row.p_min);
  }
  if (!(smallest > alpha)) return {};
  return fmt::format(
      " With {} donors the differences can change their signs in so few ways that no p, of a gene or a set, is below "
      "{}: the order is what this tells, not a proof.",
      most, p_text(smallest, alpha));
}

}  // namespace

Section condition_section(const StudyReport& report) {
  Section section{"conditions", "What differs between conditions", {}};
  const auto& conditions = report.conditions;
  const auto up = "higher in " + conditions.first, down = "higher in " + conditions.second;
  if (!conditions.genes.empty()) {
    const auto& rows = conditions.genes;
    const ContrastWords words{"cells", rows.front().contrast, up, down, "donors"};
    section.body +=
        paragraph(fmt::format("Genes of {} against {} of the same donor, on counts summed over a donor's cells of each "
                              "condition: the foremost genes of each direction by the cautious end of the 95 % "
                              "interval, over donors, of the log2 ratio.{}",
                              conditions.first, conditions.second, words_of_donors(conditions, report.alpha)));
    section.body += chart("condition-genes", contrast_chart(rows, words),
                          element("strong", text("Genes")) + text(" of all cells, or of the cells of a cluster"),
                          "tables/condition_genes.tsv");
    section.body += element(
        "details", element("summary", text("All numbers")) +
                       contrast_table("Foremost genes between the conditions", "cells", rows, words, report.alpha));
  }
  if (!conditions.sets.empty()) {
    const auto& rows = conditions.sets;
    section.body += paragraph(
        "All tested genes in the order of how firmly the donors agree: a set whose genes stand at one end is higher, "
        "or lower, as a whole. Bars are scores against permuted genes; pale ones have a false discovery rate above " +
        fmt::format("{} where the signs of the donors' differences are flipped instead, which keeps what genes have in "
                    "common.",
                    report.alpha));
    section.body += chart(
        "condition-sets",
        ranked_sets_chart(
            rows, {.label = "cells", .shown = rows.front().ranked_by, .up = up, .down = down, .alpha = report.alpha}),
        element("strong", text("Gene sets")) + text(" along these genes"), "tables/enrichment_ranked_conditions.tsv");
    section.body +=
        element("details", element("summary", text("All numbers")) +
                               ranked_sets_table("Foremost sets between the conditions", "cells", rows, report.alpha));
  }
  return section;
}

}  // namespace miura::report
