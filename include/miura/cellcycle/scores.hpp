#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "miura/cellcycle/genes.hpp"
#include "miura/matrix/cells.hpp"
#include "miura/matrix/features.hpp"

namespace miura::cellcycle {

enum class Phase : std::uint8_t { g1, s, g2m, undecided, unknown };

/// G1, S, G2M, Undecided: Seurat's words. Empty for unknown.
std::string_view name_of(Phase phase);

struct ScoreOptions {
  std::int32_t bins = 24;  ///< of the genes by their mean expression; Seurat's nbin
  /// Control genes drawn for each gene of a list; 0: as many as the shorter list has genes that were found, as
  /// CellCycleScoring does.
  std::int32_t controls = 0;
  double scale = 1e4;              ///< counts of a cell are brought to this sum, as in normalize::LogNormalizeOptions
  std::int32_t fewest_genes = 10;  ///< of either list: with fewer there are no scores
  std::uint64_t seed = 1;          ///< of the control genes
};

/// Of this rank's cells. Both NaN, and the phase unknown, in a lot that lacks too many of the genes.
struct Scores {
  std::vector<double> s, g2m;
  std::vector<Phase> phase;
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
/// `missing` are the features (ascending) that the file of each lot lacks: the means of a lot are of the genes and
/// controls that it has, and it has no scores where it has fewer than `fewest_genes` of a list.
///
/// Collective over `comm`. Sums are of integers on the grid of 2^-16: same bits on any number of ranks and threads.
/// UsageError for options out of range.
Scores score(MPI_Comm comm, const matrix::DistributedCells& cells, const matrix::Features& features,
             const PhaseGenes& genes, std::span<const std::uint8_t> reference,
             std::span<const std::vector<std::int32_t>> missing, const ScoreOptions& options);

}  // namespace miura::cellcycle
