#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "differential/design.hpp"
#include "miura/differential/two_groups.hpp"

namespace miura::differential {

/// The moderated t of all probes under one labeling of the samples at a time. Probes that have values of the same
/// samples (or complete pairs) lie together, samples outermost, so that the inner loops run over probes.
class ModeratedFit {
public:
  ModeratedFit(const matrix::Measurements& table, const Compared& compared);

  std::int64_t n_probes() const noexcept { return std::ssize(probe_); }
  /// Place i holds this row of the table.
  std::int64_t probe(std::int64_t i) const noexcept { return probe_[i]; }

  /// By place. Scratch of a thread, and what comes out.
  struct Fit {
    std::vector<double> difference, variance;  ///< of means or pairs; residual
    std::vector<double> df, unscaled;          ///< of each pattern: residual, 0 where nothing is left; Var / sigma^2
    VariancePrior prior;
    double df_pooled = 0.0;  ///< the most degrees of freedom there are
    std::vector<double> mean[2], work;
  };
  /// `label`: 0 or 1 for each compared sample.
  void fit(std::span<const std::int32_t> label, Fit& found) const;

  /// Residual and prior degrees of freedom of place i, and its t; NaN where nothing is left.
  double df(std::int64_t i, const Fit& found) const noexcept { return df_of_pattern(pattern_of_[i], found); }
  double t(std::int64_t i, const Fit& found) const noexcept;

  /// Places whose p (or q among `family_size`) is at most alpha, ascending.
  std::vector<std::int64_t> significant(const Fit& found, const HitRule& rule, permutation::Side side,
                                        std::int64_t family_size) const;

private:
  /// Probes [first, end) by place have values of these samples alone, or of these pairs.
  struct Pattern {
    std::vector<std::int32_t> one, zero;  ///< of each pair its samples, by place in Compared; unpaired: both the same
    std::int64_t first = 0, end = 0;
    std::int64_t value_at = 0;  ///< of value_: samples (or pairs) x probes
  };
  double df_of_pattern(std::int64_t pattern, const Fit& found) const noexcept;
  void fit_groups(std::int64_t pattern, std::span<const std::int32_t> label, Fit& found) const;
  void fit_pairs(std::int64_t pattern, std::span<const std::int32_t> label, Fit& found) const;
  /// Drops the places whose p is above.
  void keep_below(double p, const Fit& found, permutation::Side side, std::vector<std::int64_t>& places) const;

  bool paired_;
  std::vector<Pattern> patterns_;
  std::vector<std::int64_t> probe_;
  std::vector<std::int32_t> pattern_of_;
  std::vector<double> value_;
};

}  // namespace miura::differential
