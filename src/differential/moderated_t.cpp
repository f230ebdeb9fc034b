#include "miura/differential/moderated_t.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

namespace miura::differential {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double least_share_of_median = 1e-5;

/// What limma takes as the least variance; 0 where none is so small. The median of numbers >= 0 is at most twice their
/// mean (Markov), so that it is looked for only where it can matter.
double least_variance(std::span<const VarianceBlock> blocks, std::vector<double>& sorted) {
  double smallest = infinity, sum = 0.0, n = 0.0;
  for (const auto& block : blocks)
    for (const double v : block.variance) {
      smallest = std::min(smallest, v);
      sum += v;
      n += 1.0;
    }
  if (smallest >= least_share_of_median * 2.0 * sum / n) return 0.0;
  sorted.clear();
  for (const auto& block : blocks) sorted.insert(sorted.end(), block.variance.begin(), block.variance.end());
  const auto middle = sorted.begin() + std::ssize(sorted) / 2;
  std::ranges::nth_element(sorted, middle);
  double median = *middle;
  if (std::ssize(sorted) % 2 == 0) median = (median + *std::max_element(sorted.begin(), middle)) / 2.0;
  return least_share_of_median * (median > 0.0 ? median : 1.0);
}

double tail(double t, double df) { return boost::math::cdf(boost::math::complement(boost::math::students_t(df), t)); }

}  // namespace

double trigamma_inverse(double y) {
  if (y > 1e7) return 1.0 / std::sqrt(y);
  if (y < 1e-6) return 1.0 / y;
  double x = 0.5 + 1.0 / y;
  for (int step = 0; step < 50; ++step) {
    const double at = boost::math::trigamma(x);
    const double change = at * (1.0 - at / y) / boost::math::polygamma(2, x);
    x += change;
    if (-change / x < 1e-8) break;  // convex: from the left, and each step squares the error
  }
  return x;
}

VariancePrior fit_variance_prior(std::span<const VarianceBlock> all, std::vector<double>& log_variance) {
  std::vector<VarianceBlock> blocks;
  std::ranges::copy_if(all, std::back_inserter(blocks), [](const auto& b) { return b.df > 0 && !b.variance.empty(); });
  double n = 0.0, mean_trigamma = 0.0;
  for (const auto& block : blocks) {
    const auto size = static_cast<double>(block.variance.size());
    n += size;
    mean_trigamma += size * boost::math::trigamma(block.df / 2.0);
  }
  if (n < 2.0) return {.df = 0.0, .variance = n > 0.0 ? blocks.front().variance.front() : 0.0};
  const double least = least_variance(blocks, log_variance);
  log_variance.clear();
  double sum = 0.0, total = 0.0;
  for (const auto& block : blocks) {
    const double offset = std::log(block.df / 2.0) - boost::math::digamma(block.df / 2.0);
    for (const double v : block.variance) {
      const double floored = std::max(v, least);
      total += floored;
      log_variance.push_back(std::log(floored) + offset);
      sum += log_variance.back();
    }
  }
  const double mean = sum / n;
  double square = 0.0;
  for (const double e : log_variance) square += (e - mean) * (e - mean);
  const double beyond_sampling = square / (n - 1.0) - mean_trigamma / n;
  if (beyond_sampling <= 0.0) return {.df = infinity, .variance = total / n};
  const double df = 2.0 * trigamma_inverse(beyond_sampling);
  return {.df = df, .variance = std::exp(mean + boost::math::digamma(df / 2.0) - std::log(df / 2.0))};
}

double posterior_variance(const VariancePrior& prior, double variance, double df) noexcept {
  if (std::isinf(prior.df)) return prior.variance;
  return (prior.df * prior.variance + df * variance) / (prior.df + df);
}

double p_of_t(double t, double df, permutation::Side side) {
  if (std::isnan(t) || !(df > 0.0)) return std::numeric_limits<double>::quiet_NaN();
  if (std::isinf(t))
    return side == permutation::Side::two_sided || (t > 0) == (side == permutation::Side::greater) ? 0.0 : 1.0;
  if (side == permutation::Side::two_sided) return 2.0 * tail(std::abs(t), df);
  return tail(side == permutation::Side::greater ? t : -t, df);
}

double critical_t(double p, double df, permutation::Side side) {
  const double upper = side == permutation::Side::two_sided ? p / 2.0 : p;
  return boost::math::quantile(boost::math::complement(boost::math::students_t(df), upper));
}

}  // namespace miura::differential
