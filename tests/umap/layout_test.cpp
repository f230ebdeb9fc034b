#include "miura/umap/layout.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "knn/points.hpp"
#include "miura/base/error.hpp"
#include "miura/knn/search.hpp"
#include "miura/umap/fuzzy_graph.hpp"
#include "umap/golden.hpp"
#include "umap/graphs.hpp"
#include "umap/slepc.hpp"

namespace {

using namespace miura;
using namespace miura::umap_test;

/// Venna & Kaski (2001): 1 less the mean excess of the rank, in the space of origin, of those that are among the k
/// nearest in the layout but not in that space; as scikit-learn.
double trustworthiness(const std::vector<double>& points, std::int64_t dims, const std::vector<float>& layout,
                       std::int64_t k) {
  const auto n = std::ssize(layout) / 2;
  const auto by_distance = [&](const auto& values, std::int64_t width, std::int64_t i) {
    std::vector<std::pair<double, std::int64_t>> others;
    for (std::int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (std::int64_t d = 0; d < width; ++d) {
        const double difference = double{values[i * width + d]} - double{values[j * width + d]};
        sum += difference * difference;
      }
      if (j != i) others.emplace_back(sum, j);
    }
    std::ranges::sort(others);
    return others;
  };
  double excess = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    std::vector<std::int64_t> rank(n);
    const auto near = by_distance(points, dims, i);
    for (std::int64_t r = 0; r < n - 1; ++r) rank[near[r].second] = r + 1;
    const auto low = by_distance(layout, 2, i);
    for (std::int64_t r = 0; r < k; ++r)
      excess += static_cast<double>(std::max<std::int64_t>(0, rank[low[r].second] - k));
  }
  const auto m = static_cast<double>(n), of = static_cast<double>(k);
  return 1 - excess * 2 / (m * of * (2 * m - 3 * of - 1));
}

matrix::Graph golden_graph(MPI_Comm comm, const parallel::Partition& points) {
  return umap::fuzzy_graph(comm, golden_neighbors(points, parallel::rank_of(comm)), {.k = 15});
}

TEST(Layout, KeepsNeighborsAsUmapLearnDoes) {
  const auto points = golden()["points"].get<std::vector<double>>();
  const auto theirs = golden()["trustworthiness"].get<std::vector<double>>();
  const auto graph = golden_graph(MPI_COMM_WORLD, even(n_golden()));
  double sum = 0;
  constexpr int seeds = 2;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    const auto layout = umap::layout(MPI_COMM_WORLD, graph, {.seed = seed});
    sum += trustworthiness(points, golden()["n_dims"], whole(MPI_COMM_WORLD, layout), 15);
  }
  const double mean = std::accumulate(theirs.begin(), theirs.end(), 0.0) / static_cast<double>(std::ssize(theirs));
  EXPECT_GT(sum / seeds, mean - 0.0025);  // a seed more or less moves either by 0.002
}

TEST(Layout, HasTheSameBitsForAnyRanksAndThreads) {
  // more vertices than a round needs to be worth threads, and than the start needs to be coarse
  const std::int64_t n = 10'100;
  const std::int32_t dims = 3;
  const auto points = knn::test::uniform_points(n, dims, 3);
  const auto layout = [&](MPI_Comm comm, knn::test::Cut cut, int threads) {
    omp_set_num_threads(threads);
    const auto mine = knn::test::mine(comm, points, n, dims, cut);
    const auto graph = umap::fuzzy_graph(comm, knn::nearest(comm, mine, {.k = 9}), {.k = 10});
    return whole(comm, umap::layout(comm, graph, {.epochs = 2, .seed = 9}));
  };
  const auto alone = layout(MPI_COMM_SELF, knn::test::Cut::even, 1);
  ASSERT_TRUE(std::ranges::all_of(alone, [](float x) { return std::isfinite(x); }));
  for (const auto cut : {knn::test::Cut::first_rank_empty, knn::test::Cut::all_on_last})
    EXPECT_TRUE(layout(MPI_COMM_WORLD, cut, 2) == alone) << "cut " << static_cast<int>(cut);
}

