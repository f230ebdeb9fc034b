#include "miura/umap/place.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "miura/base/error.hpp"
#include "miura/stats/random.hpp"
#include "umap/graphs.hpp"

namespace {

using namespace miura;
using namespace miura::umap_test;

constexpr float none = std::numeric_limits<float>::infinity();

/// A layout of two lines of ten points, at x = 0 and x = 10, a unit apart, as dealt to the ranks by `points`.
matrix::Embedding two_lines(const parallel::Partition& points, int rank) {
  matrix::Embedding lines{points, 2, {}};
  for (auto i = points.begin(rank); i < points.end(rank); ++i)
    lines.value.insert(lines.value.end(), {i < 10 ? 0.0F : 10.0F, static_cast<float>(i % 10)});
  return lines;
}

/// Queries whose nearest three are points i, i + 1, i + 2 of a line.
matrix::Neighbors queries(const std::vector<std::int64_t>& nearest, const parallel::Partition& partition, int rank) {
  matrix::Neighbors neighbors{partition, 3, {}, {}};
  for (auto q = partition.begin(rank); q < partition.end(rank); ++q)
    for (std::int64_t c = 0; c < 3; ++c) {
      neighbors.id.push_back(nearest[q] + c);
      neighbors.distance.push_back(1.0F + static_cast<float>(c));
    }
  return neighbors;
}

std::vector<float> placed(const std::vector<std::int64_t>& nearest, const parallel::Partition& partition,
                          const parallel::Partition& points, std::int32_t epochs) {
  const auto mine = umap::place(MPI_COMM_WORLD, queries(nearest, partition, my_rank()), two_lines(points, my_rank()),
                                {.k = 3, .epochs = epochs});
  return whole(MPI_COMM_WORLD, mine);
}

TEST(Place, StartsAtTheWeightedMeanOfTheNearest) {
  const auto one = parallel::Partition::even(1, 1);
  const auto lines = two_lines(parallel::Partition::even(20, 1), 0);
  const auto at = [&](const matrix::Neighbors& neighbors, std::int32_t k) {
    return umap::place(MPI_COMM_SELF, neighbors, lines, {.k = k, .epochs = 0}).value;
  };
  // equally near: the plain mean
  const auto middle = at({one, 2, {3, 13}, {1, 1}}, 2);
  EXPECT_FLOAT_EQ(middle[0], 5);
  EXPECT_FLOAT_EQ(middle[1], 3);
  // degrees 1 and log2(3) - 1, as in the fuzzy graph
  const double degree = std::log2(3.0) - 1;
  const auto nearer = at({one, 2, {3, 13}, {1, 3}}, 2);
  EXPECT_NEAR(nearer[0], 10 * degree / (1 + degree), 1e-4);
}

TEST(Place, StaysWhereTheNeighborsAre) {
  const std::vector<std::int64_t> nearest{0, 4, 7, 10, 14, 17};
  const auto at = placed(nearest, even(6), even(20), 100);
  for (std::int64_t q = 0; q < 6; ++q) {
    EXPECT_NEAR(at[2 * q], nearest[q] < 10 ? 0 : 10, 2.5) << q;
    EXPECT_NEAR(at[2 * q + 1], static_cast<double>(nearest[q] % 10 + 1), 2.5) << q;
  }
}

TEST(Place, DependsNeitherOnOtherQueriesNorOnTheirOrderNorOnTheRanks) {
  const std::vector<std::int64_t> nearest{0, 4, 7, 10, 14, 17, 4};
  const auto all = placed(nearest, even(7), even(20), 50);
  for (std::int64_t q = 0; q < 7; ++q) {
    const auto alone = placed({nearest[q]}, even(1), all_on_the_last(20), 50);
    EXPECT_EQ(alone, (std::vector<float>{all[2 * q], all[2 * q + 1]}));
  }
  EXPECT_EQ(placed(nearest, all_on_the_last(7), even(20), 50), all);
}

TEST(Place, MovesAwayFromTheMeanInItsEpochs) {
  EXPECT_NE(placed({0}, even(1), even(20), 0), placed({0}, even(1), even(20), 100));
}

TEST(Place, OfAQueryWithFewerNeighborsUsesThose) {
  const auto one = parallel::Partition::even(1, 1);
  const auto lines = two_lines(parallel::Partition::even(20, 1), 0);
  const auto at = umap::place(MPI_COMM_SELF, {one, 3, {5, -1, -1}, {2, none, none}}, lines, {.k = 3, .epochs = 0});
  EXPECT_EQ(at.value, (std::vector<float>{0, 5}));
  const auto nowhere = umap::place(MPI_COMM_SELF, {one, 3, {-1, -1, -1}, {none, none, none}}, lines, {.k = 3});
  EXPECT_TRUE(std::isnan(nowhere.value[0]) && std::isnan(nowhere.value[1]));
}

TEST(Place, OfMoreNeighborsThanWereSoughtIsAUsageError) {
  const auto lines = two_lines(even(20), my_rank());
  EXPECT_THROW(umap::place(MPI_COMM_WORLD, queries({}, even(0), my_rank()), lines, {.k = 4}), UsageError);
}

}  // namespace
