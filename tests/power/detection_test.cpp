#include "miura/power/detection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace {

using namespace miura;

struct Expected {
  std::int32_t n;
  double independent_tests;
  std::array<double, 4> power;  ///< of rho .6, .7, .8, .9
};

/// Powers found before by another program, 4,000 replicates each, given to two digits; bivariate normal, exact p.
const std::vector<Expected> table{
    {8, 1, {.31, .44, .61, .85}},   {8, 6, {.08, .16, .27, .54}},   {8, 16, {.03, .07, .13, .34}},
    {8, 40, {.02, .04, .08, .24}},  {11, 1, {.45, .64, .84, .98}},  {11, 6, {.16, .32, .55, .84}},
    {11, 16, {.09, .19, .39, .71}}, {11, 40, {.05, .12, .27, .59}}, {15, 1, {.64, .83, .96, 1}},
    {15, 6, {.35, .57, .82, .97}},  {15, 16, {.22, .43, .70, .94}}, {15, 40, {.14, .31, .57, .89}},
    {20, 1, {.80, .94, .99, 1}},    {20, 6, {.54, .78, .95, 1}},    {20, 16, {.39, .66, .90, 1}},
    {20, 40, {.28, .54, .83, .99}}, {30, 1, {.94, .99, 1, 1}},      {30, 6, {.80, .96, 1, 1}},
    {30, 16, {.68, .91, .99, 1}},   {30, 40, {.58, .86, .98, 1}}};

/// Four standard errors of the difference of two simulated shares, and half a unit of the second digit.
double tolerance(double p, double n, double n_expected) {
  const double q = std::clamp(p, 0.01, 0.99);
  return 4 * std::sqrt(q * (1 - q) * (1 / n + 1 / n_expected)) + 0.005;
}

TEST(Detection, ReproducesTheTableOfPowers) {
  const power::Options options{.replicates = 1'000, .relabelings_drawn = 50'000};
  for (const auto& [n, tests, powers] : table) {
    const power::Family family{.independent_tests = tests};
    const auto critical = critical_value(MPI_COMM_WORLD, family, n, options);
    for (std::size_t i = 0; i < powers.size(); ++i) {
      const double rho = 0.6 + 0.1 * static_cast<double>(i);
      EXPECT_NEAR(power::detection(MPI_COMM_WORLD, rho, critical, 0, options).power(), powers[i],
                  tolerance(powers[i], 1'000, 4'000))
          << n << " lots, " << tests << " tests, rho " << rho;
    }
  }
}

TEST(Detection, ReproducesTheTableOfTrainingAndTest) {
  const std::array<std::pair<std::int32_t, std::array<double, 4>>, 5> expected{{{8, {.14, .26, .46, .78}},
                                                                                {11, {.27, .49, .77, .96}},
                                                                                {15, {.49, .75, .94, 1}},
                                                                                {20, {.70, .91, .99, 1}},
                                                                                {30, {.92, .99, 1, 1}}}};
  const power::Options options{.replicates = 1'000, .relabelings_drawn = 50'000};
  for (const auto& [n, powers] : expected) {
    const auto critical = power::critical_value(MPI_COMM_WORLD, n, 0.05, options);
    const auto one_sided = power::one_sided_critical_value(MPI_COMM_WORLD, n, 0.05, options);
    for (std::size_t i = 0; i < powers.size(); ++i) {
      const double rho = 0.6 + 0.1 * static_cast<double>(i);
      EXPECT_NEAR(power::detection(MPI_COMM_WORLD, rho, critical, one_sided, options).power_confirmed(), powers[i],
                  tolerance(powers[i], 1'000, 4'000))
          << n << " lots, rho " << rho;
    }
  }
}

TEST(Detection, IsNearTheLevelWhereNothingIs) {
  for (const std::int32_t n : {8, 11, 20}) {
    const auto critical = power::critical_value(MPI_COMM_WORLD, n, 0.05, {});
    const double level = power::detection(MPI_COMM_WORLD, 0.0, critical, 0, {}).power();
    EXPECT_NEAR(level, 0.048, 4 * std::sqrt(0.05 * 0.95 / 4'000)) << n;
  }
}

TEST(Detection, DoesNotDependOnTheSign) {
  const auto critical = power::critical_value(MPI_COMM_WORLD, 12, 0.05, {});
  const auto s = power::one_sided_critical_value(MPI_COMM_WORLD, 12, 0.05, {});
  const auto up = power::detection(MPI_COMM_WORLD, 0.7, critical, s, {});
  const auto down = power::detection(MPI_COMM_WORLD, -0.7, critical, s, {});
  EXPECT_NEAR(up.power(), down.power(), 0.03);
  EXPECT_NEAR(up.power_confirmed(), down.power_confirmed(), 0.03);
}

TEST(Detection, IsTheSameOnAnyNumberOfRanks) {
  const auto critical = power::critical_value(MPI_COMM_SELF, 9, 0.05, {});
  const auto shared = power::detection(MPI_COMM_WORLD, 0.7, critical, critical.s, {.replicates = 1'001});
  const auto alone = power::detection(MPI_COMM_SELF, 0.7, critical, critical.s, {.replicates = 1'001});
  EXPECT_EQ(shared.declared, alone.declared);
  EXPECT_EQ(shared.confirmed, alone.confirmed);
  EXPECT_GT(alone.declared, alone.confirmed);
}

TEST(DetectableRho, IsTheSmallestWithThatPower) {
  for (const std::int32_t n : {8, 15}) {
    const auto critical = power::critical_value(MPI_COMM_WORLD, n, 0.05, {});
    const double rho = power::detectable_rho(MPI_COMM_WORLD, critical, 0.8, {});
    EXPECT_GE(power::detection(MPI_COMM_WORLD, rho, critical, 0, {}).power(), 0.8);
    EXPECT_LT(power::detection(MPI_COMM_WORLD, rho - 0.01, critical, 0, {}).power(), 0.8);
  }
  const auto hopeless = power::critical_value(MPI_COMM_WORLD, 5, 0.01, {});
  EXPECT_TRUE(std::isnan(power::detectable_rho(MPI_COMM_WORLD, hopeless, 0.8, {})));
}

TEST(LotsNeeded, AreTheFewestWithThatPower) {
  const power::Options options{.replicates = 2'000, .relabelings_drawn = 50'000};
  const power::Family family{.independent_tests = 6};
  const std::vector<double> rho{0.8, 0.3, 0.9};
  const auto n = power::lots_needed(MPI_COMM_WORLD, family, rho, 0.8, 20, options);
  ASSERT_EQ(n.size(), 3U);
  EXPECT_GE(n[0], 14);  // .82 with 15 lots in the table above
  EXPECT_LE(n[0], 16);
  EXPECT_EQ(n[1], 0);  // more than 20
  for (const int i : {0, 2}) {
    const auto power_of = [&](std::int32_t lots) {
      const auto critical = critical_value(MPI_COMM_WORLD, family, lots, options);
      return power::detection(MPI_COMM_WORLD, rho[i], critical, 0, options).power();
    };
    EXPECT_GE(power_of(n[i]), 0.8);
    EXPECT_LT(power_of(n[i] - 1), 0.8);
  }
}

TEST(SpearmanAndPearson, AreEachOthersInverse) {
  for (const double rho : {-0.9, 0.0, 0.3, 0.8})
    EXPECT_NEAR(power::spearman_of_pearson(power::pearson_of_spearman(rho)), rho, 1e-14);
  EXPECT_NEAR(power::pearson_of_spearman(1.0), 1.0, 1e-14);
}

}  // namespace
