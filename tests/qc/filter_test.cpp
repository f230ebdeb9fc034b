#include "miura/qc/filter.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/qc/metrics.hpp"

namespace {

using namespace miura;

using Counts = std::vector<std::int64_t>;

/// Gene 0 is mitochondrial; gene 4 is in two cells, gene 5 in none.
matrix::Features six_genes() {
  return {.id = {"MT-CO1", "A", "B", "C", "D", "E"}, .symbol = {"MT-CO1", "A", "B", "C", "D", "E"}};
}

constexpr qc::FilterOptions options{.min_counts = 10, .min_genes = 3, .max_pct_mito = 20.0, .min_cells = 3};

matrix::CellBlock lot_of(std::int32_t lot, const std::vector<std::vector<std::uint32_t>>& rows) {
  matrix::CellBlock block;
  for (const auto& row : rows) {
    block.lot.push_back(lot);
    block.barcode.push_back("AC" + std::to_string(block.lot.size()));
    for (std::size_t g = 0; g < row.size(); ++g)
      if (row[g] > 0) block.counts.push(static_cast<std::int32_t>(g), row[g]);
    block.counts.end_row();
  }
  return block;
}

const std::vector<std::vector<std::uint32_t>> rows_of_lot[] = {
    {
        {2, 4, 4, 0, 0, 0},     // exactly 10 counts, 3 genes, 20 %: kept
        {0, 5, 4, 0, 0, 0},     // 9 counts, and 2 genes as well: counted once, at the first test
        {0, 50, 50, 0, 0, 0},   // 2 genes
        {21, 40, 39, 0, 0, 0},  // 21 %
        {0, 6, 6, 0, 70'000, 0},
        {0, 2, 2, 9, 0, 0},
    },
    {{1, 1, 1, 0, 0, 0}},
    {},
    {{0, 10, 10, 10, 10, 0}},
};

class FilterCells : public testing::Test {
protected:
  const int rank = parallel::rank_of(MPI_COMM_WORLD), ranks = parallel::size_of(MPI_COMM_WORLD);

  std::vector<matrix::CellBlock> read_here() const {  // the last rank reads most; with 4 ranks, rank 1 reads nothing
    std::vector<matrix::CellBlock> read;
    for (std::int32_t l = 3; l >= 0; --l)
      if ((l == 3 ? 0 : l == 1 ? ranks / 2 : ranks - 1) == rank) read.push_back(lot_of(l, rows_of_lot[l]));
    return read;
  }
};

TEST_F(FilterCells, CountsEveryCellOnceAtTheFirstTestItFails) {
  auto lots = read_here();
  const auto a = qc::filter_cells(MPI_COMM_WORLD, lots, 4, six_genes(), options);
  EXPECT_EQ(a.cells_read, (Counts{6, 1, 0, 1}));
  EXPECT_EQ(a.missing_values, (Counts{0, 0, 0, 0}));
  EXPECT_EQ(a.too_few_counts, (Counts{1, 1, 0, 0}));
  EXPECT_EQ(a.too_few_genes, (Counts{1, 0, 0, 0}));
  EXPECT_EQ(a.too_much_mito, (Counts{1, 0, 0, 0}));
  EXPECT_EQ(a.kept, (Counts{3, 0, 0, 1}));
  EXPECT_EQ(a.median_counts[0], 13.0);  // of 10, 13, 70012
  EXPECT_EQ(a.median_genes[0], 3.0);
  EXPECT_TRUE(std::isnan(a.median_counts[1]));
  EXPECT_EQ(a.median_counts[3], 40.0);
  for (const auto& lot : lots)
    if (lot.n_cells() == 3) {
      EXPECT_EQ(lot.barcode, (std::vector<std::string>{"AC1", "AC5", "AC6"}));
    }
}

TEST_F(FilterCells, TakesTheMeanOfTheMiddleTwoAsMedian) {
  std::vector<matrix::CellBlock> lots;
  if (rank == 0) lots.push_back(lot_of(0, {{0, 5, 5, 5, 0, 0}, {0, 5, 5, 6, 0, 0}}));
  const auto a = qc::filter_cells(MPI_COMM_WORLD, lots, 1, six_genes(), options);
  EXPECT_EQ(a.median_counts[0], 15.5);
}

TEST_F(FilterCells, NamesTheThresholdsWhereNoCellIsLeft) {
  auto lots = read_here();
  try {
    qc::filter_cells(MPI_COMM_WORLD, lots, 4, six_genes(), {.min_counts = 12, .min_genes = 5, .max_pct_mito = 2.5});
    FAIL() << "no error";
  } catch (const InputError& e) {
    EXPECT_STREQ(
        e.what(),
        "no cell passes the quality control: of 8 cells, 3 have fewer than 12 counts (min_counts), 5 fewer than 5 "
        "genes (min_genes), 0 more than 2.5 % mitochondrial counts (max_pct_mito)");
    EXPECT_EQ(e.code(), ExitCode::bad_input);
  }
  std::vector<matrix::CellBlock> nothing;
  EXPECT_THROW(qc::filter_cells(MPI_COMM_WORLD, nothing, 2, six_genes(), options), InputError);
}

TEST_F(FilterCells, DropsRowsOfATableWithMissingValues) {
  const double missing = std::numeric_limits<double>::quiet_NaN();
  const matrix::Features two{.id = {"area", "length"}, .symbol = {"area", "length"}};
  std::vector<matrix::CellBlock> lots;
  if (rank == ranks - 1)
    lots.push_back({.lot = {0, 0, 0}, .barcode = {"a", "b", "c"}, .counts = {}, .table = {1, 2, missing, 4, 5, 6}});
  const auto a = qc::filter_cells(MPI_COMM_WORLD, lots, 1, two, options);
  EXPECT_EQ(a.cells_read[0], 3);
  EXPECT_EQ(a.missing_values[0], 1);
  EXPECT_EQ(a.kept[0], 2);
  EXPECT_TRUE(std::isnan(a.median_counts[0]));
  if (rank == ranks - 1) {
    EXPECT_EQ(lots[0].table, (std::vector<double>{1, 2, 5, 6}));
    lots[0].table = {missing, 2, 5, missing};
  }
  EXPECT_THROW(qc::filter_cells(MPI_COMM_WORLD, lots, 1, two, options), InputError);
}

TEST_F(FilterCells, KeepsMetricsOverDistribution) {
  auto lots = read_here();
  const auto mitochondrial = qc::mitochondrial_genes(six_genes());
  qc::filter_cells(MPI_COMM_WORLD, lots, 4, six_genes(), options);
  const auto cells = matrix::distribute(MPI_COMM_WORLD, std::move(lots), 4, 6);
  const auto metrics = qc::cell_metrics(cells.mine, mitochondrial);
  const Counts expected{10, 70'012, 13, 40};
  for (std::int64_t i = 0; i < cells.mine.n_cells(); ++i)
    EXPECT_EQ(metrics.n_counts[i], expected[cells.partition.begin(rank) + i]);
}

using FilterGenes = FilterCells;

TEST_F(FilterGenes, CountsTheCellsOfAllRanks) {
  auto cells = matrix::distribute(MPI_COMM_WORLD, read_here(), 4, 6);
  auto genes = six_genes();
  EXPECT_EQ(qc::filter_genes(MPI_COMM_WORLD, cells.mine, genes, options), (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_EQ(genes.id, (std::vector<std::string>{"MT-CO1", "A", "B"}));
  EXPECT_EQ(genes.symbol, genes.id);

  auto again = matrix::distribute(MPI_COMM_WORLD, read_here(), 4, 6);
  genes = six_genes();
  const auto kept = qc::filter_genes(MPI_COMM_WORLD, again.mine, genes, {.min_cells = 2});
  EXPECT_EQ(kept, (std::vector<std::int32_t>{0, 1, 2, 3, 4}));
  std::int64_t sum = 0;
  for (std::int64_t i = 0; i < again.mine.n_cells(); ++i)
    again.mine.counts.for_each(i, [&](std::int32_t gene, std::uint32_t count) { sum += gene == 4 ? count : 0; });
  EXPECT_EQ(parallel::sum_over_ranks(MPI_COMM_WORLD, sum), 70'010);
  EXPECT_THROW(qc::filter_genes(MPI_COMM_WORLD, again.mine, genes, {.min_cells = 9}), InputError);
}

TEST_F(FilterGenes, MayKeepThemAll) {
  auto cells = matrix::distribute(MPI_COMM_WORLD, read_here(), 4, 6);
  const auto nonzeros = cells.mine.counts.n_nonzeros();
  auto genes = six_genes();
  EXPECT_EQ(qc::filter_genes(MPI_COMM_WORLD, cells.mine, genes, {.min_cells = 0}).size(), 6U);
  EXPECT_EQ(genes.id, six_genes().id);
  EXPECT_EQ(cells.mine.counts.n_nonzeros(), nonzeros);
}

TEST_F(FilterGenes, LeavesTablesAlone) {
  matrix::CellBlock mine;
  if (rank == ranks - 1) mine = {.lot = {0}, .barcode = {"a"}, .counts = {}, .table = {1, 2, 3, 4, 5, 6}};
  auto features = six_genes();
  EXPECT_EQ(qc::filter_genes(MPI_COMM_WORLD, mine, features, options).size(), 6U);
  EXPECT_EQ(features.size(), 6);
}

}  // namespace
