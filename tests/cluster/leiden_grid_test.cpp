#include "miura/cluster/leiden_grid.hpp"

#include <gtest/gtest.h>

#include "cluster/edge_list.hpp"
#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"

namespace {

using namespace miura;
using namespace miura::cluster::test;

/// More runs than ranks, and not a multiple of them.
std::vector<cluster::LeidenOptions> some_runs() {
  std::vector<cluster::LeidenOptions> runs;
  for (const double resolution : {0.3, 1.0, 3.0})
    for (std::uint64_t seed = 0; seed < 3; ++seed) runs.push_back({.resolution = resolution, .seed = seed});
  return runs;
}

/// An even split, and one that gives the last rank all vertices.
std::vector<parallel::Partition> splits(std::int64_t n) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD), ranks = parallel::size_of(MPI_COMM_WORLD);
  return {parallel::Partition::even(n, ranks),
          parallel::Partition::from_local(MPI_COMM_WORLD, rank == ranks - 1 ? n : 0)};
}

TEST(LeidenGrid, HasTheBitsOfOneRunAfterAnother) {
  const auto list = continuum(300);
  const auto runs = some_runs();
  std::vector<cluster::Clustering> expected;
  for (const auto& run : runs) expected.push_back(alone(list, run));
  for (const auto& split : splits(list.n))
    for (const std::int64_t most_copied_bytes : {std::int64_t{0}, std::int64_t{1} << 30}) {
      const auto part = list.part(split, parallel::rank_of(MPI_COMM_WORLD));
      const auto found = cluster::leiden_grid(MPI_COMM_WORLD, part, runs, {.most_copied_bytes = most_copied_bytes});
      ASSERT_EQ(found.size(), runs.size());
      for (std::size_t i = 0; i < runs.size(); ++i) {
        EXPECT_EQ(parallel::gather_everywhere<std::int32_t>(MPI_COMM_WORLD, found[i].label), expected[i].label);
        EXPECT_EQ(found[i].n_clusters, expected[i].n_clusters);
        EXPECT_EQ(found[i].modularity, expected[i].modularity);
      }
    }
}

TEST(LeidenGrid, PausesBetweenRunsOnAllRanks) {
  static int pauses;
  const auto list = clique_pair(3, 4);
  const auto part = list.part(splits(list.n)[0], parallel::rank_of(MPI_COMM_WORLD));
  const int ranks = parallel::size_of(MPI_COMM_WORLD);
  for (const bool copied : {true, false}) {
    pauses = 0;
    cluster::leiden_grid(MPI_COMM_WORLD, part, some_runs(),
                         {.most_copied_bytes = copied ? 1 << 30 : 0, .safe_point = [](MPI_Comm) { ++pauses; }});
    EXPECT_EQ(pauses, copied ? (9 + ranks - 1) / ranks - 1 : 8);
  }
  const auto stop = [](MPI_Comm) { throw UsageError("asked to stop"); };
  EXPECT_THROW(cluster::leiden_grid(MPI_COMM_WORLD, part, some_runs(), {.safe_point = stop}), UsageError);
}

TEST(LeidenGrid, TakesFewerRunsThanRanksAndGraphsWithoutVertices) {
  const auto list = clique_pair(3, 4);
  const auto part = list.part(splits(list.n)[0], parallel::rank_of(MPI_COMM_WORLD));
  EXPECT_TRUE(cluster::leiden_grid(MPI_COMM_WORLD, part, {}).empty());
  const auto one = cluster::leiden_grid(MPI_COMM_WORLD, part, std::vector{cluster::LeidenOptions{.resolution = 1}});
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].n_clusters, 2);
  const EdgeList nothing;
  const auto empty = nothing.part(splits(0)[0], parallel::rank_of(MPI_COMM_WORLD));
  for (const auto& run : cluster::leiden_grid(MPI_COMM_WORLD, empty, some_runs())) EXPECT_EQ(run.n_clusters, 0);
}

TEST(LeidenGrid, FailsOnAllRanksForARunThatMakesNoSense) {
  const auto list = clique_pair(3, 4);
  auto runs = some_runs();
  runs.back().resolution = -1;
  EXPECT_THROW(
      cluster::leiden_grid(MPI_COMM_WORLD, list.part(splits(list.n)[0], parallel::rank_of(MPI_COMM_WORLD)), runs),
      Error);
}

}  // namespace
