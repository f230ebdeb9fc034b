// Layouts: every rank also fits alone, and the answers are compared bit by bit.
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <vector>

#include "miura/base/error.hpp"
#include "pca/tables.hpp"

namespace {

using namespace miura;
using namespace miura::pca_test;

class OfMethod : public testing::TestWithParam<pca::Method> {};

TEST_P(OfMethod, HasTheSameBitsAsOnOneRank) {
  auto table = expression(211, 40);
  for (std::int64_t i = 0; i < table.n_cells; i += 3) table.reference[i] = 0;
  const pca::Options options{.components = 12, .method = GetParam()};
  const auto alone = fit_table(table, options);
  EXPECT_EQ(alone.model.n_components, 12);
  expect_same_bits(fit_table(table, options, MPI_COMM_WORLD), alone);
  expect_same_bits(fit_table(table, options, MPI_COMM_WORLD, true), alone);  // the other ranks own no cell
}

TEST_P(OfMethod, HasTheSameBitsOnAnyNumberOfThreads) {
  const auto table = expression(4'000, 30);
  const pca::Options options{.components = 5, .method = GetParam()};
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto one = fit_table(table, options);
  omp_set_num_threads(3);
  const auto three = fit_table(table, options, MPI_COMM_WORLD);
  omp_set_num_threads(before);
  expect_same_bits(three, one);
}

TEST_P(OfMethod, HasTheSameBitsOfATinyReference) {
  auto table = expression(40, 30);
  std::fill(table.reference.begin() + 6, table.reference.end(), std::uint8_t{0});
  const pca::Options options{.components = 50, .method = GetParam()};
  expect_same_bits(fit_table(table, options, MPI_COMM_WORLD), fit_table(table, options));
}

TEST_P(OfMethod, WorksForTwoCellsAndOneFeature) {
  Table table{2, 1, {0, 65'536}, {1, 1}};
  const auto result = fit_table(table, {.method = GetParam()}, MPI_COMM_WORLD);
  EXPECT_EQ(result.model.n_components, 1);
  EXPECT_NEAR(result.model.variance[0], 1.0, 1e-12);
  EXPECT_NEAR(result.model.loadings[0], 1.0, 1e-12);
}

TEST_P(OfMethod, SaysWhenThereIsNothingToFind) {
  auto constant = expression(20, 4);
  std::fill(constant.value.begin(), constant.value.end(), 65'536);
  auto lonely = expression(20, 4);
  std::fill(lonely.reference.begin() + 1, lonely.reference.end(), std::uint8_t{0});
  const pca::Options options{.method = GetParam()};
  EXPECT_THROW(fit_table(constant, options, MPI_COMM_WORLD), Error);
  EXPECT_THROW(fit_table(lonely, options, MPI_COMM_WORLD), Error);
  EXPECT_THROW(fit_table(expression(0, 4), options, MPI_COMM_WORLD), Error);
}

INSTANTIATE_TEST_SUITE_P(Methods, OfMethod, testing::Values(pca::Method::gram, pca::Method::krylov),
                         [](const auto& method) { return method.param == pca::Method::gram ? "Gram" : "Krylov"; });

TEST(Fit, HasTheSameBitsWhereSumsNeedMoreThanSixtyFour) {
  const auto table = enormous(1'100);
  const pca::Options options{.components = 4};
  expect_same_bits(fit_table(table, options, MPI_COMM_WORLD), fit_table(table, options));
}

}  // namespace
