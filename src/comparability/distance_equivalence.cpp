#include "miura/comparability/distance_equivalence.hpp"

#include <algorithm>
#include <boost/math/distributions/fisher_f.hpp>
#include <boost/math/distributions/non_central_f.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "miura/linalg/symmetric_eigen.hpp"

namespace miura::comparability {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double flat = 1e-12;  // variance of a component, or of a dimension given others, that is none

std::vector<double> mean_of(std::span<const double> rows, std::int32_t width) {
  std::vector<double> mean(width);
  const auto n = static_cast<double>(std::ssize(rows) / width);
  for (std::int64_t at = 0; at < std::ssize(rows); ++at) mean[at % width] += rows[at] / n;
  return mean;
}

/// Adds the products of deviations from the mean of these rows to a width x width matrix.
void add_scatter(std::span<const double> rows, std::span<const double> mean, std::vector<double>& scatter) {
  const auto width = std::ssize(mean);
  for (std::int64_t row = 0; row < std::ssize(rows); row += width)
    for (std::int64_t i = 0; i < width; ++i)
      for (std::int64_t j = 0; j < width; ++j)
        scatter[i * width + j] += (rows[row + i] - mean[i]) * (rows[row + j] - mean[j]);
}

/// d' S^-1 d by Cholesky's factor of S; NaN where S is not positive definite.
double quadratic_form(std::vector<double> s, std::vector<double> d) {
  const auto n = std::ssize(d);
  double form = 0.0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double variance = s[i * n + i];
    for (std::int64_t j = 0; j < i; ++j) {
      for (std::int64_t k = 0; k < j; ++k) s[i * n + j] -= s[i * n + k] * s[j * n + k];
      s[i * n + j] /= s[j * n + j];
      s[i * n + i] -= s[i * n + j] * s[i * n + j];
      d[i] -= s[i * n + j] * d[j];
    }
    if (!(s[i * n + i] > flat * variance) || !(variance > 0.0)) return none;
    s[i * n + i] = std::sqrt(s[i * n + i]);
    d[i] /= s[i * n + i];
    form += d[i] * d[i];
  }
  return form;
}

/// The distribution of F for two groups of lots.
class DistanceF {
public:
  DistanceF(double n_before, double n_after, std::int32_t width)
      : width_(width), degrees_(n_before + n_after - 1 - width), lots_(n_before * n_after / (n_before + n_after)) {}

  double degrees() const { return degrees_; }
  double statistic(double squared_distance) const {
    return degrees_ / (width_ * (degrees_ + width_ - 1)) * lots_ * squared_distance;
  }
  /// Chance of an F no larger, if the true distance is `distance`.
  double at_most(double f, double distance) const {
    if (distance == 0.0) return boost::math::cdf(boost::math::fisher_f(width_, degrees_), f);
    return boost::math::cdf(boost::math::non_central_f(width_, degrees_, lots_ * distance * distance), f);
  }
  double more_than(double f) const {  ///< without a difference; exact where it is tiny
    return boost::math::cdf(boost::math::complement(boost::math::fisher_f(width_, degrees_), f));
  }
  double quantile(double p, double distance) const {
    return boost::math::quantile(boost::math::non_central_f(width_, degrees_, lots_ * distance * distance), p);
  }
  /// The true distance under which F is at most `f` with chance p; 0 if it is rarer than p even without a difference.
  double distance_with(double f, double p) const {
    if (at_most(f, 0.0) <= p) return 0.0;
    double low = 0.0, high = 1.0;
    while (at_most(f, high) > p) high *= 2;
    for (int halving = 0; halving < 60; ++halving) {
      const double middle = 0.5 * (low + high);
      (at_most(f, middle) > p ? low : high) = middle;
    }
    return high;
  }

private:
  double width_, degrees_, lots_;
};

}  // namespace

LotVectors leading_scores(const LotVectors& vectors, std::span<const std::int32_t> set, std::int32_t count) {
  LotVectors scores{vectors.statistic, vectors.n_lots, 0, {}};
  const auto width = vectors.width;
  std::vector<double> rows;
  for (const auto lot : set)
    if (vectors.known(lot)) rows.insert(rows.end(), vectors.of(lot).begin(), vectors.of(lot).end());
  const auto n = width > 0 ? static_cast<std::int32_t>(std::ssize(rows) / width) : 0;
  const auto wanted = std::min({count, n - 1, width});
  if (wanted < 1) return scores;
  const auto mean = mean_of(rows, width);
  std::vector<double> scatter(std::int64_t{width} * width);
  add_scatter(rows, mean, scatter);
  const auto pairs = linalg::largest_eigenpairs(scatter, width, wanted);
  while (scores.width < wanted && pairs.value[scores.width] > flat * pairs.value[0]) ++scores.width;
  for (std::int32_t lot = 0; lot < vectors.n_lots; ++lot)
    for (std::int32_t c = 0; c < scores.width; ++c) {
      double score = vectors.known(lot) ? 0.0 : none;
      for (std::int32_t k = 0; k < width; ++k) score += pairs.vector[c * width + k] * (vectors.of(lot)[k] - mean[k]);
      scores.value.push_back(score);
    }
  return scores;
}

DistanceEquivalence distance_equivalence(std::span<const double> before, std::span<const double> after,
                                         std::int32_t width, double margin, double alpha) {
  DistanceEquivalence e{.n_before = width > 0 ? static_cast<std::int32_t>(std::ssize(before) / width) : 0,
                        .n_after = width > 0 ? static_cast<std::int32_t>(std::ssize(after) / width) : 0,
                        .margin = margin};
  e.distance = e.degrees = e.p_margin = e.p_difference = e.ci_low = e.ci_high = none;
  const DistanceF model(e.n_before, e.n_after, width);
  if (e.n_before < 1 || e.n_after < 1 || model.degrees() < 1) return e;
  const auto mean_before = mean_of(before, width), mean_after = mean_of(after, width);
  std::vector<double> pooled(std::int64_t{width} * width), difference;
  add_scatter(before, mean_before, pooled);
  add_scatter(after, mean_after, pooled);
  for (double& s : pooled) s /= e.n_before + e.n_after - 2;
  for (std::int32_t k = 0; k < width; ++k) difference.push_back(mean_after[k] - mean_before[k]);
  const double squared = quadratic_form(std::move(pooled), std::move(difference));
  if (std::isnan(squared)) return e;
  const double f = model.statistic(squared);
  e.distance = std::sqrt(squared);
  e.degrees = model.degrees();
  e.p_difference = model.more_than(f);
  e.ci_low = model.distance_with(f, 1 - alpha);
  e.ci_high = model.distance_with(f, alpha);
  if (std::isnan(margin)) return e;
  e.p_margin = model.at_most(f, margin);
  e.equivalent = e.p_margin <= alpha;
  return e;
}

ErrorRates distance_error_rates(std::int32_t n_before, std::int32_t n_after, std::int32_t width, double margin,
                                double alpha) {
  const DistanceF model(n_before, n_after, width);
  if (width < 1 || n_before < 1 || n_after < 1 || model.degrees() < 1 || !(margin > 0.0)) return {none, none};
  return {alpha, model.more_than(model.quantile(alpha, margin))};
}

}  // namespace miura::comparability
