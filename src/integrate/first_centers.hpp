#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>

#include "integrate/directions.hpp"
#include "miura/parallel/partition.hpp"

namespace miura::integrate {

/// Centers of spherical k-means on a sample of the cells, about 50 a cluster, drawn by hash of the global index:
/// k-means++ (Arthur and Vassilvitskii 2007), then at most 10 rounds of Lloyd. `directions`: this rank's cells x
/// n_dims, of unit length. n_clusters <= cells. Collective; the sample goes to all ranks, the first one clusters it.
Centers first_centers(MPI_Comm comm, const parallel::Partition& cells, std::span<const float> directions,
                      std::int32_t n_dims, std::int32_t n_clusters, std::uint64_t seed);

}  // namespace miura::integrate
