#include "miura/normalize/log_normalize.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "miura/parallel/communicator.hpp"

namespace {

using namespace miura;

constexpr std::int32_t n_genes = 9;

std::uint32_t planted_count(std::int64_t cell, std::int32_t gene) {
  if (cell == 4) return 0;  // a cell without counts
  const auto h = static_cast<std::uint32_t>(cell * 7919 + gene * 104729);
  return h % 3 == 0 ? 0 : h % 13 == 0 ? 70'000 + h % 100 : h % 29;
}

matrix::DistributedCells cells_of(MPI_Comm comm, std::int64_t n) {
  matrix::DistributedCells cells{parallel::Partition::even(n, parallel::size_of(comm)), {}};
  const int rank = parallel::rank_of(comm);
  for (auto i = cells.partition.begin(rank); i < cells.partition.end(rank); ++i) {
    cells.mine.lot.push_back(0);
    cells.mine.barcode.push_back(std::to_string(i));
    for (std::int32_t g = 0; g < n_genes; ++g)
      if (const auto count = planted_count(i, g)) cells.mine.counts.push(g, count);
    cells.mine.counts.end_row();
  }
  return cells;
}

double expected(std::int64_t cell, std::int32_t gene, double scale) {
  double n_counts = 0;
  for (std::int32_t g = 0; g < n_genes; ++g) n_counts += planted_count(cell, g);
  return n_counts > 0 ? std::log(1 + scale * planted_count(cell, gene) / n_counts) : 0.0;
}

class LogNormalize : public testing::TestWithParam<std::int64_t> {
protected:
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  const matrix::DistributedCells cells = cells_of(MPI_COMM_WORLD, GetParam());
};

TEST_P(LogNormalize, TakesTheLogarithmOfTheShareOfAllCounts) {
  const auto n = cells.mine.n_cells();
  const auto all = normalize::log_normalize(cells.mine.counts, 0, n, {});
  ASSERT_EQ(std::ssize(all), cells.mine.counts.n_nonzeros());
  std::int64_t at = 0;
  for (std::int64_t i = 0; i < n; ++i)
    cells.mine.counts.for_each(i, [&](std::int32_t gene, std::uint32_t) {
      EXPECT_NEAR(all[at++], expected(cells.partition.begin(rank) + i, gene, 1e4), 2e-6);
    });

  auto slabs = normalize::log_normalize(cells.mine.counts, 0, n / 2, {});
  const auto rest = normalize::log_normalize(cells.mine.counts, n / 2, n, {});
  slabs.insert(slabs.end(), rest.begin(), rest.end());
  EXPECT_EQ(slabs, all);
}

TEST_P(LogNormalize, IsTheSameForASingleCount) {
  const auto all = normalize::log_normalize(cells.mine.counts, 0, cells.mine.n_cells(), {.scale = 5e3});
  std::int64_t at = 0;
  for (std::int64_t i = 0; i < cells.mine.n_cells(); ++i) {
    std::int64_t n_counts = 0;
    cells.mine.counts.for_each(i, [&](std::int32_t, std::uint32_t count) { n_counts += count; });
    cells.mine.counts.for_each(i, [&](std::int32_t, std::uint32_t count) {
      EXPECT_EQ(normalize::log_normalized(count, n_counts, {.scale = 5e3}), all[at++]);
    });
  }
}

TEST_P(LogNormalize, PutsSelectedGenesOnTheGrid) {
  const std::vector<std::int32_t> selected{1, 2, 5, 8};
  const auto grid = normalize::log_normalize_on_grid(cells, n_genes, selected, {.scale = 1e6});
  EXPECT_EQ(grid.n_features, 4);
  EXPECT_EQ(grid.cells.size(), GetParam());
  ASSERT_EQ(grid.n_local(), cells.mine.n_cells());
  for (std::int64_t i = 0; i < grid.n_local(); ++i) {
    std::vector<double> row(4);
    for (auto at = grid.row_start[i]; at < grid.row_start[i + 1]; ++at) {
      EXPECT_TRUE(at == grid.row_start[i] || grid.column[at - 1] < grid.column[at]);
      row[grid.column[at]] = grid.value[at] / matrix::grid_steps;
    }
    const auto cell = cells.partition.begin(rank) + i;
    for (std::int32_t j = 0; j < 4; ++j)
      EXPECT_NEAR(row[j], expected(cell, selected[j], 1e6), 0.5000001 / matrix::grid_steps);
    if (cell == 4) {
      EXPECT_EQ(grid.row_start[i], grid.row_start[i + 1]);
    }
  }
}

TEST_P(LogNormalize, HasTheSameBitsAsOnOneRank) {
  const std::vector<std::int32_t> selected{0, 3, 4, 7};
  const auto mine = normalize::log_normalize_on_grid(cells, n_genes, selected, {});
  const auto alone = normalize::log_normalize_on_grid(cells_of(MPI_COMM_SELF, GetParam()), n_genes, selected, {});
  EXPECT_EQ(parallel::gather_everywhere<std::int32_t>(MPI_COMM_WORLD, mine.value), alone.value);
  EXPECT_EQ(parallel::gather_everywhere<std::int32_t>(MPI_COMM_WORLD, mine.column.all()), alone.column.all());
}

TEST_P(LogNormalize, OfChosenCountsNeedsTheSumOfAll) {
  const std::vector<std::int32_t> selected{1, 2, 7};
  matrix::DistributedCells chosen{cells.partition, {}};
  std::vector<std::int64_t> n_counts;
  for (std::int64_t i = 0; i < cells.mine.n_cells(); ++i) {
    n_counts.push_back(0);
    cells.mine.counts.for_each(i, [&](std::int32_t gene, std::uint32_t count) {
      n_counts.back() += count;
      const auto at = std::ranges::find(selected, gene);
      if (at != selected.end()) chosen.mine.counts.push(static_cast<std::int32_t>(at - selected.begin()), count);
    });
    chosen.mine.counts.end_row();
  }
  const auto expected = normalize::log_normalize_on_grid(cells, n_genes, selected, {});
  const auto found = normalize::log_normalize_on_grid(chosen, 3, n_counts, {});
  EXPECT_EQ(found.row_start, expected.row_start);
  EXPECT_EQ(found.column.all(), expected.column.all());
  EXPECT_EQ(found.value, expected.value);
}

INSTANTIATE_TEST_SUITE_P(Sizes, LogNormalize, testing::Values(0, 1, 6, 100));

}  // namespace
