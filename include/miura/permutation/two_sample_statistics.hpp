#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/two_sample.hpp"

namespace miura::permutation {

/// From here on a statistic counts as equal to t or larger; statistics are of the order of 1.
inline double least_equal_statistic(double t) { return std::isinf(t) ? t : t - 1e-12 * std::max(1.0, std::abs(t)); }

/// t on the side that counts, such that large is extreme.
inline double extreme_of(double t, Side side) noexcept {
  return side == Side::two_sided ? std::abs(t) : side == Side::greater ? t : -t;
}

/// The two-sample statistics of many features under one labeling at a time. Sums run over the lots in their order.
class TwoSampleStatistics {
public:
  /// `feature`: n_features x n_lots, without missing values.
  TwoSampleStatistics(std::span<const double> feature, std::int32_t n_lots, TwoSample which, Side side);

  std::int64_t n_features() const noexcept { return n_features_; }
  bool is_constant(std::int64_t f) const noexcept { return constant_[f]; }
  double extreme(double t) const noexcept { return extreme_of(t, side_); }

  /// Room for the sums of one thread.
  struct Scratch {
    std::vector<double> sum[2], square[2];
  };
  /// Statistics of features [first, first + t.size()), group 1 less group 0, as they are. `label`: 0 or 1 a lot, two of
  /// each at least.
  void compute(const std::vector<std::int32_t>& label, std::int64_t first, std::span<double> t, Scratch& scratch) const;
  /// The same, such that large is extreme.
  void compute_extreme(const std::vector<std::int32_t>& label, std::int64_t first, std::span<double> t,
                       Scratch& scratch) const;

private:
  double ratio(double difference, double square_0, double square_1, const double* size, double total) const;

  TwoSample which_;
  Side side_;
  std::int32_t n_lots_;
  std::int64_t n_features_;
  std::vector<double> value_;  ///< n_lots x n_features: the inner loops run over features
  std::vector<double> total_;  ///< of each feature, sum of squares about the mean
  std::vector<bool> constant_;
};

}  // namespace miura::permutation
