#include "report/numbers.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace {

using namespace miura::report;

TEST(Counts, AreGroupedByThousands) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(count_text(1000), "1,000");
  EXPECT_EQ(count_text(39'916'800), "39,916,800");
  EXPECT_EQ(count_text(-123'456), "-123,456");
}

TEST(PValues, HaveTwoDigits) {
  EXPECT_EQ(p_text(0.00214), "0.0021");
  EXPECT_EQ(p_text(1.234e-5), "1.2e-05");
  EXPECT_EQ(p_text(0.284), "0.28");
  EXPECT_EQ(p_text(1), "1");
  EXPECT_EQ(p_text(NAN), "\u2013");
}

TEST(PValues, AreNeverRoundedOntoOrAcrossAlpha) {
  EXPECT_EQ(p_text(0.0504), "0.0504");
  EXPECT_EQ(p_text(0.0496), "0.0496");
  EXPECT_EQ(p_text(0.05), "0.05");
  EXPECT_EQ(p_text(0.05000004), "0.05000004");
  EXPECT_EQ(p_text(0.0104, 0.01), "0.0104");
  EXPECT_EQ(p_text(0.0504, 0.01), "0.05");
}

TEST(Correlations, AreOneOnlyWhereTheyAre) {
  EXPECT_EQ(rho_text(1), "1.00");
  EXPECT_EQ(rho_text(0.9981), "0.9981");
  EXPECT_EQ(rho_text(-0.934), "-0.93");
  EXPECT_EQ(rho_text(-0.001), "0.00");
  EXPECT_EQ(rho_text(NAN), "\u2013");
}

TEST(Shares, OfRareClustersAreNotShownAsNone) {
  EXPECT_EQ(percent_text(0), "0.0 %");
  EXPECT_EQ(percent_text(0.0004), "<0.1 %");
  EXPECT_EQ(percent_text(0.0834), "8.3 %");
  EXPECT_EQ(percent_text(1), "100.0 %");
}

TEST(Medians, KeepWhatMatters) {
  EXPECT_EQ(rounded_text(12'345.5), "12,346");
  EXPECT_EQ(rounded_text(8.5), "8.5");
  EXPECT_EQ(rounded_text(NAN), "\u2013");
}

}  // namespace
