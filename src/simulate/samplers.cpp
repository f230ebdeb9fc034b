#include "simulate/samplers.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace miura::simulate {

namespace {

/// ln k!, by Stirling's series from 10 on (error below 1e-12); std::lgamma writes a global variable.
double log_factorial(std::int64_t k) {
  static constexpr double small[] = {0.0,
                                     0.0,
                                     0.6931471805599453,
                                     1.791759469228055,
                                     3.1780538303479458,
                                     4.787491742782046,
                                     6.579251212010101,
                                     8.525161361065415,
                                     10.60460290274525,
                                     12.801827480081469};
  if (k < 10) return small[k];
  const double n = static_cast<double>(k), square = n * n;
  return (n + 0.5) * std::log(n) - n + 0.5 * std::log(2 * std::numbers::pi) +
         (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / (1680 * square)) / square) / square) / n;
}

std::int64_t poisson_by_rejection(stats::RandomStream& random, double mean) {
  const double b = 0.931 + 2.53 * std::sqrt(mean), a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2), log_mean = std::log(mean);
  for (;;) {
    const double u = random.uniform() - 0.5, v = 1 - random.uniform();
    const double us = 0.5 - std::abs(u), drawn = std::floor((2 * a / us + b) * u + mean + 0.43);
    if (drawn < 0 || us <= 0) continue;
    const auto k = static_cast<std::int64_t>(drawn);
    if (us >= 0.07 && v <= v_r) return k;
    if (us < 0.013 && v > us) continue;
    if (std::log(v * inverse_alpha / (a / (us * us) + b)) <= drawn * log_mean - mean - log_factorial(k)) return k;
  }
}

// No distribution here has mass worth a draw beyond this; it ends the search where rounding leaves the sum below 1.
constexpr std::int64_t search_end = 1000;

}  // namespace

stats::RandomStream stream(std::uint64_t seed, Topic topic, std::int64_t outer, std::int64_t inner) {
  return {seed, stats::Purpose::simulate,
          static_cast<std::uint64_t>(topic) << 56 | static_cast<std::uint64_t>(outer) << 32 |
              static_cast<std::uint64_t>(inner)};
}

double normal(stats::RandomStream& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

double gamma(stats::RandomStream& random, double shape) {
  if (shape < 1) {
    const double larger = gamma(random, shape + 1);
    return larger * std::pow(1 - random.uniform(), 1 / shape);
  }
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal(random), root = 1 + c * x;
    const double u = 1 - random.uniform();
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double beta(stats::RandomStream& random, double a, double b) {
  const double x = gamma(random, a), y = gamma(random, b);
  return x / (x + y);
}

std::vector<double> dirichlet(stats::RandomStream& random, std::span<const double> alpha) {
  std::vector<double> share;
  for (const double a : alpha) share.push_back(gamma(random, a));
  const double total = std::accumulate(share.begin(), share.end(), 0.0);
  for (double& s : share) s /= total;
  return share;
}

std::int64_t poisson(stats::RandomStream& random, double mean) {
  if (mean >= 10) return poisson_by_rejection(random, mean);
  double u = random.uniform(), p = std::exp(-mean);
  std::int64_t k = 0;
  for (; u >= p && k < search_end; p *= mean / static_cast<double>(k)) {
    u -= p;
    ++k;
  }
  return k;
}

std::int64_t gamma_poisson(stats::RandomStream& random, double mean, double dispersion) {
  if (mean >= 12) return poisson(random, mean * dispersion * gamma(random, 1 / dispersion));
  double u = random.uniform();
  if (u < 1 - mean) return 0;  // P(0) >= exp(-mean) >= 1 - mean: no logarithm for the many genes that are hardly there
  const double shape = 1 / dispersion, q = dispersion * mean / (1 + dispersion * mean);
  double p = std::exp(-shape * std::log1p(dispersion * mean));
  std::int64_t k = 0;
  for (; u >= p && k < search_end; ++k) {
    u -= p;
    p *= q * (static_cast<double>(k) + shape) / static_cast<double>(k + 1);
  }
  return k;
}

std::int32_t pick(stats::RandomStream& random, std::span<const double> weight) {
  double left = random.uniform() * std::accumulate(weight.begin(), weight.end(), 0.0);
  std::int32_t last = 0;  // of those that can be drawn at all: rounding may leave a crumb
  for (std::int32_t i = 0; i < std::ssize(weight); ++i) {
    if (weight[i] <= 0) continue;
    last = i;
    if (left < weight[i]) break;
    left -= weight[i];
  }
  return last;
}

}  // namespace miura::simulate