TEST(Layout, ChangesWithTheSeedAlone) {
  const auto graph = golden_graph(MPI_COMM_WORLD, even(n_golden()));
  const auto first = umap::layout(MPI_COMM_WORLD, graph, {.epochs = 20, .seed = 1});
  EXPECT_EQ(umap::layout(MPI_COMM_WORLD, graph, {.epochs = 20, .seed = 1}).value, first.value);
  if (first.n_local() > 0) {
    EXPECT_NE(umap::layout(MPI_COMM_WORLD, graph, {.epochs = 20, .seed = 2}).value, first.value);
  } else {
    umap::layout(MPI_COMM_WORLD, graph, {.epochs = 20, .seed = 2});
  }
}

TEST(Layout, OfPartsThatAreNotConnectedKeepsThemApart) {
  constexpr std::int64_t of_part = 20;
  std::vector<Edge> edges;  // all with all, within a part
  for (std::int64_t i = 0; i < 2 * of_part; ++i)
    for (std::int64_t j = i / of_part * of_part; j < i; ++j) edges.push_back({i, j});
  const auto graph = graph_of(edges, even(2 * of_part), my_rank());
  const auto at = whole(MPI_COMM_WORLD, umap::layout(MPI_COMM_WORLD, graph, {}));
  double widest = 0, nearest = std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < 2 * of_part; ++i)
    for (std::int64_t j = 0; j < i; ++j) {
      const double distance = std::hypot(at[2 * i] - at[2 * j], at[2 * i + 1] - at[2 * j + 1]);
      if (i / of_part == j / of_part)
        widest = std::max(widest, distance);
      else
        nearest = std::min(nearest, distance);
    }
  EXPECT_LT(widest, nearest);
}

TEST(Layout, OfTwoPointsPutsThemAboutTheLeastDistanceApart) {
  const auto at = whole(MPI_COMM_WORLD, umap::layout(MPI_COMM_WORLD, graph_of({{0, 1}}, even(2), my_rank()), {}));
  const double distance = std::hypot(at[0] - at[2], at[1] - at[3]);
  EXPECT_LT(distance, 3);
}

TEST(Layout, OfPointsWithoutEdgesIsFinite) {
  for (const std::int64_t n : {0, 1, 5}) {
    const auto at = whole(MPI_COMM_WORLD, umap::layout(MPI_COMM_WORLD, graph_of({}, even(n), my_rank()), {}));
    ASSERT_EQ(std::ssize(at), 2 * n);
    EXPECT_TRUE(std::ranges::all_of(at, [](float x) { return std::isfinite(x); }));
  }
}

TEST(Layout, CanBeStoppedBetweenEpochs) {
  const auto graph = golden_graph(MPI_COMM_WORLD, even(n_golden()));
  static int calls = 0;
  umap::LayoutOptions options{.epochs = 7};
  options.safe_point = [](MPI_Comm) { ++calls; };
  umap::layout(MPI_COMM_WORLD, graph, options);
  EXPECT_EQ(calls, 7);
  options.safe_point = [](MPI_Comm) {
    if (++calls == 10) throw Error(ExitCode::stopped, "asked to stop");
  };
  EXPECT_THROW(umap::layout(MPI_COMM_WORLD, graph, options), Error);
  EXPECT_EQ(calls, 10);
}

TEST(Layout, OfNegativeNumbersIsAUsageError) {
  const auto graph = graph_of({}, even(0), my_rank());
  EXPECT_THROW(umap::layout(MPI_COMM_WORLD, graph, {.epochs = -1}), UsageError);
  EXPECT_THROW(umap::layout(MPI_COMM_WORLD, graph, {.negatives = -1}), UsageError);
}

}  // namespace
