#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>

#include "miura/matrix/cells.hpp"
#include "miura/matrix/pseudobulk.hpp"

namespace miura::pseudobulk {

/// How wide the result is. `n_genes` is the width of the counts.
struct Shape {
  std::int32_t n_genes = 0, n_lots = 0, n_clusters = 0;
};

/// Sums the counts of every gene over the cells of each lot, and over those of each cluster within each lot.
///
/// For cells with counts, not for those of a table. `label` holds the cluster of each of this rank's cells, 0 ..
/// n_clusters - 1; a cell with -1 has none and is summed in group 0 (all cells) only. Seurat: AggregateExpression
/// (PseudobulkExpression); scanpy: sc.get.aggregate(func = "sum").
///
/// Collective. One pass over the nonzeros, lot by lot: a rank sums a lot of its own in a table of genes x groups and
/// sends every gene to the rank that will own it, so no rank ever holds all lots of all genes. Sums are of integers:
/// the same on any layout, whatever the order of cells; cells of a lot that lie together, as in canonical order, are
/// quicker. Memory: this rank's genes x groups x lots, and three tables of genes x groups, 8 bytes an entry. OpenMP
/// over groups.
matrix::Pseudobulk sum_counts(MPI_Comm comm, const matrix::DistributedCells& cells, std::span<const std::int32_t> label,
                              const Shape& shape);

}  // namespace miura::pseudobulk
