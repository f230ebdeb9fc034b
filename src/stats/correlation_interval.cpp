#include "miura/stats/correlation_interval.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <numeric>
#include <vector>

#include "miura/stats/random.hpp"

namespace miura::stats {

namespace {

constexpr std::int64_t fewest = 8;  ///< below, an interval is too wide to say anything

/// The statistic of every resample that has one, ascending.
std::vector<double> bootstrap(std::int64_t n, const std::function<double(std::span<const std::int32_t>)>& statistic,
                              const BcaOptions& options) {
  std::vector<double> values;
  std::vector<std::int32_t> drawn(n);
  for (std::int32_t b = 0; b < options.resamples; ++b) {
    RandomStream random(options.seed, Purpose::bootstrap, static_cast<std::uint64_t>(b));
    for (auto& i : drawn) i = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(n)));
    if (const double value = statistic(drawn); !std::isnan(value)) values.push_back(value);
  }
  std::ranges::sort(values);
  return values;
}

/// Skewness of the statistic's influence values over 6, by leaving out one thing at a time.
double acceleration(std::int64_t n, const std::function<double(std::span<const std::int32_t>)>& statistic) {
  std::vector<double> without;
  for (std::int64_t out = 0; out < n; ++out) {
    std::vector<std::int32_t> rest(n);
    std::iota(rest.begin(), rest.end(), 0);
    rest.erase(rest.begin() + out);
    if (const double value = statistic(rest); !std::isnan(value)) without.push_back(value);
  }
  const double mean = std::accumulate(without.begin(), without.end(), 0.0) / static_cast<double>(without.size());
  double squares = 0.0, cubes = 0.0;
  for (const double value : without) {
    squares += (mean - value) * (mean - value);
    cubes += (mean - value) * (mean - value) * (mean - value);
  }
  return squares > 0.0 ? cubes / (6.0 * squares * std::sqrt(squares)) : 0.0;
}

}  // namespace

Interval spearman_interval(double rho, std::int64_t n, double level) {
  if (n < fewest || !(std::abs(rho) < 1.0)) return {};
  const double z = std::atanh(rho);
  const double half = boost::math::quantile(boost::math::normal(), 0.5 + level / 2) *
                      std::sqrt((1 + rho * rho / 2) / static_cast<double>(n - 3));
  return {std::tanh(z - half), std::tanh(z + half)};
}

Interval bca_interval(std::int64_t n, const std::function<double(std::span<const std::int32_t>)>& statistic,
                      const BcaOptions& options) {
  if (n < fewest) return {};
  std::vector<std::int32_t> all(n);
  std::iota(all.begin(), all.end(), 0);
  const double observed = statistic(all);
  const auto values = bootstrap(n, statistic, options);
  if (std::isnan(observed) || 2 * std::ssize(values) < options.resamples) return {};
  const auto [from, to] = std::ranges::equal_range(values, observed);
  const auto below = from - values.begin(), equal = to - from;
  const double share =
      (static_cast<double>(below) + static_cast<double>(equal) / 2) / static_cast<double>(values.size());
  if (!(share > 0.0 && share < 1.0) || values.front() == values.back()) return {};

  const boost::math::normal normal;
  const double bias = boost::math::quantile(normal, share), a = acceleration(n, statistic);
  const auto limit = [&](double tail) {
    const double z = bias + boost::math::quantile(normal, tail);
    return quantile(values, boost::math::cdf(normal, bias + z / (1 - a * z)));
  };
  return {limit((1 - options.level) / 2), limit((1 + options.level) / 2)};
}

double quantile(std::span<const double> sorted, double p) {
  const double at = p * static_cast<double>(std::ssize(sorted) - 1);
  const auto low = static_cast<std::int64_t>(at);
  const auto high = std::min(low + 1, std::ssize(sorted) - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

}  // namespace miura::stats
