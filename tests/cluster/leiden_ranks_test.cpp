#include <gtest/gtest.h>
#include <omp.h>

#include <vector>

#include "cluster/edge_list.hpp"
#include "miura/cluster/leiden.hpp"
#include "miura/parallel/communicator.hpp"

namespace {

using namespace miura;
using namespace miura::cluster::test;

/// Splits that leave ranks empty, or give one nearly all.
std::vector<parallel::Partition> partitions(std::int64_t n) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD), ranks = parallel::size_of(MPI_COMM_WORLD);
  const auto last = ranks - 1;
  return {parallel::Partition::even(n, ranks), parallel::Partition::from_local(MPI_COMM_WORLD, rank == last ? n : 0),
          parallel::Partition::from_local(MPI_COMM_WORLD, rank == 0 ? n - n / 5 : (rank == last ? n / 5 : 0))};
}

/// What one rank finds by itself, told to all.
cluster::Clustering rank_zero_alone(const EdgeList& list, const cluster::LeidenOptions& options) {
  cluster::Clustering found;
  if (parallel::rank_of(MPI_COMM_WORLD) == 0) found = alone(list, options);
  parallel::broadcast(MPI_COMM_WORLD, found.label);
  found.n_clusters = parallel::max_over_ranks(MPI_COMM_WORLD, found.n_clusters);
  found.modularity = parallel::max_over_ranks(MPI_COMM_WORLD, found.modularity);
  return found;
}

void expect_same_bits(const EdgeList& list, const cluster::LeidenOptions& options, int fewest_threads = 2) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD), ranks = parallel::size_of(MPI_COMM_WORLD);
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto expected = rank_zero_alone(list, options);
  for (int t = fewest_threads; t <= 2; ++t)
    for (const auto& split : partitions(list.n)) {
      if (split.size() != list.n) continue;  // one rank: the uneven split does not cover the graph
      omp_set_num_threads(t);
      const auto found = cluster::leiden(MPI_COMM_WORLD, list.part(split, rank), options);
      const auto all = parallel::gather_everywhere<std::int32_t>(MPI_COMM_WORLD, found.label);
      EXPECT_EQ(all, expected.label) << ranks << " ranks, " << t << " threads";
      EXPECT_EQ(found.n_clusters, expected.n_clusters);
      EXPECT_EQ(found.modularity, expected.modularity);
    }
  omp_set_num_threads(threads);
}

TEST(LeidenOnManyRanks, HasTheSameBitsAsOnOne) {
  expect_same_bits(clique_pair(3, 4), {.resolution = 1});
  expect_same_bits({1, {}}, {});
  expect_same_bits({0, {}}, {});
  expect_same_bits(continuum(60), {.resolution = 1});
  expect_same_bits(continuum(4000), {.resolution = 0.7, .seed = 3});
}

TEST(LeidenOnManyRanks, HasTheSameBitsWhereThreadsShareASubRound) {
  expect_same_bits(continuum(70'000), {.resolution = 0.3, .iterations = 1}, 1);
}

TEST(LeidenOnManyRanks, HasTheSameBitsWhereCoarseGraphsAreDistributedToo) {
  const auto list = ring_of_triangles(33'000);
  expect_same_bits(list, {.resolution = 1, .iterations = 1});
  const auto found = rank_zero_alone(list, {.resolution = 1, .iterations = 1});
  EXPECT_EQ(count_pieces(list, found.label), found.n_clusters);
  EXPECT_GT(found.modularity, 0.9);
}

}  // namespace
