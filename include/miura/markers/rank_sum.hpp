#pragma once

#include <mpi.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "miura/markers/contrast.hpp"
#include "miura/matrix/cells.hpp"

namespace miura::markers {

/// The expression of a count in a cell with `n_counts` counts in all: what X of study.h5ad holds, e.g.
/// normalize::log_normalized. Positive, and ascending in `count`.
using Expression = std::function<float(std::uint32_t count, std::int64_t n_counts)>;

struct RankSumOptions {
  Contrasts contrasts = {};
  /// Nonzeros that a rank transposes at a time, at 24 bytes each; changes no result. 0: a million, or 32 a cell where
  /// that is more, below which coming back to a cell would take longer than sorting what it has.
  std::int64_t entries_at_once = 0;
};

/// One entry a contrast and gene: contrast x n_genes + gene. Replicated. NaN where a side of the contrast has no cells;
/// z, p and q also where the gene has one value in all of its cells.
struct RankSums {
  std::int32_t n_genes = 0;
  std::vector<Contrast> contrast;                 ///< as Contrasts::of() tells them
  std::vector<std::int64_t> cells_in, cells_out;  ///< one a contrast

  std::vector<double> z;        ///< of the rank sum, tie-corrected, without continuity correction; > 0: higher inside
  std::vector<double> log10_p;  ///< two-sided, normal approximation; has no underflow
  std::vector<double> log10_q;  ///< Benjamini-Hochberg over the genes of a contrast
  std::vector<double> auc;      ///< chance that a cell inside is higher than one outside (ties count half)
  std::vector<double> log2_fold_seurat;     ///< log2(mean(e^x - 1) + 1), inside less outside
  std::vector<double> log2_fold_scanpy;     ///< log2((e^mean(x) - 1 + 1e-9) / the same outside)
  std::vector<double> share_in, share_out;  ///< of the cells where the gene was counted

  std::int64_t at(std::int64_t contrast_number, std::int64_t gene) const noexcept {
    return contrast_number * n_genes + gene;
  }
};

/// Wilcoxon's rank sum test of every gene, each cluster against the rest (all others that have a label) and pairs of
/// clusters on request: FindAllMarkers(test.use = "wilcox") of Seurat, rank_genes_groups(method = "wilcoxon",
/// tie_correct = True) of scanpy. What the test is worth: docs/methods/markers.md.
///
/// Twice the mid-ranks are integers, and their sums are exact in any order. The cells are transposed once, block of
/// genes by block: a rank sorts whole genes, which serves all contrasts. `label` is the cluster of each of this rank's
/// cells, -1 for a cell that takes no part. n_counts of a cell is over all genes.
///
/// Collective; the same bits on any layout. Memory: 24 bytes an entry of RankSumOptions::entries_at_once, 80 bytes a
/// cell of this rank, and the result, 64 bytes a contrast and gene. OpenMP over cells and genes.
RankSums rank_sums(MPI_Comm comm, const matrix::DistributedCells& cells, const Expression& expression,
                   std::span<const std::int32_t> label, std::int32_t n_genes, std::int32_t n_clusters,
                   const RankSumOptions& options);

}  // namespace miura::markers
