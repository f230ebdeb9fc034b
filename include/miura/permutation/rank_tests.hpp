#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

namespace miura::permutation {

/// Which statistics count as extreme: T = |rho|, rho, or -rho. One-sided only where it was declared beforehand.
enum class Side { two_sided, greater, less };

/// Which relabelings of the lots are taken, and what is looked for in them.
struct Options {
  std::int32_t exact_up_to = 12;       ///< all n! relabelings up to this many lots (14 at most); beyond, drawn ones
  std::int64_t permutations = 99'999;  ///< relabelings drawn where not all are taken; no p is below 1 / (this + 1)
  std::uint64_t seed = 1;              ///< of the drawn relabelings: the same whatever rank or thread draws them
  Side side = Side::two_sided;
  /// Called by all ranks together, every few seconds of a long analysis: may throw on all of them to end it.
  void (*safe_point)(MPI_Comm) = nullptr;
};

/// Spearman tests that share one relabeling of the lots, so that what they have in common is kept under the null:
/// outcomes are permuted jointly, as rows. Replicated on every rank; none of feature and outcome may be constant.
struct RankTests {
  /// Which feature is tested against which outcome.
  struct Pair {
    std::int32_t feature;
    std::int32_t outcome;
  };
  std::int32_t n_lots = 0;
  std::vector<std::int32_t> feature;  ///< n_features x n_lots, row-major: doubled centred mid-ranks (stats/ranks.hpp)
  std::vector<std::int32_t> outcome;  ///< n_outcomes x n_lots, the same
  std::vector<Pair> pair;             ///< one entry a test
  std::vector<std::int32_t> stratum;  ///< n_lots: lots are relabeled within their stratum only; empty: freely

  std::int64_t size() const noexcept { return std::ssize(pair); }
  std::span<const std::int32_t> x(std::int64_t test) const noexcept {
    return std::span(feature).subspan(std::int64_t{pair[test].feature} * n_lots, n_lots);
  }
  std::span<const std::int32_t> y(std::int64_t test) const noexcept {
    return std::span(outcome).subspan(std::int64_t{pair[test].outcome} * n_lots, n_lots);
  }
  /// Every feature against every outcome; the outcome runs faster.
  void pair_all();
};

/// n!, for n <= 20.
std::int64_t factorial(std::int32_t n);

/// Throws UsageError for options that make no sense.
void check(const Options& options);
/// The same, and std::logic_error for tests that do not fit together or are
/// constant.
void check(const RankTests& tests, const Options& options);

}  // namespace miura::permutation
