#include "miura/knn/search.hpp"

#include <gtest/gtest.h>
#include <hwy/highway.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "knn/points.hpp"
#include "miura/base/error.hpp"
#include "support/simd_targets.hpp"

namespace {

using namespace miura;
using namespace miura::knn::test;

const auto everywhere = testing::Values(Cut::even, Cut::first_rank_empty, Cut::all_on_last);

void expect_same(const matrix::Neighbors& found, const matrix::Neighbors& expected) {
  EXPECT_EQ(found.k, expected.k);
  EXPECT_EQ(found.id, expected.id);
  EXPECT_EQ(found.distance, expected.distance);  // bit for bit: both are rounded from the same double
}

/// Searches with all ranks and compares this rank's share with the definition.
void expect_exact(const std::vector<float>& all, std::int32_t dims, std::int32_t k, Cut how) {
  const auto points = mine(MPI_COMM_WORLD, all, std::ssize(all) / dims, dims, how);
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  const auto expected = by_definition(all, all, dims, k, true, points.points.begin(rank), points.points.end(rank));
  for (const auto coordinates_a_piece : {std::int64_t{1} << 22, std::int64_t{900}}) {  // at once, and round the ranks
    const auto found = knn::nearest(MPI_COMM_WORLD, points, {.k = k, .coordinates_a_piece = coordinates_a_piece});
    expect_same(found, expected);
    EXPECT_EQ(found.queries.size(), points.points.size());
  }
}

class Nearest : public testing::TestWithParam<Cut> {};
INSTANTIATE_TEST_SUITE_P(Layouts, Nearest, everywhere);

TEST_P(Nearest, IsWhatTheDefinitionSaysForAnySize) {
  for (const std::int64_t n : {1, 2, 7, 8, 47, 48, 49, 300})
    for (const std::int32_t dims : {1, 2, 3, 17}) expect_exact(uniform_points(n, dims, 5), dims, 5, GetParam());
}

TEST_P(Nearest, IsWhatTheDefinitionSaysForManyPointsAndNeighbors) {
  expect_exact(uniform_points(800, 50, 6), 50, 15, GetParam());
  expect_exact(uniform_points(400, 200, 7), 200, 60, GetParam());
}

TEST_P(Nearest, OfNoPointsIsNothing) {
  const auto points = mine(MPI_COMM_WORLD, {}, 0, 4, GetParam());
  EXPECT_EQ(knn::nearest(MPI_COMM_WORLD, points, {.k = 3}).n_local(), 0);
}

TEST_P(Nearest, TakesTiesInOrderOfIndex) {
  std::vector<float> lattice;  // distances 1, sqrt 2, 2 ... many times each, exact in single precision
  for (int x = 0; x < 20; ++x)
    for (int y = 0; y < 20; ++y) lattice.insert(lattice.end(), {static_cast<float>(x), static_cast<float>(y)});
  expect_exact(lattice, 2, 6, GetParam());
}

TEST_P(Nearest, KeepsDuplicatesButNotThePointItself) {
  const std::vector<float> all(3 * 500, 0.7F);
  const auto points = mine(MPI_COMM_WORLD, all, 500, 3, GetParam());
  const auto found = knn::nearest(MPI_COMM_WORLD, points, {.k = 4});
  const auto first = points.points.begin(parallel::rank_of(MPI_COMM_WORLD));
  for (std::int64_t i = 0; i < found.n_local(); ++i) {
    std::vector<std::int64_t> expected;
    for (std::int64_t id = 0; expected.size() < 4; ++id)
      if (id != first + i) expected.push_back(id);
    EXPECT_EQ(std::vector(found.id.begin() + i * 4, found.id.begin() + i * 4 + 4), expected);
    EXPECT_EQ(found.distance[i * 4 + 3], 0.0F);
  }
}

// Two clumps far apart: single precision cannot tell the points of a clump from each other.
TEST_P(Nearest, IsExactWhereSinglePrecisionCancels) {
  auto all = uniform_points(800, 10, 8);
  for (std::size_t at = 0; at < all.size(); ++at) all[at] = all[at] / 64 + ((at / 10) % 2 == 0 ? 1000.0F : -3000.0F);
  expect_exact(all, 10, 7, GetParam());
}

// Neighbours whose scores differ by less than their rounding, without clumps: only a sufficient margin keeps them.
TEST_P(Nearest, IsExactWhereDistancesAreNearlyEqual) {
  auto all = uniform_points(500, 100, 9);
  for (std::int64_t i = 0; i < 500; ++i) {  // all on a sphere, so that norms tell nothing
    double norm2 = 0;
    for (std::int64_t d = 0; d < 100; ++d) norm2 += double{all[i * 100 + d]} * all[i * 100 + d];
    for (std::int64_t d = 0; d < 100; ++d) all[i * 100 + d] = static_cast<float>(all[i * 100 + d] / std::sqrt(norm2));
  }
  for (std::int64_t i = 0; i < 200; ++i)  // 200 points around point 0 at distances 1e-3 apart from each other by 1e-7
    for (std::int64_t d = 0; d < 100; ++d)
      all[i * 100 + d] = all[d] + (d == i % 100 ? 1e-3F + 1e-7F * static_cast<float>(i) : 0.0F);
  expect_exact(all, 100, 15, GetParam());
}

TEST_P(Nearest, IsExactWithAnOutlierAndAtTheEndsOfTheRange) {
  for (const float scale : {1e-30F, 1e-42F, 1e30F, 3e37F}) {
    auto all = uniform_points(200, 4, 10);
    for (auto& x : all) x *= scale;
    expect_exact(all, 4, 5, GetParam());
  }
  auto all = uniform_points(200, 4, 11);
  all[17] = 1e30F;
  expect_exact(all, 4, 5, GetParam());
}

TEST_P(Nearest, FillsUpWhereTooFewPointsExist) {
  const auto points = mine(MPI_COMM_WORLD, {0.0F, 1.0F, 3.0F}, 3, 1, GetParam());
  const auto found = knn::nearest(MPI_COMM_WORLD, points, {.k = 4});
  const auto none = std::numeric_limits<float>::infinity();
  const std::vector<std::int64_t> ids{1, 2, -1, -1, 0, 2, -1, -1, 1, 0, -1, -1};
  const std::vector<float> distances{1, 3, none, none, 1, 2, none, none, 2, 3, none, none};
  const auto first = points.points.begin(parallel::rank_of(MPI_COMM_WORLD)) * 4;
  for (std::int64_t at = 0; at < std::ssize(found.id); ++at) {
    EXPECT_EQ(found.id[at], ids[first + at]);
    EXPECT_EQ(found.distance[at], distances[first + at]);
  }
}

TEST_P(Nearest, OfQueriesKeepsPointsAtDistanceZero) {
  const auto all = uniform_points(600, 12, 12);
  auto wanted = uniform_points(100, 12, 13);
  std::copy_n(all.begin() + 12 * 31, 12, wanted.begin() + 12 * 5);  // query 5 is point 31
  const auto points = mine(MPI_COMM_WORLD, all, 600, 12, GetParam());
  for (const auto query_cut : {Cut::even, Cut::first_rank_empty, Cut::all_on_last}) {
    const auto queries = mine(MPI_COMM_WORLD, wanted, 100, 12, query_cut);
    const int rank = parallel::rank_of(MPI_COMM_WORLD);
    const auto from = queries.points.begin(rank), to = queries.points.end(rank);
    const auto found = knn::nearest(MPI_COMM_WORLD, points, queries, {.k = 9});
    expect_same(found, by_definition(all, wanted, 12, 9, false, from, to));
    if (from <= 5 && 5 < to) {
      EXPECT_EQ(found.id[(5 - from) * 9], 31);
    }
  }
}

/// Asks of every query about points near and far, and about one that comes as often.
void expect_among_nearest(const std::vector<float>& all, const std::vector<float>& wanted, std::int32_t dims,
                          std::int32_t k, Cut how, Cut how_queries) {
  const auto n = std::ssize(all) / dims, n_queries = std::ssize(wanted) / dims;
  const auto points = mine(MPI_COMM_WORLD, all, n, dims, how);
  const auto queries = mine(MPI_COMM_WORLD, wanted, n_queries, dims, how_queries);
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  const auto ranking = by_definition(all, wanted, dims, static_cast<std::int32_t>(n), false, queries.points.begin(rank),
                                     queries.points.end(rank));
  std::vector<knn::QueryPoint> pairs;
  std::vector<std::uint8_t> expected;
  for (std::int64_t q = 0; q < queries.points.n_local(rank); ++q) {
    if (q % 5 == 4) continue;  // nothing is asked of it
    for (const std::int64_t place : {std::int64_t{0}, k - 2L, k - 1L, std::int64_t{k}, k + 1L, n - 1, k - 1L}) {
      if (place < 0 || place >= n) continue;
      pairs.push_back({q, ranking.id[q * n + place]});
      expected.push_back(place < k ? 1 : 0);
    }
  }
  for (const auto coordinates_a_piece : {std::int64_t{1} << 22, std::int64_t{900}})
    EXPECT_EQ(knn::among_nearest(MPI_COMM_WORLD, points, queries, pairs,
                                 {.k = k, .coordinates_a_piece = coordinates_a_piece}),
              expected);
}

TEST_P(Nearest, KnowsWhetherAPointIsAmongThem) {
  for (const auto query_cut : {Cut::even, Cut::first_rank_empty, Cut::all_on_last}) {
    expect_among_nearest(uniform_points(700, 30, 8), uniform_points(90, 30, 9), 30, 25, GetParam(), query_cut);
    expect_among_nearest(uniform_points(60, 3, 8), uniform_points(40, 3, 9), 3, 200, GetParam(), query_cut);
  }
}

TEST_P(Nearest, KnowsWhetherAPointIsAmongThemByItsIndexWhereDistancesAreEqual) {
  std::vector<float> lattice, corners;
  for (int x = 0; x < 20; ++x)
    for (int y = 0; y < 20; ++y) lattice.insert(lattice.end(), {static_cast<float>(x), static_cast<float>(y)});
  for (int i = 0; i < 30; ++i) corners.insert(corners.end(), {7.5F + static_cast<float>(i % 5), 7.5F});
  for (const std::int32_t k : {1, 2, 3, 4, 9}) expect_among_nearest(lattice, corners, 2, k, GetParam(), Cut::even);
  const std::vector<float> same(2 * 50, 3.25F);  // all points and queries are one place
  expect_among_nearest(same, std::vector<float>(2 * 7, 3.25F), 2, 20, GetParam(), Cut::even);
}

TEST(AmongNearest, TakesPairsInOrderOfQueries) {
  const auto points = mine(MPI_COMM_SELF, uniform_points(10, 2, 16), 10, 2, Cut::even);
  const std::vector<knn::QueryPoint> pairs{{1, 0}, {0, 0}};
  EXPECT_THROW(knn::among_nearest(MPI_COMM_SELF, points, points, pairs, {.k = 3}), std::logic_error);
  EXPECT_THROW(knn::among_nearest(MPI_COMM_SELF, points, points, {}, {.k = 0}), UsageError);
}

TEST_P(Nearest, PassesPointsOnInSeveralPieces) {
  constexpr std::int32_t dims = 20'000, used = 6;  // a piece holds 209 of such points
  const auto few = uniform_points(300, used, 17);
  std::vector<float> all(std::size_t{300} * dims);
  for (std::int64_t i = 0; i < 300; ++i) std::copy_n(few.begin() + i * used, used, all.begin() + i * dims + 9'000);
  const auto points = mine(MPI_COMM_WORLD, all, 300, dims, GetParam());
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  expect_same(knn::nearest(MPI_COMM_WORLD, points, {.k = 3}),
              by_definition(few, few, used, 3, true, points.points.begin(rank), points.points.end(rank)));
}

TEST(NearestOnAllRanks, PausesBetweenPieces) {
  static int pauses;
  pauses = 0;
  constexpr std::int32_t dims = 20'000;  // 209 points a piece
  std::vector<float> all(std::size_t{420} * dims);
  for (std::size_t i = 0; i < 420; ++i) all[i * dims] = static_cast<float>(i * i);
  const auto points = mine(MPI_COMM_WORLD, all, 420, dims, Cut::all_on_last);
  const auto pause = [](MPI_Comm) { ++pauses; };
  knn::nearest(MPI_COMM_WORLD, points, {.k = 1, .safe_point = pause});
  EXPECT_EQ(pauses, 2);
  const auto stop = [](MPI_Comm) { throw UsageError("asked to stop"); };
  EXPECT_THROW(knn::nearest(MPI_COMM_WORLD, points, {.k = 1, .safe_point = stop}), UsageError);
}

TEST(NearestOnThreads, HasTheSameBits) {
  const int threads = omp_get_max_threads();
  const auto all = uniform_points(1200, 20, 14);
  const auto points = mine(MPI_COMM_WORLD, all, 1200, 20, Cut::even);
  omp_set_num_threads(1);
  const auto expected = knn::nearest(MPI_COMM_WORLD, points, {.k = 10});
  for (const int n : {2, 3}) {
    omp_set_num_threads(n);
    expect_same(knn::nearest(MPI_COMM_WORLD, points, {.k = 10}), expected);
  }
  omp_set_num_threads(threads);
}

TEST(NearestOnEveryInstructionSet, HasTheSameBits) {
  const auto all = uniform_points(500, 30, 15);
  const auto points = mine(MPI_COMM_SELF, all, 500, 30, Cut::even);
  const auto expected = by_definition(all, all, 30, 12, true, 0, 500);
  test::with_each_target([&] { expect_same(knn::nearest(MPI_COMM_SELF, points, {.k = 12}), expected); });
}

TEST(NearestOfBadInput, IsRefusedOnAllRanks) {
  auto all = uniform_points(10, 2, 16);
  const auto good = mine(MPI_COMM_WORLD, all, 10, 2, Cut::even);
  EXPECT_THROW(knn::nearest(MPI_COMM_WORLD, good, {.k = 0}), UsageError);
  const auto wider = mine(MPI_COMM_WORLD, uniform_points(10, 3, 16), 10, 3, Cut::even);
  EXPECT_THROW(knn::nearest(MPI_COMM_WORLD, good, wider, {.k = 1}), std::logic_error);
  all.back() = std::numeric_limits<float>::quiet_NaN();  // on the last rank only
  const auto bad = mine(MPI_COMM_WORLD, all, 10, 2, Cut::even);
  EXPECT_THROW(knn::nearest(MPI_COMM_WORLD, bad, {.k = 1}), std::exception);
}

}  // namespace
