#include "miura/umap/fuzzy_graph.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "miura/base/error.hpp"
#include "umap/golden.hpp"
#include "umap/graphs.hpp"

namespace {

using namespace miura;
using namespace miura::umap_test;

constexpr double unit = 1.0 / (1 << 24);

TEST(FuzzyGraph, EqualsUmapLearn) {
  const auto points = even(n_golden());
  const auto graph = umap::fuzzy_graph(MPI_COMM_WORLD, golden_neighbors(points, my_rank()), {.k = 15});
  EXPECT_EQ(graph.weight_unit, unit);
  const auto row_start = golden()["row_start"].get<std::vector<std::int64_t>>();
  const auto column = golden()["column"].get<std::vector<std::int64_t>>();
  const auto weight = golden()["weight"].get<std::vector<double>>();
  ASSERT_EQ(graph.n_local(), points.n_local(my_rank()));
  for (std::int64_t i = 0; i < graph.n_local(); ++i) {
    const auto row = points.begin(my_rank()) + i;
    ASSERT_EQ(graph.row_start[i + 1] - graph.row_start[i], row_start[row + 1] - row_start[row]) << "point " << row;
    for (auto e = graph.row_start[i], theirs = row_start[row]; e < graph.row_start[i + 1]; ++e, ++theirs) {
      EXPECT_EQ(graph.neighbor[e], column[theirs]) << "point " << row;
      EXPECT_NEAR(graph.weight[e] * unit, weight[theirs], 1e-5)
          << "point " << row;  // umap-learn's bisection ends there
    }
  }
}

TEST(FuzzyGraph, IsTheSameForAnyLayout) {
  const auto alone = parallel::Partition::even(n_golden(), 1);
  const auto expected = umap::fuzzy_graph(MPI_COMM_SELF, golden_neighbors(alone, 0), {.k = 10});
  for (const auto& points : {even(n_golden()), all_on_the_last(n_golden())}) {
    const auto graph = umap::fuzzy_graph(MPI_COMM_WORLD, golden_neighbors(points, my_rank()), {.k = 10});
    EXPECT_EQ(parallel::gather_everywhere<std::int64_t>(MPI_COMM_WORLD, graph.neighbor), expected.neighbor);
    EXPECT_EQ(parallel::gather_everywhere<std::int32_t>(MPI_COMM_WORLD, graph.weight), expected.weight);
  }
}

TEST(FuzzyGraph, GivesBothEndsOfAnEdgeTheSameWeight) {
  const auto alone = parallel::Partition::even(n_golden(), 1);
  const auto graph = umap::fuzzy_graph(MPI_COMM_SELF, golden_neighbors(alone, 0), {.k = 15});
  for (std::int64_t i = 0; i < graph.n_local(); ++i)
    for (auto e = graph.row_start[i]; e < graph.row_start[i + 1]; ++e) {
      const auto from = graph.neighbor.begin() + graph.row_start[graph.neighbor[e]];
      const auto to = graph.neighbor.begin() + graph.row_start[graph.neighbor[e] + 1];
      const auto back = std::lower_bound(from, to, i);
      ASSERT_TRUE(back != to && *back == i);
      EXPECT_EQ(graph.weight[back - graph.neighbor.begin()], graph.weight[e]);
    }
}

/// Point 0 has its two nearest at 1 and 3, these know nobody else.
TEST(FuzzyGraph, SumsTheDegreesOfAPointToTheLogarithmOfK) {
  const float none = std::numeric_limits<float>::infinity();
  const matrix::Neighbors neighbors{
      parallel::Partition::even(3, 1), 2, {1, 2, -1, -1, -1, -1}, {1, 3, none, none, none, none}};
  const auto graph = umap::fuzzy_graph(MPI_COMM_SELF, neighbors, {.k = 3});
  ASSERT_EQ(graph.neighbor, (std::vector<std::int64_t>{1, 2, 0, 0}));
  EXPECT_EQ(graph.weight[0], 1 << 24);  // the nearest belongs wholly
  EXPECT_NEAR(graph.weight[1] * unit, std::log2(3.0) - 1, 1e-5);
}

TEST(FuzzyGraph, JoinsEqualPointsWholly) {
  const matrix::Neighbors neighbors{parallel::Partition::even(3, 1), 2, {1, 2, 0, 2, 0, 1}, {0, 0, 0, 0, 0, 0}};
  const auto graph = umap::fuzzy_graph(MPI_COMM_SELF, neighbors, {.k = 3});
  EXPECT_EQ(graph.weight, std::vector<std::int32_t>(6, 1 << 24));
}

TEST(FuzzyGraph, OfNoPointsIsEmpty) {
  const auto graph = umap::fuzzy_graph(MPI_COMM_WORLD, {even(0), 5, {}, {}}, {.k = 6});
  EXPECT_EQ(graph.n_local(), 0);
}

TEST(FuzzyGraph, OfMoreNeighborsThanWereSoughtIsAUsageError) {
  EXPECT_THROW(umap::fuzzy_graph(MPI_COMM_WORLD, {even(0), 5, {}, {}}, {.k = 7}), UsageError);
  EXPECT_THROW(umap::fuzzy_graph(MPI_COMM_WORLD, {even(0), 5, {}, {}}, {.k = 1}), UsageError);
}

}  // namespace
