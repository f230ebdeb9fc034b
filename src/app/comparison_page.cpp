#include "app/comparison_page.hpp"

#include <cstdint>
#include <set>

#include "app/page_of_tables.hpp"
#include "app/table_cells.hpp"

namespace miura::app {

std::vector<report::SpecificationRow> specification_rows(const matrix::Table& t) {
  const Cells of(t);
  std::vector<report::SpecificationRow> rows;
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    rows.push_back({.attribute = of.text("attribute", i),
                    .outcome = of.text("outcome", i),
                    .must_be = of.text("outcome_must_be", i),
                    .accept = of.text("accept", i),
                    .requirement = of.real("requirement", i),
                    .threshold = of.real("threshold", i),
                    .threshold_lo = of.real("threshold_lo", i),
                    .threshold_hi = of.real("threshold_hi", i),
                    .predicted_lo = of.real("predicted_lo", i),
                    .predicted_hi = of.real("predicted_hi", i),
                    .sensitivity = of.real("sensitivity", i),
                    .specificity = of.real("specificity", i),
                    .n_lots = of.integer("n", i),
                    .status = of.text("status", i),
                    .flags = of.text("flags", i)});
  return rows;
}

namespace {

void add_deviations(report::ComparisonReport& page, const matrix::Table& t) {
  const Cells of(t);
  std::set<std::string> lots;
  for (std::int64_t i = 0; i < t.n_rows(); ++i) {
    page.deviations.push_back({.lot = of.text("lot", i),
                               .source = of.text("source", i),
                               .role = of.text("role", i),
                               .statistic = of.text("statistic", i),
                               .distance = of.real("D", i),
                               .median_reference = of.real("D_reference", i),
                               .p_conformal = of.real("p_conf", i),
                               .p_bonferroni = of.real("p_bonferroni", i),
                               .n_reference = of.integer("n_ref", i),
                               .alarm = of.integer("alarm", i) != 0});
    lots.insert(of.text("lot", i));
  }
  page.n_lots = std::ssize(lots);
}

void add_endpoints(report::ComparisonReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.endpoints.push_back({.final_use = of.text("final_use", i),
                              .endpoint = of.text("endpoint", i),
                              .kind = of.text("kind", i),
                              .test = of.text("test", i),
                              .n_before = of.integer("n1", i),
                              .n_after = of.integer("n2", i),
                              .difference = of.real("diff", i),
                              .margin = of.real("margin", i),
                              .ci_lo = of.real("ci90_lo", i),
                              .ci_hi = of.real("ci90_hi", i),
                              .p_difference = of.real("p_difference", i),
                              .false_accept = of.real("false_accept", i),
                              .false_reject = of.real("false_reject", i),
                              .result = of.text("result", i),
                              .flags = of.text("flags", i)});
}

void add_verdicts(report::ComparisonReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.verdicts.push_back({of.text("final_use", i), of.text("result", i), of.text("verdict", i)});
}

void add_margins(report::ComparisonReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.margins.push_back({.final_use = of.text("final_use", i),
                            .endpoint = of.text("endpoint", i),
                            .outcome = of.text("outcome", i),
                            .amount = of.real("amount", i),
                            .n_lots = of.integer("n", i),
                            .at_slope = of.real("at_slope", i),
                            .margin = of.real("margin", i),
                            .status = of.text("status", i)});
}

void add_specification(report::ComparisonReport& page, const matrix::Table& t) {
  page.specification = specification_rows(t);
}

}  // namespace

report::ComparisonReport comparison_page(std::span<const matrix::Table> tables) {
  const PagePart<report::ComparisonReport> parts[] = {
      {"deviation", "is a lot like the others, by each statistic", add_deviations},
      {"heterogeneity", "variation between lots and of cells within a lot", nullptr},
      {"comparability", "every endpoint before and after the change, with all its numbers", add_endpoints},
      {"comparability_verdict", "the verdict for each final use", add_verdicts},
      {"margin", "margins that come from an outcome", add_margins},
      {"specification", "proposed acceptance rules, and how they do on lots left out", add_specification}};
  auto page = page_of<report::ComparisonReport>(tables, parts);
  page.method = {
      {"Equivalence",
       "Two one-sided t tests (Schuirmann) of after less before, of paired differences where lots share a pair, else "
       "by "
       "Welch; several components at once by Wellek's noncentral F test. All endpoints of a use must pass."},
      {"Margins",
       "Fixed before the lots are looked at: given, derived from an outcome (by the upper bound of its slope), or, "
       "flagged FALLBACK_MARGIN, 1.5 standard deviations of other lots, which is a convention and no standard."},
      {"Chances",
       "To accept a change as large as the margin, and to reject where nothing changed, for normal lots at these very "
       "numbers of lots."},
      {"Deviation",
       "Each lot's distance to the mean of the others: Aitchison's of the composition, sliced Wasserstein's and the "
       "mean "
       "embedding's of its cells, and the share of cells outside of the reference; log-t prediction p, Bonferroni over "
       "the statistics, and a conformal p."},
      {"What a verdict is not",
       "Similar observed attributes alone do not prove comparability (ICH Q5E); a verdict is of one final use."}};
  return page;
}

}  // namespace miura::app
