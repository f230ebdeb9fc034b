#include "miura/matrix/cells.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "miura/parallel/communicator.hpp"

namespace {

using namespace miura;

constexpr std::int32_t n_genes = 7;

std::uint32_t planted_count(std::int32_t lot, std::int64_t cell, std::int32_t gene) {
  const auto h = static_cast<std::uint32_t>((lot + 3) * 7919 + cell * 104729 + gene * 1299709);
  if (h % 3 != 0) return 0;
  if (h % 15 != 0) return 1 + h % 9;
  return h % 2 == 0 ? 250 + h % 10 : 65'535 + h % 100'000;  // about the largest of 8 bits, and beyond 16
}

matrix::CellBlock planted_lot(std::int32_t lot, std::int64_t cells) {
  matrix::CellBlock block;
  for (std::int64_t i = 0; i < cells; ++i) {
    block.lot.push_back(lot);
    block.barcode.push_back("AC" + std::to_string(100 + i));
    for (std::int32_t g = 0; g < n_genes; ++g)
      if (const auto count = planted_count(lot, i, g)) block.counts.push(g, count);
    block.counts.end_row();
  }
  return block;
}

using Row = std::map<std::int32_t, std::uint32_t>;

Row row_of(const matrix::CountRows& counts, std::int64_t i) {
  Row row;
  counts.for_each(i, [&](std::int32_t gene, std::uint32_t count) { row[gene] = count; });
  return row;
}

Row planted_row(std::int32_t lot, std::int64_t cell) {
  Row row;
  for (std::int32_t g = 0; g < n_genes; ++g)
    if (const auto count = planted_count(lot, cell, g)) row[g] = count;
  return row;
}

class Distribute : public testing::TestWithParam<std::vector<std::int64_t>> {};

TEST_P(Distribute, PutsCellsInCanonicalOrderWhoeverReadThem) {
  const auto lot_size = GetParam();
  const int rank = parallel::rank_of(MPI_COMM_WORLD), ranks = parallel::size_of(MPI_COMM_WORLD);
  std::vector<matrix::CellBlock> read;  // lots in falling order, dealt over ranks: neither is the canonical order
  const auto n_lots = static_cast<std::int32_t>(lot_size.size());
  for (auto l = n_lots - 1; l >= 0; --l)
    if (l % ranks == rank) read.push_back(planted_lot(l, lot_size[l]));

  const auto all = matrix::distribute(MPI_COMM_WORLD, std::move(read), n_lots, n_genes);
  std::int64_t global = 0;
  for (std::int32_t l = 0; l < n_lots; ++l)
    for (std::int64_t i = 0; i < lot_size[l]; ++i, ++global) {
      if (all.partition.owner(global) != rank) continue;
      const auto local = global - all.partition.begin(rank);
      ASSERT_EQ(all.mine.lot[local], l);
      ASSERT_EQ(all.mine.barcode[local], "AC" + std::to_string(100 + i));
      ASSERT_EQ(row_of(all.mine.counts, local), planted_row(l, i));
    }
  EXPECT_EQ(all.partition.size(), global);
  EXPECT_EQ(all.mine.n_cells(), all.partition.n_local(rank));
}

INSTANTIATE_TEST_SUITE_P(Sizes, Distribute,
                         testing::Values(std::vector<std::int64_t>{0, 0}, std::vector<std::int64_t>{1},
                                         std::vector<std::int64_t>{5, 0, 3, 1, 40}, std::vector<std::int64_t>{2, 1}));

TEST(CellBlock, KeepsMarkedCellsWithTheirLargeCounts) {
  auto block = planted_lot(1, 50);
  std::vector<std::uint8_t> keep(50);
  std::vector<std::int64_t> kept;
  for (std::int64_t i = 0; i < 50; ++i)
    if (i % 3 != 1) {
      keep[i] = 1;
      kept.push_back(i);
    }
  block.keep_cells(keep, n_genes);
  ASSERT_EQ(block.n_cells(), std::ssize(kept));
  ASSERT_EQ(block.counts.n_rows(), std::ssize(kept));
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(block.barcode[i], "AC" + std::to_string(100 + kept[i]));
    const auto expected = planted_row(1, kept[i]);
    EXPECT_EQ(row_of(block.counts, static_cast<std::int64_t>(i)), expected);
    std::int64_t sum = 0;
    for (const auto& [gene, count] : expected) sum += count;
    EXPECT_EQ(block.counts.sum(static_cast<std::int64_t>(i)), sum);
  }
}

TEST(CountRows, RenumbersAndDropsColumns) {
  auto block = planted_lot(2, 50);
  const std::vector<std::int32_t> new_column{-1, 0, 1, -1, 2, 3, -1};
  block.counts.map_columns(new_column);
  for (std::int64_t i = 0; i < 50; ++i) {
    Row expected;
    for (const auto& [gene, count] : planted_row(2, i))
      if (new_column[gene] >= 0) expected[new_column[gene]] = count;
    EXPECT_EQ(row_of(block.counts, i), expected);
  }
}

