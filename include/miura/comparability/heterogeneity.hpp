#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/comparability/lot_vectors.hpp"
#include "miura/matrix/composition.hpp"
#include "miura/matrix/embedding.hpp"
#include "miura/matrix/lots.hpp"
#include "miura/matrix/table.hpp"

namespace miura::comparability {

/// How unlike the cells within each lot are, and where its centre is. Replicated; NaN for lots without cells.
struct LotSpread {
  std::int32_t n_lots = 0, n_dims = 0;
  std::vector<std::int64_t> cells;
  std::vector<double> centre;         ///< n_lots x n_dims, row-major
  std::vector<double> mean_distance;  ///< of the cells to the centre of their lot
};

/// Collective; sums are of integers: positions in steps of 2^-16, distances in steps of 2^-24.
LotSpread lot_spread(MPI_Comm comm, const matrix::Embedding& cells, std::span<const std::int32_t> lot,
                     std::int32_t n_lots);

/// Shannon's index of the clusters in each lot: -sum p log p, in nats; exp of it is the effective number of clusters.
std::vector<double> shannon_index(const matrix::Composition& composition);

/// Mean distance of the lots in `set` to the mean of them all, over the lots that are known; NaN for fewer than 2.
double mean_distance_to_centre(const LotVectors& vectors, std::span<const std::int32_t> set);

/// The table `heterogeneity`: two things kept apart. Rows `within`, one a lot: mean_distance (of cells to the lot's
/// centre), shannon_index, effective_clusters. Rows `between`, one for each group of lots (source and role): aitchison
/// (mean distance of lots to the centre of the group), centre_distance (the same of lot centres in the embedding).
matrix::Table heterogeneity_table(const matrix::Lots& lots, const LotSpread& spread,
                                  const matrix::Composition& composition);

}  // namespace miura::comparability
