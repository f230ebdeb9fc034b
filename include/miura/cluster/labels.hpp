#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

namespace miura::cluster {

/// Labels 0, 1, ... of this rank's items, and how many there are on all ranks together.
struct NumberedLabels {
  std::vector<std::int32_t> label;
  std::int32_t n = 0;
};

/// Numbers clusters by falling size, ties by their first item in rank order, whatever ids (>= 0) they had.
/// Collective. Every rank holds 16 bytes per id up to the largest.
NumberedLabels number_by_size(MPI_Comm comm, std::span<const std::int32_t> label);

/// Agreement of two labelings of the same items, corrected for chance (Hubert and Arabie 1985): 1 for the same
/// partition whatever the names, about 0 for unrelated ones; 1 when neither can differ (all apart, or all together, in
/// both). Collective; `a` and `b` hold this rank's items. Exact sums: same bits on any number of ranks.
double adjusted_rand_index(MPI_Comm comm, std::span<const std::int32_t> a, std::span<const std::int32_t> b);

}  // namespace miura::cluster
