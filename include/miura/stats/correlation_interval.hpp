#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>

namespace miura::stats {

struct Interval {
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
};

/// Confidence interval of Spearman's rho: Fisher's z with the standard error sqrt((1 + rho^2 / 2) / (n - 3)) of
/// Bonett & Wright (2000), Psychometrika 65:23. NaN for n < 8, where it is too wide to say anything, and for
/// |rho| = 1, where the formula has no width. Of a partial correlation n is less by the number of covariates.
Interval spearman_interval(double rho, std::int64_t n, double level = 0.95);

struct BcaOptions {
  double level = 0.95;
  std::int32_t resamples = 1'999;
  std::uint64_t seed = 1;  ///< resample b is drawn from RandomStream(seed, Purpose::bootstrap, b)
};

/// Bias-corrected and accelerated bootstrap interval (Efron 1987, J. Am. Stat. Assoc. 82:171) of a statistic of n
/// things, drawn again with replacement: `statistic` gets their places, some more than once, and answers NaN where it
/// is not defined. NaN for n < 8, where half of the resamples have no answer, and where all resamples are equal or lie
/// on one side. Not collective.
Interval bca_interval(std::int64_t n, const std::function<double(std::span<const std::int32_t>)>& statistic,
                      const BcaOptions& options);

/// Type 7 of Hyndman & Fan (1996), the default of R and NumPy. `sorted` is not empty; p in [0, 1].
double quantile(std::span<const double> sorted, double p);

}  // namespace miura::stats
