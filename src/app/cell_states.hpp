#pragma once

#include <mpi.h>

#include <span>
#include <vector>

#include "app/run_options.hpp"
#include "app/study.hpp"
#include "miura/association/cluster_association.hpp"

namespace miura::app {

/// Whether the file of cell cycle genes and the column of capture runs are there. Not collective; InputError.
void check_cell_states(const matrix::Lots& lots, const RunOptions& o);

/// No scores, for so many cells.
CellStatesStage unscored(std::int64_t n_cells);

/// What may go with the outcomes: share of cycling cells and mean doublet score of each training lot. Nothing where
/// nothing was scored.
std::vector<association::Outcome> cell_state_covariates(const Study& study,
                                                        std::span<const std::int32_t> training_lots);

/// tables/association_without_cycling.tsv: the tests of the whole grid once more over the cells of phase G1 alone, in
/// families of the same size, beside what was found of all cells (`all_cells`, the same tests in the same order). Rows
/// of the primary partition, and of each declared population that has none there the cluster with the smallest p. No
/// rows where the cell cycle was not scored. Collective.
matrix::Table association_without_cycling(MPI_Comm comm, const Study& study,
                                          std::span<const std::int32_t> training_lots,
                                          std::span<const association::Row> all_cells,
                                          std::span<const association::Outcome> outcomes,
                                          const association::Options& options);

}  // namespace miura::app
