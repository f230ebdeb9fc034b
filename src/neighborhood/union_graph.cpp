#include "miura/neighborhood/union_graph.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::neighborhood {

matrix::Graph union_graph(MPI_Comm comm, const matrix::Neighbors& neighbors, std::int32_t k) {
  if (k < 1 || k > neighbors.k)
    throw UsageError("a graph of " + std::to_string(k) + " neighbors cannot be made of a search for " +
                     std::to_string(neighbors.k));
  const auto& points = neighbors.queries;
  const auto first = points.begin(parallel::rank_of(comm));
  std::vector<std::vector<std::int64_t>> named(parallel::size_of(comm));  // neighbor, then who names it
  std::vector<std::pair<std::int64_t, std::int64_t>> edge;                // local vertex, neighbor
  for (std::int64_t i = 0; i < neighbors.n_local(); ++i)
    for (std::int32_t c = 0; c < k; ++c) {
      const auto other = neighbors.id[i * neighbors.k + c];
      if (other < 0) continue;
      edge.emplace_back(i, other);
      auto& message = named[points.owner(other)];
      message.push_back(other);
      message.push_back(first + i);
    }
  for (const auto& message : parallel::exchange(comm, std::exchange(named, {})))
    for (std::size_t at = 0; at < message.size(); at += 2) edge.emplace_back(message[at] - first, message[at + 1]);
  std::ranges::sort(edge);
  edge.erase(std::ranges::unique(edge).begin(), edge.end());

  matrix::Graph graph;
  graph.vertices = points;
  graph.row_start.assign(points.n_local(parallel::rank_of(comm)) + 1, 0);
  graph.neighbor.reserve(edge.size());
  for (const auto& [vertex, other] : edge) {
    ++graph.row_start[vertex + 1];
    graph.neighbor.push_back(other);
  }
  for (std::size_t i = 1; i < graph.row_start.size(); ++i) graph.row_start[i] += graph.row_start[i - 1];
  graph.weight.assign(edge.size(), 1);
  return graph;
}

}  // namespace miura::neighborhood
