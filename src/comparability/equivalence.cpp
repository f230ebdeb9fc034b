#include "miura/comparability/equivalence.hpp"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <vector>

namespace miura::comparability {

namespace {

using boost::math::cdf;
using boost::math::complement;
using boost::math::quantile;
using boost::math::students_t;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

struct Sample {
  double n = 0, mean = none, squares = none;  ///< sum of squares about the mean
  double variance() const { return n > 1 ? squares / (n - 1) : none; }
};

Sample describe(std::span<const double> values) {
  Sample s{.n = static_cast<double>(std::ssize(values))};
  if (values.empty()) return s;
  s.mean = s.squares = 0.0;
  for (const double x : values) s.mean += x;
  s.mean /= s.n;
  if (std::ranges::equal(values.subspan(1), values.first(values.size() - 1))) s.mean = values.front();  // to the bit
  for (const double x : values) s.squares += (x - s.mean) * (x - s.mean);
  return s;
}

double upper_tail(double t, double degrees) { return cdf(complement(students_t(degrees), t)); }

/// Everything that follows from difference, standard error and degrees of freedom.
void test(Equivalence& e, double alpha) {
  if (!(e.standard_error > 0.0)) {
    e.standard_error = e.degrees = e.p_lower = e.p_upper = e.ci_low = e.ci_high = e.p_difference = none;
    return;
  }
  const double reach = quantile(complement(students_t(e.degrees), alpha)) * e.standard_error;
  e.ci_low = e.difference - reach;
  e.ci_high = e.difference + reach;
  e.p_difference = std::min(1.0, 2 * upper_tail(std::abs(e.difference) / e.standard_error, e.degrees));
  e.p_lower = e.p_upper = none;
  if (std::isnan(e.margin)) return;
  e.p_lower = upper_tail((e.difference + e.margin) / e.standard_error, e.degrees);
  e.p_upper = upper_tail((e.margin - e.difference) / e.standard_error, e.degrees);
  e.equivalent = e.p_lower <= alpha && e.p_upper <= alpha;
}

/// Welch & Satterthwaite: from the squared standard errors of the two means.
double welch_degrees(double a, double b, double n_a, double n_b) {
  return (a + b) * (a + b) / (a * a / (n_a - 1) + b * b / (n_b - 1));
}

/// Sample variances of n normal values of variance 1: the midpoints of equally likely parts.
std::vector<double> likely_variances(std::int32_t n, int parts) {
  std::vector<double> variance;
  const boost::math::chi_squared chi(n - 1);
  for (int i = 0; i < parts; ++i) variance.push_back(quantile(chi, (i + 0.5) / parts) / (n - 1));
  return variance;
}

/// Critical values of Student's t between two numbers of degrees of freedom, interpolated over 1 / degrees, in which
/// they are nearly straight: to better than 1e-4.
class CriticalValues {
public:
  CriticalValues(double fewest, double most, double alpha) : from_(1 / most), step_((1 / fewest - from_) / nodes) {
    for (int i = 0; i <= nodes; ++i) value_.push_back(quantile(complement(students_t(1 / (from_ + step_ * i)), alpha)));
  }
  double operator()(double degrees) const {
    const double at = std::clamp((1 / degrees - from_) / step_, 0.0, static_cast<double>(nodes));
    const auto node = std::min(static_cast<int>(at), nodes - 1);
    return value_[node] + (at - node) * (value_[node + 1] - value_[node]);
  }

private:
  static constexpr int nodes = 64;
  double from_, step_;
  std::vector<double> value_;
};

/// Chance that a normal difference lies within what is declared, if the true one is `shift`.
double declared(double shift, double room, double deviation) {
  if (room <= 0.0) return 0.0;
  const boost::math::normal normal;
  return cdf(normal, (room - shift) / deviation) - cdf(normal, (-room - shift) / deviation);
}

}  // namespace

Equivalence welch_equivalence(std::span<const double> before, std::span<const double> after, double margin,
                              double alpha) {
  const auto b = describe(before), a = describe(after);
  Equivalence e{.n_before = static_cast<std::int32_t>(std::ssize(before)),
                .n_after = static_cast<std::int32_t>(std::ssize(after)),
                .difference = a.mean - b.mean,
                .margin = margin};
  const double of_b = b.variance() / b.n, of_a = a.variance() / a.n;
  e.standard_error = std::sqrt(of_b + of_a);
  e.degrees = welch_degrees(of_b, of_a, b.n, a.n);
  e.sd = std::sqrt((b.squares + a.squares) / (b.n + a.n - 2));
  test(e, alpha);
  return e;
}

Equivalence paired_equivalence(std::span<const double> difference, double margin, double alpha) {
  const auto d = describe(difference);
  const auto n = static_cast<std::int32_t>(std::ssize(difference));
  Equivalence e{.n_before = n, .n_after = n, .difference = d.mean, .margin = margin};
  e.standard_error = std::sqrt(d.variance() / d.n);
  e.degrees = d.n - 1;
  e.sd = std::sqrt(d.variance());
  test(e, alpha);
  return e;
}

ErrorRates welch_error_rates(std::int32_t n_before, std::int32_t n_after, double margin, double sd, double alpha) {
  if (n_before < 2 || n_after < 2 || !(sd > 0.0) || !(margin > 0.0)) return {none, none};
  const double n_b = n_before, n_a = n_after, room = margin / sd, deviation = std::sqrt(1 / n_b + 1 / n_a);
  constexpr int parts = 60;
  const auto of_b = likely_variances(n_before, parts), of_a = likely_variances(n_after, parts);
  const CriticalValues critical(std::min(n_a, n_b) - 1, n_a + n_b - 2, alpha);
  double at_margin = 0.0, at_zero = 0.0;
  for (const double b : of_b)
    for (const double a : of_a) {
      const double error = std::sqrt(b / n_b + a / n_a);
      const double t = critical(welch_degrees(b / n_b, a / n_a, n_b, n_a));
      at_margin += declared(room, room - t * error, deviation);
      at_zero += declared(0.0, room - t * error, deviation);
    }
  return {at_margin / (parts * parts), std::max(0.0, 1 - at_zero / (parts * parts))};
}

ErrorRates paired_error_rates(std::int32_t n_pairs, double margin, double sd, double alpha) {
  if (n_pairs < 2 || !(sd > 0.0) || !(margin > 0.0)) return {none, none};
  const double n = n_pairs, room = margin / sd;
  const double t = quantile(complement(students_t(n - 1), alpha));
  constexpr int parts = 2'000;
  double at_margin = 0.0, at_zero = 0.0;
  for (const double variance : likely_variances(n_pairs, parts)) {
    const double within = room - t * std::sqrt(variance / n);
    at_margin += declared(room, within, std::sqrt(1 / n));
    at_zero += declared(0.0, within, std::sqrt(1 / n));
  }
  return {at_margin / parts, std::max(0.0, 1 - at_zero / parts)};
}

}  // namespace miura::comparability
