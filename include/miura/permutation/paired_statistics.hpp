#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/paired.hpp"
#include "miura/permutation/two_sample_statistics.hpp"

namespace miura::permutation {

/// The statistics of pairs of many features under one labeling at a time.
class PairedStatistics {
public:
  /// `feature`: n_features x n_lots, without missing values; two pairs at least.
  PairedStatistics(std::span<const double> feature, std::int32_t n_lots, std::vector<LotPair> pairs, Paired which,
                   Side side);

  std::int64_t n_features() const noexcept { return n_features_; }
  bool is_constant(std::int64_t f) const noexcept { return square_[f] == 0.0; }
  double extreme(double t) const noexcept { return extreme_of(t, side_); }

  /// Room for the sums of one thread.
  struct Scratch {
    std::vector<double> sum;
  };
  /// As those of TwoSampleStatistics; `label` has one lot of each pair in each group.
  void compute(const std::vector<std::int32_t>& label, std::int64_t first, std::span<double> t, Scratch& scratch) const;
  void compute_extreme(const std::vector<std::int32_t>& label, std::int64_t first, std::span<double> t,
                       Scratch& scratch) const;

private:
  double ratio(double sum, double square) const;

  Paired which_;
  Side side_;
  std::int64_t n_features_;
  std::vector<LotPair> pairs_;
  std::vector<double> value_;   ///< n_pairs x n_features: differences, or their signed ranks
  std::vector<double> square_;  ///< of each feature, sum of squares: no labeling changes it
};

}  // namespace miura::permutation
