#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>
#include <vector>

#include "miura/cluster/leiden.hpp"
#include "miura/stats/random.hpp"

namespace miura::cluster::test {

using Edge = std::tuple<std::int64_t, std::int64_t, std::int32_t>;

/// A graph in edges, each once; any rank can take its part of it.
struct EdgeList {
  std::int64_t n = 0;
  std::vector<Edge> edges;

  matrix::Graph part(const parallel::Partition& vertices, int rank) const {
    std::vector<std::vector<std::pair<std::int64_t, std::int32_t>>> row(vertices.n_local(rank));
    const auto add = [&](std::int64_t from, std::int64_t to, std::int32_t weight) {
      if (from >= vertices.begin(rank) && from < vertices.end(rank))
        row[from - vertices.begin(rank)].emplace_back(to, weight);
    };
    for (const auto& [u, v, weight] : edges) {
      add(u, v, weight);
      add(v, u, weight);
    }
    matrix::Graph graph;
    graph.vertices = vertices;
    for (auto& neighbors : row) {
      std::ranges::sort(neighbors);
      for (const auto& [to, weight] : neighbors) {
        graph.neighbor.push_back(to);
        graph.weight.push_back(weight);
      }
      graph.row_start.push_back(std::ssize(graph.neighbor));
    }
    return graph;
  }
  matrix::Graph whole() const { return part(parallel::Partition::even(n, 1), 0); }
};

inline Clustering alone(const EdgeList& list, const LeidenOptions& options = {}) {
  return leiden(MPI_COMM_SELF, list.whole(), options);
}

inline EdgeList clique_pair(std::int64_t first, std::int64_t second) {
  EdgeList list{first + second, {{first - 1, first, 1}}};
  for (std::int64_t v = 0; v < list.n; ++v)
    for (std::int64_t u = 0; u < v; ++u)
      if ((u < first) == (v < first)) list.edges.emplace_back(u, v, 1);
  return list;
}

/// Points on a line, each tied to some that are near: a continuum, with no clusters but those that the method makes.
inline EdgeList continuum(std::int64_t n, std::uint64_t seed = 5) {
  EdgeList list{n, {}};
  std::map<std::pair<std::int64_t, std::int64_t>, std::int32_t> weight;
  for (std::int64_t v = 0; v < n; ++v) {
    stats::RandomStream random(seed, stats::Purpose::simulate, static_cast<std::uint64_t>(v));
    for (int i = 0; i < 8; ++i) {
      // vertices lie on the line in an order unlike their numbers
      const auto place =
          v * 7 % n + 1 + static_cast<std::int64_t>(random.below(40)) * static_cast<std::int64_t>(random.below(5));
      std::int64_t u = 0;
      for (std::int64_t k = 0; k < 7; ++k)
        if ((place % n + k * n) % 7 == 0) u = (place % n + k * n) / 7;
      if (u != v && u < n) weight[std::minmax(u, v)] += 1 + static_cast<std::int32_t>(random.below(1000));
    }
  }
  for (const auto& [pair, w] : weight) list.edges.emplace_back(pair.first, pair.second, w);
  return list;
}

/// Triangles in a ring: the level above the vertices is still too large to be replicated.
inline EdgeList ring_of_triangles(std::int64_t triangles) {
  EdgeList list{3 * triangles, {}};
  for (std::int64_t t = 0; t < triangles; ++t) {
    const auto a = 3 * t, next = 3 * ((t + 1) % triangles);
    for (const auto& [u, v] : {std::pair{a, a + 1}, {a, a + 2}, {a + 1, a + 2}}) list.edges.emplace_back(u, v, 10);
    list.edges.emplace_back(a + 2, next, 1);
  }
  return list;
}

/// How many connected pieces the clusters of a labeling have, all together.
inline std::int64_t count_pieces(const EdgeList& list, const std::vector<std::int32_t>& label) {
  std::vector<std::int64_t> parent(list.n);
  std::iota(parent.begin(), parent.end(), 0);
  const auto root = [&](std::int64_t v) {
    while (parent[v] != v) v = parent[v] = parent[parent[v]];
    return v;
  };
  for (const auto& [u, v, w] : list.edges)
    if (label[u] == label[v]) parent[root(u)] = root(v);
  std::int64_t pieces = 0;
  for (std::int64_t v = 0; v < list.n; ++v) pieces += parent[v] == v;
  return pieces;
}

}  // namespace miura::cluster::test
