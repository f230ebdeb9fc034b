#include "miura/normalize/zscore.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;

constexpr std::int32_t n_features = 5;

/// Features: ordinary; far from 0 with a small spread; constant; tiny; with a wild value.
double planted(std::int64_t cell, std::int32_t feature) {
  stats::RandomStream random(1, stats::Purpose::simulate, static_cast<std::uint64_t>(cell * n_features + feature));
  const double u = random.uniform();
  switch (feature) {
    case 0:
      return 3 - 10 * u;
    case 1:
      return 1e6 + u;
    case 2:
      return 0.1;
    case 3:
      return 1e-200 * u;
    default:
      return cell == 2 ? -1e9 : u;
  }
}

matrix::DistributedCells cells_of(MPI_Comm comm, std::int64_t n, bool all_on_last = false) {
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  matrix::DistributedCells cells{all_on_last ? parallel::Partition::from_local(comm, rank == ranks - 1 ? n : 0)
                                             : parallel::Partition::even(n, ranks),
                                 {}};
  for (auto i = cells.partition.begin(rank); i < cells.partition.end(rank); ++i) {
    cells.mine.lot.push_back(0);
    cells.mine.barcode.push_back(std::to_string(i));
    for (std::int32_t f = 0; f < n_features; ++f) cells.mine.table.push_back(planted(i, f));
  }
  return cells;
}

bool in_reference(std::int64_t cell) { return cell % 3 != 1; }

normalize::Zscores scores(MPI_Comm comm, const matrix::DistributedCells& cells, double clip = 10) {
  std::vector<std::uint8_t> reference;
  for (std::int64_t i = 0; i < cells.mine.n_cells(); ++i)
    reference.push_back(in_reference(cells.partition.begin(parallel::rank_of(comm)) + i) ? 1 : 0);
  return normalize::zscore(comm, cells, n_features, reference, {.clip = clip});
}

std::vector<std::uint64_t> bits(const std::vector<double>& values) {
  std::vector<std::uint64_t> all;
  for (const double v : values) all.push_back(std::bit_cast<std::uint64_t>(v));
  return all;
}

TEST(Zscore, HasTheMomentsOfTheReference) {
  constexpr std::int64_t n = 1000;
  const auto z = scores(MPI_COMM_WORLD, cells_of(MPI_COMM_WORLD, n));
  for (std::int32_t f = 0; f < n_features; ++f) {
    long double sum = 0, about = 0, count = 0;  // two passes in 64-bit mantissas
    for (std::int64_t i = 0; i < n; ++i)
      if (in_reference(i)) {
        sum += planted(i, f);
        count += 1;
      }
    const long double mean = sum / count;
    for (std::int64_t i = 0; i < n; ++i)
      if (in_reference(i)) about += (planted(i, f) - mean) * (planted(i, f) - mean);
    const auto sd = static_cast<double>(std::sqrt(about / (count - 1)));
    EXPECT_NEAR(z.mean[f], static_cast<double>(mean), 1e-12 * std::abs(static_cast<double>(mean))) << f;
    EXPECT_NEAR(z.sd[f], sd, f == 1 ? 1e-7 * sd : 1e-12 * sd + 1e-17) << f;
  }
  EXPECT_EQ(z.sd[2], 0.0);
}

TEST(Zscore, StandsOnTheGridForAllCells) {
  const auto cells = cells_of(MPI_COMM_WORLD, 200);
  const auto z = scores(MPI_COMM_WORLD, cells);
  EXPECT_EQ(z.value.n_features, n_features);
  ASSERT_EQ(z.value.n_local(), cells.mine.n_cells());
  for (std::int64_t i = 0; i < z.value.n_local(); ++i) {
    std::vector<double> row(n_features);
    for (auto at = z.value.row_start[i]; at < z.value.row_start[i + 1]; ++at)
      row[z.value.column[at]] = z.value.value[at] / matrix::grid_steps;
    for (std::int32_t f = 0; f < n_features; ++f) {
      const double raw = cells.mine.table[i * n_features + f];
      const double expected = f == 2 ? 0.0 : std::min(10.0, std::max(-10.0, (raw - z.mean[f]) / z.sd[f]));
      EXPECT_NEAR(row[f], expected, 0.5000001 / matrix::grid_steps) << f;
    }
  }
}

TEST(Zscore, IsClipped) {
  const auto cells = cells_of(MPI_COMM_SELF, 200);
  const auto z = scores(MPI_COMM_SELF, cells, 1.5);
  std::int32_t largest = 0;
  for (const auto value : z.value.value) largest = std::max(largest, std::abs(value));
  EXPECT_EQ(largest, static_cast<std::int32_t>(1.5 * matrix::grid_steps));
}

class ZscoreOfSize : public testing::TestWithParam<std::int64_t> {};

TEST_P(ZscoreOfSize, HasTheSameBitsAsOnOneRank) {
  const auto alone = scores(MPI_COMM_SELF, cells_of(MPI_COMM_SELF, GetParam()));
  for (const bool all_on_last : {false, true}) {
    const auto mine = scores(MPI_COMM_WORLD, cells_of(MPI_COMM_WORLD, GetParam(), all_on_last));
    EXPECT_EQ(bits(mine.mean), bits(alone.mean));
    EXPECT_EQ(bits(mine.sd), bits(alone.sd));
    EXPECT_EQ(parallel::gather_everywhere<std::int32_t>(MPI_COMM_WORLD, mine.value.value), alone.value.value);
    EXPECT_EQ(parallel::gather_everywhere<std::int32_t>(MPI_COMM_WORLD, mine.value.column.all()),
              alone.value.column.all());
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ZscoreOfSize, testing::Values(0, 1, 2, 3, 100));

}  // namespace
