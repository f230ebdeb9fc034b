#pragma once

#include <mpi.h>

#include <cstdint>

#include "miura/matrix/graph.hpp"

namespace miura::umap {

struct FuzzyGraphOptions {
  std::int32_t k = 15;  ///< points of a neighbourhood, the point itself counted; scanpy's and umap-learn's n_neighbors
};

/// The fuzzy simplicial set of UMAP (McInnes, Healy & Melville 2018, arXiv:1802.03426, algorithms 2 and 3): point i
/// belongs to the neighbourhood of its neighbour j to the degree exp(-max(0, d_ij - rho_i) / sigma_i), rho_i the
/// distance to its nearest neighbour that is not a duplicate (local connectivity 1), sigma_i such that the degrees sum
/// to log2(k); the weight of an edge is a + b - ab of its two degrees. scanpy's `connectivities`.
///
/// `neighbors` are those that knn::nearest() finds of a set of points in itself; the first k - 1 columns are used, and
/// fewer than that are a UsageError. Weights are integers, weight_unit 2^-24: at most 1.5 units from umap-learn's.
/// Edges of less than half a unit are left out.
///
/// Collective over `comm`. Same bits on any number of ranks and threads. Memory beyond the result (12 bytes an edge and
/// direction): 16 (k - 1) bytes a point, twice at its peak.
matrix::Graph fuzzy_graph(MPI_Comm comm, const matrix::Neighbors& neighbors, const FuzzyGraphOptions& options);

}  // namespace miura::umap
