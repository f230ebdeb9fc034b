#include "miura/cluster/labels.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "miura/parallel/communicator.hpp"
#include "miura/parallel/partition.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;
using Labels = std::vector<std::int32_t>;

Labels mine(const Labels& all) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  const auto split = parallel::Partition::even(std::ssize(all), parallel::size_of(MPI_COMM_WORLD));
  return {all.begin() + split.begin(rank), all.begin() + split.end(rank)};
}

double agreement(const Labels& a, const Labels& b) {
  return cluster::adjusted_rand_index(MPI_COMM_WORLD, mine(a), mine(b));
}

Labels random_labels(std::uint64_t seed, std::int64_t n, std::uint32_t k) {
  Labels labels;
  stats::RandomStream random(seed, stats::Purpose::simulate, 0);
  for (std::int64_t i = 0; i < n; ++i) labels.push_back(static_cast<std::int32_t>(random.below(k)));
  return labels;
}

TEST(NumberBySize, OrdersBySizeThenByFirstItemOverAllRanks) {
  const Labels old{9, 4, 7, 4, 9, 2, 7, 7, 1};  // sizes: 7 three, 9 and 4 two each, 2 and 1 one each
  const auto numbered = cluster::number_by_size(MPI_COMM_WORLD, mine(old));
  EXPECT_EQ(parallel::gather_everywhere<std::int32_t>(MPI_COMM_WORLD, numbered.label),
            (Labels{1, 2, 0, 2, 1, 3, 0, 0, 4}));
  EXPECT_EQ(numbered.n, 5);
}

TEST(NumberBySize, TakesNothing) {
  const auto numbered = cluster::number_by_size(MPI_COMM_WORLD, {});
  EXPECT_EQ(numbered.n, 0);
  EXPECT_TRUE(numbered.label.empty());
}

TEST(AdjustedRandIndex, HasTheValuesOfScikitLearn) {
  EXPECT_NEAR(agreement({0, 0, 1, 2}, {0, 0, 1, 1}), 0.5714285714285714, 1e-15);
  EXPECT_NEAR(agreement({0, 0, 0, 1, 1, 1}, {0, 0, 1, 1, 2, 2}), 0.24242424242424243, 1e-15);
  EXPECT_EQ(agreement({0, 0, 0, 0}, {0, 1, 2, 3}), 0.0);
}

TEST(AdjustedRandIndex, IsOneForTheSamePartitionUnderOtherNames) {
  EXPECT_EQ(agreement({0, 0, 1, 1, 2}, {5, 5, 0, 0, 3}), 1.0);
  EXPECT_EQ(agreement({0, 0, 0}, {1, 1, 1}), 1.0);
  EXPECT_EQ(agreement({0, 1, 2}, {2, 1, 0}), 1.0);
  EXPECT_EQ(agreement({}, {}), 1.0);
  EXPECT_EQ(agreement({3}, {0}), 1.0);
}

TEST(AdjustedRandIndex, IsAboutZeroForUnrelatedLabels) {
  EXPECT_NEAR(agreement(random_labels(1, 20'000, 7), random_labels(2, 20'000, 5)), 0.0, 0.002);
}

TEST(AdjustedRandIndex, HasTheSameBitsOnAnyNumberOfRanks) {
  const auto a = random_labels(3, 5000, 4);
  auto b = a;
  for (std::size_t i = 0; i < b.size(); i += 3) b[i] = random_labels(4, 1, 6)[0];
  EXPECT_EQ(agreement(a, b), cluster::adjusted_rand_index(MPI_COMM_SELF, a, b));
}

}  // namespace
