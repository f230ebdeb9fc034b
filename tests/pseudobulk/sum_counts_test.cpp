#include "miura/pseudobulk/sum_counts.hpp"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "pseudobulk/planted_cells.hpp"

namespace {

using namespace miura;

/// Sums by a plain loop over the cells of a dense matrix, for all genes.
matrix::Pseudobulk plain_sums(const planted::LabelledCells& all, const pseudobulk::Shape& shape) {
  const std::int32_t n_groups = shape.n_clusters + 1;
  matrix::Pseudobulk sums{
      .genes = {}, .n_lots = shape.n_lots, .n_groups = n_groups, .sum = {}, .total = {}, .cells = {}};
  sums.sum.resize(std::int64_t{shape.n_genes} * n_groups * shape.n_lots);
  sums.total.resize(std::int64_t{n_groups} * shape.n_lots);
  sums.cells.resize(std::int64_t{n_groups} * shape.n_lots);
  for (std::size_t i = 0; i < all.lot.size(); ++i)
    for (const auto group : std::set{0, all.label[i] + 1}) {
      ++sums.cells[group * shape.n_lots + all.lot[i]];
      for (std::int32_t g = 0; g < shape.n_genes; ++g) {
        sums.sum[(g * n_groups + group) * shape.n_lots + all.lot[i]] += all.count[i][g];
        sums.total[group * shape.n_lots + all.lot[i]] += all.count[i][g];
      }
    }
  return sums;
}

void expect_plain_sums(const planted::LabelledCells& all, const pseudobulk::Shape& shape) {
  const auto sums = pseudobulk::sum_counts(MPI_COMM_WORLD, all.cells, all.mine, shape);
  const auto expected = plain_sums(all, shape);
  EXPECT_EQ(sums.genes.size(), shape.n_genes);
  EXPECT_EQ(sums.n_lots, shape.n_lots);
  EXPECT_EQ(sums.n_groups, shape.n_clusters + 1);
  EXPECT_EQ(parallel::gather_everywhere<std::int64_t>(MPI_COMM_WORLD, sums.sum), expected.sum);
  EXPECT_EQ(sums.total, expected.total);
  EXPECT_EQ(sums.cells, expected.cells);
  if (shape.n_lots > 0) {
    EXPECT_EQ(sums.n_local(), sums.genes.n_local(parallel::rank_of(MPI_COMM_WORLD)));
  }
}

class SumCounts : public testing::TestWithParam<std::vector<std::int64_t>> {};

TEST_P(SumCounts, EqualsAPlainLoopOverTheCells) {
  const auto& lot_size = GetParam();
  const auto n_lots = static_cast<std::int32_t>(std::ssize(lot_size));
  for (const std::int32_t n_genes : {0, 1, 3, 25})
    for (const std::int32_t n_clusters : {0, 1, 6})
      expect_plain_sums(planted::labelled_cells(MPI_COMM_WORLD, lot_size, n_genes, n_clusters),
                        {n_genes, n_lots, n_clusters});
}

INSTANTIATE_TEST_SUITE_P(Sizes, SumCounts,
                         testing::Values(std::vector<std::int64_t>{}, std::vector<std::int64_t>{0, 0},
                                         std::vector<std::int64_t>{1}, std::vector<std::int64_t>{2, 0, 1},
                                         std::vector<std::int64_t>{17, 1, 0, 60, 5, 9, 9}));

TEST(SumCountsOfRanks, MayOwnNoCells) {
  auto all = planted::labelled_cells(MPI_COMM_WORLD, {20, 13, 7}, 11, 3);
  const int rank = parallel::rank_of(MPI_COMM_WORLD), ranks = parallel::size_of(MPI_COMM_WORLD);
  planted::share_out(MPI_COMM_WORLD, all, parallel::Partition::from_local(MPI_COMM_WORLD, rank == ranks - 1 ? 40 : 0));
  expect_plain_sums(all, {11, 3, 3});
}

TEST(SumCountsOfLots, DoNotNeedTheirCellsTogether) {
  auto all = planted::labelled_cells(MPI_COMM_WORLD, {30, 30}, 5, 2);
  for (std::size_t i = 0; i < all.lot.size(); ++i) all.lot[i] = i % 3 == 0 ? 1 : 0;
  planted::share_out(MPI_COMM_WORLD, all, all.cells.partition);
  expect_plain_sums(all, {5, 2, 2});
}

TEST(SumCountsOfCells, WithoutALabelAreInGroupZeroAlone) {
  auto all = planted::labelled_cells(MPI_COMM_WORLD, {8, 8}, 4, 2);
  std::ranges::fill(all.label, -1);
  std::ranges::fill(all.mine, -1);
  const auto sums = pseudobulk::sum_counts(MPI_COMM_WORLD, all.cells, all.mine, {4, 2, 2});
  EXPECT_EQ(sums.cells, (std::vector<std::int64_t>{8, 8, 0, 0, 0, 0}));
  expect_plain_sums(all, {4, 2, 2});
}

TEST(SumCountsOfLargeCounts, GoBeyond32Bits) {
  auto all = planted::labelled_cells(MPI_COMM_WORLD, {6}, 2, 1);
  for (auto& row : all.count) row = {4'294'967'295U, 1};
  std::ranges::fill(all.label, 0);
  planted::share_out(MPI_COMM_WORLD, all, all.cells.partition);
  const auto sums = pseudobulk::sum_counts(MPI_COMM_WORLD, all.cells, all.mine, {2, 1, 1});
  EXPECT_EQ(parallel::gather_everywhere<std::int64_t>(MPI_COMM_WORLD, sums.sum),
            (std::vector<std::int64_t>{25'769'803'770, 25'769'803'770, 6, 6}));
  EXPECT_EQ(sums.total, (std::vector<std::int64_t>{25'769'803'776, 25'769'803'776}));
}

}  // namespace
