#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/embedding.hpp"

namespace miura::knn {

/// Of n rows, `wanted` evenly spaced ones: those of this rank, by local index.
std::vector<std::int64_t> evenly_spaced(MPI_Comm comm, const parallel::Partition& rows, std::int64_t wanted);

/// k-means of a sample of the points: n_lists x n_dims, on every rank. Collective.
std::vector<float> list_centers(MPI_Comm comm, const matrix::Embedding& points, std::int32_t n_lists);

/// Of each of this rank's points the nearest centres, nearest first: n_local x n_probed. Collective.
std::vector<std::int64_t> nearest_centers(MPI_Comm comm, std::span<const float> centers,
                                          const matrix::Embedding& points, std::int32_t n_probed);

}  // namespace miura::knn
