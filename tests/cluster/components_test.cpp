#include "miura/cluster/components.hpp"

#include <gtest/gtest.h>

#include "cluster/edge_list.hpp"
#include "miura/parallel/communicator.hpp"

namespace {

using namespace miura;
using namespace miura::cluster::test;

std::vector<std::int64_t> sizes(const EdgeList& list) {
  const auto vertices = parallel::Partition::even(list.n, parallel::size_of(MPI_COMM_WORLD));
  const auto mine = cluster::component_sizes(MPI_COMM_WORLD, list.part(vertices, parallel::rank_of(MPI_COMM_WORLD)));
  return parallel::gather_everywhere<std::int64_t>(MPI_COMM_WORLD, mine);
}

TEST(ComponentSizes, OfAGraphWithoutEdgesAreOne) { EXPECT_EQ(sizes({3, {}}), (std::vector<std::int64_t>{1, 1, 1})); }

TEST(ComponentSizes, OfNoVerticesAreNone) { EXPECT_TRUE(sizes({0, {}}).empty()); }

TEST(ComponentSizes, FollowAPathFromRankToRankAndBack) {
  // 0 - 11 - 1 - 10 - 2 - 9 winds through all ranks; 3 - 4 is a pair; 5 to 8 are alone
  EXPECT_EQ(sizes({12, {{0, 11, 1}, {1, 11, 1}, {1, 10, 1}, {2, 10, 1}, {2, 9, 1}, {3, 4, 1}}}),
            (std::vector<std::int64_t>{6, 6, 6, 2, 2, 1, 1, 1, 1, 6, 6, 6}));
}

TEST(ComponentSizes, OfALongPathAreItsLength) {
  EdgeList path{1000, {}};
  for (std::int64_t v = 0; v + 7 < path.n; ++v) path.edges.emplace_back(v, v + 7, 1);  // seven paths side by side
  for (const auto size : sizes(path)) EXPECT_TRUE(size == 142 || size == 143);
}

}  // namespace
