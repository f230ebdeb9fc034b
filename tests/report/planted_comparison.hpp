#pragma once

#include "miura/report/comparison_report.hpp"

namespace miura::report::planted {

/// Two final uses, one of which the lots are similar for; one lot of which one statistic raises an alarm.
inline ComparisonReport comparison() {
  ComparisonReport report;
  report.study = "planted";
  report.program_version = "test";
  report.n_lots = 1;
  report.verdicts = {{"wound", "equivalent", "similar in the observed attributes for wound"},
                     {"heart", "undecided", "not shown to be similar for heart"}};
  report.endpoints = {{.final_use = "wound",
                       .endpoint = "3",
                       .kind = "share",
                       .test = "welch",
                       .n_before = 11,
                       .n_after = 5,
                       .difference = -0.12,
                       .margin = 0.84,
                       .ci_lo = -0.5,
                       .ci_hi = 0.26,
                       .p_difference = 0.58,
                       .false_accept = 0.047,
                       .false_reject = 0.38,
                       .result = "equivalent",
                       .flags = ""},
                      {.final_use = "heart",
                       .endpoint = "3",
                       .kind = "share",
                       .test = "welch",
                       .n_before = 11,
                       .n_after = 2,
                       .difference = -0.12,
                       .result = "descriptive",
                       .flags = "NO_MARGIN"}};
  report.margins = {{.final_use = "wound",
                     .endpoint = "3",
                     .outcome = "vegf_ischemia",
                     .amount = 1500,
                     .n_lots = 11,
                     .at_slope = 1.2,
                     .margin = 0.84,
                     .status = "OK"}};
  report.deviations = {{.lot = "BM15",
                        .source = "BM",
                        .role = "test",
                        .statistic = "aitchison",
                        .distance = 2.5,
                        .median_reference = 1.1,
                        .p_conformal = 1.0 / 12,
                        .p_bonferroni = 0.004,
                        .n_reference = 11,
                        .alarm = true},
                       {.lot = "BM15", .source = "BM", .role = "test", .statistic = "outside_share"}};
  report.specification = {{.attribute = "3",
                           .outcome = "vegf_ischemia",
                           .must_be = "at least",
                           .accept = "at least",
                           .requirement = 4000,
                           .threshold = 0.16,
                           .threshold_lo = 0.15,
                           .threshold_hi = 0.18,
                           .predicted_lo = 2000,
                           .predicted_hi = 6500,
                           .sensitivity = 0.83,
                           .specificity = 0.6,
                           .n_lots = 11,
                           .status = "OK",
                           .flags = ""}};
  return report;
}

}  // namespace miura::report::planted
