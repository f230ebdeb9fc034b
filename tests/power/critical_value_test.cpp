#include "miura/power/critical_value.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "miura/permutation/max_t.hpp"
#include "miura/permutation/null_distribution.hpp"
#include "miura/stats/ranks.hpp"

namespace {

using namespace miura;
using power::critical_value;

const power::Options few_draws{.null_replicates = 4'000, .relabelings_drawn = 50'000};

/// Two-sided p of S among all relabelings of n lots without ties.
double p_of(std::int32_t n, std::int64_t s) {
  std::vector<std::int32_t> rank(n);
  for (std::int32_t l = 0; l < n; ++l) rank[l] = 2 * l + 1 - n;
  return static_cast<double>(permutation::null_distribution(rank, rank).as_extreme(s)) /
         static_cast<double>(permutation::factorial(n));
}

TEST(CriticalValueOfOneTest, IsTheSmallestThatIsSignificant) {
  for (const std::int32_t n : {5, 8, 11})
    for (const double alpha : {0.05, 0.05 / 6, 0.001}) {
      const auto critical = critical_value(MPI_COMM_WORLD, n, alpha, {});
      EXPECT_LE(p_of(n, critical.s), alpha) << n;
      EXPECT_GT(p_of(n, critical.s - 4), alpha) << n;
    }
  EXPECT_NEAR(critical_value(MPI_COMM_WORLD, 10, 0.05, {}).rho, 0.6485, 5e-5);  // tables of Spearman's rho
  EXPECT_NEAR(critical_value(MPI_COMM_WORLD, 5, 0.05, {}).rho, 1.0, 1e-12);     // p = 2 / 5!
}

TEST(CriticalValueOfOneTest, IsOutOfReachWhereNothingCanBeDeclared) {
  EXPECT_GT(critical_value(MPI_COMM_WORLD, 5, 0.01, {}).rho, 1.0);
  EXPECT_GT(critical_value(MPI_COMM_WORLD, power::Family{}, 5, {}).rho, 1.0);  // 7 tests of 5 lots
}

/// Printed tables of Spearman's rho, two-sided .05: 13 lots .560, 20 lots .447, 30 lots .362.
TEST(CriticalValueOfOneTest, AgreesWithTablesWhereItIsDrawn) {
  EXPECT_NEAR(critical_value(MPI_COMM_WORLD, 13, 0.05, few_draws).rho, 0.560, 0.006);
  EXPECT_NEAR(critical_value(MPI_COMM_WORLD, 20, 0.05, few_draws).rho, 0.447, 0.006);
  EXPECT_NEAR(critical_value(MPI_COMM_WORLD, 30, 0.05, few_draws).rho, 0.362, 0.006);
}

TEST(OneSidedCriticalValue, IsThatOfATwoSidedTestOfTwiceTheLevel) {
  for (const std::int32_t n : {6, 9, 12})
    EXPECT_LE(power::one_sided_critical_value(MPI_COMM_WORLD, n, 0.05, {}),
              critical_value(MPI_COMM_WORLD, n, 0.1, {}).s);
  EXPECT_LT(power::one_sided_critical_value(MPI_COMM_WORLD, 20, 0.05, few_draws),
            critical_value(MPI_COMM_WORLD, 20, 0.05, few_draws).s);
}

TEST(CriticalValueOfAFamily, CostsAsManyTestsAsItsClustersLeaveFree) {
  const auto independent = [](std::int32_t clusters, std::int32_t outcomes, double correlation) {
    const power::Family family{power::even_pattern(clusters), outcomes, correlation};
    return critical_value(MPI_COMM_WORLD, family, 11, few_draws).independent_tests;
  };
  EXPECT_DOUBLE_EQ(independent(1, 1, 0.5), 1.0);
  EXPECT_NEAR(independent(2, 1, 0.5), 1.0, 0.16);  // the second cluster is the rest of the first
  EXPECT_GT(independent(7, 1, 0.5), 5.0);
  EXPECT_LT(independent(7, 1, 0.5), 8.0);
  EXPECT_NEAR(independent(7, 3, 1.0), independent(7, 1, 0.5), 1.2);  // three times the same outcome
  EXPECT_GT(independent(7, 3, 0.5), 2 * independent(7, 1, 0.5));
}

matrix::Composition composition_of(const std::vector<std::vector<std::int64_t>>& clusters) {
  matrix::Composition c{.n_lots = static_cast<std::int32_t>(clusters[0].size()),
                        .n_clusters = static_cast<std::int32_t>(clusters.size()),
                        .count = {},
                        .lot_size = std::vector<std::int64_t>(clusters[0].size())};
  for (const auto& cluster : clusters)
    for (std::size_t l = 0; l < cluster.size(); ++l) {
      c.count.push_back(cluster[l]);
      c.lot_size[l] += cluster[l];
    }
  return c;
}

/// The same 11 lots relabeled in all ways are what the simulation of new lots stands for.
TEST(CriticalValueOfAFamily, OfAStudyIsNearThatOfItsOwnRelabelings) {
  const std::vector<std::vector<std::int64_t>> clusters{
      {40, 52, 61, 33, 78, 20, 45, 90, 66, 71, 29},
      {41, 50, 66, 31, 70, 25, 44, 95, 60, 75, 24},  // nearly the first
      {60, 30, 20, 80, 45, 70, 25, 40, 55, 35, 90},
      {100, 110, 90, 95, 130, 85, 120, 105, 99, 140, 88}};
  const std::vector partitions{composition_of(clusters)};
  const std::vector<std::uint8_t> all(4, 1);
  const auto found = critical_value(MPI_COMM_WORLD, {.pattern = power::study_pattern(partitions, all)}, 11, {});

  permutation::RankTests tests;
  tests.n_lots = 11;
  for (std::int32_t k = 0; k < 4; ++k) {
    std::vector<double> fraction;
    for (std::int32_t l = 0; l < 11; ++l)
      fraction.push_back(static_cast<double>(partitions[0].cells(k, l)) /
                         static_cast<double>(partitions[0].lot_size[l]));
    const auto ranks = stats::doubled_mid_ranks(fraction);
    tests.feature.insert(tests.feature.end(), ranks.begin(), ranks.end());
  }
  // an outcome that has the critical S with the first cluster, or nearly: p_maxT is then near alpha
  double near_alpha = 1.0;
  std::vector<double> outcome(tests.feature.begin(), tests.feature.begin() + 11);
  std::ranges::sort(outcome);
  do {
    const auto ranks = stats::doubled_mid_ranks(outcome);
    const auto s = stats::spearman_s(std::span(tests.feature).first(11), ranks);
    if (std::abs(s) != found.s) continue;
    auto with_outcome = tests;
    with_outcome.outcome = ranks;
    with_outcome.pair_all();
    const auto family = permutation::max_t(MPI_COMM_WORLD, with_outcome, {});
    near_alpha = family.p(family.single_step[0]);
    break;
  } while (std::ranges::next_permutation(outcome).found);
  EXPECT_NEAR(near_alpha, 0.05, 0.012);
  EXPECT_GT(found.independent_tests, 2.0);
  EXPECT_LT(found.independent_tests, 3.6);  // four clusters, two of them nearly one
}

TEST(StudyPattern, TakesOnlyWhatIsChosenAndLotsWithCells) {
  auto composition = composition_of({{5, 0, 9, 1}, {5, 0, 1, 9}, {7, 0, 7, 8}});
  const std::vector partitions{composition};
  const std::vector<std::uint8_t> chosen{1, 0, 1};
  const auto pattern = power::study_pattern(partitions, chosen);
  EXPECT_EQ(pattern.n_clusters, 2);
  EXPECT_EQ(pattern.n_sources, 3);
  ASSERT_EQ(pattern.loading.size(), 6U);
  EXPECT_NEAR(pattern.loading[0] + pattern.loading[1] + pattern.loading[2], 0.0, 1e-12);
  EXPECT_NEAR(pattern.loading[1], 0.6744898, 1e-6);  // normal quantile of 3 / 4
}

TEST(CriticalValueOfAFamily, IsTheSameOnAnyNumberOfRanks) {
  const power::Family family{power::even_pattern(5), 2, 0.3};
  for (const std::int32_t n : {7, 14}) {
    const power::Options options{.null_replicates = 701, .relabelings_drawn = 5'003};
    const auto shared = critical_value(MPI_COMM_WORLD, family, n, options);
    const auto alone = critical_value(MPI_COMM_SELF, family, n, options);
    EXPECT_EQ(shared.s, alone.s);
    EXPECT_EQ(shared.independent_tests, alone.independent_tests);
  }
}

}  // namespace
