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
    std::vector<double> t;                     ///< moderated; 0 where nothing is left
    std::vector<double> df, unscaled;          ///< of each pattern: residual, 0 where nothing is left; Var / sigma^2
    VariancePrior prior;
    double df_pooled = 0.0;    ///< the most degrees of freedom there are
    std::vector<double> work;  ///< room
  };
  /// `label`: 0 or 1 for each compared sample.
  void fit(std::span<const std::int32_t> label, Fit& found) const;

  /// Residual and prior degrees of freedom of place i; NaN where nothing is left.
  double df(std::int64_t i, const Fit& found) const noexcept { return df_of_pattern(pattern_of_[i], found); }

  /// Places whose p (or q among `family_size`) is at most alpha, ascending.
  std::vector<std::int64_t> significant(const Fit& found, const HitRule& rule, permutation::Side side,
                                        std::int64_t family_size) const;
  /// The k places of the largest t (sign 1) or smallest (sign -1), ascending; more where the last are equal.
  std::vector<std::int64_t> most_extreme(Fit& found, std::int64_t k, double sign) const;

private:
  /// Probes [first, end) by place have values of these samples alone, or of these pairs.
  struct Pattern {
    std::vector<std::int32_t> one, zero;  ///< of each pair its samples, by place in Compared; unpaired: both the same
    std::int64_t first = 0, end = 0;
    std::int64_t value_at = 0;  ///< of value_: samples (or pairs) x probes
  };
  double df_of_pattern(std::int64_t pattern, const Fit& found) const noexcept;
  /// Some probes of a pattern, so few that what is summed up stays in the cache.
  struct Tile {
    std::int64_t first, end;
  };
  static constexpr std::int64_t tile_size = 1024;
  void fit_groups(const Pattern& pattern, std::span<const std::int32_t> label, Tile tile, double df, Fit& found) const;
  void fit_pairs(const Pattern& pattern, std::span<const std::int32_t> label, Tile tile, double df, Fit& found) const;
  void moderate(Fit& found) const;
  /// t at and beyond which p is at most `p`, for each pattern.
  std::vector<double> critical_values(double p, const Fit& found, permutation::Side side) const;

  bool paired_;
  std::vector<Pattern> patterns_;
  std::vector<std::int64_t> probe_;
  std::vector<std::int32_t> pattern_of_;
  std::vector<double> value_;
};

}  // namespace miura::differential
