#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/rank_tests.hpp"

namespace miura::permutation {

/// The relabelings of the lots that an analysis looks at, by number, for statistics that the engine does not make
/// itself. Relabeling b is the same one that max_t and marginal_tests take as their drawn number b, so that results can
/// be joined relabeling by relabeling. Number 0 is the identity.
class Relabelings {
public:
  /// `stratum`: a label a lot, lots change places within equal labels only; empty: all with all. All relabelings are
  /// taken where they are not more than those of `exact_up_to` free lots, else drawn ones. Throws UsageError for
  /// options that make no sense.
  Relabelings(std::int32_t n_lots, std::span<const std::int32_t> stratum, const Options& options);

  /// n!, or the product of the strata's n_s!, or options.permutations + 1.
  std::int64_t size() const noexcept { return size_; }
  bool exact() const noexcept { return exact_; }
  /// Lots of each stratum, ascending; strata by their first lot.
  const std::vector<std::vector<std::int32_t>>& strata() const noexcept { return strata_; }

  /// Under relabeling b lot i takes the value of lot[i]. Among all relabelings b is the place in lexicographic order,
  /// the first stratum running slowest; a drawn one shuffles (Fisher & Yates) stratum after stratum by
  /// RandomStream(seed, Purpose::permutation, b). `lot` has n_lots entries.
  void relabel(std::int64_t b, std::span<std::int32_t> lot) const;

private:
  std::vector<std::vector<std::int32_t>> strata_;
  std::uint64_t seed_;
  std::int64_t size_;
  bool exact_;
};

}  // namespace miura::permutation
