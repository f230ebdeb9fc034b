#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

#include "miura/matrix/embedding.hpp"
#include "miura/matrix/graph.hpp"
#include "miura/transfer/cells.hpp"

namespace miura::transfer {

/// Names and values of Seurat 4.3.0's FindTransferAnchors and TransferData.
struct AnchorOptions {
  std::int32_t k_anchor = 5;    ///< an anchor's cells are among each other's so many nearest
  std::int32_t k_score = 30;    ///< neighbours that speak for an anchor
  std::int32_t k_filter = 200;  ///< an anchor's query cell is among so many nearest by expression; 0: no such check
  std::int32_t k_weight = 50;   ///< anchors that a cell listens to
  double sd_weight = 1.0;       ///< width of the kernel by which they count
};

/// Pairs of a reference cell and a query cell that are mutual nearest neighbours. Of this rank's reference cells, in
/// order of (reference cell, its neighbours from near to far).
struct Anchors {
  std::vector<std::int64_t> reference;  ///< global index
  std::vector<std::int64_t> query;      ///< global index among the query's cells
  std::vector<std::int32_t> shared;     ///< neighbours in common, of 2 k_score
  std::vector<double> score;            ///< `shared` between its 1 % and 90 % quantile over all anchors, in [0, 1]
  std::int64_t n_mutual = 0;            ///< on all ranks, before the check by expression
  std::int64_t n_kept = 0;              ///< on all ranks, after it
};

/// Neighbours between and within two sets of cells, all by cosine: Euclidean distances of rows of length 1. Nearest
/// first; `within_*` begin with the cell itself. Ids are -1 where there are fewer cells than k.
struct CrossNeighbors {
  const matrix::Embedding &reference, &query;  ///< what the distances are of, kept by the caller
  matrix::Neighbors within_query;              ///< k_score a query cell
  matrix::Neighbors query_to_reference;        ///< k_anchor, k_score or k_dist a query cell, the largest of them
};

/// The `dims` first columns with rows divided by their length; a row of zeros stays.
matrix::Embedding unit_rows(const matrix::Embedding& points, std::int32_t dims);

/// Each point itself and its k - 1 nearest others. Collective.
matrix::Neighbors neighborhoods(MPI_Comm comm, const matrix::Embedding& points, std::int32_t k);

/// `reference` and `query` as `unit_rows` makes them. Collective.
CrossNeighbors cross_neighbors(MPI_Comm comm, const matrix::Embedding& reference, const matrix::Embedding& query,
                               std::int32_t k_dist, const AnchorOptions& options);

/// Anchors of Seurat's FindTransferAnchors (Stuart et al. 2019, Cell 177:1888; reduction = "pcaproject"), with exact
/// nearest neighbours and ties by global index.
///
/// 1. (i, j) if j is among the k_anchor query cells nearest to i and i among the k_anchor reference cells nearest to j.
/// 2. If both sides have k_filter cells and `expression` is given: j must be among the k_filter query cells nearest to
/// i
///    by cosine of expression.
/// 3. Score: of the neighbourhoods {k_score within the reference, k_score in the query} of i and of j, what they share,
///    brought to [0, 1] by its 1 % and 90 % quantiles (type 7); 1 for all where those are equal, where Seurat divides
///    by 0.
///
/// `within_reference` are the k_score `neighborhoods` of the reference. Collective; nothing is gathered: rows of
/// neighbours travel for the pairs alone. Same bits on any number of ranks.
Anchors find_anchors(MPI_Comm comm, const Reference& reference, const matrix::Neighbors& within_reference,
                     const Query& query, const CrossNeighbors& neighbors, const AnchorOptions& options);

}  // namespace miura::transfer
