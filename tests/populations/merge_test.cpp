#include "miura/populations/merge.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "miura/base/error.hpp"
#include "populations/grids.hpp"

namespace {

using namespace miura;
using namespace miura::populations;
using namespace miura::populations::test;

/// What every merging promises: more than `same` with the centre, and no two clusters of one labeling.
void expect_stars(const Overlaps& overlaps, const Merged& merged, double same) {
  std::vector<std::vector<std::int32_t>> seen(merged.n(), std::vector<std::int32_t>(overlaps.n_labelings()));
  for (std::int32_t c = 0; c < overlaps.n_clusters(); ++c) {
    const auto p = merged.population[c];
    ASSERT_GE(p, 0);
    ASSERT_LT(p, merged.n());
    EXPECT_TRUE(c == merged.centre[p] || overlaps.jaccard(c, merged.centre[p]) > same);
    EXPECT_EQ(++seen[p][overlaps.labeling_of(c)], 1) << "two clusters of one labeling";
  }
  for (const auto a : merged.centre)
    for (const auto b : merged.centre)
      EXPECT_TRUE(a == b || overlaps.jaccard(a, b) <= same) << "two centres that are one";
}

TEST(Merge, JoinsTheSameCellsUnderOtherNames) {
  const auto overlaps = overlaps_of({{0, 0, 0, 1, 1, 2}, {2, 2, 2, 0, 0, 1}, {1, 1, 1, 2, 2, 0}});
  const auto merged = merge(overlaps);
  EXPECT_EQ(merged.population, (std::vector<std::int32_t>{0, 1, 2, 1, 2, 0, 2, 0, 1}));
  EXPECT_EQ(merged.centre, (std::vector<std::int32_t>{0, 1, 2}));  // equally large in number: by cells
}

TEST(Merge, CountsFromThePopulationOfMostClusters) {
  const auto overlaps = overlaps_of({{0, 0, 0, 0, 1, 1}, {0, 0, 1, 1, 2, 2}, {0, 0, 1, 1, 2, 2}});
  const auto merged = merge(overlaps);
  EXPECT_EQ(merged.n(), 4);
  EXPECT_EQ(merged.population, (std::vector<std::int32_t>{3, 0, 1, 2, 0, 1, 2, 0}));
}

TEST(Merge, LeavesWhatSharesJustOneHalfApart) {
  const auto overlaps = overlaps_of({{0, 0}, {0, 1}});
  EXPECT_EQ(overlaps.jaccard(0, 1), 0.5);
  EXPECT_EQ(merge(overlaps).n(), 3);
}

TEST(Merge, DoesNotChainTwoClustersOfOneLabeling) {
  // A circle cut in two halves, and a cut that wanders all the way round: connected components would hold everything.
  std::vector<Labels> labels;
  for (std::int64_t step = 0; step <= 6; ++step) labels.push_back(arcs(1200, 2, 100 * step));
  const auto overlaps = overlaps_of(labels);
  for (std::int32_t l = 0; l < 6; ++l)
    ASSERT_GT(overlaps.jaccard(2 * l, 2 * l + 2), 0.5);  // one link to the next, all the way round
  ASSERT_EQ(overlaps.jaccard(0, 13), 1.0);               // until cluster 0 has become what cluster 1 was
  const auto merged = merge(overlaps);
  expect_stars(overlaps, merged, 0.5);
  EXPECT_GE(merged.n(), 4);
  EXPECT_EQ(merged.population[0], merged.population[13]);
  EXPECT_NE(merged.population[0], merged.population[12]);
}

TEST(Merge, MakesStarsOfAnyGrid) {
  for (std::uint64_t seed = 0; seed < 10; ++seed)
    for (const double same : {0.5, 0.7}) {
      std::vector<Labels> labels;
      stats::RandomStream random(seed, stats::Purpose::simulate, 1);
      for (int l = 0; l < 12; ++l) {
        const auto n = static_cast<std::int32_t>(2 + random.below(6));
        labels.push_back(blurred(arcs(600, n, random.below(600)), n, 0.1, random()));
      }
      const auto overlaps = overlaps_of(labels);
      expect_stars(overlaps, merge(overlaps, {.same = same}), same);
    }
}

TEST(Merge, SendsAClusterToTheCentreItIsMostLike) {
  // 100 cells that four labelings agree on; of 60 of them, one makes a cluster, which is like all 100 (0.6); of 45 of
  // the 60, three more do, which are unlike the 100 (0.45) but more like the 60 (0.75).
  Labels whole(100, 0), larger, smaller;
  for (int i = 0; i < 100; ++i) {
    larger.push_back(i < 60 ? 0 : 1);
    smaller.push_back(i >= 15 && i < 60 ? 0 : 1);
  }
  const auto overlaps = overlaps_of({whole, whole, whole, whole, larger, smaller, smaller, smaller});
  const auto merged = merge(overlaps);
  expect_stars(overlaps, merged, 0.5);
  EXPECT_EQ(overlaps.jaccard(0, 4), 0.6);
  EXPECT_EQ(overlaps.jaccard(4, 6), 0.75);
  EXPECT_EQ(merged.population[4], merged.population[6]);
  EXPECT_NE(merged.population[4], merged.population[0]);
}

TEST(Merge, TakesAGridWithoutClusters) { EXPECT_EQ(merge(overlaps_of({})).n(), 0); }

TEST(Merge, RefusesThresholdsThatWouldNotTellTwoClustersApart) {
  for (const double same : {0.49, 1.0, -1.0, std::numeric_limits<double>::quiet_NaN()})
    EXPECT_THROW(merge(overlaps_of({{0}}), {.same = same}), UsageError);
}

}  // namespace
