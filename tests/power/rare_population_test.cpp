#include "miura/power/rare_population.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "miura/power/detection.hpp"
#include "miura/stats/random.hpp"
#include "miura/stats/ranks.hpp"

namespace {

using namespace miura;
using power::Population;

TEST(SeenInLot, IsBinomialWhereLotsDoNotVary) {
  const Population same{.share = 0.01, .logit_sd = 0.0};
  EXPECT_NEAR(power::seen_in_lot(same, 300, 1), 1 - std::pow(0.99, 300), 1e-12);
  EXPECT_NEAR(power::seen_in_lot(same, 2'000, 20), 0.5302, 1e-4);  // R: pbinom(19, 2000, .01, lower.tail = FALSE)
  EXPECT_DOUBLE_EQ(power::seen_in_lot(same, 10, 11), 0.0);
  EXPECT_NEAR(power::seen_in_lot(same, 10, 0), 1.0, 1e-12);
}

TEST(SeenInLot, GrowsWithCellsAndShare) {
  double before = 0.0;
  for (const std::int64_t cells : {200, 1'000, 5'000, 20'000}) {
    const double p = power::seen_in_lot({.share = 0.02}, cells, 20);
    EXPECT_GT(p, before);
    EXPECT_GT(power::seen_in_lot({.share = 0.05}, cells, 20), p - 1e-12);
    before = p;
  }
}

TEST(SeenInLots, IsThatOfOneLotAndCloserToCertaintyWithMany) {
  const Population population{.share = 0.01};
  EXPECT_NEAR(power::seen_in_lots(population, 1'000, 1, 20, 4'000, 1), power::seen_in_lot(population, 1'000, 20), 0.02);
  EXPECT_GT(power::seen_in_lots(population, 1'000, 11, 50, 4'000, 1), 0.98);
  EXPECT_LT(power::seen_in_lots(population, 100, 11, 50, 4'000, 1), 0.01);
}

double normal(stats::RandomStream& random) {
  const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

/// Spearman's rho over very many lots of which `cells` are counted one by one.
double simulated_rho(const Population& population, std::int64_t cells, double rho) {
  constexpr int lots = 6'000;
  const double r = power::pearson_of_spearman(rho), logit = std::log(population.share / (1 - population.share));
  std::vector<double> counted, outcome;
  for (int l = 0; l < lots; ++l) {
    stats::RandomStream random(4, stats::Purpose::simulate, static_cast<std::uint64_t>(l));
    const double z = normal(random);
    outcome.push_back(r * z + std::sqrt(1 - r * r) * normal(random));
    const double share = 1 / (1 + std::exp(-logit - population.logit_sd * z));
    int n = 0;
    for (std::int64_t c = 0; c < cells; ++c) n += random.uniform() < share ? 1 : 0;
    counted.push_back(n);
  }
  return stats::spearman_rho(counted, outcome);
}

/// SE of rho over 6,000 lots is at most .013.
TEST(CountedRho, IsWhatCountingLeavesInSimulatedLots) {
  struct Case {
    Population population;
    std::int64_t cells;
  };
  for (const auto& [population, cells] :
       {Case{{.share = 0.1, .logit_sd = 0.5}, 300}, Case{{.share = 0.02, .logit_sd = 0.5}, 500},
        Case{{.share = 0.02, .logit_sd = 0.3}, 2'000}, Case{{.share = 0.3, .logit_sd = 0.2}, 200}}) {
    const double kept = power::reliability(population, cells);
    EXPECT_LT(kept, 0.97);
    EXPECT_NEAR(power::counted_rho(0.8, kept), simulated_rho(population, cells, 0.8), 0.03)
        << population.share << ", " << cells << " cells";
  }
}

TEST(Reliability, IsWholeWithoutNoiseAndNothingWithoutVariation) {
  EXPECT_NEAR(power::reliability({.share = 0.05, .logit_sd = 0.5}, 1'000'000'000), 1.0, 1e-6);
  EXPECT_DOUBLE_EQ(power::reliability({.share = 0.05, .logit_sd = 0.0}, 1'000), 0.0);
  EXPECT_DOUBLE_EQ(power::counted_rho(0.7, 0.0), 0.0);
  EXPECT_NEAR(power::counted_rho(-0.7, 1.0), -0.7, 1e-14);
}

}  // namespace
