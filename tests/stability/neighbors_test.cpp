#include "stability/neighbors.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "miura/knn/search.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;

constexpr std::int32_t n_dims = 2;

/// Points on a coarse lattice: many equal distances, and more duplicates than neighbours asked for.
matrix::Embedding lattice(const parallel::Partition& split) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  matrix::Embedding points{split, n_dims, {}};
  for (auto i = split.begin(rank); i < split.end(rank); ++i) {
    stats::RandomStream random(5, stats::Purpose::simulate, static_cast<std::uint64_t>(i));
    for (int d = 0; d < n_dims; ++d) points.value.push_back(static_cast<float>(random.below(6)));
  }
  return points;
}

std::vector<std::uint8_t> draw_marks(const parallel::Partition& split, double share) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  std::vector<std::uint8_t> marked;
  for (auto i = split.begin(rank); i < split.end(rank); ++i)
    marked.push_back(stats::RandomStream(6, stats::Purpose::simulate, static_cast<std::uint64_t>(i)).uniform() < share);
  return marked;
}

TEST(NearestMarked, AreThoseOfASearchAmongTheMarked) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD), ranks = parallel::size_of(MPI_COMM_WORLD);
  for (const auto& split : {parallel::Partition::even(500, ranks),
                            parallel::Partition::from_local(MPI_COMM_WORLD, rank == ranks - 1 ? 500 : 0)})
    for (const double share : {0.0, 0.01, 0.3, 0.6, 0.9, 1.0}) {  // 1 % are fewer than the neighbours asked for
      const auto points = lattice(split);
      const auto marked = draw_marks(split, share);
      const auto lists = knn::nearest(MPI_COMM_WORLD, points, {.k = 14});
      const auto found = stability::nearest_marked(MPI_COMM_WORLD, points, lists, marked, 7);
      const auto subset = stability::marked_points(MPI_COMM_WORLD, points, marked);
      const auto expected = knn::nearest(MPI_COMM_WORLD, subset, {.k = 7});
      EXPECT_EQ(found.id, expected.id) << share;
      EXPECT_EQ(found.distance, expected.distance) << share;
      EXPECT_EQ(found.queries.size(), expected.queries.size());
    }
}

}  // namespace
