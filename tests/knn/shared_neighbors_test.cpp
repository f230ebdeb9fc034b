#include "miura/knn/shared_neighbors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "knn/points.hpp"
#include "miura/base/error.hpp"
#include "miura/knn/search.hpp"

namespace {

using namespace miura;
using namespace miura::knn::test;
using knn::SharedEdges;
using Edges = std::map<std::pair<std::int64_t, std::int64_t>, std::int32_t>;

/// The edges of this rank's vertices.
Edges edges_of(const matrix::Graph& graph) {
  Edges edges;
  const auto first = graph.vertices.begin(parallel::rank_of(MPI_COMM_WORLD));
  for (std::int64_t i = 0; i < graph.n_local(); ++i)
    for (auto at = graph.row_start[i]; at < graph.row_start[i + 1]; ++at)
      edges[{first + i, graph.neighbor[at]}] = graph.weight[at];
  return edges;
}

/// The definition, pair by pair, on sets. `from` .. `to` are the first ends of the edges.
Edges by_definition(const std::vector<float>& all, std::int32_t dims, const knn::SharedNeighborOptions& o,
                    const parallel::Partition& vertices) {
  const auto n = std::ssize(all) / dims;
  const auto others = std::max(o.k - 1, 1);
  const auto found = knn::test::by_definition(all, all, dims, others, true, 0, n);
  std::vector<std::set<std::int64_t>> hood(n);
  for (std::int64_t i = 0; i < n; ++i) {
    hood[i].insert(i);
    for (std::int32_t c = 0; c < o.k - 1; ++c)
      if (found.id[i * others + c] >= 0) hood[i].insert(found.id[i * others + c]);
  }
  Edges edges;
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  for (auto i = vertices.begin(rank); i < vertices.end(rank); ++i)
    for (std::int64_t j = 0; j < n; ++j) {
      std::vector<std::int64_t> both;
      std::ranges::set_intersection(hood[i], hood[j], std::back_inserter(both));
      const auto either = static_cast<double>(hood[i].size() + hood[j].size() - both.size());
      const double jaccard = static_cast<double>(both.size()) / either;
      if (i == j || both.empty() || jaccard < o.prune) continue;
      if (o.edges == SharedEdges::nearest && !hood[i].contains(j) && !hood[j].contains(i)) continue;
      edges[{i, j}] = static_cast<std::int32_t>(std::lround(65536 * jaccard));
    }
  return edges;
}

matrix::Graph graph_of(MPI_Comm comm, const std::vector<float>& all, std::int32_t dims, Cut how,
                       const knn::SharedNeighborOptions& o) {
  const auto points = mine(comm, all, std::ssize(all) / dims, dims, how);
  return knn::shared_neighbors(comm, knn::nearest(comm, points, {.k = std::max(o.k - 1, 1)}), o);
}

class SharedNeighbors : public testing::TestWithParam<Cut> {};
INSTANTIATE_TEST_SUITE_P(Layouts, SharedNeighbors, testing::Values(Cut::even, Cut::first_rank_empty, Cut::all_on_last));

TEST_P(SharedNeighbors, AreWhatTheDefinitionSays) {
  for (const std::int64_t n : {1, 2, 12, 130})
    for (const std::int32_t k : {1, 6, 20})
      for (const auto edges : {SharedEdges::all_sharing, SharedEdges::nearest})
        for (const double prune : {0.0, 0.2}) {
          const knn::SharedNeighborOptions o{.k = k, .prune = prune, .edges = edges};
          const auto all = uniform_points(n, 3, 21);
          const auto graph = graph_of(MPI_COMM_WORLD, all, 3, GetParam(), o);
          EXPECT_EQ(edges_of(graph), by_definition(all, 3, o, graph.vertices)) << n << " points, k " << k;
          EXPECT_EQ(graph.weight_unit, 1.0 / 65536);
        }
}

TEST_P(SharedNeighbors, OfNoPointsAreNone) {
  const auto graph = graph_of(MPI_COMM_WORLD, {}, 3, GetParam(), {});
  EXPECT_EQ(graph.n_local(), 0);
  EXPECT_TRUE(graph.neighbor.empty());
}

TEST_P(SharedNeighbors, HaveTheSameBitsAsOnOneRank) {
  const auto all = uniform_points(1200, 4, 22);
  const auto alone = graph_of(MPI_COMM_SELF, all, 4, Cut::even, {});
  const auto graph = graph_of(MPI_COMM_WORLD, all, 4, GetParam(), {});
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  const auto from = graph.vertices.begin(rank), to = graph.vertices.end(rank);
  const auto first = alone.row_start[from], end = alone.row_start[to];
  EXPECT_EQ(graph.neighbor, std::vector(alone.neighbor.begin() + first, alone.neighbor.begin() + end));
  EXPECT_EQ(graph.weight, std::vector(alone.weight.begin() + first, alone.weight.begin() + end));
  for (auto i = from; i <= to; ++i) EXPECT_EQ(graph.row_start[i - from], alone.row_start[i] - first);
}

TEST_P(SharedNeighbors, UseTheNearestColumnsOnly) {
  const auto points = mine(MPI_COMM_WORLD, uniform_points(200, 3, 23), 200, 3, GetParam());
  const knn::SharedNeighborOptions o{.k = 8};
  const auto exact = knn::shared_neighbors(MPI_COMM_WORLD, knn::nearest(MPI_COMM_WORLD, points, {.k = 7}), o);
  const auto wider = knn::shared_neighbors(MPI_COMM_WORLD, knn::nearest(MPI_COMM_WORLD, points, {.k = 25}), o);
  EXPECT_EQ(exact.neighbor, wider.neighbor);
  EXPECT_EQ(exact.weight, wider.weight);
}

TEST_P(SharedNeighbors, AscendAndAreSymmetric) {
  const auto graph = graph_of(MPI_COMM_SELF, uniform_points(500, 5, 24), 5, Cut::even, {.k = 15});
  for (std::int64_t i = 0; i < graph.n_local(); ++i)
    for (auto at = graph.row_start[i]; at < graph.row_start[i + 1]; ++at) {
      if (at > graph.row_start[i]) {
        EXPECT_LT(graph.neighbor[at - 1], graph.neighbor[at]);
      }
      const auto j = graph.neighbor[at];
      const auto back = std::lower_bound(graph.neighbor.begin() + graph.row_start[j],
                                         graph.neighbor.begin() + graph.row_start[j + 1], i);
      ASSERT_TRUE(back != graph.neighbor.begin() + graph.row_start[j + 1] && *back == i);
      EXPECT_EQ(graph.weight[back - graph.neighbor.begin()], graph.weight[at]);
    }
}

std::vector<std::vector<double>> read_numbers(const std::string& name) {
  std::ifstream file(std::string(MIURA_TEST_DATA) + "/shared_neighbors/" + name);
  std::vector<std::vector<double>> rows;
  for (std::string line; std::getline(file, line);) {
    auto& row = rows.emplace_back();
    for (std::size_t at = 0; at <= line.size(); at = std::min(line.find(',', at), line.size()) + 1)
      row.push_back(std::stod(line.substr(at)));
  }
  return rows;
}

TEST_P(SharedNeighbors, AreThoseOfSeuratsFormula) {
  std::vector<float> all;
  for (const auto& row : read_numbers("points.csv"))
    for (const auto x : row) all.push_back(static_cast<float>(x));
  ASSERT_EQ(all.size(), 480U);
  for (const std::int32_t k : {7, 20}) {
    const auto graph = graph_of(MPI_COMM_WORLD, all, 4, GetParam(), {.k = k});
    const int rank = parallel::rank_of(MPI_COMM_WORLD);
    Edges expected;
    for (const auto& edge : read_numbers("snn_k" + std::to_string(k) + ".csv")) {
      const auto i = std::lround(edge[0]), j = std::lround(edge[1]);
      const auto weight = static_cast<std::int32_t>(std::lround(edge[2] * 65536));
      if (graph.vertices.owner(i) == rank) expected[{i, j}] = weight;
      if (graph.vertices.owner(j) == rank) expected[{j, i}] = weight;
    }
    EXPECT_EQ(edges_of(graph), expected);
  }
}

TEST(SharedNeighborsOfTooFew, AreRefused) {
  const auto points = mine(MPI_COMM_WORLD, uniform_points(50, 3, 25), 50, 3, Cut::even);
  const auto neighbors = knn::nearest(MPI_COMM_WORLD, points, {.k = 5});
  EXPECT_THROW(knn::shared_neighbors(MPI_COMM_WORLD, neighbors, {.k = 7}), UsageError);
  EXPECT_THROW(knn::shared_neighbors(MPI_COMM_WORLD, neighbors, {.k = 0}), UsageError);
  EXPECT_NO_THROW(knn::shared_neighbors(MPI_COMM_WORLD, neighbors, {.k = 6}));
}

TEST(SharedNeighborsWithThePointItself, AreADefect) {
  const auto points = mine(MPI_COMM_WORLD, uniform_points(50, 3, 26), 50, 3, Cut::even);
  const auto with_self = knn::nearest(MPI_COMM_WORLD, points, points, {.k = 5});
  EXPECT_THROW(knn::shared_neighbors(MPI_COMM_WORLD, with_self, {.k = 5}), std::exception);
}

}  // namespace
