#include "miura/normalize/variable_genes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <sstream>
#include <string>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;

/// Cells with their lot and dense counts, as a test writes them down.
struct Table {
  std::vector<std::int32_t> lot;
  std::vector<std::vector<std::uint32_t>> counts;

  std::int32_t n_genes() const { return static_cast<std::int32_t>(counts.front().size()); }
};

/// Spread over the ranks of `comm` evenly, or with all cells on the last rank.
matrix::DistributedCells cells_of(MPI_Comm comm, const Table& table, bool all_on_last = false) {
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  const auto n = std::ssize(table.lot);
  matrix::DistributedCells cells{all_on_last ? parallel::Partition::from_local(comm, rank == ranks - 1 ? n : 0)
                                             : parallel::Partition::even(n, ranks),
                                 {}};
  for (auto i = cells.partition.begin(rank); i < cells.partition.end(rank); ++i) {
    cells.mine.lot.push_back(table.lot[i]);
    cells.mine.barcode.push_back(std::to_string(i));
    for (std::int32_t g = 0; g < table.n_genes(); ++g)
      if (table.counts[i][g] > 0) cells.mine.counts.push(g, table.counts[i][g]);
    cells.mine.counts.end_row();
  }
  return cells;
}

normalize::VariableGenes choose(MPI_Comm comm, const Table& table, const std::vector<std::int32_t>& batch_of_lot,
                                std::int32_t n_genes, bool all_on_last = false, bool batches_first = false) {
  const auto cells = cells_of(comm, table, all_on_last);
  const std::vector<std::uint8_t> reference(cells.mine.n_cells(), 1);
  return normalize::variable_genes(comm, cells, table.n_genes(), reference, batch_of_lot,
                                   {.n_genes = n_genes, .batches_first = batches_first});
}

void expect_same_bits(const normalize::VariableGenes& a, const normalize::VariableGenes& b) {
  EXPECT_EQ(a.selected, b.selected);
  EXPECT_EQ(a.highly_variable, b.highly_variable);
  EXPECT_EQ(a.n_batches, b.n_batches);
  const auto bits = [](const std::vector<double>& values) {
    std::vector<std::uint64_t> all;
    for (const double v : values) all.push_back(std::bit_cast<std::uint64_t>(v));
    return all;
  };
  EXPECT_EQ(bits(a.rank), bits(b.rank));
  EXPECT_EQ(bits(a.mean), bits(b.mean));
  EXPECT_EQ(bits(a.variance), bits(b.variance));
  EXPECT_EQ(bits(a.variance_standardized), bits(b.variance_standardized));
}

Table three_plates() {
  std::ifstream file(MIURA_TEST_DATA "/variable_genes/counts.tsv");
  Table table;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    fields >> table.lot.emplace_back();
    auto& row = table.counts.emplace_back();
    for (std::uint32_t count = 0; fields >> count;) row.push_back(count);
  }
  return table;
}

/// A row a gene: highly_variable, rank, mean, variance, variance_standardized, n_batches.
std::vector<std::vector<double>> scanpy_says(const std::string& name) {
  std::ifstream file(MIURA_TEST_DATA "/variable_genes/" + name);
  std::string line, field;
  std::getline(file, line);
  std::vector<std::vector<double>> rows;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    auto& row = rows.emplace_back();
    while (fields >> field) row.push_back(std::stod(field));
  }
  return rows;
}

void expect_scanpy(const normalize::VariableGenes& genes, const std::vector<std::vector<double>>& scanpy) {
  ASSERT_EQ(genes.rank.size(), scanpy.size());
  for (std::size_t g = 0; g < scanpy.size(); ++g) {
    const auto& row = scanpy[g];
    EXPECT_EQ(genes.highly_variable[g], row[0]) << g;
    EXPECT_TRUE(genes.rank[g] == row[1] || (std::isnan(genes.rank[g]) && std::isnan(row[1]))) << g;
    EXPECT_NEAR(genes.mean[g], row[2], 1e-12 * row[2]) << g;
    EXPECT_NEAR(genes.variance[g], row[3], 1e-12 * row[3]) << g;
    EXPECT_NEAR(genes.variance_standardized[g], row[4], 1e-9 * row[4]) << g;
    EXPECT_EQ(genes.n_batches[g], row[5]) << g;
  }
}

