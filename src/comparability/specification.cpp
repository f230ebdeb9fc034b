#include "miura/comparability/specification.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "miura/matrix/table_columns.hpp"
#include "miura/stats/median.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::comparability {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr std::int32_t fewest_lots_to_fit = 5;

/// The lots that have both values.
struct Points {
  std::vector<double> x, y;

  std::int32_t size() const { return static_cast<std::int32_t>(std::ssize(x)); }
  Points without(std::int32_t i) const {
    Points rest = *this;
    rest.x.erase(rest.x.begin() + i);
    rest.y.erase(rest.y.begin() + i);
    return rest;
  }
};

/// Accepts a lot at or beyond the threshold.
struct Rule {
  double threshold = none;
  bool accept_high = true;
  bool accepts(double x) const { return accept_high ? x >= threshold : x <= threshold; }
};

bool suits(double outcome, double requirement, bool at_least) {
  return at_least ? outcome >= requirement : outcome <= requirement;
}

bool constant(std::span<const double> values) {
  return std::ranges::all_of(values, [&](double v) { return v == values.front(); });
}

/// Between neighbouring lots, where Youden's J is largest; the middle of several. NaN where all lots have one attribute
/// or are on one side of the requirement.
Rule fit_rule(const Points& lots, double requirement, bool at_least) {
  Rule rule;
  std::vector<std::uint8_t> suitable;
  for (const double y : lots.y) suitable.push_back(suits(y, requirement, at_least) ? 1 : 0);
  const auto n_suitable = std::ranges::count(suitable, 1), n_unsuitable = lots.size() - n_suitable;
  if (n_suitable == 0 || n_unsuitable == 0) return rule;
  const double rho = stats::spearman_rho(lots.x, lots.y);
  rule.accept_high = (rho >= 0.0) == at_least;
  auto sorted = lots.x;
  std::ranges::sort(sorted);
  std::vector<double> best;
  std::int64_t most = -1;
  for (std::size_t i = 1; i < sorted.size(); ++i) {
    if (sorted[i - 1] == sorted[i]) continue;
    const Rule tried{0.5 * (sorted[i - 1] + sorted[i]), rule.accept_high};
    std::int64_t accepted = 0, rejected = 0;
    for (std::int32_t l = 0; l < lots.size(); ++l)
      (tried.accepts(lots.x[l]) ? accepted += suitable[l] : rejected += 1 - suitable[l]);
    const auto both = accepted * n_unsuitable + rejected * n_suitable;  // sensitivity + specificity, in integers
    if (both > most) best.clear(), most = both;
    if (both == most) best.push_back(tried.threshold);
  }
  if (!best.empty()) rule.threshold = best[best.size() / 2];
  return rule;
}

/// Least squares of y on x; flat where x does not vary.
struct Line {
  double at_mean = none, mean_x = 0.0, slope = 0.0;
  double operator()(double x) const { return at_mean + slope * (x - mean_x); }
};

Line fit_line(const Points& lots) {
  const auto n = static_cast<double>(lots.size());
  Line line;
  line.mean_x = std::accumulate(lots.x.begin(), lots.x.end(), 0.0) / n;
  line.at_mean = std::accumulate(lots.y.begin(), lots.y.end(), 0.0) / n;
  double xx = 0.0, xy = 0.0;
  for (std::int32_t l = 0; l < lots.size(); ++l) {
    xx += (lots.x[l] - line.mean_x) * (lots.x[l] - line.mean_x);
    xy += (lots.x[l] - line.mean_x) * (lots.y[l] - line.at_mean);
  }
  if (xx > 0.0) line.slope = xy / xx;
  return line;
}

struct Prediction {
  double low = none, high = none, level = none;
};

/// Jackknife+ interval of the outcome of a lot with attribute x. The level is lowered to what so many lots can give.
Prediction jackknife_plus(const Points& lots, double x, double level) {
  const auto n = lots.size();
  const double attained = std::min(level, static_cast<double>(n) / (n + 1));
  std::vector<double> low, high;
  for (std::int32_t i = 0; i < n; ++i) {
    const auto line = fit_line(lots.without(i));
    const double residual = std::abs(lots.y[i] - line(lots.x[i]));
    low.push_back(line(x) - residual);
    high.push_back(line(x) + residual);
  }
  std::ranges::sort(low);
  std::ranges::sort(high);
  const auto rank = static_cast<std::int32_t>(std::ceil(attained * (n + 1) - 1e-9));  // 1-based, at most n
  return {low[n - rank], high[rank - 1], attained};
}

