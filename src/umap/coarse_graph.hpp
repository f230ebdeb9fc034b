#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

#include "miura/matrix/graph.hpp"

namespace miura::umap {

/// A graph whose vertices are groups of joined vertices of a larger one: weights between two groups are summed, and a
/// group keeps the weight within it as a self edge.
struct CoarseGraph {
  std::vector<std::int32_t> group;  ///< of every vertex of the large graph; replicated
  std::int32_t n_groups = 0;
  std::vector<std::int64_t> size;       ///< vertices of each group; replicated
  std::vector<std::int64_t> row_start;  ///< on rank 0 only: n_groups + 1
  std::vector<std::int32_t> neighbor;   ///< on rank 0 only: ascending within a row, self edges among them
  std::vector<std::int64_t> weight;     ///< on rank 0 only, in the unit of the graph
};

/// Groups the vertices around seeds, drawn by hash, about `wanted` of them; every vertex goes with the neighbour of
/// largest weight that has a group already. No more than `wanted` vertices: each is its own group. A part of the graph
/// without a seed makes its own. Collective. Sums are of integers, so that the result is the same for any layout.
CoarseGraph coarsen(MPI_Comm comm, const matrix::Graph& graph, std::int64_t wanted, std::uint64_t seed);

}  // namespace miura::umap
