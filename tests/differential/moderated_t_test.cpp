#include "miura/differential/moderated_t.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>
#include <limits>

#include "miura/stats/normal_stream.hpp"

namespace {

using namespace miura;
using differential::VarianceBlock;
using permutation::Side;
constexpr double infinity = std::numeric_limits<double>::infinity();

TEST(TrigammaInverse, IsTheInverse) {
  for (const double x : {1e-4, 0.01, 0.5, 1.0, 3.7, 40.0, 900.0, 1e5, 3e6})
    EXPECT_NEAR(differential::trigamma_inverse(boost::math::trigamma(x)) / x, 1.0, 1e-6) << x;
  for (const double x : {0.5, 1.0, 3.7, 40.0})
    EXPECT_NEAR(differential::trigamma_inverse(boost::math::trigamma(x)) / x, 1.0, 1e-13) << x;
}

/// Variances s^2 of n features with 6 degrees of freedom, where sigma^2 = s0^2 d0 / chi^2_d0.
std::vector<double> drawn_variances(std::int64_t n, int d0, double s0_squared) {
  std::vector<double> variance;
  for (std::int64_t f = 0; f < n; ++f) {
    stats::NormalStream normal(3, stats::Purpose::simulate, static_cast<std::uint64_t>(f));
    const auto chi_square = [&](int df) {
      double sum = 0.0;
      for (int i = 0; i < df; ++i) sum += std::pow(normal(), 2);
      return sum;
    };
    const double sigma_squared = d0 > 0 ? s0_squared * d0 / chi_square(d0) : s0_squared;
    variance.push_back(sigma_squared * chi_square(6) / 6);
  }
  return variance;
}

TEST(VariancePrior, ComesBackFromVariancesThatWereDrawnFromIt) {
  std::vector<double> room;
  const auto variance = drawn_variances(40'000, 4, 0.25);
  const auto prior = differential::fit_variance_prior(std::vector{VarianceBlock{variance, 6.0}}, room);
  EXPECT_NEAR(prior.df, 4.0, 0.2);
  EXPECT_NEAR(prior.variance, 0.25, 0.01);
}

TEST(VariancePrior, IsTheSameForBlocksOfOneDegree) {
  std::vector<double> room;
  const auto variance = drawn_variances(1'000, 4, 0.25);
  const std::span all(variance);
  const auto whole = differential::fit_variance_prior(std::vector{VarianceBlock{all, 6.0}}, room);
  const auto parts = differential::fit_variance_prior(
      std::vector{VarianceBlock{all.first(300), 6.0}, VarianceBlock{{}, 3.0}, VarianceBlock{all.first(9), 0.0},
                  VarianceBlock{all.subspan(300), 6.0}},
      room);
  EXPECT_NEAR(parts.df / whole.df, 1.0, 1e-12);
  EXPECT_NEAR(parts.variance / whole.variance, 1.0, 1e-12);
}

TEST(VariancePrior, OfTooFewVariancesSaysNothing) {
  std::vector<double> room;
  const std::vector<double> one{0.3};
  EXPECT_EQ(differential::fit_variance_prior({}, room).df, 0.0);
  EXPECT_EQ(differential::fit_variance_prior(std::vector{VarianceBlock{one, 4.0}}, room).df, 0.0);
}

TEST(VariancePrior, HoldsVariancesOfZeroAwayFromZero) {
  std::vector<double> room;
  auto variance = drawn_variances(1'000, 4, 0.25);
  variance[7] = 0.0;
  const auto prior = differential::fit_variance_prior(std::vector{VarianceBlock{variance, 6.0}}, room);
  auto sorted = variance;
  std::ranges::sort(sorted);
  variance[7] = 1e-5 * (sorted[499] + sorted[500]) / 2.0;
  const auto held = differential::fit_variance_prior(std::vector{VarianceBlock{variance, 6.0}}, room);
  EXPECT_EQ(prior.df, held.df);
  EXPECT_TRUE(std::isfinite(prior.df) && prior.df > 0.0);
}

TEST(PosteriorVariance, LiesBetweenThePriorAndTheSample) {
  EXPECT_EQ(differential::posterior_variance({.df = 3.0, .variance = 2.0}, 6.0, 1.0), 3.0);
  EXPECT_EQ(differential::posterior_variance({.df = infinity, .variance = 2.0}, 6.0, 1.0), 2.0);
  EXPECT_EQ(differential::posterior_variance({.df = 0.0, .variance = 2.0}, 6.0, 4.0), 6.0);
}

TEST(StudentsT, HasTheTailsOfR) {
  // 2 * pt(-c(1.5, 40), c(3.5, 12)); pt(-2, Inf); pt(-1.5, 3.5)
  EXPECT_NEAR(differential::p_of_t(-1.5, 3.5, Side::two_sided) / 0.21781818701534511, 1.0, 1e-12);
  EXPECT_NEAR(differential::p_of_t(40.0, 12.0, Side::two_sided) / 3.8512295807720369e-14, 1.0, 1e-12);
  EXPECT_NEAR(differential::p_of_t(2.0, infinity, Side::greater) / 0.022750131948179212, 1.0, 1e-12);
  EXPECT_NEAR(differential::p_of_t(-1.5, 3.5, Side::less) / 0.10890909350767256, 1.0, 1e-12);
  EXPECT_TRUE(std::isnan(differential::p_of_t(1.0, 0.0, Side::two_sided)));
  EXPECT_EQ(differential::p_of_t(infinity, 3.0, Side::greater), 0.0);
  EXPECT_EQ(differential::p_of_t(-infinity, 3.0, Side::greater), 1.0);
}

TEST(CriticalT, IsWhereThePIsReached) {
  for (const double df : {2.5, 14.0, 1e6, infinity})
    for (const double p : {0.05, 1e-4, 3e-9}) {
      EXPECT_NEAR(differential::p_of_t(differential::critical_t(p, df, Side::two_sided), df, Side::two_sided) / p, 1.0,
                  1e-10);
      EXPECT_NEAR(differential::p_of_t(differential::critical_t(p, df, Side::greater), df, Side::greater) / p, 1.0,
                  1e-10);
    }
}

}  // namespace
