#include "miura/permutation/freedman_lane.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "miura/permutation/marginal.hpp"
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

TEST(FreedmanLane, EqualsTheGoldenCaseOverAllRelabelings) {
  std::ifstream file(std::filesystem::path(MIURA_TEST_DATA) / "golden_stats" / "golden_stats.json");
  const auto golden = nlohmann::json::parse(file).at("freedman_lane");
  const auto ranks = [&](const char* name) {
    return stats::doubled_mid_ranks(golden.at(name).get<std::vector<double>>());
  };
  const auto found = permutation::freedman_lane(MPI_COMM_WORLD, ranks("x"), ranks("y"), ranks("z"), {});
  EXPECT_EQ(found.n_relabelings, golden.at("n_perm").get<std::int64_t>());
  EXPECT_NEAR(found.rho[0], golden.at("partial_spearman").get<double>(), 1e-12);
  EXPECT_EQ(found.two_sided[0], std::llround(golden.at("p_two_sided").get<double>() * 5040));
}

TEST(FreedmanLane, HasTheSameCountsAsOnOneRankAndDrawsWhatAllRelabelingsSay) {
  Ranks features;
  for (std::uint64_t f = 0; f < 6; ++f) {
    const auto x = random_ranks(8, f);
    features.insert(features.end(), x.begin(), x.end());
  }
  const auto y = random_ranks(8, 100), z = random_ranks(8, 101);
  const auto all = permutation::freedman_lane(MPI_COMM_WORLD, features, y, z, {});
  EXPECT_EQ(all.n_relabelings, 40'320);
  EXPECT_EQ(all.two_sided, permutation::freedman_lane(MPI_COMM_SELF, features, y, z, {}).two_sided);
  const permutation::Options draw{.permutations = 10'000};
  const auto drawn = permutation::freedman_lane(MPI_COMM_WORLD, features, y, z, draw);
  EXPECT_EQ(drawn.two_sided, permutation::freedman_lane(MPI_COMM_SELF, features, y, z, draw).two_sided);
  for (std::size_t f = 0; f < 6; ++f) {
    const double p = all.p(all.two_sided[f]);
    EXPECT_NEAR(drawn.p(drawn.two_sided[f]), p, 5 * std::sqrt(p * (1 - p) / 10'000) + 1e-4);
  }
}

TEST(FreedmanLane, HasNoAnswerWhereNothingIsLeft) {
  const auto z = random_ranks(9, 1), y = random_ranks(9, 2);
  EXPECT_TRUE(std::isnan(permutation::freedman_lane(MPI_COMM_WORLD, z, y, z, {}).rho[0]));
  EXPECT_TRUE(std::isnan(permutation::freedman_lane(MPI_COMM_WORLD, y, z, z, {}).rho[0]));
  EXPECT_TRUE(std::isnan(permutation::freedman_lane(MPI_COMM_WORLD, y, z, Ranks(9, 0), {}).rho[0]));
}

}  // namespace
