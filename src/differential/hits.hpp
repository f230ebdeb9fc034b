#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "differential/moderated_fit.hpp"

namespace miura::differential {

/// Rows of the table that are up or down under a labeling, ascending.
struct Hits {
  std::vector<std::int64_t> up, down;
};

/// Finds them by the moderated t: the same rule for the observed groups and for relabeled ones.
class HitFinder {
public:
  /// `fitted` holds the tested values, `table` those in which the least difference is meant. All are kept by reference.
  HitFinder(const ModeratedFit& fitted, const matrix::Measurements& table, const Compared& compared,
            const Options& options, std::int64_t family_size)
      : fitted_(fitted), table_(table), compared_(compared), options_(options), family_size_(family_size) {}

  /// `label`: 0 or 1 for each compared sample; `fit` is that of this label.
  Hits find(std::span<const std::int32_t> label, const ModeratedFit::Fit& fit) const;
  /// As many of the largest and of the smallest t as there are hits in `sizes`.
  Hits most_extreme(const Hits& sizes, ModeratedFit::Fit& fit) const;

private:
  const ModeratedFit& fitted_;
  const matrix::Measurements& table_;
  const Compared& compared_;
  const Options& options_;
  std::int64_t family_size_;
};

}  // namespace miura::differential
