#include "miura/stats/normal_tail.hpp"

#include <cmath>
#include <numbers>

namespace miura::stats {

double log10_two_sided_p(double z) {
  const double x = std::abs(z) / std::numbers::sqrt2;
  if (!(x > 20)) return std::log10(std::erfc(x));  // also NaN
  // erfc(x) = exp(-x^2) / (x sqrt(pi)) (1 - y + 3 y^2 - 15 y^3 + 105 y^4 ...): at x = 20 what is left out is 3e-12 of
  // a p of 1e-175
  const double y = 1 / (2 * x * x);
  const double series = 1 - y * (1 - y * (3 - y * (15 - y * 105)));
  return -x * x * std::numbers::log10e + std::log10(series / (x * std::sqrt(std::numbers::pi)));
}

}  // namespace miura::stats
