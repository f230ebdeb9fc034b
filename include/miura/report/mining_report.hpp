#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "miura/report/comparison_report.hpp"
#include "miura/report/study_report.hpp"

namespace miura::report {

/// A number of hits beside what relabeled lines give: a row of mining_counts.tsv.
struct HitCountRow {
  std::string kind;  ///< hits, intersection, replication
  std::string name, measurement, rule;
  std::int64_t n_lines = 0, n_units = 0, observed = 0;
  double null_mean = missing;
  std::int64_t null_95 = 0;
  double p = missing;
  std::int64_t permutations = 0;
  std::string permutation_kind;
  double independent_mean = missing;  ///< as if all were independent: wrong
  std::string status;
};

/// What training lines selected, as the test lines see it: a row of mining_replication.tsv.
struct SelectionRow {
  std::string rule, measurement, unit, gene;
  bool is_intersection = false;
  std::string term;  ///< that both rho are of: `array/meso:-`, the weakest in the test lines
  double train_rho = missing, train_p = missing;
  std::int64_t n_test = 0;
  double test_rho = missing, p_test = missing, q_test = missing;
  bool replicated = false;
};

/// A probe that meets all terms of an intersection in training lines: rows of mining_intersections.tsv.
struct MemberRow {
  struct Term {
    std::string measurement, outcome, probe;
    double rho = missing, p = missing;  ///< one-sided
  };
  std::string intersection, unit, gene;
  double p_conjunction = missing, q_conjunction = missing;
  std::vector<Term> terms;
};

/// A probe against the outcomes of its rule, rank against rank, in the lines of one measurement.
struct RankPanel {
  struct Series {
    std::string outcome;
    double rho = missing;
    std::vector<double> value_rank, outcome_rank;  ///< of each line; NaN: unknown
  };
  std::string rule, gene, probe, measurement, set;
  std::vector<std::string> line;
  std::vector<Series> outcomes;
};

/// The propensity of lines: a component of marker genes.
struct PropensityPanel {
  struct Point {
    std::string line, set;
    double score = missing, rank = missing;
  };
  std::string outcome, status;
  double variance_share = missing, sign_correlation = missing, jackknife = missing;
  std::vector<Point> points;
};

/// Marker genes of a propensity in the lines of one measurement.
struct MarkerPanel {
  std::string outcome, measurement, platform, method, set;
  std::vector<std::string> marker, line;
  std::vector<double> value, z;  ///< markers x lines, row-major; z by mean and sd of the training lines
};

struct OutcomePair {
  std::string first, second;
  std::int64_t n = 0;
  double rho = missing, p = missing;
};

/// A line and what it would become.
struct ProductRow {
  struct Product {
    double rank = missing;
    std::int64_t n = 0;
    std::string level, selected;  ///< selected: yes, no, or empty where the marker is not known
  };
  std::string line, set, group;
  std::vector<Product> products;  ///< one an outcome
};

/// All that the report.html of the mining of bulk tables shows, taken as it stands.
struct MiningReport {
  std::string study, program_version;
  double alpha = 0.05;  ///< false discovery rate of what is called replicated, and of counts that are more than chance
  std::vector<HitCountRow> counts;
  std::vector<MemberRow> members;
  std::vector<SelectionRow> selections;  ///< empty: there are no test lines
  std::vector<RankPanel> ranks;
  std::vector<PropensityPanel> propensities;
  std::vector<MarkerPanel> markers;
  std::vector<OutcomePair> outcome_pairs;
  std::vector<std::string> outcomes;  ///< of the products
  std::vector<ProductRow> lines;
  std::vector<SpecificationRow> specification;
  std::vector<MethodStep> method;
  std::vector<NamedText> settings;
  std::vector<std::string> warnings;
  std::vector<NamedText> files;
  std::vector<NamedText> inputs;  ///< file -> SHA-256
};

/// One self-contained page, as render_html() makes it of a study. Not collective.
std::string render_mining(const MiningReport& report);

}  // namespace miura::report
