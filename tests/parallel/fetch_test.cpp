#include "miura/parallel/fetch.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "miura/parallel/requested_rows.hpp"

namespace {

using namespace miura::parallel;

TEST(Fetch, BringsRepeatedAndUnorderedRowsFromTheirOwners) {
  const int rank = rank_of(MPI_COMM_WORLD), ranks = size_of(MPI_COMM_WORLD);
  const auto rows = Partition::even(3, ranks);  // with 4 ranks one owns nothing
  std::vector<std::int32_t> mine;
  for (auto r = rows.begin(rank); r < rows.end(rank); ++r) mine.push_back(static_cast<std::int32_t>(100 + r));
  std::vector<std::int64_t> wanted{2, 0, 2, 1};
  if (rank == 1) wanted.clear();  // a rank that asks for nothing still answers
  const auto got = fetch<std::int32_t>(MPI_COMM_WORLD, rows, mine, wanted);
  if (rank == 1)
    EXPECT_TRUE(got.empty());
  else
    EXPECT_EQ(got, (std::vector<std::int32_t>{102, 100, 102, 101}));
}

TEST(FetchRows, BringsAllValuesOfARow) {
  const int rank = rank_of(MPI_COMM_WORLD), ranks = size_of(MPI_COMM_WORLD);
  const auto rows = Partition::even(3, ranks);
  std::vector<std::int32_t> mine;
  for (auto r = rows.begin(rank); r < rows.end(rank); ++r)
    mine.insert(mine.end(), {static_cast<std::int32_t>(10 * r), static_cast<std::int32_t>(10 * r + 1)});
  const std::vector<std::int64_t> wanted{2, 0, 2};
  EXPECT_EQ(fetch_rows<std::int32_t>(MPI_COMM_WORLD, rows, mine, 2, wanted),
            (std::vector<std::int32_t>{20, 21, 0, 1, 20, 21}));
}

TEST(RequestedRows, AreFoundByTheirNumberHoweverOftenAndInWhatOrderTheyWereWanted) {
  const int rank = rank_of(MPI_COMM_WORLD), ranks = size_of(MPI_COMM_WORLD);
  const auto rows = Partition::even(5, ranks);
  std::vector<std::int32_t> mine;
  for (auto r = rows.begin(rank); r < rows.end(rank); ++r)
    mine.insert(mine.end(), {static_cast<std::int32_t>(10 * r), static_cast<std::int32_t>(10 * r + 1)});
  std::vector<std::int64_t> wanted{4, -1, 0, 4, 2, -1, 0};
  if (rank == 1) wanted = {-1};
  const RequestedRows<std::int32_t> of(MPI_COMM_WORLD, rows, mine, 2, wanted);
  for (const auto row : wanted)
    if (row >= 0) {
      EXPECT_EQ(of[row].front(), 10 * row);
      EXPECT_EQ(of[row].back(), 10 * row + 1);
    }
}

}  // namespace
