#include "sources/contrasts.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

namespace {

using namespace miura;
using permutation::Side;
using Values = std::vector<double>;

const double nan = std::nan("");

sources::Contrast two_sample(const Values& source, const Values& reference) {
  const sources::TwoSamples samples{source, reference};
  return sources::two_sample_contrasts(MPI_COMM_WORLD, std::span(&samples, 1), {}).front();
}

TEST(TwoSampleContrast, AgreesWithIndependentEnumerations) {
  std::ifstream file(std::filesystem::path(MIURA_TEST_DATA) / "golden_sources" / "golden.json");
  const auto golden = nlohmann::json::parse(file);
  ASSERT_FALSE(golden["two_sample"].empty());
  for (const auto& expected : golden["two_sample"]) {
    const auto found = two_sample(expected["source"], expected["reference"]);
    EXPECT_NEAR(found.difference, expected["difference"], 1e-12);
    EXPECT_NEAR(found.p, expected["p"], 1e-12);
    EXPECT_NEAR(found.p_min_attainable, expected["p_min"], 1e-12);
    EXPECT_EQ(found.perm_type, "exact");
  }
}

TEST(TwoSampleContrast, IsOutWhereSoFewLotsCannotReachAlpha) {
  EXPECT_EQ(two_sample({1, 2}, {3, 4}).status, "LOW_N");
  EXPECT_EQ(two_sample({1, 2, 3}, {4, 5, 6}).status, "LOW_N");  // 2 of 20
  const auto four = two_sample({1, 2, 3, 3.5}, {4, 5, 6, 7});
  EXPECT_EQ(four.status, "OK");
  EXPECT_DOUBLE_EQ(four.p, 2.0 / 70);
  const auto ties = two_sample({0, 0, 0, 0, 1}, {0, 0, 0, 0, 0});
  EXPECT_EQ(ties.status, "TOO_MANY_TIES");
  EXPECT_DOUBLE_EQ(ties.p_min_attainable, 1.0);
}

TEST(TwoSampleContrast, ComputesNothingThatIsNotThere) {
  EXPECT_EQ(two_sample({nan, nan}, {1, 2, 3}).status, "LOW_N");
  EXPECT_TRUE(std::isnan(two_sample({}, {1, 2, 3}).difference));
  const auto one = two_sample({5, nan}, {1, 2, 3});
  EXPECT_DOUBLE_EQ(one.difference, 3.0);
  EXPECT_TRUE(std::isnan(one.p));
  EXPECT_EQ(one.n, 1);
  const auto same = two_sample({2, 2, 2}, {2, 2, 2});
  EXPECT_EQ(same.status, "CONSTANT_FEATURE");
  EXPECT_TRUE(std::isnan(same.p));
}

TEST(TwoSampleContrast, IsTheSameAloneAndWithOthers) {
  const std::vector<sources::TwoSamples> samples{
      {{1, 2, 4}, {3, 5, 7, 9}}, {{1, 9}, {3, 5, 4}}, {{6, 2, nan, 1}, {8, 5, 7, 6}}, {{1}, {2, 2}}};
  const auto together = sources::two_sample_contrasts(MPI_COMM_WORLD, samples, {});
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto alone = two_sample(samples[i].source, samples[i].reference);
    EXPECT_EQ(together[i].difference, alone.difference);
    EXPECT_TRUE(together[i].p == alone.p || std::isnan(alone.p));
    EXPECT_EQ(together[i].n_perm, alone.n_perm);
    EXPECT_EQ(together[i].status, alone.status);
  }
}

TEST(PairedContrast, PairsTheLotsThatHaveBoth) {
  const auto found =
      sources::paired_contrast(Values{1, nan, 3, 4, 5, 6, 7}, Values{0, 9, 1, nan, 2, 2, 2}, Side::greater, {});
  EXPECT_EQ(found.n, 5);
  EXPECT_EQ(found.n_against, 5);
  EXPECT_DOUBLE_EQ(found.difference, 3.0);
  EXPECT_DOUBLE_EQ(found.p, 1.0 / 32);
  EXPECT_EQ(found.n_perm, 32);
  EXPECT_EQ(found.status, "OK");
}

TEST(PairedContrast, IsOutWhereSoFewLotsCannotReachAlpha) {
  const Values five{1, 2, 3, 4, 5}, zeros(5, 0.0), some{1, 2, 0, 0, 0};
  EXPECT_EQ(sources::paired_contrast(five, zeros, Side::two_sided, {}).status, "LOW_N");  // 2 of 32
  EXPECT_EQ(sources::paired_contrast(some, zeros, Side::greater, {}).status, "TOO_MANY_TIES");
  EXPECT_EQ(sources::paired_contrast(zeros, zeros, Side::greater, {}).status, "CONSTANT_FEATURE");
  EXPECT_EQ(sources::paired_contrast(Values{1.0}, Values{0.5}, Side::greater, {}).difference, 0.5);
  EXPECT_TRUE(std::isnan(sources::paired_contrast(Values{1.0}, Values{0.5}, Side::greater, {}).p));
}

}  // namespace
