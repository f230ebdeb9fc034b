#pragma once

#include <cstdint>
#include <limits>

namespace miura::stats {

struct Interval {
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

/// Confidence interval of Spearman's rho: Fisher's z with the standard error sqrt((1 + rho^2 / 2) / (n - 3)) of
/// Bonett & Wright (2000), Psychometrika 65:23. NaN for n < 8, where it is too wide to say anything, and for
/// |rho| = 1, where the formula has no width.
Interval spearman_interval(double rho, std::int64_t n, double level = 0.95);

}  // namespace miura::stats
