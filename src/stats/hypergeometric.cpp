#include "miura/stats/hypergeometric.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>

namespace miura::stats {

namespace {

// Loader (2000), Fast and Accurate Computation of Binomial Probabilities: differences of log n! lose digits where n is
// large, what is left of them beside Stirling's formula does not.

/// log n! less Stirling's formula.
double stirling_error(double n) {
  if (n == 0) return 0;
  if (n <= 15) return std::lgamma(n + 1) - (n + 0.5) * std::log(n) + n - 0.5 * std::log(2 * std::numbers::pi);
  const double n2 = n * n;
  return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / n2) / n2) / n2) / n2) / n;
}

/// x log(x / mean) + mean - x, without cancellation where x is near the mean.
double deviance(double x, double mean) {
  const double difference = x - mean, sum = x + mean;
  if (!(std::abs(difference) < 0.1 * sum)) return x * std::log(x / mean) + mean - x;
  const double v = difference / sum;
  double total = difference * v, term = 2 * x * v;
  for (int j = 1; j < 1000; ++j) {
    term *= v * v;
    const double next = total + term / (2 * j + 1);
    if (next == total) break;
    total = next;
  }
  return total;
}

/// log of the binomial probability of x out of n; q = 1 - p.
double log_binomial(double x, double n, double p, double q) {
  if (p == 0) return x == 0 ? 0 : -std::numeric_limits<double>::infinity();
  if (q == 0) return x == n ? 0 : -std::numeric_limits<double>::infinity();
  if (x == 0) return p < 0.1 ? -deviance(n, n * q) - n * p : n * std::log(q);
  if (x == n) return q < 0.1 ? -deviance(n, n * p) - n * q : n * std::log(p);
  const double exponent =
      stirling_error(n) - stirling_error(x) - stirling_error(n - x) - deviance(x, n * p) - deviance(n - x, n * q);
  return exponent - 0.5 * (std::log(2 * std::numbers::pi) + std::log(x) + std::log1p(-x / n));
}

/// The counts of a drawing, as reals: they are whole and below 2^53.
struct Drawing {
  double N, K, n;

  double log_probability(double x) const {
    if (N == 0) return 0;
    const double p = n / N, q = (N - n) / N;
    return log_binomial(x, K, p, q) + log_binomial(n - x, N - K, p, q) - log_binomial(n, N, p, q);
  }
  /// P(x + 1) / P(x)
  double up(double x) const { return (K - x) * (n - x) / ((x + 1) * (N - K - n + x + 1)); }
};

/// 1 + P(k + 1) / P(k) + P(k + 2) / P(k) ...: terms fall from the mode on.
double upper_terms(const Drawing& d, double k) {
  double sum = 1, term = 1;
  for (double x = k; term > sum * 1e-17; ++x) {
    term *= d.up(x);
    sum += term;
  }
  return sum;
}

double lower_terms(const Drawing& d, double k) {
  double sum = 1, term = 1;
  for (double x = k; x > 0 && term > sum * 1e-17; --x) {
    term /= d.up(x - 1);
    sum += term;
  }
  return sum;
}

}  // namespace

double log10_hypergeometric_upper(std::int64_t N, std::int64_t K, std::int64_t n, std::int64_t k) {
  if (K < 0 || n < 0 || K > N || n > N) throw std::logic_error("a hypergeometric tail of more than there is");
  if (k <= std::max(std::int64_t{0}, K + n - N)) return 0;
  if (k > std::min(K, n)) return -std::numeric_limits<double>::infinity();
  const Drawing d{static_cast<double>(N), static_cast<double>(K), static_cast<double>(n)};
  const auto from = static_cast<double>(k);
  if (from * d.N > d.n * d.K) return (d.log_probability(from) + std::log(upper_terms(d, from))) * std::numbers::log10e;
  const double below = d.log_probability(from - 1) + std::log(lower_terms(d, from - 1));
  return std::log1p(-std::exp(below)) * std::numbers::log10e;
}

}  // namespace miura::stats
