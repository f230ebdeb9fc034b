#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/cells.hpp"
#include "miura/matrix/features.hpp"

namespace miura::cellcycle {

enum class Phase : std::uint8_t { g1, s, g2m, undecided };

struct ScoreOptions {
  std::int32_t bins = 24;  ///< of the genes by their mean expression; Seurat's nbin
  /// Control genes drawn for each gene of a list; 0: as many as the shorter list has genes that were found, as
  /// CellCycleScoring does.
  std::int32_t controls = 0;
  double scale = 1e4;      ///< counts of a cell are brought to this sum, as in normalize::LogNormalizeOptions
  std::uint64_t seed = 1;  ///< of the control genes
};

/// Scores of this rank's cells; no entries at all where a list has no gene among the features.
struct Scores {
  std::vector<double> s;
  std::vector<double> g2m;
  std::vector<Phase> phase;
  std::int32_t n_s_genes = 0, n_g2m_genes = 0;  ///< of the lists that were found among the features
};

/// How far a cell is in the cycle: the mean log-normalised expression of the genes of a phase less that of control
/// genes of like expression (Seurat's AddModuleScore and CellCycleScoring; Tirosh et al. 2016). The phase is that of
/// the larger score; G1 where both are negative, undecided where they are equal.
///
/// All genes are cut into bins of equal number by their mean expression over the cells marked in `reference` (a mark
/// for each of this rank's cells); the controls of a gene are drawn from its bin, without replacement, and controls of
/// several genes count once. Unlike Seurat's, draws do not depend on the order of genes: the controls of a gene are
/// those of its bin whose hash with the gene and the seed is lowest. A bin with too few genes gives them all.
///
/// Collective over `comm`. Sums are of integers on the grid of 2^-16: same bits on any number of ranks and threads.
/// UsageError for options out of range.
Scores score(MPI_Comm comm, const matrix::DistributedCells& cells, const matrix::Features& features,
             std::span<const std::uint8_t> reference, const ScoreOptions& options);

}  // namespace miura::cellcycle