/// Judges every lot by what the others give.
void leave_each_out(const Points& lots, const Claim& claim, const SpecificationOptions& options, Specification& found) {
  std::int32_t inside = 0;
  found.threshold_low = found.threshold_high = found.threshold;
  for (std::int32_t i = 0; i < lots.size(); ++i) {
    const auto others = lots.without(i);
    const auto interval = jackknife_plus(others, lots.x[i], options.level);
    inside += lots.y[i] >= interval.low && lots.y[i] <= interval.high ? 1 : 0;
    const auto rule = fit_rule(others, found.requirement, claim.at_least);
    if (std::isnan(rule.threshold)) continue;  // the others are all on one side: no rule to judge by
    found.threshold_low = std::min(found.threshold_low, rule.threshold);
    found.threshold_high = std::max(found.threshold_high, rule.threshold);
    if (suits(lots.y[i], found.requirement, claim.at_least)) {
      ++found.suitable;
      found.suitable_accepted += rule.accepts(lots.x[i]) ? 1 : 0;
    } else {
      ++found.unsuitable;
      found.unsuitable_rejected += rule.accepts(lots.x[i]) ? 0 : 1;
    }
  }
  found.covered = static_cast<double>(inside) / lots.size();
}

double share_of(double logit) { return 1.0 / (1.0 + std::exp(-logit)); }

}  // namespace

double Specification::sensitivity() const {
  return suitable > 0 ? static_cast<double>(suitable_accepted) / suitable : none;
}

double Specification::specificity() const {
  return unsuitable > 0 ? static_cast<double>(unsuitable_rejected) / unsuitable : none;
}

Specification specify(const Claim& claim, const SpecificationOptions& options) {
  Points lots;
  for (std::size_t l = 0; l < claim.attribute_value.size(); ++l) {
    if (std::isnan(claim.attribute_value[l]) || std::isnan(claim.outcome_value[l])) continue;
    lots.x.push_back(claim.attribute_value[l]);
    lots.y.push_back(claim.outcome_value[l]);
  }
  Specification found;
  found.n = lots.size();
  found.requirement_is_median = std::isnan(claim.requirement);
  found.requirement = !found.requirement_is_median ? claim.requirement : lots.x.empty() ? none : stats::median(lots.y);
  found.rho = found.threshold = found.threshold_low = found.threshold_high = none;
  found.predicted = found.predicted_low = found.predicted_high = found.level = found.covered = none;
  if (lots.size() < fewest_lots_to_fit) {
    found.status = "LOW_N";
    return found;
  }
  if (constant(lots.x) || constant(lots.y)) {
    found.status = constant(lots.x) ? "CONSTANT_FEATURE" : "CONSTANT_OUTCOME";
    return found;
  }
  found.rho = stats::spearman_rho(lots.x, lots.y);
  const auto rule = fit_rule(lots, found.requirement, claim.at_least);
  found.status = std::isnan(rule.threshold) ? "NOT_TESTED" : "OK";
  if (std::isnan(rule.threshold)) return found;
  found.accept_high = rule.accept_high;
  found.threshold = rule.threshold;
  const auto interval = jackknife_plus(lots, rule.threshold, options.level);
  found.predicted = fit_line(lots)(rule.threshold);
  found.predicted_low = interval.low;
  found.predicted_high = interval.high;
  found.level = interval.level;
  leave_each_out(lots, claim, options, found);
  return found;
}

matrix::Table specification_table(std::span<const Claim> claims, std::span<const Specification> found) {
  struct Row : Specification {
    const Claim& claim;
    double shown(double x) const { return claim.scale == Claim::Scale::logit_share ? share_of(x) : x; }
  };
  std::vector<Row> rows;
  for (std::size_t i = 0; i < claims.size(); ++i) rows.push_back({found[i], claims[i]});
  matrix::TableColumns<Row> columns("specification", rows);
  columns.add("attribute", [](const Row& row) { return row.claim.attribute; });
  columns.add("scale", [](const Row& row) { return row.claim.scale == Claim::Scale::logit_share ? "share" : "value"; });
  columns.add("outcome", [](const Row& row) { return row.claim.outcome; });
  columns.add("outcome_must_be", [](const Row& row) { return row.claim.at_least ? "at least" : "at most"; });
  columns.add("requirement", &Row::requirement);
  columns.add("n", &Row::n);
  columns.add("rho", &Row::rho);
  columns.add("accept", [](const Row& row) { return row.accept_high ? "at least" : "at most"; });
  columns.add("threshold", [](const Row& row) { return row.shown(row.threshold); });
  columns.add("threshold_lo", [](const Row& row) { return row.shown(row.threshold_low); });
  columns.add("threshold_hi", [](const Row& row) { return row.shown(row.threshold_high); });
  columns.add("predicted", &Row::predicted);
  columns.add("predicted_lo", &Row::predicted_low);
  columns.add("predicted_hi", &Row::predicted_high);
  columns.add("level", &Row::level);
  columns.add("loo_covered", &Row::covered);
  columns.add("suitable", &Row::suitable);
  columns.add("sensitivity", [](const Row& row) { return row.sensitivity(); });
  columns.add("unsuitable", &Row::unsuitable);
  columns.add("specificity", [](const Row& row) { return row.specificity(); });
  columns.add("status", &Row::status);
  columns.add("flags", [](const Row& row) { return row.requirement_is_median ? "MEDIAN_REQUIRED" : ""; });
  return columns.take();
}

}  // namespace miura::comparability
