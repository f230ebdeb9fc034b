#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

#include "miura/matrix/embedding.hpp"

namespace miura::transfer {

struct CentroidOptions {
  std::int32_t k = 100;      ///< soft clusters; fewer where there are fewer cells
  double sigma = 0.1;        ///< softness: membership ~ exp(-2 (1 - cos) / sigma)
  double ridge = 1.0;        ///< holds back shifts of clusters with few cells of the lot; infinity: nothing is moved
  std::int32_t rounds = 20;  ///< of k-means, at most
  std::uint64_t seed = 1;    ///< of the first centres
};

/// What Symphony keeps of a reference (Kang et al. 2021, Nat. Commun. 12:5890). Replicated.
struct Centroids {
  std::int32_t n_dims = 0;
  std::vector<float> direction;  ///< k x n_dims, rows of length 1
  std::vector<double> size;      ///< k: sum of the reference cells' memberships
  std::vector<double> sum;       ///< k x n_dims: sum of membership x scores

  std::int32_t k() const noexcept { return static_cast<std::int32_t>(std::ssize(size)); }
};

/// Soft clusters of the reference's `dims` first components: k-means on the sphere, begun with k-means++, then
/// memberships. Sums are integers, draws are keyed by (seed, cell): same bits on any number of ranks. Collective.
Centroids summarize(MPI_Comm comm, const matrix::Embedding& scores, std::int32_t dims, const CentroidOptions& options);

/// Those of a reference without some of its cells, whose `scores` are given: the same directions, and sums without what
/// these cells add, so that every lot can be held out at the price of one summary. Collective.
Centroids without_cells(MPI_Comm comm, Centroids centroids, const matrix::Embedding& scores,
                        const CentroidOptions& options);

/// The scores of a lot, moved so that each soft cluster lies where the reference has it: x - sum over c of r_c b_c,
/// with b_c the ridge coefficient of the lot in cluster c (Kang et al. 2021, equations 6-8, for one batch):
///   b_c = (N_c s_c - n_c S_c) / (N_c n_c + ridge (N_c + n_c)),
/// N, S size and sum of the reference, n, s those of the lot. A cell of length 0 has the same membership in all
/// clusters. Collective.
matrix::Embedding shifted(MPI_Comm comm, const Centroids& centroids, const matrix::Embedding& scores,
                          const CentroidOptions& options);

}  // namespace miura::transfer
