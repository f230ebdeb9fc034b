#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/cellcycle/scores.hpp"
#include "miura/matrix/labeling.hpp"
#include "miura/matrix/lots.hpp"
#include "miura/matrix/table.hpp"

namespace miura::cellcycle {

/// Cells of every cluster and lot in each phase: the table cell_cycle, a row for each cluster that a lot has cells in,
/// and rows of all clusters of a lot (cluster "all") and of all lots (lot "all"). Columns: cluster, lot, cells, G1, S,
/// G2M, undecided (numbers of cells), share_cycling (S and G2M among the cells). Cells without cluster count in "all"
/// alone. `lot` is the lot of each of this rank's cells. Collective; replicated.
matrix::Table phase_shares(MPI_Comm comm, std::span<const Phase> phase, const matrix::Labeling& clusters,
                           std::span<const std::int32_t> lot, const matrix::Lots& lots);

}  // namespace miura::cellcycle