TEST(VariableGenes, AreThoseOfScanpyInBatches) {
  const auto table = three_plates();
  ASSERT_EQ(table.counts.size(), 180U);
  expect_scanpy(choose(MPI_COMM_WORLD, table, {0, 1, 2}, 250), scanpy_says("batches.tsv"));
}

TEST(VariableGenes, AreThoseOfScanpyWithBatchesFirst) {
  const auto genes = choose(MPI_COMM_WORLD, three_plates(), {0, 1, 2}, 250, {}, true);
  const auto scanpy = scanpy_says("batches_first.tsv");
  expect_scanpy(genes, scanpy);
  EXPECT_NE(genes.selected, choose(MPI_COMM_WORLD, three_plates(), {0, 1, 2}, 250).selected);
}

TEST(VariableGenes, AreThoseOfScanpyInOneBatch) {
  expect_scanpy(choose(MPI_COMM_WORLD, three_plates(), {0, 0, 0}, 250), scanpy_says("plain.tsv"));
}

/// Poisson noise about means of 1 to 5; one gene in ten is on in half of the cells and almost off in the others.
Table planted(std::int64_t n_cells, std::int32_t n_genes, std::int32_t n_lots) {
  Table table;
  for (std::int64_t i = 0; i < n_cells; ++i) {
    table.lot.push_back(static_cast<std::int32_t>(i * n_lots / n_cells));
    auto& row = table.counts.emplace_back(n_genes);
    for (std::int32_t g = 0; g < n_genes; ++g) {
      stats::RandomStream random(5, stats::Purpose::simulate, static_cast<std::uint64_t>(i * n_genes + g));
      const double rate = (1 + 0.04 * (g % 97)) * (g % 10 != 3 ? 1.0 : i % 2 == 0 ? 1.9 : 0.1);
      double chance = random.uniform();
      while (chance > std::exp(-rate)) {  // Knuth's Poisson
        ++row[g];
        chance *= random.uniform();
      }
    }
  }
  return table;
}

TEST(VariableGenes, HaveTheSameBitsAsOnOneRank) {
  const auto table = planted(90, 200, 5);
  for (const std::vector<std::int32_t>& batches : {std::vector{0, 1, 2, 3, 4}, {0, 1, 0, 1, 0}, {0, 0, 0, 0, 0}}) {
    const auto alone = choose(MPI_COMM_SELF, table, batches, 40);
    expect_same_bits(choose(MPI_COMM_WORLD, table, batches, 40), alone);
    expect_same_bits(choose(MPI_COMM_WORLD, table, batches, 40, true), alone);  // the other ranks own no cell
  }
}

TEST(VariableGenes, AreThePlantedOnes) {
  const auto genes = choose(MPI_COMM_WORLD, planted(300, 200, 3), {0, 1, 2}, 20);
  for (const auto g : genes.selected) EXPECT_EQ(g % 10, 3);
  EXPECT_EQ(genes.selected.size(), 20U);
  EXPECT_TRUE(std::ranges::is_sorted(genes.selected));
}

TEST(VariableGenes, OfOneLotStandBehindWhereBatchesComeFirst) {
  auto table = planted(300, 200, 3);
  for (std::int64_t i = 0; i < 300; ++i) table.counts[i][0] = table.lot[i] == 1 && i % 4 == 0 ? 12 : 1;
  const auto by_rank = choose(MPI_COMM_WORLD, table, {0, 1, 2}, 15);
  EXPECT_EQ(by_rank.n_batches[0], 1);  // constant, so without a rank, in the other two
  EXPECT_EQ(by_rank.highly_variable[0], 1);
  const auto by_batches = choose(MPI_COMM_WORLD, table, {0, 1, 2}, 15, {}, true);
  EXPECT_EQ(by_batches.rank[0], by_rank.rank[0]);
  EXPECT_EQ(by_batches.highly_variable[0], 0);
}

