#include "miura/stats/ranks.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "miura/stats/random.hpp"

namespace {

using namespace miura;
using Ranks = std::vector<std::int32_t>;

Ranks ranks_of(const std::vector<double>& values) { return stats::doubled_mid_ranks(values); }

TEST(DoubledMidRanks, AreCentredAndShareTies) {
  EXPECT_EQ(ranks_of({10, 30, 20}), (Ranks{-2, 2, 0}));
  EXPECT_EQ(ranks_of({1, 1, 5, 7}), (Ranks{-2, -2, 1, 3}));  // ranks 1.5, 1.5, 3, 4 of 4
  EXPECT_EQ(ranks_of({0.0, -0.0, 1.0}), (Ranks{-1, -1, 2}));
  EXPECT_EQ(ranks_of({4, 4, 4}), (Ranks{0, 0, 0}));
  EXPECT_EQ(ranks_of({9}), (Ranks{0}));
  EXPECT_TRUE(ranks_of({}).empty());
}

TEST(DoubledMidRanks, SumToZeroAndReverseWithTheValues) {
  for (std::uint64_t i = 0; i < 50; ++i) {
    stats::RandomStream random(1, stats::Purpose::simulate, i);
    std::vector<double> values, negative;
    for (int l = 0; l < 17; ++l) values.push_back(random.below(6));
    for (const double v : values) negative.push_back(-v);
    const auto ranks = ranks_of(values), reversed = ranks_of(negative);
    EXPECT_EQ(std::accumulate(ranks.begin(), ranks.end(), 0), 0);
    for (std::size_t l = 0; l < ranks.size(); ++l) EXPECT_EQ(ranks[l], -reversed[l]);
  }
}

TEST(SpearmanRho, IsPearsonOfTheMidRanks) {
  EXPECT_DOUBLE_EQ(stats::spearman_rho(std::vector<double>{1, 2, 3, 4}, std::vector<double>{10, 20, 30, 40}), 1.0);
  EXPECT_DOUBLE_EQ(stats::spearman_rho(std::vector<double>{1, 2, 3, 4}, std::vector<double>{4, 3, 2, 1}), -1.0);
  // R: cor(c(0,0,.1,.2,.2,.35), c(5,3,6,8,7,9), method = "spearman")
  EXPECT_NEAR(stats::spearman_rho(std::vector<double>{0, 0, .1, .2, .2, .35}, std::vector<double>{5, 3, 6, 8, 7, 9}),
              0.9710083124552246, 1e-15);
  EXPECT_TRUE(std::isnan(stats::spearman_rho(std::vector<double>{1, 1, 1}, std::vector<double>{1, 2, 3})));
}

TEST(SpearmanRhoWithoutEach, IsRhoOfTheOthers) {
  for (std::uint64_t i = 0; i < 60; ++i) {
    stats::RandomStream random(2, stats::Purpose::simulate, i);
    std::vector<double> x, y;
    for (std::uint64_t l = 0; l < 2 + i / 2; ++l) {
      x.push_back(random.below(i % 3 == 0 ? 2 : 40));  // many ties, and few
      y.push_back(random.uniform());
    }
    const auto found = stats::spearman_rho_without_each(x, y);
    ASSERT_EQ(found.size(), x.size());
    for (std::size_t out = 0; out < x.size(); ++out) {
      auto rest_x = x, rest_y = y;
      rest_x.erase(rest_x.begin() + static_cast<std::ptrdiff_t>(out));
      rest_y.erase(rest_y.begin() + static_cast<std::ptrdiff_t>(out));
      const auto expected = stats::spearman_rho(rest_x, rest_y);
      if (std::isnan(expected))
        EXPECT_TRUE(std::isnan(found[out]));
      else
        EXPECT_EQ(found[out], expected);
    }
  }
}

TEST(SpearmanS, HoldsMoreThan32Bits) {
  Ranks large(4'000);
  for (int i = 0; i < 4'000; ++i) large[i] = 2 * i - 3'999;
  EXPECT_EQ(stats::spearman_s(large, large), 21'333'332'000);  // n (n^2 - 1) / 3
}

}  // namespace
