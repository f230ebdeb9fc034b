#include "miura/comparability/specification.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "miura/stats/normal_stream.hpp"

namespace {

using namespace miura;
using comparability::Claim;
using comparability::specify;

Claim claim_of(std::vector<double> x, std::vector<double> y, double requirement = std::nan("")) {
  return {.attribute = "CL3",
          .outcome = "vegf",
          .attribute_value = std::move(x),
          .outcome_value = std::move(y),
          .requirement = requirement};
}

TEST(Specification, IsTheGoldenOne) {
  std::ifstream file(std::filesystem::path(MIURA_TEST_DATA) / "golden_comparability" / "golden.json");
  const auto expected = nlohmann::json::parse(file).at("specification");
  const auto found = specify(claim_of(expected.at("x"), expected.at("y")), {});
  const auto near = [&](double value, const char* name) {
    EXPECT_NEAR(value / expected.at(name).get<double>(), 1.0, 1e-11) << name;
  };
  EXPECT_EQ(found.status, "OK");
  EXPECT_TRUE(found.requirement_is_median);
  near(found.requirement, "requirement");
  near(found.rho, "rho");
  near(found.threshold, "threshold");
  near(found.threshold_low, "threshold_low");
  near(found.threshold_high, "threshold_high");
  near(found.predicted, "predicted");
  near(found.predicted_low, "predicted_low");
  near(found.predicted_high, "predicted_high");
  near(found.level, "level");
  near(found.covered, "covered");
  EXPECT_EQ(found.suitable, expected.at("suitable").get<std::int32_t>());
  EXPECT_EQ(found.suitable_accepted, expected.at("suitable_accepted").get<std::int32_t>());
  EXPECT_EQ(found.unsuitable, found.n - found.suitable);
  EXPECT_EQ(found.unsuitable_rejected, expected.at("unsuitable_rejected").get<std::int32_t>());
}

TEST(Specification, SeparatesWhatCanBeSeparated) {
  const auto found = specify(claim_of({1, 2, 3, 4, 11, 12, 13, 14}, {10, 11, 12, 13, 50, 51, 52, 53}, 30), {});
  EXPECT_EQ(found.threshold, 7.5);
  EXPECT_TRUE(found.accept_high);
  EXPECT_EQ(found.sensitivity(), 1.0);
  EXPECT_EQ(found.specificity(), 1.0);
  EXPECT_FALSE(found.requirement_is_median);
}

TEST(Specification, TurnsWithTheSignOfTheAssociationAndOfTheRequirement) {
  const std::vector<double> x{1, 2, 3, 4, 11, 12, 13, 14}, up{10, 11, 12, 13, 50, 51, 52, 53},
      down{53, 52, 51, 50, 13, 12, 11, 10};
  EXPECT_FALSE(specify(claim_of(x, down, 30), {}).accept_high);
  EXPECT_EQ(specify(claim_of(x, down, 30), {}).sensitivity(), 1.0);
  auto at_most = claim_of(x, up, 30);
  at_most.at_least = false;
  EXPECT_FALSE(specify(at_most, {}).accept_high);
  EXPECT_EQ(specify(at_most, {}).specificity(), 1.0);
}

TEST(Specification, JudgesALotByTheOthersAlone) {
  // The best rule for all lots needs the lot at 5; judged without it, that lot is rejected.
  const auto found = specify(claim_of({1, 2, 3, 5, 9, 10, 11}, {1, 1, 1, 9, 9, 9, 9}, 5), {});
  EXPECT_EQ(found.threshold, 4.0);
  EXPECT_EQ(found.suitable, 4);
  EXPECT_EQ(found.suitable_accepted, 3);  // without it the threshold is 6
  EXPECT_EQ(found.threshold_high, 6.0);
}

TEST(Specification, HasNoneWhereTheLotsCannotTell) {
  const double none = std::nan("");
  EXPECT_EQ(specify(claim_of({1, 2, 3, 4}, {1, 2, 3, 4}), {}).status, "LOW_N");
  EXPECT_EQ(specify(claim_of({1, 2, none, 4, 5}, {1, none, 3, 4, 5}), {}).n, 3);
  EXPECT_EQ(specify(claim_of({}, {}), {}).status, "LOW_N");
  EXPECT_EQ(specify(claim_of({1, 1, 1, 1, 1}, {1, 2, 3, 4, 5}), {}).status, "CONSTANT_FEATURE");
  EXPECT_EQ(specify(claim_of({1, 2, 3, 4, 5}, {2, 2, 2, 2, 2}), {}).status, "CONSTANT_OUTCOME");
  const auto all_good = specify(claim_of({1, 2, 3, 4, 5}, {6, 7, 8, 7, 9}, 1), {});
  EXPECT_EQ(all_good.status, "NOT_TESTED");
  EXPECT_TRUE(std::isnan(all_good.threshold));
  EXPECT_TRUE(std::isnan(all_good.sensitivity()));
}

TEST(Specification, LowersTheLevelThatFewLotsCannotReach) {
  const auto found = specify(claim_of({1, 2, 3, 4, 5, 6}, {2, 1, 4, 3, 6, 5}), {});
  EXPECT_DOUBLE_EQ(found.level, 6.0 / 7);
  EXPECT_TRUE(std::isfinite(found.predicted_low));
}

/// Jackknife+ promises 1 - 2 alpha for any distribution and gives about 1 - alpha; outcomes here are skewed.
TEST(Specification, PredictsIntervalsThatHoldTheOutcome) {
  constexpr int studies = 300;
  double covered = 0.0;
  for (std::uint64_t s = 0; s < studies; ++s) {
    stats::NormalStream normal(9, stats::Purpose::simulate, s);
    std::vector<double> x, y;
    for (int l = 0; l < 12; ++l) {
      x.push_back(normal());
      y.push_back(2 * x.back() + std::exp(normal()));
    }
    covered += specify(claim_of(x, y), {}).covered / studies;
  }
  EXPECT_GT(covered, 0.86);
  EXPECT_LT(covered, 0.97);
}

TEST(SpecificationTable, ShowsThresholdsOfLogitsAsShares) {
  const auto claim = claim_of({-3, -2, -1.5, 1, 2, 3}, {1, 2, 3, 7, 8, 9}, 5);
  const std::vector claims{claim};
  const std::vector found{specify(claim, {})};
  const auto table = specification_table(claims, found);
  EXPECT_NEAR(table.column<double>("threshold").front(), 1 / (1 + std::exp(0.25)), 1e-15);
  EXPECT_EQ(table.column<std::string>("scale").front(), "share");
  EXPECT_EQ(table.column<std::string>("accept").front(), "at least");
}

}  // namespace