/// Walks through a row in stretches of columns that end so, and compares each with what is planted there.
void walk_through(const matrix::CountRows& rows, std::int64_t i, const Row& planted,
                  const std::vector<std::int32_t>& ends) {
  std::int64_t next = 0;
  std::int32_t begin = 0;
  for (const auto end : ends) {
    Row expected, found;
    for (const auto& [column, count] : planted)
      if (column >= begin && column < end) expected[column] = count;
    next = rows.for_each_below(i, next, end, [&](std::int32_t column, std::uint32_t count) { found[column] = count; });
    EXPECT_EQ(found, expected) << "row " << i << ", columns " << begin << " to " << end;
    found.clear();
    rows.for_each(i, begin, end, [&](std::int32_t column, std::uint32_t count) { found[column] = count; });
    EXPECT_EQ(found, expected) << "row " << i << ", columns " << begin << " to " << end << " by bisection";
    begin = end;
  }
}

TEST(CountRows, AreWalkedThroughByRangesOfColumns) {
  const auto block = planted_lot(2, 50);
  for (std::int64_t i = 0; i < 50; ++i)
    for (std::int32_t one = 0; one <= n_genes; ++one)
      for (auto other = one; other <= n_genes; ++other)
        walk_through(block.counts, i, planted_row(2, i), {one, other, n_genes});
}

/// A row with columns on both sides of the places where 16 bits do not hold them, on these very places, and with a
/// stretch of 65,536 that has none; every fifth row has columns below 65,536 only.
Row wide_row(std::int64_t i) {
  if (i % 7 == 3) return {};
  Row row{{static_cast<std::int32_t>(i % 65536), 1}};
  if (i % 5 == 0) return row;
  for (const std::int32_t column : {65535, 65536, 65537, 3 * 65536 - 1, 3 * 65536, 5 * 65536 + 9})
    if ((column + i) % 4 != 0) row[column + static_cast<std::int32_t>(i % 2)] = column % 3 == 0 ? 70000U : 65535U;
  return row;
}

matrix::CountRows wide_rows(std::int64_t n) {
  matrix::CountRows rows;
  for (std::int64_t i = 0; i < n; ++i) {
    for (const auto& [column, count] : wide_row(i)) rows.push(column, count);
    rows.end_row();
  }
  return rows;
}

TEST(CountRows, HoldColumnsBeyondSixteenBits) {
  const auto rows = wide_rows(80);
  for (std::int64_t i = 0; i < 80; ++i) {
    const auto planted = wide_row(i);
    EXPECT_EQ(row_of(rows, i), planted);
    EXPECT_EQ(rows.n_nonzeros(i), std::ssize(planted));
    std::vector<std::int32_t> columns, expected_columns;
    rows.for_each_column(i, [&](std::int32_t column) { columns.push_back(column); });
    for (const auto& [column, count] : planted) expected_columns.push_back(column);
    EXPECT_EQ(columns, expected_columns);
    std::int64_t sum = 0;
    for (const auto& [column, count] : planted) sum += count;
    EXPECT_EQ(rows.sum(i), sum);
    walk_through(rows, i, planted, {0, 3, 65536, 65537, 70000, 196608, 200000, 400000});
    walk_through(rows, i, planted, {65530, 65530, 400000});
  }
}

TEST(CountRows, TakeWholeRows) {
  matrix::CountRows rows;
  for (std::int64_t i = 0; i < 80; ++i) {
    std::vector<matrix::CountRows::Nonzero> row;
    for (const auto& [column, count] : wide_row(i)) row.push_back({column, count});
    rows.push_row(row);
  }
  ASSERT_EQ(rows.n_rows(), 80);
  for (std::int64_t i = 0; i < 80; ++i) EXPECT_EQ(row_of(rows, i), wide_row(i));
}

TEST(CountRows, AppendRowsOfOthers) {
  const auto rows = wide_rows(80);
  auto joined = wide_rows(11);
  joined.append_rows(rows, 11, 40);
  joined.append_rows(rows, 40, 40);
  joined.append_rows(rows, 40, 80);
  joined.push(65535, 3);  // what follows begins below 65,536 again
  joined.end_row();
  ASSERT_EQ(joined.n_rows(), 81);
  for (std::int64_t i = 0; i < 80; ++i) EXPECT_EQ(row_of(joined, i), wide_row(i));
  EXPECT_EQ(row_of(joined, 80), (Row{{65535, 3}}));
}

