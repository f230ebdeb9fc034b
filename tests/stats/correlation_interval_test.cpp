#include "miura/stats/correlation_interval.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace {

using namespace miura;

TEST(SpearmanInterval, IsThatOfBonettAndWright) {
  const auto ci = stats::spearman_interval(0.7, 11);
  // Python: tanh(atanh(.7) -+ NormalDist().inv_cdf(.975) * sqrt((1 + .7**2 / 2) / 8))
  EXPECT_NEAR(ci.low, 0.09383094338699258, 1e-12);
  EXPECT_NEAR(ci.high, 0.9275414933162424, 1e-12);
}

TEST(SpearmanInterval, TurnsWithTheSignAndShrinksWithLots) {
  const auto up = stats::spearman_interval(0.6, 20), down = stats::spearman_interval(-0.6, 20);
  EXPECT_DOUBLE_EQ(up.low, -down.high);
  EXPECT_DOUBLE_EQ(up.high, -down.low);
  const auto more = stats::spearman_interval(0.6, 40);
  EXPECT_GT(more.low, up.low);
  EXPECT_LT(more.high, up.high);
  EXPECT_LT(stats::spearman_interval(0.6, 20, 0.99).low, up.low);
}

TEST(SpearmanInterval, SaysNothingOfFewLotsOrAPerfectOrder) {
  EXPECT_TRUE(std::isnan(stats::spearman_interval(0.6, 7).low));
  EXPECT_FALSE(std::isnan(stats::spearman_interval(0.6, 8).low));
  EXPECT_TRUE(std::isnan(stats::spearman_interval(1.0, 11).low));
  EXPECT_TRUE(std::isnan(stats::spearman_interval(-1.0, 11).high));
  EXPECT_TRUE(std::isnan(stats::spearman_interval(std::nan(""), 11).low));
}

}  // namespace
