#include "miura/stats/correlation_interval.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "miura/stats/ranks.hpp"

namespace {

using namespace miura;

TEST(SpearmanInterval, IsThatOfBonettAndWright) {
  const auto ci = stats::spearman_interval(0.7, 11);
  // Python: tanh(atanh(.7) -+ NormalDist().inv_cdf(.975) * sqrt((1 + .7**2 / 2) / 8))
  EXPECT_NEAR(ci.low, 0.09383094338699258, 1e-12);
  EXPECT_NEAR(ci.high, 0.9275414933162424, 1e-12);
}

TEST(SpearmanInterval, TurnsWithTheSignAndShrinksWithLots) {
  const auto up = stats::spearman_interval(0.6, 20), down = stats::spearman_interval(-0.6, 20);
  EXPECT_DOUBLE_EQ(up.low, -down.high);
  EXPECT_DOUBLE_EQ(up.high, -down.low);
  const auto more = stats::spearman_interval(0.6, 40);
  EXPECT_GT(more.low, up.low);
  EXPECT_LT(more.high, up.high);
  EXPECT_LT(stats::spearman_interval(0.6, 20, 0.99).low, up.low);
}

TEST(SpearmanInterval, SaysNothingOfFewLotsOrAPerfectOrder) {
  EXPECT_TRUE(std::isnan(stats::spearman_interval(0.6, 7).low));
  EXPECT_FALSE(std::isnan(stats::spearman_interval(0.6, 8).low));
  EXPECT_TRUE(std::isnan(stats::spearman_interval(1.0, 11).low));
  EXPECT_TRUE(std::isnan(stats::spearman_interval(-1.0, 11).high));
  EXPECT_TRUE(std::isnan(stats::spearman_interval(std::nan(""), 11).low));
}

/// Spearman's rho of pairs drawn again.
struct Pairs {
  std::vector<double> x{.12, .31, .05, .22, .41, .18, .27, .09, .33, .38, .15, .29, .24, .45};
  std::vector<double> y{2.0, 3.5, 1.0, 3.1, 2.9, 2.4, 2.2, 1.7, 4.1, 3.3, 1.2, 3.9, 1.9, 3.6};
  double operator()(std::span<const std::int32_t> drawn) const {
    std::vector<double> a, b;
    for (const auto i : drawn) {
      a.push_back(x[i]);
      b.push_back(y[i]);
    }
    return stats::spearman_rho(a, b);
  }
};

TEST(BcaInterval, IsThatOfScipyButForTheDraws) {
  const auto ci = stats::bca_interval(14, Pairs{}, {.resamples = 19'999});
  // scipy.stats.bootstrap(method="BCa", n_resamples=19999) with seeds 1 and 2: .4932 to .9409, .5000 to .9460
  EXPECT_NEAR(ci.low, 0.4966, 0.02);
  EXPECT_NEAR(ci.high, 0.9435, 0.01);
}

TEST(BcaInterval, DependsOnTheSeedAlone) {
  const auto a = stats::bca_interval(14, Pairs{}, {.seed = 3}), b = stats::bca_interval(14, Pairs{}, {.seed = 3}),
             c = stats::bca_interval(14, Pairs{}, {.seed = 4});
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  EXPECT_NE(a.low, c.low);
  const auto narrow = stats::bca_interval(14, Pairs{}, {.level = 0.5, .seed = 3});
  EXPECT_GT(narrow.low, a.low);
  EXPECT_LT(narrow.high, a.high);
}

TEST(BcaInterval, SaysNothingWhereThereIsNothingToSay) {
  EXPECT_TRUE(std::isnan(stats::bca_interval(7, Pairs{}, {}).low));
  EXPECT_TRUE(std::isnan(stats::bca_interval(9, [](auto) { return std::nan(""); }, {}).low));
  auto perfect = Pairs{};
  perfect.y = perfect.x;
  EXPECT_TRUE(std::isnan(stats::bca_interval(14, perfect, {}).high));
}

TEST(Quantile, IsThatOfNumpy) {
  const std::array sorted{1.0, 2.0, 4.0, 8.0};
  EXPECT_DOUBLE_EQ(stats::quantile(sorted, 0.0), 1.0);
  EXPECT_DOUBLE_EQ(stats::quantile(sorted, 0.5), 3.0);
  EXPECT_DOUBLE_EQ(stats::quantile(sorted, 0.9), 6.8);
  EXPECT_DOUBLE_EQ(stats::quantile(sorted, 1.0), 8.0);
}

}  // namespace
