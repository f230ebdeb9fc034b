#include "miura/permutation/freedman_lane.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "miura/permutation/marginal.hpp"
#include "miura/permutation/max_t.hpp"
#include "miura/stats/random.hpp"
#include "miura/stats/ranks.hpp"

namespace {

using namespace miura;
using Ranks = std::vector<std::int32_t>;

Ranks random_ranks(std::int32_t n, std::uint64_t index) {
  stats::RandomStream random(5, stats::Purpose::simulate, index);
  std::vector<double> values;
  for (std::int32_t i = 0; i < n; ++i) values.push_back(random.uniform());
  return stats::doubled_mid_ranks(values);
}

/// Every feature against every outcome.
permutation::RankTests tests_of(const std::vector<Ranks>& features, const std::vector<Ranks>& outcomes,
                                const Ranks& stratum = {}) {
  permutation::RankTests tests;
  tests.n_lots = static_cast<std::int32_t>(std::ssize(features.at(0)));
  for (const auto& x : features) tests.feature.insert(tests.feature.end(), x.begin(), x.end());
  for (const auto& y : outcomes) tests.outcome.insert(tests.outcome.end(), y.begin(), y.end());
  tests.stratum = stratum;
  tests.pair_all();
  return tests;
}

permutation::RankTests random_tests(std::int32_t n, std::int32_t n_features, std::int32_t n_outcomes,
                                    const Ranks& stratum = {}) {
  std::vector<Ranks> features, outcomes;
  for (std::int32_t f = 0; f < n_features; ++f) features.push_back(random_ranks(n, f));
  for (std::int32_t m = 0; m < n_outcomes; ++m) outcomes.push_back(random_ranks(n, 100 + m));
  return tests_of(features, outcomes, stratum);
}

nlohmann::json golden_case(const char* name) {
  std::ifstream file(std::filesystem::path(MIURA_TEST_DATA) / "golden_stats" / "golden_stats.json");
  return nlohmann::json::parse(file).at(name);
}

Ranks ranks_of(const nlohmann::json& golden, const char* name) {
  return stats::doubled_mid_ranks(golden.at(name).get<std::vector<double>>());
}

TEST(FreedmanLane, EqualsTheGoldenCaseOverAllRelabelings) {
  const auto golden = golden_case("freedman_lane");
  const auto tests = tests_of({ranks_of(golden, "x")}, {ranks_of(golden, "y")});
  const auto found = permutation::freedman_lane(MPI_COMM_WORLD, tests, ranks_of(golden, "z"), {});
  EXPECT_EQ(found.n_relabelings, golden.at("n_perm").get<std::int64_t>());
  EXPECT_NEAR(found.rho[0], golden.at("partial_spearman").get<double>(), 1e-12);
  EXPECT_EQ(found.marginal[0], std::llround(golden.at("p_two_sided").get<double>() * 5040));
  EXPECT_EQ(found.single_step, found.marginal);  // a family of one
  EXPECT_EQ(found.step_down, found.marginal);
}

TEST(FreedmanLane, EqualsTheGoldenCaseWithinStrata) {
  const auto golden = golden_case("stratified");
  const auto tests = tests_of({ranks_of(golden, "x")}, {ranks_of(golden, "y")}, golden.at("stratum").get<Ranks>());
  const auto found = permutation::freedman_lane(MPI_COMM_WORLD, tests, {}, {});
  EXPECT_EQ(found.n_relabelings, golden.at("n_perm").get<std::int64_t>());
  EXPECT_TRUE(found.exact);
  EXPECT_NEAR(found.rho[0], golden.at("partial_rho").get<double>(), 1e-12);
  EXPECT_EQ(found.marginal[0], golden.at("count").get<std::int64_t>());
}

TEST(FreedmanLane, HasTheSameCountsAsOnOneRankAndDrawsWhatAllRelabelingsSay) {
  const auto tests = random_tests(8, 6, 2);
  const auto z = random_ranks(8, 200);
  const auto all = permutation::freedman_lane(MPI_COMM_WORLD, tests, z, {}),
             alone = permutation::freedman_lane(MPI_COMM_SELF, tests, z, {});
  EXPECT_EQ(all.n_relabelings, 40'320);
  EXPECT_EQ(all.marginal, alone.marginal);
  EXPECT_EQ(all.single_step, alone.single_step);
  EXPECT_EQ(all.step_down, alone.step_down);
  const permutation::Options draw{.permutations = 10'000};
  const auto drawn = permutation::freedman_lane(MPI_COMM_WORLD, tests, z, draw);
  EXPECT_EQ(drawn.step_down, permutation::freedman_lane(MPI_COMM_SELF, tests, z, draw).step_down);
  EXPECT_FALSE(drawn.exact);
  for (std::int64_t t = 0; t < tests.size(); ++t)
    for (const auto counts :
         {&permutation::FreedmanLaneResult::marginal, &permutation::FreedmanLaneResult::step_down}) {
      const double p = all.p((all.*counts)[t]);
      EXPECT_NEAR(drawn.p((drawn.*counts)[t]), p, 5 * std::sqrt(p * (1 - p) / 10'000) + 1e-4);
    }
}

/// Without a covariate the residuals are the ranks themselves.
TEST(FreedmanLane, IsThePlainTestWhereNothingIsHeldFixed) {
  for (const auto side : {permutation::Side::two_sided, permutation::Side::greater, permutation::Side::less}) {
    const auto tests = random_tests(7, 5, 2);
    const permutation::Options options{.side = side};
    const auto found = permutation::freedman_lane(MPI_COMM_WORLD, tests, Ranks(7, 0), options);
    const auto plain = permutation::max_t(MPI_COMM_WORLD, tests, options);
    const auto each = permutation::marginal_tests(MPI_COMM_WORLD, tests, options);
    EXPECT_EQ(found.single_step, plain.single_step);
    EXPECT_EQ(found.step_down, plain.step_down);
    EXPECT_EQ(found.marginal, side == permutation::Side::two_sided ? each.two_sided
                              : side == permutation::Side::greater ? each.greater
                                                                   : each.less);
  }
}

TEST(FreedmanLane, OrdersItsPValues) {
  const auto tests = random_tests(8, 12, 1, {0, 0, 0, 0, 1, 1, 1, 1});
  const auto found = permutation::freedman_lane(MPI_COMM_WORLD, tests, random_ranks(8, 300), {});
  EXPECT_EQ(found.n_relabelings, 576);
  for (std::int64_t t = 0; t < tests.size(); ++t) {
    EXPECT_LE(found.marginal[t], found.step_down[t]);
    EXPECT_LE(found.step_down[t], found.single_step[t]);
    for (std::int64_t u = 0; u < tests.size(); ++u)
      if (std::abs(found.rho[t]) > std::abs(found.rho[u])) {
        EXPECT_LE(found.step_down[t], found.step_down[u]);
      }
  }
}

TEST(FreedmanLane, HasNoAnswerWhereNothingIsLeft) {
  const auto z = random_ranks(9, 1), y = random_ranks(9, 2);
  const auto rho = [&](const Ranks& x, const Ranks& outcome, const Ranks& stratum = {}) {
    const auto found = permutation::freedman_lane(MPI_COMM_WORLD, tests_of({x}, {outcome}, stratum), z, {});
    EXPECT_EQ(std::isnan(found.rho[0]), std::isnan(permutation::partial_rank_correlation(x, outcome, z, stratum)));
    return found.rho[0];
  };
  EXPECT_TRUE(std::isnan(rho(z, y)));
  EXPECT_TRUE(std::isnan(rho(y, z)));
  EXPECT_FALSE(std::isnan(rho(y, random_ranks(9, 3))));
  EXPECT_TRUE(std::isnan(rho(y, {-5, -5, -5, -5, -5, -5, 10, 10, 10}, {0, 0, 0, 0, 0, 0, 1, 1, 1})));  // aliased
}

}  // namespace
