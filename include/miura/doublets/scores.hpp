#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/cells.hpp"
#include "miura/matrix/embedding.hpp"
#include "miura/matrix/lots.hpp"
#include "miura/matrix/table.hpp"
#include "miura/normalize/log_normalize.hpp"
#include "miura/pca/fit.hpp"

namespace miura::doublets {

struct ScoreOptions {
  double simulated_per_cell = 2.0;  ///< simulated doublets for each cell of a lot; Scrublet's sim_doublet_ratio
  double expected_share = 0.05;     ///< of doublets among the cells; scanpy's expected_doublet_rate
  std::int32_t neighbors = 0;  ///< observed cells of a neighbourhood; 0: half the root of the lot's cells (Scrublet)
  std::int32_t fewest_cells = 30;  ///< lots with fewer get no score
  std::uint64_t seed = 1;          ///< of the pairs
};

/// How much each cell of this rank looks like two cells in one droplet: 0 to 1; NaN in lots that are too small.
///
/// Scrublet's score (Wolock, Lopez & Klein 2019, Cell Syst. 8:281), lot by lot, a lot being a capture run: counts of
/// random pairs of its cells are summed, log-normalised and projected onto the components of `model`; the score is the
/// chance of a doublet, given the share of simulated ones among a cell's nearest neighbours. Doublets of like cells
/// stay undetected. An aid to look at, never a filter here.
///
/// `scores` are the components of the same cells under `model`, whose features are the `selected` columns of the counts
/// (ascending; `n_columns` in all), log-normalised with `log_normalize`. Pairs are drawn by (seed, lot's name, number
/// of the pair): a lot's scores depend on the model and on its own cells alone. Collective over `comm`, lot after lot;
/// same bits on any number of ranks and threads. UsageError for options out of range.
std::vector<double> score(MPI_Comm comm, const matrix::DistributedCells& cells, std::int32_t n_columns,
                          std::span<const std::int32_t> selected, const normalize::LogNormalizeOptions& log_normalize,
                          const matrix::Embedding& scores, const pca::Model& model, const matrix::Lots& lots,
                          const ScoreOptions& options);

/// A row a lot: the table doublets. Columns: lot, cells, mean_score, share_above (cells whose score is at least
/// `threshold`); NaN for a lot without scores. Collective; replicated. Means are of scores in steps of 2^-40, so exact.
matrix::Table score_by_lot(MPI_Comm comm, std::span<const double> score, std::span<const std::int32_t> lot,
                           const matrix::Lots& lots, double threshold = 0.25);

}  // namespace miura::doublets
