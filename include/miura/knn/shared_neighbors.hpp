#pragma once

#include <mpi.h>

#include <cstdint>

#include "miura/matrix/graph.hpp"

namespace miura::knn {

/// Which pairs of points may be joined.
enum class SharedEdges {
  all_sharing,  ///< every pair that shares a neighbour (Seurat)
  nearest       ///< only pairs of which one is in the other's neighbourhood (PhenoGraph; bluster joins as Seurat does)
};

struct SharedNeighborOptions {
  std::int32_t k = 20;  ///< points of a neighbourhood, the point itself counted: itself and its k - 1 nearest others
  double prune = 1.0 / 15;  ///< least Jaccard index of an edge (Seurat's prune.SNN)
  SharedEdges edges = SharedEdges::all_sharing;
};

/// Joins points by the Jaccard index of their neighbourhoods, s / (2k - s) where s points are in both, as Seurat's
/// FindNeighbors does (Hao et al. 2021; Levine et al. 2015 for the index). Edges below `prune` are left out; there are
/// no self edges. Weights are 2^16 x index, rounded half up, weight_unit 2^-16. With fewer than k points in all, every
/// neighbourhood holds all of them.
///
/// `neighbors` are those that nearest() finds of a set of points in itself: others only. Its first k - 1 columns are
/// used; fewer than that are a UsageError. InputError where one point is among the nearest of more than 50,000 others,
/// as happens with as many identical points. Collective over `comm`. Same bits on any number of ranks and threads.
///
/// Memory beyond the result (12 bytes an edge and direction; 0.4-0.9 kB a cell at k = 20): 20 (k - 1) bytes a point at
/// its peak, then 8 k a point and some 50 MB a rank: of other ranks, a rank sees no more at a time than what 8,192 of
/// its own points need. Time: per point the sum of the sizes of the lists that name its neighbours, about 30 k.
matrix::Graph shared_neighbors(MPI_Comm comm, const matrix::Neighbors& neighbors, const SharedNeighborOptions& options);

}  // namespace miura::knn
