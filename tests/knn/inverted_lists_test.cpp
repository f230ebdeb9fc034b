#include "miura/knn/inverted_lists.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "knn/points.hpp"
#include "miura/base/error.hpp"
#include "miura/knn/search.hpp"

namespace {

using namespace miura;
using namespace miura::knn::test;

/// Clumps of points, as cells are; every 40th point equals the one before it.
std::vector<float> clumps(std::int64_t n, std::int32_t dims) {
  constexpr std::int64_t n_clumps = 12;
  const auto middle = uniform_points(n_clumps, dims, 3);
  auto all = uniform_points(n, dims, 4);
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int32_t d = 0; d < dims; ++d)
      all[i * dims + d] =
          i % 40 == 39 ? all[(i - 1) * dims + d] : 4 * middle[i % n_clumps * dims + d] + all[i * dims + d];
  return all;
}

class NearestInLists : public testing::TestWithParam<Cut> {
protected:
  matrix::Embedding points(const std::vector<float>& all, std::int32_t dims) const {
    return mine(MPI_COMM_WORLD, all, std::ssize(all) / dims, dims, GetParam());
  }
};
INSTANTIATE_TEST_SUITE_P(Layouts, NearestInLists, testing::Values(Cut::even, Cut::first_rank_empty, Cut::all_on_last));

TEST_P(NearestInLists, AreExactWhereAllListsAreLookedThrough) {
  const auto all = clumps(700, 9);
  const auto p = points(all, 9);
  const auto exact = knn::nearest(MPI_COMM_WORLD, p, {.k = 7});
  for (const std::int64_t coordinates_a_round : {1 << 24, 300}) {  // in one round, and in many
    const auto lists = knn::nearest_in_lists(
        MPI_COMM_WORLD, p, {.k = 7, .n_lists = 20, .n_probed = 20, .coordinates_a_round = coordinates_a_round});
    EXPECT_EQ(lists.recall, 1);
    EXPECT_EQ(lists.found.id, exact.id);
    EXPECT_EQ(lists.found.distance, exact.distance);
  }
}

TEST_P(NearestInLists, FindMostInAFewListsAndSayHowMany) {
  constexpr std::int64_t n = 4000;
  const auto all = clumps(n, 12);
  const auto p = points(all, 12);
  const auto exact = knn::nearest(MPI_COMM_WORLD, p, {.k = 10});
  double before = 0;
  for (const std::int32_t n_probed : {1, 4, 16}) {
    const auto lists = knn::nearest_in_lists(MPI_COMM_WORLD, p, {.k = 10, .n_probed = n_probed, .n_checked = n});
    std::int64_t n_found = 0;
    for (std::int64_t i = 0; i < p.n_local(); ++i)
      for (int a = 0; a < 10; ++a)
        for (int b = 0; b < 10; ++b) n_found += lists.found.id[10 * i + a] == exact.id[10 * i + b] ? 1 : 0;
    n_found = parallel::sum_over_ranks(MPI_COMM_WORLD, n_found);
    EXPECT_EQ(lists.recall, static_cast<double>(n_found) / (10 * n));
    EXPECT_GT(lists.recall, before);
    before = lists.recall;
  }
  EXPECT_GT(before, 0.97);
}

TEST_P(NearestInLists, AreTheSameHoweverPointsAreCut) {
  const auto all = clumps(900, 6);
  const auto p = points(all, 6);
  const auto found = knn::nearest_in_lists(MPI_COMM_WORLD, p, {.k = 5, .n_probed = 2, .n_checked = 50});
  const auto alone = knn::nearest_in_lists(MPI_COMM_SELF, mine(MPI_COMM_SELF, all, 900, 6, Cut::even),
                                           {.k = 5, .n_probed = 2, .n_checked = 50});
  EXPECT_EQ(found.recall, alone.recall);
  const auto begin = p.points.begin(parallel::rank_of(MPI_COMM_WORLD));
  for (std::int64_t i = 0; i < std::ssize(found.found.id); ++i) {
    EXPECT_EQ(found.found.id[i], alone.found.id[begin * 5 + i]);
    EXPECT_EQ(found.found.distance[i], alone.found.distance[begin * 5 + i]);
  }
}

TEST_P(NearestInLists, AreFewWherePointsAreFew) {
  const auto p = points(clumps(3, 2), 2);
  const auto lists = knn::nearest_in_lists(MPI_COMM_WORLD, p, {.k = 5});
  for (std::int64_t i = 0; i < p.n_local(); ++i) {
    EXPECT_GE(lists.found.id[5 * i + 1], 0);
    EXPECT_EQ(lists.found.id[5 * i + 2], -1);
    EXPECT_TRUE(std::isinf(lists.found.distance[5 * i + 2]));
  }
  EXPECT_EQ(lists.recall, 1);
  EXPECT_EQ(knn::nearest_in_lists(MPI_COMM_WORLD, points({}, 2), {.k = 5}).found.n_local(), 0);
  EXPECT_THROW(knn::nearest_in_lists(MPI_COMM_WORLD, p, {.k = 0}), UsageError);
  EXPECT_THROW(knn::nearest_in_lists(MPI_COMM_WORLD, p, {.n_probed = 0}), UsageError);
}

}  // namespace
