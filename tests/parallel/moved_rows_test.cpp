#include "miura/parallel/moved_rows.hpp"

#include <gtest/gtest.h>

namespace {

using namespace miura::parallel;

/// `width` values a row of those that this rank has.
std::vector<std::int32_t> rows_of(const Partition& rows, std::int32_t width) {
  std::vector<std::int32_t> values;
  for (auto row = rows.begin(rank_of(MPI_COMM_WORLD)); row < rows.end(rank_of(MPI_COMM_WORLD)); ++row)
    for (std::int32_t w = 0; w < width; ++w) values.push_back(static_cast<std::int32_t>(10 * row + w));
  return values;
}

TEST(MovedRows, AreThoseOfTheOtherPartition) {
  const int rank = rank_of(MPI_COMM_WORLD), ranks = size_of(MPI_COMM_WORLD);
  const auto even = Partition::even(23, ranks);
  for (const int full : {0, ranks - 1}) {  // one rank has all
    const auto lopsided = Partition::from_local(MPI_COMM_WORLD, rank == full ? 23 : 0);
    for (const std::int32_t width : {1, 3}) {
      EXPECT_EQ(moved_rows<std::int32_t>(MPI_COMM_WORLD, lopsided, even, rows_of(lopsided, width), width),
                rows_of(even, width));
      EXPECT_EQ(moved_rows<std::int32_t>(MPI_COMM_WORLD, even, lopsided, rows_of(even, width), width),
                rows_of(lopsided, width));
    }
  }
  EXPECT_EQ(moved_rows<std::int32_t>(MPI_COMM_WORLD, even, even, rows_of(even, 2), 2), rows_of(even, 2));
}

TEST(MovedRows, MayBeNone) {
  const auto none = Partition::even(0, size_of(MPI_COMM_WORLD));
  EXPECT_TRUE(moved_rows<float>(MPI_COMM_WORLD, none, none, {}, 5).empty());
}

TEST(Partition, IsLopsidedWhereARankHasATenthMore) {
  const int ranks = size_of(MPI_COMM_WORLD);
  EXPECT_FALSE(Partition::even(0, ranks).is_lopsided());
  EXPECT_FALSE(Partition::even(1, ranks).is_lopsided());
  EXPECT_FALSE(Partition::even(1000, ranks).is_lopsided());
  const auto one_has_all = Partition::from_local(MPI_COMM_WORLD, rank_of(MPI_COMM_WORLD) == 0 ? 100 : 0);
  EXPECT_EQ(one_has_all.is_lopsided(), ranks > 1);
}

}  // namespace
