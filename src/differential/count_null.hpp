#pragma once

#include <mpi.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "differential/hits.hpp"
#include "differential/relabeled_tests.hpp"
#include "miura/permutation/labelings.hpp"

namespace miura::differential {

/// What is counted under every labeling of the samples.
struct CountTable {
  std::int64_t n_labelings = 0, n_counts = 0;
  bool exact = false;                  ///< these are all labelings; else number 0 is the observed one
  bool has_top = false;                ///< the most extreme probes are counted too
  std::vector<std::int64_t> count;     ///< n_labelings x n_counts
  std::vector<std::int64_t> as_large;  ///< of each tally: labelings under which it is at least the observed one
};

/// Counts and tallies of hits. Counts are few and kept for every labeling; tallies are many and only compared.
struct Counting {
  std::int64_t n_counts = 0;
  Hits observed;
  std::vector<std::int64_t> observed_tally;
  /// Adds the hits of a labeling, and of those with the most extreme t as many as are observed. `count` and `tally` are
  /// zero before; `touched` gets the tallies that are no longer.
  std::function<void(const Hits& hits, const Hits& top, std::span<std::int64_t> count, std::span<std::int32_t> tally,
                     std::vector<std::int32_t>& touched)>
      add;
};

/// By the moderated test. Collective: labelings are dealt over ranks and threads.
CountTable count_under_relabelings(MPI_Comm comm, const ModeratedFit& fitted, const HitFinder& finder,
                                   const permutation::Labelings& labelings, const Counting& counting);

/// By a permutation test, under the first `n_labelings`; `top` is empty. Collective.
CountTable count_under_relabelings(MPI_Comm comm, const RelabeledTests& tests, std::int64_t n_labelings,
                                   const Counting& counting);

}  // namespace miura::differential
