#include "miura/permutation/sign_flips.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;
using permutation::Side;
using permutation::sign_flip_test;

double p_of(const std::vector<double>& difference, Side side) { return sign_flip_test(difference, {.side = side}).p(); }

TEST(SignFlipTest, AgreesWithIndependentEnumerations) {
  std::ifstream file(std::string(MIURA_TEST_DATA) + "/golden_sources/golden.json");
  const auto golden = nlohmann::json::parse(file);
  ASSERT_FALSE(golden["paired"].empty());
  for (const auto& expected : golden["paired"]) {
    const auto difference = expected["difference"].get<std::vector<double>>();
    EXPECT_NEAR(sign_flip_test(difference, {}).mean, expected["mean"], 1e-12);
    EXPECT_NEAR(p_of(difference, Side::two_sided), expected["p_two-sided"], 1e-12);
    EXPECT_NEAR(p_of(difference, Side::greater), expected["p_greater"], 1e-12);
    EXPECT_NEAR(p_of(difference, Side::less), expected["p_less"], 1e-12);
  }
}

TEST(SignFlipTest, ReachesTheSmallestPWhereAllLotsAgree) {
  const std::vector<double> difference{0.5, 0.1, 3.0, 0.7, 0.2};
  EXPECT_DOUBLE_EQ(p_of(difference, Side::greater), 1.0 / 32);
  EXPECT_DOUBLE_EQ(p_of(difference, Side::two_sided), 2.0 / 32);
  EXPECT_DOUBLE_EQ(p_of(difference, Side::less), 1.0);
  EXPECT_DOUBLE_EQ(sign_flip_test(difference, {}).p_min_attainable, 2.0 / 32);
}

TEST(SignFlipTest, DoesNotCountTheSignOfZero) {
  const std::vector<double> difference{1.0, 0.0, 2.0, 0.0};
  const auto found = sign_flip_test(difference, {.side = Side::greater});
  EXPECT_DOUBLE_EQ(found.p(), 0.25);
  EXPECT_DOUBLE_EQ(found.p_min_attainable, 0.25);
  const std::vector<double> none{0.0, 0.0, 0.0};
  EXPECT_EQ(p_of(none, Side::two_sided), 1.0);
  EXPECT_EQ(sign_flip_test(none, {}).p_min_attainable, 1.0);
}

/// Sevenths have no exact binary form, but the flip of the first three lots is as extreme as what was observed.
TEST(SignFlipTest, TakesEqualSumsAsEqual) {
  const std::vector<double> difference{-1.0, -1.0, 2.0, 3.0};
  EXPECT_DOUBLE_EQ(p_of(difference, Side::greater), 5.0 / 16);  // by hand: +3 and a sum of the rest >= 0
}

TEST(SignFlipTest, DrawsFlipsOfManyLots) {
  std::vector<double> difference;
  for (int l = 0; l < 30; ++l) difference.push_back(l % 3 - 0.9);
  const auto found = sign_flip_test(difference, {.permutations = 20'000});
  EXPECT_FALSE(found.exact);
  EXPECT_EQ(found.n_flips, 20'001);
  EXPECT_NEAR(found.p(), std::erfc(3.0 / std::sqrt(20.3) / std::sqrt(2.0)), 0.02);  // sum 3, sum of squares 20.3
  EXPECT_EQ(found.p(), sign_flip_test(difference, {.permutations = 20'000}).p());
}

TEST(SignFlipTest, KeepsItsLevel) {
  int rejected = 0;
  for (std::uint64_t study = 0; study < 1'000; ++study) {
    stats::RandomStream random(3, stats::Purpose::simulate, study);
    std::vector<double> difference;
    for (int l = 0; l < 8; ++l) difference.push_back(random.uniform() - 0.5);
    rejected += p_of(difference, Side::two_sided) <= 0.05 ? 1 : 0;
  }
  EXPECT_NEAR(rejected, 47, 21);  // 12 of 256 flips, standard deviation 6.7
}

TEST(SignFlipTest, HasNoMeanWithoutLots) {
  const auto none = sign_flip_test({}, {});
  EXPECT_TRUE(std::isnan(none.mean));
  EXPECT_EQ(none.p(), 1.0);
  EXPECT_THROW(sign_flip_test({}, {.permutations = 0}), UsageError);
}

}  // namespace
