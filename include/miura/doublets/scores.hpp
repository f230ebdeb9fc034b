#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "miura/matrix/cells.hpp"
#include "miura/matrix/embedding.hpp"
#include "miura/normalize/log_normalize.hpp"
#include "miura/pca/fit.hpp"

namespace miura::doublets {

struct ScoreOptions {
  double simulated_per_cell = 2.0;  ///< simulated doublets for each cell of a run; Scrublet's sim_doublet_ratio
  double expected_share = 0.05;     ///< of doublets among the cells; scanpy's expected_doublet_rate
  std::int32_t neighbors = 0;  ///< observed cells of a neighbourhood; 0: half the root of the run's cells (Scrublet)
  std::int32_t fewest_cells = 30;  ///< runs with fewer get no score
  std::uint64_t seed = 1;          ///< of the pairs
  /// Called by all ranks before each round of 4,096 simulated doublets a rank and between those of the searches; it may
  /// throw.
  void (*safe_point)(MPI_Comm) = nullptr;
};

/// A capture run: cells that could meet in a droplet.
struct Run {
  std::string_view name;                ///< names the random numbers
  std::span<const std::int64_t> cells;  ///< of this rank, counted from its first, ascending
};

/// How counts become coordinates: the `selected` columns (ascending) of all `n_columns`, log-normalised, on the
/// components of `model`.
struct Projection {
  std::int32_t n_columns = 0;
  std::span<const std::int32_t> selected;
  normalize::LogNormalizeOptions log_normalize;
  const pca::Model& model;
};

/// How much each of this rank's cells of a run looks like two cells in one droplet: 0 to 1; NaN in a run that is too
/// small.
///
/// Scrublet's score (Wolock, Lopez & Klein 2019, Cell Syst. 8:281): counts of random pairs of the run's cells are
/// summed and projected as the cells themselves were; the score is the chance of a doublet, given the share of
/// simulated ones among a cell's nearest neighbours. Doublets of like cells stay undetected. An aid to look at, never a
/// filter here.
///
/// `coordinates` are those of all cells under `projection`. Pairs are drawn by (seed, name, number of the pair) among
/// the run's cells in canonical order: its scores depend on the model and on its own cells alone. Collective over
/// `comm`; same bits on any number of ranks and threads. Memory: the selected counts of the run's
/// cells once more, and the simulated cells' coordinates. UsageError for options out of range.
std::vector<double> score(MPI_Comm comm, const matrix::DistributedCells& cells, const matrix::Embedding& coordinates,
                          const Run& run, const Projection& projection, const ScoreOptions& options);

}  // namespace miura::doublets