TEST(CountRows, ComeBackFromBytes) {
  auto rows = wide_rows(80);
  rows.push(127, 127);  // the last number that fits a byte, the first that does not, the largest
  rows.push(127 + 128, 128);
  rows.push(6 * 65536, 0xFFFF'FFFF);
  rows.end_row();
  matrix::CountRows again;
  for (std::int64_t i = 0; i < rows.n_rows(); ++i) {
    std::vector<std::uint8_t> bytes;
    rows.pack_row(i, bytes);
    EXPECT_EQ(std::ssize(bytes), rows.packed_size(i));
    again.push_packed(bytes);
    EXPECT_EQ(row_of(again, i), row_of(rows, i));
  }
  EXPECT_EQ(rows.packed_size(80), 2 + 4 + 3 + 5);
}

TEST(CountRows, ArePackedAlikeWhereverANumberOfTwoBytesStands) {
  for (std::int32_t odd = 0; odd < 50; ++odd)
    for (const bool is_column : {false, true}) {
      matrix::CountRows row, again;
      for (std::int32_t i = 0; i < 50; ++i)
        row.push(2 * i + (is_column && i >= odd ? 200 : 0), !is_column && i == odd ? 200 : 127);
      row.end_row();
      std::vector<std::uint8_t> bytes, expected;
      for (std::int32_t i = 0; i < 50; ++i) {
        const auto step = static_cast<std::uint8_t>(i == 0 ? 0 : 2);
        if (i != odd)
          expected.insert(expected.end(), {step, 127});
        else if (is_column)
          expected.insert(expected.end(), {static_cast<std::uint8_t>((200 + step) % 128 + 128), 1, 127});
        else
          expected.insert(expected.end(), {step, 200, 1});
      }
      row.pack_row(0, bytes);
      EXPECT_EQ(bytes, expected) << odd;
      EXPECT_EQ(row.packed_size(0), 101);
      EXPECT_EQ(row.sum(0), 50 * 127 + (is_column ? 0 : 73));
      again.push_packed(bytes);
      EXPECT_EQ(row_of(again, 0), row_of(row, 0));
    }
}

TEST(CountRows, ArePackedTheSameAcrossStretchesOfSixteenBits) {
  for (const std::int32_t first : {0, 65'536 - 30, 65'536 - 16, 65'536, 70'000, 3 * 65'536 - 40}) {
    matrix::CountRows row, again;
    Row planted;
    for (std::int32_t i = 0; i < 60; ++i) planted[first + 2 * i] = static_cast<std::uint32_t>(1 + i % 3);
    planted[first + 300] = 5;  // a step of two bytes behind entries that are packed together
    planted[first + 200'000] = 300;
    for (const auto& [column, count] : planted) row.push(column, count);
    row.end_row();
    std::vector<std::uint8_t> bytes;
    row.pack_row(0, bytes);
    EXPECT_EQ(row.packed_size(0), std::ssize(bytes)) << first;
    again.push_packed(bytes);
    EXPECT_EQ(row_of(again, 0), planted) << first;
  }
}

TEST(CountRows, KeepAndRenumberColumnsBeyondSixteenBits) {
  auto rows = wide_rows(80);
  std::vector<std::uint8_t> keep(80);
  std::vector<Row> expected;
  std::vector<std::int32_t> new_column(6 * 65536, -1);
  std::int32_t next = 0;
  for (std::int32_t column = 0; column < std::ssize(new_column); ++column)
    if (column % 6 != 2) new_column[column] = next++;  // what stood above a multiple of 65,536 stands below it
  for (std::int64_t i = 0; i < 80; ++i) {
    if (keep[i] = i % 4 != 1; !keep[i]) continue;
    auto& row = expected.emplace_back();
    for (const auto& [column, count] : wide_row(i))
      if (new_column[column] >= 0) row[new_column[column]] = count;
  }
  rows.keep_rows(keep);
  rows.map_columns(new_column);
  ASSERT_EQ(rows.n_rows(), std::ssize(expected));
  for (std::int64_t i = 0; i < rows.n_rows(); ++i) EXPECT_EQ(row_of(rows, i), expected[i]);
}

TEST(CellBlock, CarriesTables) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD), ranks = parallel::size_of(MPI_COMM_WORLD);
  std::vector<matrix::CellBlock> read;
  if (rank == ranks - 1)
    read.push_back({.lot = {0, 0, 0}, .barcode = {"a", "b", "c"}, .counts = {}, .table = {1, 2, 3, 4, 5, 6}});
  const auto all = matrix::distribute(MPI_COMM_WORLD, std::move(read), 1, 2);
  for (std::int64_t i = 0; i < all.mine.n_cells(); ++i)
    EXPECT_EQ(all.mine.table[2 * i], static_cast<double>(1 + 2 * (all.partition.begin(rank) + i)));
}

}  // namespace
