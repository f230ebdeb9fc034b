#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/graph.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::cluster {

/// Fewer vertices than this are done sooner by one thread than by waking others.
inline constexpr std::int64_t worth_threads = 1024;

/// One level of the multilevel scheme: the graph itself (level 0, whose edges are borrowed), or a graph of communities.
/// Each rank of `comm` holds the rows of its own vertices; a replicated level has comm = MPI_COMM_SELF.
struct LevelGraph {
  MPI_Comm comm = MPI_COMM_SELF;
  parallel::Partition vertices;
  const matrix::Graph* finest = nullptr;   ///< level 0 only; the three vectors below are then empty
  std::vector<std::int64_t> row_start{0};  ///< n_local + 1
  std::vector<std::int64_t> neighbor;      ///< never the vertex itself, in no particular order
  std::vector<std::int64_t> weight;
  std::vector<std::int64_t> degree;  ///< of each own vertex: all weight at its members, also what lies between them

  std::int64_t n() const noexcept { return vertices.size(); }
  std::int64_t n_local() const noexcept { return std::ssize(degree); }
  std::int64_t first() const noexcept { return vertices.begin(parallel::rank_of(comm)); }

  std::int64_t n_edges(std::int64_t local) const noexcept {
    const auto& start = finest != nullptr ? finest->row_start : row_start;
    return start[local + 1] - start[local];
  }

  /// Calls visit(neighbor, weight) for every edge of an own vertex.
  template <class Visit>
  void for_each_edge(std::int64_t local, Visit&& visit) const {
    if (finest != nullptr) {
      for (auto at = finest->row_start[local], end = finest->row_start[local + 1]; at < end; ++at)
        visit(finest->neighbor[at], std::int64_t{finest->weight[at]});
    } else {
      for (auto at = row_start[local], end = row_start[local + 1]; at < end; ++at) visit(neighbor[at], weight[at]);
    }
  }
};

/// Level 0. `graph` must outlive it.
LevelGraph finest_level(MPI_Comm comm, const matrix::Graph& graph);

/// The graph whose vertices are groups of `level`'s: group[v] in 0 .. n_groups - 1 for every vertex of all ranks, no
/// group empty. Vertices are spread evenly over the ranks of level.comm. Collective over level.comm.
LevelGraph coarsen(const LevelGraph& level, std::span<const std::int32_t> group, std::int32_t n_groups);

/// The same level, whole on every rank. Collective over level.comm.
LevelGraph replicate(LevelGraph level);

}  // namespace miura::cluster
