#pragma once

#include "miura/report/mining_report.hpp"

namespace miura::report::planted {

/// Three outcomes and one intersection of ten training lines; SALL3 is confirmed in thirteen test lines, GENE7 is not.
inline MiningReport mining() {
  MiningReport report;
  report.study = "planted";
  report.program_version = "test";
  report.outcomes = {"ecto", "meso", "endo"};
  report.counts = {{.kind = "hits",
                    .name = "ecto",
                    .measurement = "array",
                    .rule = "+",
                    .n_lines = 10,
                    .n_units = 3609,
                    .observed = 49,
                    .null_mean = 87.6,
                    .null_95 = 228,
                    .p = 0.636,
                    .permutations = 3628800,
                    .permutation_kind = "exact",
                    .independent_mean = 88.4,
                    .status = "OK"},
                   {.kind = "hits",
                    .name = "ecto",
                    .measurement = "array",
                    .rule = "-",
                    .n_lines = 2,
                    .n_units = 0,
                    .permutation_kind = {},
                    .status = "LOW_N"},
                   {.kind = "intersection",
                    .name = "switch",
                    .measurement = {},
                    .rule = "array/ecto:+ array/meso:-",
                    .n_lines = 10,
                    .n_units = 3609,
                    .observed = 26,
                    .null_mean = 9.77,
                    .null_95 = 38,
                    .p = 0.105,
                    .permutations = 99999,
                    .permutation_kind = "mc",
                    .independent_mean = 0.06,
                    .status = "OK"},
                   {.kind = "replication",
                    .name = "switch",
                    .measurement = {},
                    .rule = "array/ecto:+ array/meso:-",
                    .n_lines = 13,
                    .n_units = 26,
                    .observed = 15,
                    .null_mean = 0.05,
                    .null_95 = 0,
                    .p = 0.0001,
                    .permutations = 99999,
                    .permutation_kind = "mc",
                    .independent_mean = 0.01,
                    .status = "OK"}};
  report.members = {{.intersection = "switch",
                     .unit = "A_1",
                     .gene = "SALL3",
                     .p_conjunction = 0.0087,
                     .q_conjunction = 1,
                     .terms = {{"array", "ecto", "A_1", 0.745, 0.0087}, {"array", "meso", "A_1", -0.82, 0.003}}}};
  report.selections = {{.rule = "switch",
                        .measurement = {},
                        .unit = "A_1",
                        .gene = "SALL3",
                        .is_intersection = true,
                        .term = "array/ecto:+",
                        .train_rho = 0.745,
                        .train_p = 0.0087,
                        .n_test = 13,
                        .test_rho = 0.769,
                        .p_test = 0.00154,
                        .q_test = 0.011,
                        .replicated = true},
                       {.rule = "switch",
                        .measurement = {},
                        .unit = "A_7",
                        .gene = "GENE7",
                        .is_intersection = true,
                        .term = "array/meso:-",
                        .train_rho = -0.7,
                        .train_p = 0.02,
                        .n_test = 13,
                        .test_rho = -0.1,
                        .p_test = 0.37,
                        .q_test = 0.4}};
  const std::vector<double> rising{1, 2, 3, 4, 5}, falling{5, 4, 3, 2, 1};
  report.ranks = {{.rule = "switch",
                   .gene = "SALL3",
                   .probe = "A_1",
                   .measurement = "array",
                   .set = "train",
                   .line = {"iPS01", "iPS02", "iPS03", "iPS04", "iPS05"},
                   .outcomes = {{"ecto", 0.745, rising, {1, 3, 2, 5, missing}}, {"meso", -0.82, rising, falling}}}};
  report.propensities = {{.outcome = "ecto",
                          .status = "OK",
                          .variance_share = 0.746,
                          .sign_correlation = 0.9999,
                          .jackknife = 0.98,
                          .points = {}}};
  MarkerPanel markers{.outcome = "ecto",
                      .measurement = "qpcr",
                      .platform = "qpcr",
                      .method = "suspension",
                      .set = "train",
                      .marker = {"PAX6", "SOX1"},
                      .line = {},
                      .value = {},
                      .z = {}};
  for (int l = 0; l < 5; ++l) {
    report.propensities[0].points.push_back(
        {"iPS0" + std::to_string(l + 1), l < 3 ? "train" : "test", 1.5 * l - 3, l + 1.0});
    markers.line.push_back("iPS0" + std::to_string(l + 1));
    report.lines.push_back(
        {.line = "iPS0" + std::to_string(l + 1),
         .set = l < 3 ? "train" : "test",
         .group = "1",
         .products = {{l + 1.0, 5, "low", "yes"}, {5.0 - l, 5, "high", "no"}, {missing, 0, "", ""}}});
  }
  for (int i = 0; i < 10; ++i) {
    markers.value.push_back(-14.7 + i);
    markers.z.push_back(i == 9 ? missing : 0.4 * i - 1.8);
  }
  report.markers = {markers};
  report.outcome_pairs = {
      {"ecto", "meso", 10, -0.709, 0.0268}, {"ecto", "endo", 10, -0.673, 0.039}, {"meso", "endo", 10, 0.5, 0.14}};
  report.specification = {{.attribute = "array/A_1",
                           .outcome = "ecto",
                           .must_be = "at least",
                           .accept = "at least",
                           .requirement = 1.96,
                           .threshold = 5.57,
                           .threshold_lo = 4.92,
                           .threshold_hi = 5.78,
                           .predicted_lo = -5.5,
                           .predicted_hi = 8.5,
                           .sensitivity = 0.8,
                           .specificity = 0.8,
                           .n_lots = 10,
                           .status = "OK",
                           .flags = ""}};
  report.method = {{"Counts", "beside relabeled lines"}};
  report.settings = {{"mining.threshold", "0.05"}};
  report.inputs = {{"array.csv", "8c0816211e7c89be"}};
  report.files = {{"tables/mining_counts.tsv", "counts"}};
  return report;
}

}  // namespace miura::report::planted
