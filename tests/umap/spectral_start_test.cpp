#include "umap/spectral_start.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <set>

#include "miura/stats/random.hpp"
#include "umap/coarse_graph.hpp"
#include "umap/graphs.hpp"
#include "umap/slepc.hpp"

namespace {

using namespace miura;
using namespace miura::umap_test;

/// A band of points, each joined to the next three, with weights of all sizes.
std::vector<Edge> band(std::int64_t n) {
  std::vector<Edge> edges;
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t step = 1; step <= 3 && i + step < n; ++step)
      edges.push_back({i, i + step, static_cast<std::int32_t>(stats::mix(i * 4 + step) % (1 << 24)) + 1});
  return edges;
}

class StartOfAChain : public testing::TestWithParam<std::int64_t> {};  // 100: LAPACK, 320: SLEPc
INSTANTIATE_TEST_SUITE_P(BothSolvers, StartOfAChain, testing::Values(100, 320));

TEST_P(StartOfAChain, IsAParabola) {
  const auto n = GetParam();
  auto edges = ring(n);
  edges.pop_back();
  const auto at = umap::spectral_start(MPI_COMM_WORLD, graph_of(edges, even(n), my_rank()), 1);
  ASSERT_EQ(std::ssize(at), 2 * n);
  for (std::int64_t i = 0; i < n;
       ++i) {  // eigenvectors of the walk on a chain: cosines of half a turn and of a whole one
    const double angle = std::numbers::pi * static_cast<double>(i) / static_cast<double>(n - 1);
    EXPECT_NEAR(std::abs(at[2 * i]), std::abs(5 * std::cos(angle)), 0.5) << "vertex " << i;
    EXPECT_NEAR(std::abs(at[2 * i + 1]), std::abs(5 * std::cos(2 * angle)), 0.5) << "vertex " << i;
  }
}

TEST(Start, OfPartsThatAreNotConnectedSetsThemApart) {
  auto edges = ring(60);
  for (const auto& [from, n] : {std::pair{60, 30}, {90, 3}, {93, 2}})
    for (const auto& edge : ring(n, from)) edges.push_back(edge);
  const std::int64_t n = 97;  // the last two are alone
  const auto at = umap::spectral_start(MPI_COMM_WORLD, graph_of(edges, even(n), my_rank()), 1);
  const auto part = [](std::int64_t i) { return i < 60 ? 0 : i < 90 ? 1 : i < 93 ? 2 : i < 95 ? 3 : i; };
  for (std::int64_t i = 0; i < n; ++i) {
    EXPECT_LE(std::abs(at[2 * i]), 5);
    EXPECT_LE(std::abs(at[2 * i + 1]), 5);
    for (std::int64_t j = 0; j < i; ++j)
      if (part(i) != part(j)) {
        EXPECT_GT(std::hypot(at[2 * i] - at[2 * j], at[2 * i + 1] - at[2 * j + 1]), 0.1) << i << ' ' << j;
      }
  }
}

TEST(CoarseGraph, KeepsVerticesWeightsAndConnections) {
  const std::int64_t n = 3000;
  const auto edges = band(n);
  const auto coarse = umap::coarsen(MPI_COMM_WORLD, graph_of(edges, even(n), my_rank()), 200, 5);
  EXPECT_GT(coarse.n_groups, 100);
  EXPECT_LT(coarse.n_groups, 300);
  EXPECT_EQ(std::accumulate(coarse.size.begin(), coarse.size.end(), std::int64_t{0}), n);
  if (my_rank() != 0) return;
  std::int64_t total = 0;
  for (const auto& edge : edges) total += 2 * std::int64_t{edge.weight};
  EXPECT_EQ(std::accumulate(coarse.weight.begin(), coarse.weight.end(), std::int64_t{0}), total);
  std::set<std::pair<std::int32_t, std::int32_t>> joined;  // groups that share an edge of the large graph
  for (const auto& edge : edges) {
    joined.emplace(coarse.group[edge.a], coarse.group[edge.b]);
    joined.emplace(coarse.group[edge.b], coarse.group[edge.a]);
  }
  EXPECT_EQ(std::ssize(coarse.neighbor), std::ssize(joined));
}

TEST(CoarseGraph, IsTheSameForAnyLayout) {
  const std::int64_t n = 3000;
  const auto edges = band(n);
  const auto alone = umap::coarsen(MPI_COMM_SELF, graph_of(edges, parallel::Partition::even(n, 1), 0), 200, 5);
  for (const auto& vertices : {even(n), all_on_the_last(n)}) {
    const auto coarse = umap::coarsen(MPI_COMM_WORLD, graph_of(edges, vertices, my_rank()), 200, 5);
    EXPECT_EQ(coarse.group, alone.group);
    if (my_rank() != 0) continue;
    EXPECT_EQ(coarse.row_start, alone.row_start);
    EXPECT_EQ(coarse.neighbor, alone.neighbor);
    EXPECT_EQ(coarse.weight, alone.weight);
  }
}

TEST(CoarseGraph, SeedsPartsThatDrewNone) {
  std::vector<Edge> edges;
  for (std::int64_t part = 0; part < 400; ++part)
    for (const auto& edge : ring(5, 5 * part)) edges.push_back(edge);
  const auto coarse = umap::coarsen(MPI_COMM_WORLD, graph_of(edges, even(2000), my_rank()), 50, 3);
  EXPECT_GE(coarse.n_groups, 400);
  std::vector<std::int64_t> part_of(coarse.n_groups, -1);  // nobody is grouped across parts
  for (std::int64_t i = 0; i < 2000; ++i) {
    auto& part = part_of[coarse.group[i]];
    if (part < 0) part = i / 5;
    EXPECT_EQ(part, i / 5);
  }
}

TEST(CoarseGraph, OfFewVerticesIsTheGraphItself) {
  const auto coarse = umap::coarsen(MPI_COMM_WORLD, graph_of(ring(10), even(10), my_rank()), 10, 1);
  EXPECT_EQ(coarse.n_groups, 10);
  EXPECT_EQ(coarse.size, std::vector<std::int64_t>(10, 1));
}

}  // namespace
