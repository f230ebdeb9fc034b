#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/relabelings.hpp"

namespace miura::permutation {

/// Which lots are called group 1, by number: the relabelings that matter where the outcome has two values. Within
/// strata each keeps its number of ones: strata that are pairs of one and zero change sides independently of each
/// other.
class Labelings {
public:
  /// `group`: 0 or 1 a lot. `stratum`: a label a lot; empty: one stratum. All labelings are taken where they are not
  /// more than would be drawn (options.permutations + 1), else drawn ones: number b is relabeling b of Relabelings.
  /// UsageError for another group than 0 and 1.
  Labelings(std::span<const std::int32_t> group, std::span<const std::int32_t> stratum, const Options& options);

  /// All there are, or options.permutations + 1.
  std::int64_t size() const noexcept { return exact_ ? all_ : drawn_.size(); }
  bool exact() const noexcept { return exact_; }
  std::int32_t n_lots() const noexcept { return static_cast<std::int32_t>(std::ssize(group_)); }
  const std::vector<std::int32_t>& observed() const noexcept { return group_; }
  /// The smallest p that any data could reach: the observed labeling alone, or with its mirror image where both sides
  /// count and that is a labeling too.
  double smallest_p(Side side) const noexcept;

  /// Labeling b, 0 or 1 a lot. Among all: the choices of each stratum in lexicographic order, the first stratum running
  /// slowest. A drawn one: number 0 is the observed labeling.
  std::vector<std::int32_t> operator()(std::int64_t b) const;

private:
  std::vector<std::int32_t> group_;
  Relabelings drawn_;
  std::vector<std::int64_t> n_ones_, n_choices_;  // of each stratum
  std::int64_t all_;
  bool exact_;
};

}  // namespace miura::permutation
