// Sums of products against plain 128-bit ones, on any layout, with rare and frequent features and up to where doubles
// end.
#include "pca/gram.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include "pca/cell_block.hpp"
#include "pca/tables.hpp"

namespace {

using namespace miura;
using namespace miura::pca_test;

/// Two features in three are frequent, and a few of them are in every cell. Values of either sign up to `largest`.
Table table_of(std::int64_t n_cells, std::int32_t n_features, double largest) {
  Table table{n_cells, n_features, std::vector<std::int32_t>(n_cells * n_features),
              std::vector<std::uint8_t>(n_cells, 1)};
  for (std::int64_t i = 0; i < n_cells; ++i)
    for (std::int32_t j = 0; j < n_features; ++j) {
      const auto key = static_cast<std::uint64_t>(i * 1000 + j);
      const double share = j % 3 == 0 ? 0.08 : j % 3 == 1 ? 0.5 : 1.0;
      const double size = 1 - 0.001 * uniform(key + 5'000'000);  // near the largest, where sums are inexact first
      if (uniform(key) < share) table.at(i, j) = static_cast<std::int32_t>((key % 5 == 0 ? -size : size) * largest);
    }
  return table;
}

/// Compares every entry with a plain sum over the whole table. Collective.
void expect_exact(const Table& table, bool scale, bool all_on_last = false) {
  const auto x = rows_of(table, MPI_COMM_WORLD, all_on_last);
  const std::vector<std::uint8_t> all(x.n_local(), 1);
  const auto z = pca::scale_reference(MPI_COMM_WORLD, x, all, scale, 1.5);
  const auto gram = pca::exact_gram(MPI_COMM_WORLD, z);
  for (std::int32_t i = 0; i < table.n_features; ++i)
    for (auto j = i; j < table.n_features; ++j) {
      pca::Int128 sum = 0;
      for (std::int64_t cell = 0; cell < table.n_cells; ++cell)
        if (table.at(cell, i) != 0 && table.at(cell, j) != 0)
          sum += pca::Int128{z.scaling.cut(i, table.at(cell, i))} * z.scaling.cut(j, table.at(cell, j));
      ASSERT_TRUE(gram.at(i, j) == sum) << i << ' ' << j;
    }
}

TEST(ExactGram, IsExactWithFrequentFeatures) {
  const auto table = table_of(1'300, 210, 300'000);
  expect_exact(table, false);
  expect_exact(table, true);
  expect_exact(table, true, true);
}

TEST(ExactGram, IsExactUpToTheLastProductsThatDoublesHold) {
  expect_exact(table_of(1'100, 120, 4'194'304), false);  // 512 x (2^22)^2 = 2^53
  expect_exact(table_of(1'100, 120, 4'194'900), false);
  expect_exact(table_of(1'100, 120, 2e9), false);
}

TEST(ExactGram, IsExactOnSeveralThreads) {
  const int before = omp_get_max_threads();
  omp_set_num_threads(3);
  expect_exact(table_of(2'100, 120, 300'000), false);
  omp_set_num_threads(before);
}

TEST(ByFrequency, PutsFrequentFeaturesLastWhereTheyAreMany) {
  std::vector<std::int64_t> n_cells_with(200);
  for (std::int32_t j = 0; j < 200; ++j) n_cells_with[j] = j % 2 == 0 ? 90 : 15;
  const auto order = pca::by_frequency(n_cells_with, 100);
  EXPECT_EQ(order.n_rare, 100);
  EXPECT_EQ(order.n_frequent(), 100);
  EXPECT_EQ(order.place[0], 100);
  EXPECT_EQ(order.place[1], 0);
  EXPECT_EQ(order.place[198], 199);
  EXPECT_EQ(order.place[199], 99);
  EXPECT_EQ(pca::by_frequency(std::vector<std::int64_t>(60, 100), 100).n_frequent(), 0);  // too few
}

}  // namespace
