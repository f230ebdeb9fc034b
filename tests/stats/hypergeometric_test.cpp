#include "miura/stats/hypergeometric.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <string>

namespace {

using miura::stats::log10_hypergeometric_upper;

/// Of R: tests/data/enrichment/ORIGIN.md. (For N = 1e6, K = n = k = 1 R is off by 4e-11.)
TEST(HypergeometricTail, EqualsPhyper) {
  std::ifstream cases(MIURA_TEST_DATA "/enrichment/hypergeometric.tsv");
  std::string header;
  std::getline(cases, header);
  std::int64_t N, K, n, k;
  double expected;
  int rows = 0;
  for (; cases >> N >> K >> n >> k >> expected; ++rows) {
    const double found = log10_hypergeometric_upper(N, K, n, k) * std::numbers::ln10;
    EXPECT_NEAR(found, expected, 1e-10 * std::max(1.0, std::abs(expected) * 1e-2))
        << N << ' ' << K << ' ' << n << ' ' << k;
    EXPECT_NEAR(found, expected, 1e-10 * std::abs(expected)) << N << ' ' << K << ' ' << n << ' ' << k;
  }
  EXPECT_GT(rows, 400);
}

/// Of the shared golden files, p as well as its logarithm, which does not underflow.
TEST(HypergeometricTail, EqualsPhyperOfTheSharedCases) {
  std::ifstream cases(MIURA_SHARED "/golden/bulk/enrich/phyper_cases.tsv");
  if (!cases) GTEST_SKIP() << "no shared golden files";
  std::string header;
  std::getline(cases, header);
  std::int64_t N, K, n, k;
  double p, log10_p;
  int rows = 0;
  for (; cases >> N >> K >> n >> k >> p >> log10_p; ++rows) {
    const double found = log10_hypergeometric_upper(N, K, n, k);
    EXPECT_NEAR(found, log10_p, 1e-12 * std::max(1.0, std::abs(log10_p))) << N << ' ' << K << ' ' << n << ' ' << k;
    if (p > std::numeric_limits<double>::min()) {
      EXPECT_NEAR(std::pow(10, found), p, 1e-10 * p) << N << ' ' << K << ' ' << n << ' ' << k;
    }
  }
  EXPECT_EQ(rows, 37);
}

TEST(HypergeometricTail, IsTheCountOfHandsThatHoldAsMany) {
  // five cards of 52 with at least three aces: (4 * 48 * 47 / 2 + 48) / 2598960
  EXPECT_NEAR(std::pow(10, log10_hypergeometric_upper(52, 4, 5, 3)), (4 * 1128 + 48) / 2598960.0, 1e-17);
  EXPECT_EQ(log10_hypergeometric_upper(52, 4, 5, 0), 0);
  EXPECT_EQ(log10_hypergeometric_upper(52, 4, 5, 5), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(log10_hypergeometric_upper(10, 8, 5, 3), 0);  // at least three of five are marked whatever is drawn
  EXPECT_EQ(log10_hypergeometric_upper(0, 0, 0, 0), 0);
}

TEST(HypergeometricTail, DoesNotMindWhichOfTheTwoIsDrawn) {
  for (std::int64_t k = 0; k < 60; ++k)
    EXPECT_NEAR(log10_hypergeometric_upper(5000, 300, 60, k), log10_hypergeometric_upper(5000, 60, 300, k), 1e-11);
}

TEST(HypergeometricTail, HasNoUnderflow) {
  const double all = log10_hypergeometric_upper(20'000, 500, 400, 400);
  EXPECT_NEAR(all, -742.551103976198, 1e-9);  // golden case of R, p is 0 there
}

TEST(HypergeometricTail, IsOfWhatThereIs) {
  EXPECT_THROW(log10_hypergeometric_upper(10, 11, 3, 1), std::logic_error);
  EXPECT_THROW(log10_hypergeometric_upper(10, 3, 11, 1), std::logic_error);
}

}  // namespace
