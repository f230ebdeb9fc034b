#include "miura/transfer/mixtures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace {

using miura::transfer::distance_to_mixtures;
using miura::transfer::median_distance;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
const std::vector<double> triangle{0, 0, 10, 0, 0, 10};

double distance(double x, double y) { return distance_to_mixtures(std::vector{x, y}, triangle); }

TEST(DistanceToMixtures, IsNextToNothingInside) {
  for (const auto& [x, y] : {std::pair{2.0, 2.0}, {0.0, 0.0}, {5.0, 5.0}, {0.1, 9.0}}) EXPECT_LT(distance(x, y), 0.15);
}

TEST(DistanceToMixtures, IsThatToTheNearestCornerOrSideOutside) {
  EXPECT_NEAR(distance(-3, -4), 5, 0.01);                  // a corner
  EXPECT_NEAR(distance(4, -7), 7, 0.02);                   // a side
  EXPECT_NEAR(distance(10, 10), 10 / std::sqrt(2), 0.03);  // the long side
}

TEST(DistanceToMixtures, OfOneCornerIsPlainAndOfNoneIsNaN) {
  EXPECT_EQ(distance_to_mixtures(std::vector{3.0, 4.0}, std::vector{0.0, 0.0}), 5);
  EXPECT_EQ(distance_to_mixtures(std::vector{3.0, 4.0}, std::vector{nan, 0.0, 0.0, 0.0}), 5);
  EXPECT_TRUE(std::isnan(distance_to_mixtures(std::vector{3.0, 4.0}, std::vector{nan, nan})));
}

TEST(MedianDistance, IsOverPairsOfKnownCorners) {
  EXPECT_EQ(median_distance(triangle, 2), 10);
  EXPECT_EQ(median_distance(std::vector{0.0, 1.0, 5.0, nan}, 1), 4);
  EXPECT_TRUE(std::isnan(median_distance(std::vector{1.0, 2.0}, 2)));
}

}  // namespace
