#pragma once

#include <mpi.h>

#include <cstdint>

#include "miura/matrix/graph.hpp"

namespace miura::neighborhood {

/// The graph on which abundances are diffused by default: two points are joined, with weight 1, where one is among the
/// `k` nearest of the other (simulated studies took k = 15, docs/methods/neighborhood.md). No self edges; symmetric.
///
/// `neighbors` are those of a set of points in itself, others only (knn::nearest); its first k columns are used, fewer
/// than k where there are fewer. k < 1, or more than was searched, is a UsageError. Collective over `comm`. Memory
/// beyond the result (12 bytes an edge and direction): 64 k bytes a point.
matrix::Graph union_graph(MPI_Comm comm, const matrix::Neighbors& neighbors, std::int32_t k = 15);

}  // namespace miura::neighborhood
