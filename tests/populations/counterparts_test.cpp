#include "miura/populations/counterparts.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "populations/grids.hpp"

namespace {

using namespace miura;
using namespace miura::populations;
using namespace miura::populations::test;

/// Cells by cluster and lot of a labeling, where every lot has `lot_size` cells in a row.
matrix::Composition composition_of(const Labels& label, std::int32_t n_lots) {
  matrix::Composition c{
      .n_lots = n_lots, .n_clusters = *std::ranges::max_element(label) + 1, .count = {}, .lot_size = {}};
  c.count.resize(c.n_clusters * n_lots);
  c.lot_size.resize(n_lots);
  const auto lot_size = std::ssize(label) / n_lots;
  for (std::int64_t i = 0; i < std::ssize(label); ++i) {
    if (label[i] < 0) continue;
    ++c.count[label[i] * n_lots + i / lot_size];
    ++c.lot_size[i / lot_size];
  }
  return c;
}

std::vector<Counterpart> counterparts_of(const std::vector<Labels>& labels, std::int32_t n_lots) {
  std::vector<matrix::Composition> shares;
  for (const auto& label : labels) shares.push_back(composition_of(label, n_lots));
  return counterparts(overlaps_of(labels), shares);
}

TEST(Counterparts, AreTheClusterItselfUnderAnotherName) {
  const Labels label{0, 0, 1, 0, 1, 1, 1, 1, 2, 0, 2, 2};  // three lots of four cells
  Labels renamed;
  for (const auto l : label) renamed.push_back((l + 1) % 3);
  const auto found = counterparts_of({label, renamed}, 3);
  ASSERT_EQ(found.size(), 3);
  for (const auto& pair : found) {
    EXPECT_EQ(pair.labeling, 0);
    EXPECT_EQ(pair.other_labeling, 1);
    EXPECT_EQ(pair.other_cluster, (pair.cluster + 1) % 3);
    EXPECT_EQ(pair.jaccard, 1.0);
    EXPECT_DOUBLE_EQ(pair.rho_shares, 1.0);
  }
}

TEST(Counterparts, CorrelateSharesOverLotsWithCells) {
  // four lots of three cells; the last one has no labels. Shares of cluster 0: 1, 2/3, 1/3 and 1, 1/3, 2/3.
  const Labels a{0, 0, 0, 0, 0, 1, 0, 1, 1, -1, -1, -1}, b{0, 0, 0, 0, 1, 1, 0, 0, 1, -1, -1, -1};
  const auto found = counterparts_of({a, b}, 4);
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[0].other_cluster, 0);
  EXPECT_EQ(found[0].jaccard, 5.0 / 7);  // 5 of both, 6 and 6
  EXPECT_DOUBLE_EQ(found[0].rho_shares, 0.5);
  EXPECT_DOUBLE_EQ(found[1].rho_shares, 0.5);
}

TEST(Counterparts, OfThreeLabelingsAreThoseOfEachPairOnce) {
  const Labels whole{0, 0, 0, 0}, halves{0, 0, 1, 1};
  const auto found = counterparts_of({halves, whole, halves}, 2);
  ASSERT_EQ(found.size(), 5);  // 2 clusters in labelings 1 and 2, and 1 cluster in labeling 2
  EXPECT_EQ(found[2].other_labeling, 2);
  EXPECT_EQ(found[4].labeling, 1);
  EXPECT_EQ(found[4].other_cluster, 0);
  EXPECT_TRUE(std::isnan(found[0].rho_shares));  // the whole has the same share in every lot
  EXPECT_DOUBLE_EQ(found[2].rho_shares, 1.0);
}

TEST(Counterparts, AreMissingWhereTheOtherKnowsNoneOfTheCells) {
  const auto found = counterparts_of({{0, 0, 1, 1}, {0, 0, -1, -1}}, 2);
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[0].other_cluster, 0);
  EXPECT_EQ(found[1].other_cluster, -1);
  EXPECT_TRUE(std::isnan(found[1].jaccard));
  EXPECT_TRUE(std::isnan(found[1].rho_shares));
}

TEST(Counterparts, AreComparedOverTheLotsThatBothKnow) {
  // four lots of three cells, of which the second labeling lacks the first
  const Labels a{1, 1, 1, 0, 0, 0, 0, 0, 1, 0, 1, 1}, b{-1, -1, -1, 0, 0, 0, 0, 0, 1, 0, 1, 1};
  const auto found = counterparts_of({a, b}, 4);
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[0].other_cluster, 0);
  EXPECT_DOUBLE_EQ(found[0].rho_shares, 1.0);
  EXPECT_DOUBLE_EQ(found[1].rho_shares, 1.0);
}

TEST(Counterparts, NeedTheCompositionOfEveryLabeling) {
  const std::vector<Labels> labels{{0, 1}, {0, 1}};
  EXPECT_THROW(counterparts(overlaps_of(labels), {}), std::logic_error);
}

}  // namespace
