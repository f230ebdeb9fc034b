#include "miura/transfer/centroids.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "miura/parallel/communicator.hpp"
#include "transfer/planted.hpp"

namespace {

using namespace miura;
using namespace miura::transfer_test;
using knn::test::Cut;

class Layouts : public testing::TestWithParam<Cut> {};
INSTANTIATE_TEST_SUITE_P(Cuts, Layouts, testing::Values(Cut::even, Cut::first_rank_empty, Cut::all_on_last));

TEST_P(Layouts, GiveTheSameCentroidsAndShifts) {
  const transfer::CentroidOptions options{.k = 20};
  const auto all = planted_reference(MPI_COMM_SELF, 3, 100, Cut::even);
  const auto mine = planted_reference(MPI_COMM_WORLD, 3, 100, GetParam());
  const auto expected = transfer::summarize(MPI_COMM_SELF, all.scores, planted_dims, options);
  const auto found = transfer::summarize(MPI_COMM_WORLD, mine.scores, planted_dims, options);
  EXPECT_EQ(found.k(), 20);
  EXPECT_EQ(found.direction, expected.direction);
  EXPECT_EQ(found.size, expected.size);
  EXPECT_EQ(found.sum, expected.sum);

  const auto lot = planted_lot(7, 90, 0);
  const auto alone =
      transfer::shifted(MPI_COMM_SELF, expected, planted_query(MPI_COMM_SELF, lot, Cut::even).scores, options);
  const auto shared =
      transfer::shifted(MPI_COMM_WORLD, found, planted_query(MPI_COMM_WORLD, lot, GetParam()).scores, options);
  EXPECT_EQ(parallel::gather_everywhere<float>(MPI_COMM_WORLD, shared.value), alone.value);
}

TEST_P(Layouts, AreLessByWhatACellAddsWhenItIsLeftOut) {
  const transfer::CentroidOptions options{.k = 12};
  const auto mine = planted_reference(MPI_COMM_WORLD, 3, 100, GetParam());
  const auto all = transfer::summarize(MPI_COMM_WORLD, mine.scores, planted_dims, options);
  std::vector<transfer::Centroids> only;  // each lot's part, as what is left without the other two
  for (std::int32_t kept = 0; kept < 3; ++kept) {
    auto& left = only.emplace_back(all);
    for (std::int32_t lot = 0; lot < 3; ++lot) {
      if (lot == kept) continue;
      matrix::Embedding cells{{}, planted_dims, {}};
      for (std::size_t i = 0; i < mine.lot.size(); ++i)
        if (mine.lot[i] == lot) {
          const auto row = mine.scores.row(static_cast<std::int64_t>(i));
          cells.value.insert(cells.value.end(), row.begin(), row.end());
        }
      cells.points = parallel::Partition::from_local(MPI_COMM_WORLD, cells.n_local());
      left = transfer::without_cells(MPI_COMM_WORLD, std::move(left), cells, options);
    }
    EXPECT_EQ(left.direction, all.direction);
    EXPECT_NEAR(std::accumulate(left.size.begin(), left.size.end(), 0.0), 100, 1e-9);
  }
  for (std::size_t at = 0; at < all.sum.size(); ++at)
    EXPECT_NEAR(only[0].sum[at] + only[1].sum[at] + only[2].sum[at], all.sum[at], 1e-9);
}

TEST_P(Layouts, CountEveryCellOnce) {
  const auto mine = planted_reference(MPI_COMM_WORLD, 2, 100, GetParam());
  const auto found = transfer::summarize(MPI_COMM_WORLD, mine.scores, planted_dims, {.k = 15});
  EXPECT_NEAR(std::accumulate(found.size.begin(), found.size.end(), 0.0), 200, 1e-9);
  for (std::int32_t c = 0; c < found.k(); ++c) {
    double square = 0;
    for (std::int32_t d = 0; d < planted_dims; ++d) square += std::pow(found.direction[c * planted_dims + d], 2);
    EXPECT_NEAR(square, 1, 1e-6);
  }
}

TEST_P(Layouts, FindPlantedDirections) {
  std::vector<float> all;  // 50 cells along each of three axes, of different lengths
  for (int i = 0; i < 150; ++i)
    for (int d = 0; d < 3; ++d) all.push_back(d == i % 3 ? 1 + 0.1F * static_cast<float>(i) : 0.01F * (i % 2 ? 1 : -1));
  const auto found = transfer::summarize(MPI_COMM_WORLD, knn::test::mine(MPI_COMM_WORLD, all, 150, 3, GetParam()), 3,
                                         {.k = 3, .sigma = 0.01});
  ASSERT_EQ(found.k(), 3);
  std::vector<std::int32_t> axis;
  for (int c = 0; c < 3; ++c) {
    const auto row = found.direction.begin() + c * 3;
    axis.push_back(static_cast<std::int32_t>(std::max_element(row, row + 3) - row));
    EXPECT_GT(row[axis.back()], 0.999);
    EXPECT_NEAR(found.size[c], 50, 1e-6);
  }
  std::ranges::sort(axis);
  EXPECT_EQ(axis, (std::vector<std::int32_t>{0, 1, 2}));
}

TEST_P(Layouts, TakeFewerCentroidsWhereCellsCoincide) {
  const std::vector<float> all{1, 0, 2, 0, 0, 3, 0, 1};  // two directions
  const auto found = transfer::summarize(MPI_COMM_WORLD, knn::test::mine(MPI_COMM_WORLD, all, 4, 2, GetParam()), 2, {});
  EXPECT_EQ(found.k(), 2);
}

/// Symphony's normal equations for one cluster that all cells belong to: intercept and the lot's own column, the ridge
/// on the latter (Kang et al. 2021; moe_correct_ref of the R package).
std::vector<double> ridge_by_definition(const std::vector<float>& reference, const std::vector<float>& lot,
                                        std::int32_t dims, double ridge) {
  const auto total = static_cast<double>(std::ssize(reference)) / dims, n = static_cast<double>(std::ssize(lot)) / dims;
  std::vector<double> shift(dims);
  for (std::int32_t d = 0; d < dims; ++d) {
    double sum = 0, sum_lot = 0;
    for (std::int64_t i = d; i < std::ssize(reference); i += dims) sum += reference[i];
    for (std::int64_t i = d; i < std::ssize(lot); i += dims) sum_lot += lot[i];
    const double a = total + n, b = n, c = n + ridge;  // [a b; b c] beta = [sum + sum_lot; sum_lot]
    shift[d] = (a * sum_lot - b * (sum + sum_lot)) / (a * c - b * b);
  }
  return shift;
}

TEST_P(Layouts, ShiftByTheRidgeCoefficientOfTheLot) {
  const transfer::CentroidOptions options{.k = 1, .ridge = 3};
  const auto reference = planted_lot(1, 80, 0), lot = planted_lot(2, 50, 0.5);
  const auto centroids = transfer::summarize(
      MPI_COMM_WORLD, planted_query(MPI_COMM_WORLD, reference, GetParam()).scores, planted_dims, options);
  const auto query = planted_query(MPI_COMM_WORLD, lot, GetParam()).scores;
  const auto moved = transfer::shifted(MPI_COMM_WORLD, centroids, query, options);
  const auto shift = ridge_by_definition(reference.scores, lot.scores, planted_dims, options.ridge);
  for (std::int64_t at = 0; at < std::ssize(query.value); ++at)
    EXPECT_NEAR(moved.value[at], query.value[at] - shift[at % planted_dims], 1e-5);
}

TEST_P(Layouts, KeepALotThatIsWhereTheReferenceIs) {
  const auto reference = planted_reference(MPI_COMM_WORLD, 2, 60, GetParam());
  const auto centroids = transfer::summarize(MPI_COMM_WORLD, reference.scores, planted_dims, {.k = 10});
  const auto moved = transfer::shifted(MPI_COMM_WORLD, centroids, reference.scores, {});
  for (std::int64_t at = 0; at < std::ssize(moved.value); ++at)
    EXPECT_NEAR(moved.value[at], reference.scores.value[at], 1e-5);
}

TEST_P(Layouts, TakeZerosAndLotsOfNoCells) {
  const auto reference = planted_reference(MPI_COMM_WORLD, 2, 60, GetParam());
  const auto centroids = transfer::summarize(MPI_COMM_WORLD, reference.scores, planted_dims, {.k = 10});
  const auto zeros = knn::test::mine(MPI_COMM_WORLD, std::vector<float>(3 * planted_dims), 3, planted_dims, GetParam());
  for (const float x : transfer::shifted(MPI_COMM_WORLD, centroids, zeros, {}).value) EXPECT_TRUE(std::isfinite(x));
  const auto none = knn::test::mine(MPI_COMM_WORLD, {}, 0, planted_dims, GetParam());
  EXPECT_TRUE(transfer::shifted(MPI_COMM_WORLD, centroids, none, {}).value.empty());
}

}  // namespace
