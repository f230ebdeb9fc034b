#pragma once

#include <mpi.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "miura/enrichment/ranked.hpp"
#include "miura/parallel/partition.hpp"

namespace miura::enrichment {

/// Enrichment scores under a null; each rank has those of its own sets.
struct NullScores {
  parallel::Partition sets;
  std::int64_t n = 0;              ///< permutations
  std::vector<double> score = {};  ///< own sets x n

  std::span<const double> of(std::int64_t own_set) const noexcept { return std::span(score).subspan(own_set * n, n); }
};

/// Turns draws x all sets, as the ranks have made them (draw after draw, the lower ranks the first), into sets x draws.
/// Collective.
NullScores by_set(MPI_Comm comm, std::int64_t n_sets, std::span<const double> draws_by_sets);

/// Collective; replicated. `observed`: ES of all sets.
NullComparison compare_with_null(MPI_Comm comm, std::span<const double> observed, const NullScores& null);

}  // namespace miura::enrichment
