#include "miura/stats/multiplicity.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace {

using namespace miura;

void expect_near(const std::vector<double>& found, const std::vector<double>& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-15) << i;
}

// Expected values: p.adjust of R 4.2.
TEST(Holm, EqualsPAdjust) {
  expect_near(stats::holm(std::vector{0.01, 0.04, 0.03, 0.005, 0.5}), {0.04, 0.09, 0.09, 0.025, 0.5});
  expect_near(stats::holm(std::vector{0.9, 0.6}), {1.0, 1.0});
}

TEST(BenjaminiHochberg, EqualsPAdjust) {
  expect_near(stats::benjamini_hochberg(std::vector{0.01, 0.04, 0.03, 0.005, 0.5}), {0.025, 0.05, 0.05, 0.025, 0.5});
  expect_near(stats::benjamini_hochberg(std::vector{0.9, 0.6}), {0.9, 0.9});
}

TEST(BenjaminiHochberg, IsTheSameOfLogarithms) {
  const std::vector p{0.01, 0.04, 0.03, std::numeric_limits<double>::quiet_NaN(), 0.005, 0.5};
  std::vector<double> log10_p;
  for (const auto value : p) log10_p.push_back(std::log10(value));
  const auto q = stats::benjamini_hochberg(p), log10_q = stats::benjamini_hochberg_log10(log10_p);
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (i == 3) {
      EXPECT_TRUE(std::isnan(log10_q[i]));
    } else {
      EXPECT_NEAR(log10_q[i], std::log10(q[i]), 1e-15) << i;
    }
  }
  EXPECT_NEAR(stats::benjamini_hochberg_log10(std::vector{-0.1, -900.0})[1], -900 + std::log10(2), 1e-12);
}

TEST(Multiplicity, LeavesWhatIsMissingOutOfTheFamily) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const auto& adjusted :
       {stats::holm(std::vector{nan, 0.02, nan, 0.3}), stats::benjamini_hochberg(std::vector{nan, 0.02, nan, 0.3})}) {
    EXPECT_TRUE(std::isnan(adjusted[0]));
    EXPECT_NEAR(adjusted[1], 0.04, 1e-15);
    EXPECT_TRUE(std::isnan(adjusted[2]));
    EXPECT_NEAR(adjusted[3], 0.3, 1e-15);
  }
  EXPECT_TRUE(stats::holm({}).empty());
  EXPECT_TRUE(stats::benjamini_hochberg({}).empty());
}

// Welch's p of 3,051 genes of Golub et al. (1999): p.adjust of R 4.2.
TEST(Multiplicity, OfLeukemiasEqualsPAdjust) {
  std::ifstream file(MIURA_SHARED "/golden/bulk/fdr/golub_welch_padjust.tsv");
  if (!file) GTEST_SKIP() << "no shared golden files";
  std::string line, gene;
  std::getline(file, line);
  std::vector<double> p, expected_bh, expected_holm;
  for (double its_p, bh, by, its_holm; std::getline(file, line);) {
    std::istringstream fields(line);
    ASSERT_TRUE(fields >> gene >> its_p >> bh >> by >> its_holm) << line;
    p.push_back(its_p);
    expected_bh.push_back(bh);
    expected_holm.push_back(its_holm);
  }
  ASSERT_EQ(p.size(), 3'051U);
  const auto bh = stats::benjamini_hochberg(p), its_holm = stats::holm(p);
  for (std::size_t i = 0; i < p.size(); ++i) {
    EXPECT_NEAR(bh[i], expected_bh[i], 1e-12 * expected_bh[i]) << i;
    EXPECT_NEAR(its_holm[i], expected_holm[i], 1e-12 * expected_holm[i]) << i;
  }
}

}  // namespace
