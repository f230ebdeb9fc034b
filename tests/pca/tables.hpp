#pragma once

#include <gtest/gtest.h>
#include <slepcsys.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <vector>

#include "miura/parallel/communicator.hpp"
#include "miura/pca/fit.hpp"

namespace miura::pca_test {

inline constexpr double grid = matrix::grid_steps;

/// Initialised before the first test and finalised after the last, while MPI lives.
struct Slepc : testing::Environment {
  void SetUp() override { ASSERT_EQ(SlepcInitializeNoArguments(), 0); }
  void TearDown() override { EXPECT_EQ(SlepcFinalize(), 0); }
};
inline const auto* const slepc = testing::AddGlobalTestEnvironment(new Slepc);  // GoogleTest owns it

/// A small dense table of grid values, cells x features, replicated on every rank.
struct Table {
  std::int64_t n_cells;
  std::int32_t n_features;
  std::vector<std::int32_t> value;
  std::vector<std::uint8_t> reference;
  std::int32_t& at(std::int64_t i, std::int32_t j) { return value[i * n_features + j]; }
  std::int32_t at(std::int64_t i, std::int32_t j) const { return value[i * n_features + j]; }
};

inline std::uint64_t hash(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}
inline double uniform(std::uint64_t key) {
  return static_cast<double>(hash(key * 0x9E3779B97F4A7C15U + 1) >> 11) * 0x1p-53;
}

/// Log-normalised expression of a few cell types: sparse, with genes that only few cells have, so that the cut acts.
inline Table expression(std::int64_t n_cells, std::int32_t n_features) {
  Table table{n_cells, n_features, std::vector<std::int32_t>(n_cells * n_features),
              std::vector<std::uint8_t>(n_cells, 1)};
  for (std::int64_t i = 0; i < n_cells; ++i)
    for (std::int32_t j = 0; j < n_features; ++j) {
      const auto key = static_cast<std::uint64_t>(i * 1000 + j);
      const double share = 0.005 + 0.4 * uniform(7'000'000 + j) * ((i + j) % 4 == 0 ? 1.5 : 0.6);
      if (uniform(key) < share)
        table.at(i, j) = static_cast<std::int32_t>(std::lrint((0.2 + 3 * uniform(key + 5'000'000)) * grid));
    }
  return table;
}

/// Squares near 2^62: two cells are too many for a 64-bit sum.
inline Table enormous(std::int64_t n_cells) {
  auto table = expression(n_cells, 8);
  for (std::int64_t i = 0; i < n_cells; ++i)
    for (std::int32_t j = 0; j < 8; ++j)
      table.at(i, j) = static_cast<std::int32_t>((uniform(i * 8 + j) + (i % 3 == j % 3 ? 1.0 : -1.0)) * 1.07e9);
  return table;
}

/// The rows of a rank, sparse. Partition: as even as can be, or all rows on the last rank.
inline matrix::GridMatrix rows_of(const Table& table, MPI_Comm comm, bool all_on_last = false) {
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  const auto local = all_on_last ? (rank == ranks - 1 ? table.n_cells : 0)
                                 : parallel::Partition::even(table.n_cells, ranks).n_local(rank);
  matrix::GridMatrix x{parallel::Partition::from_local(comm, local), table.n_features, {0}, {}, {}};
  for (auto i = x.cells.begin(rank); i < x.cells.end(rank); ++i) {
    for (std::int32_t j = 0; j < table.n_features; ++j)
      if (table.at(i, j) != 0) {
        x.column.push_back(j);
        x.value.push_back(table.at(i, j));
      }
    x.row_start.push_back(std::ssize(x.column));
  }
  return x;
}

inline std::vector<std::uint8_t> marks_of(const Table& table, const matrix::GridMatrix& x, MPI_Comm comm) {
  const auto first = table.reference.begin() + x.cells.begin(parallel::rank_of(comm));
  return {first, first + x.n_local()};
}

inline pca::Result fit_table(const Table& table, const pca::Options& options, MPI_Comm comm = MPI_COMM_SELF,
                             bool all_on_last = false) {
  const auto x = rows_of(table, comm, all_on_last);
  auto model = pca::fit(comm, x, marks_of(table, x, comm), options);
  auto scores = pca::project(comm, x, model);
  return {std::move(model), std::move(scores)};
}

/// Every bit of a model and of the scores of this rank's cells against the same of one rank.
inline void expect_same_bits(const pca::Result& shared, const pca::Result& alone) {
  const auto equal = [](const auto& a, const auto& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(a[0])) == 0);
  };
  const auto &a = shared.model, &b = alone.model;
  EXPECT_EQ(a.n_features, b.n_features);
  EXPECT_EQ(a.n_components, b.n_components);
  EXPECT_TRUE(equal(a.mean, b.mean));
  EXPECT_TRUE(equal(a.sd, b.sd));
  EXPECT_TRUE(equal(a.ceiling, b.ceiling));
  EXPECT_TRUE(equal(a.center, b.center));
  EXPECT_TRUE(equal(a.loadings, b.loadings));
  EXPECT_TRUE(equal(a.singular_values, b.singular_values));
  EXPECT_TRUE(equal(a.variance, b.variance));
  EXPECT_TRUE(equal(a.variance_ratio, b.variance_ratio));
  const auto first = shared.scores.points.begin(parallel::rank_of(MPI_COMM_WORLD)) * a.n_components;
  const auto mine = std::span(alone.scores.value).subspan(first, shared.scores.value.size());
  EXPECT_TRUE(equal(shared.scores.value, mine));
}

}  // namespace miura::pca_test
