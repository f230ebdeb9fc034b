#include "miura/populations/overlap.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "miura/base/error.hpp"
#include "populations/grids.hpp"

namespace {

using namespace miura;
using namespace miura::populations;
using namespace miura::populations::test;

Overlaps counted(const std::vector<Labels>& labels, const parallel::Partition& cells) {
  return count_overlaps(MPI_COMM_WORLD, my_part(grid_of(labels), cells));
}

//          cells 0 to 7
const std::vector<Labels> small{{0, 0, 0, 1, 1, 2, 2, -1},   // clusters 0 1 2
                                {0, 0, 1, 1, 1, 1, -1, 0}};  // clusters 3 4

TEST(Overlaps, HoldTheSharedCellsOfAnyTwoClusters) {
  for (const auto& cells : splits(8)) {
    const auto overlaps = counted(small, cells);
    EXPECT_EQ(overlaps.n_labelings(), 2);
    EXPECT_EQ(overlaps.n_clusters(), 5);
    EXPECT_EQ(overlaps.first_of(1), 3);
    EXPECT_EQ(overlaps.end_of(1), 5);
    EXPECT_EQ(overlaps.labeling_of(2), 0);
    EXPECT_EQ(overlaps.labeling_of(3), 1);
    const std::vector<std::vector<std::int64_t>> expected{
        {3, 0, 0, 2, 1}, {0, 2, 0, 0, 2}, {0, 0, 2, 0, 1}, {2, 0, 0, 3, 0}, {1, 2, 1, 0, 4}};
    for (std::int32_t a = 0; a < 5; ++a)
      for (std::int32_t b = 0; b < 5; ++b) EXPECT_EQ(overlaps.shared(a, b), expected[a][b]) << a << ", " << b;
  }
}

TEST(Overlaps, CompareClustersOnCellsThatBothLabelingsKnow) {
  const auto overlaps = overlaps_of(small);
  EXPECT_EQ(overlaps.jaccard(0, 3), 2.0 / 3);  // cell 7 of cluster 3 has no cluster in the first labeling
  EXPECT_EQ(overlaps.jaccard(2, 4), 1.0 / 4);  // cell 6 of cluster 2 has none in the second
  EXPECT_EQ(overlaps.jaccard(1, 3), 0.0);
  EXPECT_EQ(overlaps.n_cells_in(2, 1), 1);
  EXPECT_EQ(overlaps.n_cells_in(3, 0), 2);
}

TEST(Overlaps, NameTheMostAlikeClusterAndOfEqualsTheFirst) {
  const auto overlaps = overlaps_of({{0, 0, 0, 0, 1}, {0, 0, 1, 1, -1}});
  EXPECT_EQ(overlaps.best_match(0, 1).cluster, 2);
  EXPECT_EQ(overlaps.best_match(0, 1).jaccard, 0.5);
  EXPECT_EQ(overlaps.best_match(3, 0).cluster, 0);
  EXPECT_EQ(overlaps.best_match(0, 0).jaccard, 1.0);
  EXPECT_EQ(overlaps.best_match(1, 1).cluster, -1);  // none of its cells has a cluster there
  EXPECT_TRUE(std::isnan(overlaps.best_match(1, 1).jaccard));
}

TEST(Overlaps, HaveTheAdjustedRandIndexOfScikitLearn) {  // 1.9.1, adjusted_rand_score
  Labels a, b, c, d, e, part;
  for (std::int32_t i = 0; i < 1000; ++i) {
    a.push_back(i * 7 % 5);
    b.push_back(i * i / 3 % 4);
    c.push_back(i / 10 % 5);
    d.push_back(i % 9 < 7 ? a.back() : b.back());
    e.push_back(i / 25 % 4);
    part.push_back(i % 3 != 0 ? d.back() : -1);
  }
  for (const auto& cells : splits(1000)) {
    const auto overlaps = counted({a, b, c, d, e, part}, cells);
    EXPECT_NEAR(overlaps.adjusted_rand_index(0, 1), -0.0022349323458315967, 1e-15);
    EXPECT_NEAR(overlaps.adjusted_rand_index(0, 3), 0.5885740821893808, 1e-14);
    EXPECT_NEAR(overlaps.adjusted_rand_index(2, 4), 0.22591476538958244, 1e-14);
    EXPECT_NEAR(overlaps.adjusted_rand_index(0, 5), 0.4167759830659513, 1e-14);  // on the cells that both know
    EXPECT_EQ(overlaps.adjusted_rand_index(3, 0), overlaps.adjusted_rand_index(0, 3));
    EXPECT_EQ(overlaps.adjusted_rand_index(2, 2), 1.0);
  }
}

TEST(Overlaps, HaveNoAgreementToTellWithoutCommonCells) {
  const auto overlaps = overlaps_of({{0, 0, -1, -1}, {-1, -1, 0, 1}});
  EXPECT_TRUE(std::isnan(overlaps.adjusted_rand_index(0, 1)));
  EXPECT_EQ(overlaps.jaccard(0, 1), 0.0);
}

TEST(Overlaps, AreTheSameOnAnyNumberOfRanks) {
  std::vector<Labels> labels;
  for (std::int32_t l = 0; l < 9; ++l) labels.push_back(blurred(arcs(5000, 3 + l, 100 * l), 3 + l, 0.2, l));
  const auto alone = overlaps_of(labels);
  for (const auto& cells : splits(5000)) {
    const auto overlaps = counted(labels, cells);
    for (std::int32_t a = 0; a < alone.n_clusters(); ++a)
      for (std::int32_t b = 0; b < alone.n_clusters(); ++b) ASSERT_EQ(overlaps.shared(a, b), alone.shared(a, b));
  }
}

TEST(Overlaps, TakeGridsWithoutLabelingsClustersOrCells) {
  EXPECT_EQ(count_overlaps(MPI_COMM_WORLD, {}).n_clusters(), 0);
  const auto empty = count_overlaps(MPI_COMM_WORLD, grid_of({{}, {}}));
  EXPECT_EQ(empty.n_labelings(), 2);
  EXPECT_EQ(empty.n_clusters(), 0);
  Grid declared(1);
  declared[0].n_clusters = 2;  // clusters that no cell is in
  EXPECT_EQ(count_overlaps(MPI_COMM_WORLD, declared).shared(1, 1), 0);
}

TEST(Overlaps, RefuseMoreClustersThanAnybodyLooksAt) {
  Grid grid(2);
  grid[0].n_clusters = 8000;
  grid[1].n_clusters = 193;
  EXPECT_THROW(count_overlaps(MPI_COMM_WORLD, grid), UsageError);
}

TEST(Overlaps, RefuseLabelsThatAreNoClusters) {
  auto grid = grid_of({{0, 1}, {0, 0}});
  if (parallel::rank_of(MPI_COMM_WORLD) == 0) grid[1].label[0] = 1;
  EXPECT_THROW(count_overlaps(MPI_COMM_WORLD, grid), Error);
  grid[1].label.resize(1);
  EXPECT_THROW(count_overlaps(MPI_COMM_WORLD, grid), Error);
}

}  // namespace