TEST(VariableGenes, ComeFromReferenceCellsAlone) {
  auto table = planted(120, 60, 2);
  const auto expected = choose(MPI_COMM_SELF, table, {0, 1}, 10);
  for (int k = 0; k < 40; ++k) {  // a third lot of wild cells that takes no part
    table.lot.push_back(2);
    table.counts.emplace_back(60, k % 2 == 0 ? 0 : 9999);
  }
  const auto cells = cells_of(MPI_COMM_WORLD, table);
  std::vector<std::uint8_t> reference;
  for (const auto lot : cells.mine.lot) reference.push_back(lot < 2 ? 1 : 0);
  expect_same_bits(
      normalize::variable_genes(MPI_COMM_WORLD, cells, 60, reference, std::vector{0, 1, 2}, {.n_genes = 10}), expected);
}

TEST(VariableGenes, TieByColumnAndLeaveConstantGenesOut) {
  Table table;
  for (std::int32_t i = 0; i < 40; ++i) {
    table.lot.push_back(0);
    const std::uint32_t on = i % 4 == 0 ? 3 : 0;
    table.counts.push_back({7, on, on, 0, on, static_cast<std::uint32_t>(i % 3)});
  }
  const auto genes = choose(MPI_COMM_WORLD, table, {0}, 100);
  EXPECT_EQ(genes.selected, (std::vector<std::int32_t>{1, 2, 4, 5}));
  EXPECT_EQ(genes.rank[2], genes.rank[1] + 1);
  EXPECT_EQ(genes.rank[4], genes.rank[1] + 2);
  EXPECT_TRUE(std::isnan(genes.rank[0]));
  EXPECT_EQ(genes.variance[0], 0.0);
  EXPECT_EQ(genes.mean[0], 7.0);
}

TEST(VariableGenes, LeaveOutABatchOfOneCell) {
  auto table = planted(80, 60, 1);
  const auto expected = choose(MPI_COMM_SELF, table, {0}, 10);
  table.lot.push_back(1);
  table.counts.emplace_back(60, 5);
  const auto genes = choose(MPI_COMM_WORLD, table, {0, 1}, 10);
  EXPECT_EQ(genes.selected, expected.selected);
  EXPECT_EQ(genes.variance_standardized, expected.variance_standardized);
}

TEST(VariableGenes, AreMergedOverAnyNumberOfBatches) {
  constexpr std::int32_t n_lots = 150, n_genes = 60;
  const auto table = planted(20 * n_lots, n_genes, n_lots);
  std::vector<std::int32_t> batches(n_lots);
  std::iota(batches.begin(), batches.end(), 0);
  const auto merged = choose(MPI_COMM_WORLD, table, batches, 10);
  std::vector<double> variance(n_genes);
  std::vector<std::int32_t> n_batches(n_genes);
  for (std::int32_t lot = 0; lot < n_lots; ++lot) {
    Table alone;
    for (std::size_t i = 0; i < table.lot.size(); ++i)
      if (table.lot[i] == lot) {
        alone.lot.push_back(0);
        alone.counts.push_back(table.counts[i]);
      }
    const auto of_lot = choose(MPI_COMM_SELF, alone, {0}, 10);
    for (std::int32_t g = 0; g < n_genes; ++g) variance[g] += of_lot.variance_standardized[g];
    for (const auto g : of_lot.selected) ++n_batches[g];
  }
  EXPECT_EQ(merged.n_batches, n_batches);
  for (std::int32_t g = 0; g < n_genes; ++g) EXPECT_NEAR(merged.variance_standardized[g], variance[g] / n_lots, 1e-12);
}

TEST(VariableGenes, NeedSomethingThatVaries) {
  Table constant{{0, 0, 0}, {{1, 2}, {1, 2}, {1, 2}}};
  EXPECT_THROW(choose(MPI_COMM_WORLD, constant, {0}, 10), InputError);
  Table huge{{0, 0}, {{4'000'000'000U, 1}, {1, 2}}};
  EXPECT_THROW(choose(MPI_COMM_WORLD, huge, {0}, 10), InputError);
}

}  // namespace
