#include "miura/comparability/outcome_margin.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "miura/stats/normal_stream.hpp"

namespace {

using namespace miura;
using comparability::outcome_margin;

std::vector<std::int32_t> all_of(const std::vector<double>& values) {
  std::vector<std::int32_t> lots(values.size());
  std::iota(lots.begin(), lots.end(), 0);
  return lots;
}

TEST(OutcomeMargin, IsTheChangeThatMovesTheOutcomeByTheAmountIfTheyLieOnALine) {
  const std::vector<double> share{-2, -1.5, -1, -0.5, 0, 1}, falling{9, 8, 7, 6, 5, 3};
  const auto found = outcome_margin(share, falling, all_of(share), 3.0);
  EXPECT_EQ(found.n, 6);
  EXPECT_NEAR(found.slope, -2.0, 1e-12);
  EXPECT_NEAR(found.slope_bound, 2.0, 1e-6);
  EXPECT_NEAR(found.at_slope, 1.5, 1e-12);
  EXPECT_NEAR(found.margin, 1.5, 1e-6);
}

/// lm(y ~ x) of R 4.2: slope 1.828571, standard error 0.2006791, qt(.95, 4) = 2.131847.
TEST(OutcomeMargin, UsesTheUpperBoundOfTheSlope) {
  const std::vector<double> x{1, 2, 3, 4, 5, 6}, y{2, 3, 7, 8, 9, 11};
  const auto found = outcome_margin(x, y, all_of(x), 4.0);
  EXPECT_NEAR(found.slope, 1.8285714286, 1e-9);
  EXPECT_NEAR(found.slope_bound, 1.8285714286 + 2.1318467863 * 0.2006791191, 1e-6);
  EXPECT_DOUBLE_EQ(found.margin, 4.0 / found.slope_bound);
  EXPECT_LT(found.margin, found.at_slope);
}

TEST(OutcomeMargin, IsSmallWhereNothingIsKnownOfTheDependence) {
  stats::NormalStream normal(3, stats::Purpose::simulate, 1);
  std::vector<double> share, outcome;
  for (int l = 0; l < 11; ++l) {
    share.push_back(normal());
    outcome.push_back(normal());
  }
  const auto found = outcome_margin(share, outcome, all_of(share), 1.0);
  EXPECT_LT(found.margin, 4.0);  // no wider than a few standard deviations, however flat the slope is
  EXPECT_GT(found.at_slope, found.margin);
}

/// The true change is amount / slope; a margin above it would accept a change of the function that is not acceptable.
TEST(OutcomeMargin, IsTooWideInOneStudyOfTwenty) {
  constexpr int studies = 2'000;
  int too_wide = 0;
  for (int s = 0; s < studies; ++s) {
    stats::NormalStream normal(5, stats::Purpose::simulate, s);
    std::vector<double> share, outcome;
    for (int l = 0; l < 11; ++l) {
      share.push_back(normal());
      outcome.push_back(2 * share.back() + normal());
    }
    too_wide += outcome_margin(share, outcome, all_of(share), 1.0).margin > 0.5 ? 1 : 0;
  }
  EXPECT_NEAR(too_wide, .05 * studies, 4 * std::sqrt(studies * .05 * .95));
}

TEST(OutcomeMargin, NeedsFiveLotsThatVary) {
  const double unknown = std::nan("");
  const std::vector<double> x{1, 2, 3, 4, unknown, 6}, y{1, 2, unknown, 4, 5, 6}, flat(6, 0.1),
      rising{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(outcome_margin(x, y, all_of(x), 1.0).status, "LOW_N");
  EXPECT_EQ(outcome_margin(flat, rising, all_of(x), 1.0).status, "CONSTANT_FEATURE");
  EXPECT_EQ(outcome_margin(rising, flat, all_of(x), 1.0).status, "CONSTANT_OUTCOME");
  EXPECT_TRUE(std::isnan(outcome_margin(flat, rising, all_of(x), 1.0).margin));
  const std::vector<std::int32_t> some{0, 1, 2, 3, 4};
  EXPECT_EQ(outcome_margin(rising, rising, some, 1.0).n, 5);
}

}  // namespace
