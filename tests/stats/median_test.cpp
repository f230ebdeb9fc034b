#include "miura/stats/median.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace {

using miura::stats::median;

TEST(Median, IsTheMiddleInAnyOrder) {
  EXPECT_EQ(median({7}), 7);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({5, 1, 1, 9, 5}), 5);
}

TEST(Median, OfAnEvenNumberIsHalfwayBetweenTheTwoInTheMiddle) {
  EXPECT_EQ(median({4, 1}), 2.5);
  EXPECT_EQ(median({10, -2, 3, 6}), 4.5);
}

TEST(Median, OfNothingIsNaN) { EXPECT_TRUE(std::isnan(median({}))); }

}  // namespace
