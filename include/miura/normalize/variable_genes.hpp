#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/cells.hpp"

namespace miura::normalize {

struct VariableGenesOptions {
  std::int32_t n_genes = 2000;  ///< how many are selected, at most; as Seurat and scanpy
  double span = 0.3;            ///< of the loess of log10 variance on log10 mean; as Seurat and scanpy
  /// Merge by (number of batches, median rank), as Seurat's SelectIntegrationFeatures and scanpy's "seurat_v3_paper";
  /// else by (median rank, number of batches), as scanpy's "seurat_v3", where a gene that leads in one batch alone may
  /// lead in all.
  bool batches_first = false;
};

/// An entry per gene, replicated; `selected` alone is a list of columns.
struct VariableGenes {
  std::vector<std::int32_t> selected;  ///< columns of the variable genes, ascending
  std::vector<std::uint8_t> highly_variable;
  std::vector<double>
      rank;  ///< median over the batches in whose first n_genes it is, 0 the most variable; NaN: in none
  std::vector<double> mean;                   ///< of the counts over the reference cells
  std::vector<double> variance;               ///< likewise; NaN for a single cell
  std::vector<double> variance_standardized;  ///< mean over batches of the clipped standardised variance
  std::vector<std::int32_t> n_batches;        ///< in whose first n_genes it is
};

/// Finds the genes that vary more than others of the same mean, in each batch on its own, so that differences between
/// batches do not count, and merges the batches by rank.
///
/// Seurat's "vst" (Stuart et al. 2019, Cell 177:1888), as scanpy 1.11's highly_variable_genes(flavor = "seurat_v3",
/// batch_key): per batch, loess of log10 variance on log10 mean over the genes that are not constant; counts clipped at
/// mean + sd_expected x sqrt(cells); genes ordered by the variance of what is left over the expected one. Ties go to
/// the lower column (in scanpy to chance). Unlike scanpy, a gene that is constant in a batch has no rank there (scanpy
/// gives it what its sort leaves over), a batch of fewer than two cells is left out, and a batch where many genes share
/// a mean has an answer (scanpy stops; see stats::loess).
///
/// `reference` marks the cells that take part (a 1 or 0 for each of this rank's), `batch_of_lot` is the batch of every
/// lot, 0 or more: the lot itself, a chemistry, or 0 for all (one batch: the plain form). `n_columns` is the width of
/// the counts. InputError where counts are so large that sums of squares would not be exact, or where no gene varies in
/// any batch. Collective. Sums are of integers; a batch's fit is made by one rank and its bits sent. Memory: 40 bytes x
/// batches x genes.
VariableGenes variable_genes(MPI_Comm comm, const matrix::DistributedCells& cells, std::int32_t n_columns,
                             std::span<const std::uint8_t> reference, std::span<const std::int32_t> batch_of_lot,
                             const VariableGenesOptions& options);

}  // namespace miura::normalize
