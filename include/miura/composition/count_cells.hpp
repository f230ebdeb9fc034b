#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>

#include "miura/matrix/composition.hpp"

namespace miura::composition {

/// Counts the cells of each lot in each cluster. Collective; the result is the same on every rank and layout, being
/// made of integers. `lot` and `cluster` describe this rank's cells; a cell with cluster -1 has none and is not
/// counted.
matrix::Composition count_cells(MPI_Comm comm, std::span<const std::int32_t> lot, std::span<const std::int32_t> cluster,
                                std::int32_t n_lots, std::int32_t n_clusters);

}  // namespace miura::composition
