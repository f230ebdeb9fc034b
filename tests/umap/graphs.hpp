#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "miura/matrix/embedding.hpp"
#include "miura/matrix/graph.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::umap_test {

inline int my_rank() { return parallel::rank_of(MPI_COMM_WORLD); }
inline int n_ranks() { return parallel::size_of(MPI_COMM_WORLD); }

/// Ways to deal rows to the ranks: evenly, or all to the last.
inline parallel::Partition even(std::int64_t n) { return parallel::Partition::even(n, n_ranks()); }
inline parallel::Partition all_on_the_last(std::int64_t n) {
  return parallel::Partition::from_local(MPI_COMM_WORLD, my_rank() == n_ranks() - 1 ? n : 0);
}

struct Edge {
  std::int64_t a, b;
  std::int32_t weight = 1 << 24;
};

/// The rows that a rank owns of a graph whose edges every rank knows.
inline matrix::Graph graph_of(const std::vector<Edge>& edges, const parallel::Partition& vertices, int rank) {
  std::vector<std::vector<std::pair<std::int64_t, std::int32_t>>> rows(vertices.size());
  for (const auto& [a, b, weight] : edges) {
    rows[a].emplace_back(b, weight);
    rows[b].emplace_back(a, weight);
  }
  matrix::Graph graph;
  graph.vertices = vertices;
  graph.weight_unit = 1.0 / (1 << 24);
  for (auto i = vertices.begin(rank); i < vertices.end(rank); ++i) {
    std::ranges::sort(rows[i]);
    for (const auto& [other, weight] : rows[i]) {
      graph.neighbor.push_back(other);
      graph.weight.push_back(weight);
    }
    graph.row_start.push_back(std::ssize(graph.neighbor));
  }
  return graph;
}

inline std::vector<Edge> ring(std::int64_t n, std::int64_t first = 0) {
  std::vector<Edge> edges;
  for (std::int64_t i = 0; i < n; ++i) edges.push_back({first + i, first + (i + 1) % n});
  return edges;
}

/// All points of an embedding, on every rank.
inline std::vector<float> whole(MPI_Comm comm, const matrix::Embedding& mine) {
  return parallel::gather_everywhere<float>(comm, mine.value);
}

}  // namespace miura::umap_test
