#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "miura/report/study_report.hpp"

namespace miura::report {

/// What is concluded for one final use of the product.
struct VerdictRow {
  std::string final_use, result, text;
};

/// An endpoint before and after a change: a row of comparability.tsv.
struct EndpointRow {
  std::string final_use, endpoint, kind, test;
  std::int64_t n_before = 0, n_after = 0;
  double difference = missing, margin = missing, ci_lo = missing, ci_hi = missing;
  double p_difference = missing, false_accept = missing, false_reject = missing;
  std::string result, flags;
};

/// A margin that comes from an outcome: a row of margin.tsv.
struct MarginRow {
  std::string final_use, endpoint, outcome;
  double amount = missing;
  std::int64_t n_lots = 0;
  double at_slope = missing, margin = missing;
  std::string status;
};

/// One lot by one statistic: a row of deviation.tsv.
struct DeviationRow {
  std::string lot, source, role, statistic;
  double distance = missing, median_reference = missing, p_conformal = missing, p_bonferroni = missing;
  std::int64_t n_reference = 0;
  bool alarm = false;
};

/// A proposed acceptance rule: a row of specification.tsv.
struct SpecificationRow {
  std::string attribute, outcome, must_be, accept;
  double requirement = missing, threshold = missing, threshold_lo = missing, threshold_hi = missing;
  double predicted_lo = missing, predicted_hi = missing, sensitivity = missing, specificity = missing;
  std::int64_t n_lots = 0;
  std::string status, flags;
};

/// All that the report.html of a comparison of lots shows, taken as it stands.
struct ComparisonReport {
  std::string study, program_version;
  double alpha = 0.05;
  std::int64_t n_lots = 0;
  std::vector<VerdictRow> verdicts;  ///< empty: nothing was compared before and after a change
  std::vector<EndpointRow> endpoints;
  std::vector<MarginRow> margins;
  std::vector<DeviationRow> deviations;
  std::vector<SpecificationRow> specification;
  std::vector<MethodStep> method;
  std::vector<NamedText> settings;
  std::vector<std::string> warnings;
  std::vector<NamedText> files;
  std::vector<NamedText> inputs;  ///< file -> SHA-256
};

/// One self-contained page, as render_html() makes it of a study. Not collective.
std::string render_comparison(const ComparisonReport& report);

}  // namespace miura::report
