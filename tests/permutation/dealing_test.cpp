#include "permutation/dealing.hpp"

#include <gtest/gtest.h>

#include "miura/base/error.hpp"

namespace {

using namespace miura;
using Items = std::vector<std::int64_t>;

/// Which items were worked on, by all ranks and threads together.
Items dealt(std::int64_t n_items, double core_seconds, void (*safe_point)(MPI_Comm)) {
  const auto states = permutation::deal(
      MPI_COMM_WORLD, {.stage = "items", .n_items = n_items, .core_seconds = core_seconds, .safe_point = safe_point},
      [&] { return Items(n_items); }, [](std::int64_t item, Items& count) { ++count[item]; });
  Items sum(n_items);
  for (const auto& state : states)
    for (std::int64_t i = 0; i < n_items; ++i) sum[i] += state[i];
  parallel::sum_over_ranks(MPI_COMM_WORLD, sum);
  return sum;
}

TEST(Dealing, GivesEveryItemToOneThread) {
  for (const std::int64_t n_items : {0, 1, 3, 17, 1'000})
    for (const double core_seconds : {0.0, 20.0, 1e6})
      EXPECT_EQ(dealt(n_items, core_seconds, nullptr), Items(n_items, 1));
}

TEST(Dealing, ComesToASafePointBetweenRoundsOnAllRanks) {
  static std::int64_t n_calls = 0;
  const auto count = [](MPI_Comm comm) {
    MPI_Barrier(comm);
    ++n_calls;
  };
  dealt(1'000, 0.1, count);
  EXPECT_EQ(n_calls, 0);
  dealt(1'000, 60.0, count);
  EXPECT_GE(n_calls, 60 / 3 / 4 - 1);
  EXPECT_EQ(parallel::max_over_ranks(MPI_COMM_WORLD, n_calls), n_calls);
  EXPECT_EQ(parallel::min_over_ranks(MPI_COMM_WORLD, n_calls), n_calls);
}

TEST(Dealing, EndsWhereTheSafePointThrows) {
  const auto stop = [](MPI_Comm) { throw Error(ExitCode::stopped, "enough"); };
  EXPECT_THROW(dealt(1'000, 60.0, stop), Error);
}

}  // namespace
