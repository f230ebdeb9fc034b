#include "miura/parallel/communicator.hpp"

#include <gtest/gtest.h>

#include "miura/parallel/partition.hpp"

namespace {

using namespace miura::parallel;

TEST(Exchange, DeliversEveryPartInOrderOfSender) {
  const int rank = rank_of(MPI_COMM_WORLD), ranks = size_of(MPI_COMM_WORLD);
  std::vector<std::vector<std::int64_t>> send(ranks);
  for (int to = 0; to < ranks; ++to) send[to].assign(to + 1, 10 * rank + to);  // a part of its own length for everyone
  const auto received = miura::parallel::exchange(MPI_COMM_WORLD, send);
  ASSERT_EQ(std::ssize(received), ranks);
  for (int from = 0; from < ranks; ++from)
    EXPECT_EQ(received[from], std::vector<std::int64_t>(rank + 1, 10 * from + rank));
}

TEST(GatherEverywhere, JoinsTextsOfAllRanksIncludingEmptyOnes) {
  const int rank = rank_of(MPI_COMM_WORLD), ranks = size_of(MPI_COMM_WORLD);
  std::vector<std::string> mine;
  if (rank != 1) mine = {"lot " + std::to_string(rank), ""};
  std::vector<std::string> expected;
  for (int r = 0; r < ranks; ++r)
    if (r != 1) expected.insert(expected.end(), {"lot " + std::to_string(r), ""});
  EXPECT_EQ(gather_everywhere(MPI_COMM_WORLD, mine), expected);
}

TEST(Broadcast, ReplacesWhatTheOthersHeld) {
  const int rank = rank_of(MPI_COMM_WORLD), ranks = size_of(MPI_COMM_WORLD);
  std::vector<std::string> texts(rank, "old");
  if (rank == ranks - 1) texts = {"a", "", "ccc"};
  broadcast(MPI_COMM_WORLD, texts, ranks - 1);
  EXPECT_EQ(texts, (std::vector<std::string>{"a", "", "ccc"}));
}

TEST(Partition, CoversAllRowsOnceAndKnowsOwners) {
  for (const std::int64_t size : {0, 1, 5, 17}) {
    const auto p = Partition::even(size, 4);
    EXPECT_EQ(p.size(), size);
    EXPECT_EQ(p.begin(0), 0);
    for (int r = 0; r < 4; ++r) {
      EXPECT_LE(p.n_local(r), size / 4 + 1);
      for (auto row = p.begin(r); row < p.end(r); ++row) EXPECT_EQ(p.owner(row), r);
    }
  }
  const int rank = rank_of(MPI_COMM_WORLD);
  const auto p = Partition::from_local(MPI_COMM_WORLD, rank % 2 == 0 ? 3 : 0);  // odd ranks own nothing
  EXPECT_EQ(p.n_local(rank), rank % 2 == 0 ? 3 : 0);
  EXPECT_EQ(p.owner(p.size() - 1), (p.ranks() - 1) / 2 * 2);
}

}  // namespace
