#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/cells.hpp"
#include "miura/matrix/features.hpp"

namespace miura::qc {

/// The same thresholds for every lot, set without a look at outcomes: thresholds by lot would let the quality control
/// make or hide a difference between lots.
struct FilterOptions {
  std::int64_t min_counts =
      500;  ///< below, a droplet of 10x data holds ambient RNA rather than a cell; MSC have 5,000 and more
  std::int32_t min_genes = 200;  ///< as in the tutorials of Seurat and scanpy; MSC have 1,500 and more
  double max_pct_mito = 20.0;    ///< per cent. Functional MSC states are rich in mitochondria: 5 to 10 % would eat them
  std::int64_t min_cells = 3;    ///< a gene seen in fewer cells of the study is dropped
};

/// Where the cells of each lot went; an entry per lot, replicated. Every cell is counted once, at the first test it
/// fails, in the order of the fields.
struct Attrition {
  std::vector<std::int64_t> cells_read;
  std::vector<std::int64_t> missing_values;  ///< rows of a table that are not all finite numbers
  std::vector<std::int64_t> too_few_counts;
  std::vector<std::int64_t> too_few_genes;
  std::vector<std::int64_t> too_much_mito;
  std::vector<std::int64_t> kept;     ///< 0: the lot is out of the study
  std::vector<double> median_counts;  ///< of the cells kept; NaN where there is none, and for tables
  std::vector<double> median_genes;
};

/// Drops the cells that fail the quality control, in place. Of counts: too few counts or genes, or too large a
/// mitochondrial share. Of tables: rows with missing values.
///
/// `lots` are the lots that this rank has read, before matrix::distribute, with the columns of `features`; a lot is
/// read by one rank, and a block holds one lot. InputError on every rank if no cell of any lot is left. Collective.
/// Metrics of what is kept: cell_metrics() after matrix::distribute and before filter_genes() gives the same numbers.
Attrition filter_cells(MPI_Comm comm, std::vector<matrix::CellBlock>& lots, std::int32_t n_lots,
                       const matrix::Features& features, const FilterOptions& options);

/// Drops the genes that are seen in fewer than `min_cells` of the cells that are marked in `counted` (one mark for each
/// of this rank's; empty: all), from the columns of this rank's cells and from `features`. Gives the indices of the
/// genes kept, ascending, in the old numbering; replicated. InputError if none is left. Tables are left as they are.
/// Collective.
std::vector<std::int32_t> filter_genes(MPI_Comm comm, matrix::CellBlock& mine, matrix::Features& features,
                                       const FilterOptions& options, std::span<const std::uint8_t> counted = {});

}  // namespace miura::qc
