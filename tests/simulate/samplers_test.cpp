#include "simulate/samplers.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <set>
#include <vector>

namespace {

using namespace miura::simulate;
using miura::stats::RandomStream;

constexpr int draws = 100'000;

struct Moments {
  double mean = 0, variance = 0;
};

Moments moments(const std::function<double(RandomStream&)>& draw) {
  auto random = stream(11, Topic::cell, 3, 5);
  double sum = 0, squares = 0;
  for (int i = 0; i < draws; ++i) {
    const double x = draw(random);
    sum += x;
    squares += x * x;
  }
  return {sum / draws, squares / draws - sum / draws * (sum / draws)};
}

/// Chi-square per degree of freedom of the counts 0, 1, ... against their probabilities, tails pooled.
double misfit(const std::function<std::int64_t(RandomStream&)>& draw, const std::function<double(int)>& probability) {
  auto random = stream(12, Topic::cell, 1, 1);
  constexpr int most = 400;
  std::vector<double> seen(most + 1, 0.0);
  for (int i = 0; i < draws; ++i) ++seen[static_cast<std::size_t>(std::min<std::int64_t>(draw(random), most))];
  double chi_square = 0, expected = 0, observed = 0, left = draws;
  int classes = 0;
  for (int k = 0; k <= most && left > 20; ++k) {
    expected += draws * probability(k);
    observed += seen[static_cast<std::size_t>(k)];
    if (expected < 20) continue;
    chi_square += (observed - expected) * (observed - expected) / expected;
    left -= expected;
    expected = observed = 0;
    ++classes;
  }
  return chi_square / (classes - 1);
}

double poisson_probability(double mean, int k) { return std::exp(k * std::log(mean) - mean - std::lgamma(k + 1.0)); }

double negative_binomial_probability(double mean, double dispersion, int k) {
  const double r = 1 / dispersion;
  return std::exp(std::lgamma(k + r) - std::lgamma(r) - std::lgamma(k + 1.0) + r * std::log(r / (r + mean)) +
                  k * std::log(mean / (r + mean)));
}

TEST(Stream, IsNamedByTopicAndBothIndices) {
  std::set<std::uint32_t> first;
  for (const auto topic : {Topic::gene, Topic::cell})
    for (const std::int64_t outer : {0, 1, 200'017})
      for (const std::int64_t inner : {0, 1, 1'000'000}) first.insert(stream(1, topic, outer, inner)());
  EXPECT_EQ(first.size(), 18U);
  EXPECT_EQ(stream(1, Topic::cell, 2, 3)(), stream(1, Topic::cell, 2, 3)());
}

TEST(Normal, HasMeanZeroVarianceOneAndItsTails) {
  const auto [mean, variance] = moments([](auto& random) { return normal(random); });
  EXPECT_NEAR(mean, 0, 0.013);  // four standard errors, as everywhere here
  EXPECT_NEAR(variance, 1, 0.018);
  const auto beyond_two = moments([](auto& random) { return normal(random) > 2 ? 1.0 : 0.0; }).mean;
  EXPECT_NEAR(beyond_two, 0.02275, 0.0019);
}

class GammaShape : public testing::TestWithParam<double> {};
TEST_P(GammaShape, IsMeanAndVariance) {
  const double shape = GetParam();
  const auto [mean, variance] = moments([&](auto& random) { return gamma(random, shape); });
  EXPECT_NEAR(mean, shape, 4 * std::sqrt(shape / draws));
  EXPECT_NEAR(variance, shape, 4 * shape * std::sqrt((2 + 6 / shape) / draws));
}
INSTANTIATE_TEST_SUITE_P(Shapes, GammaShape, testing::Values(0.3, 1.0, 2.5, 40.0));

TEST(Beta, HasItsMeanAndVariance) {
  const auto [mean, variance] = moments([](auto& random) { return beta(random, 2, 3); });
  EXPECT_NEAR(mean, 0.4, 0.003);
  EXPECT_NEAR(variance, 0.04, 0.001);
}

class PoissonMean : public testing::TestWithParam<double> {};
TEST_P(PoissonMean, GivesThePoissonProbabilities) {
  const double mean = GetParam();
  EXPECT_LT(
      misfit([&](auto& random) { return poisson(random, mean); }, [&](int k) { return poisson_probability(mean, k); }),
      2.5);
}
INSTANTIATE_TEST_SUITE_P(OnBothSidesOfTheSwitch, PoissonMean, testing::Values(0.2, 3.0, 9.99, 10.0, 35.0, 150.0));

class GammaPoissonMean : public testing::TestWithParam<double> {};
TEST_P(GammaPoissonMean, GivesTheNegativeBinomialProbabilities) {
  const double mean = GetParam();
  for (const double dispersion : {0.1, 0.7})
    EXPECT_LT(misfit([&](auto& random) { return gamma_poisson(random, mean, dispersion); },
                     [&](int k) { return negative_binomial_probability(mean, dispersion, k); }),
              2.5)
        << dispersion;
}
INSTANTIATE_TEST_SUITE_P(OnBothSidesOfTheSwitch, GammaPoissonMean, testing::Values(0.03, 0.8, 1.5, 11.9, 12.1, 60.0));

TEST(GammaPoisson, OfNothingIsNothing) {
  auto random = stream(1, Topic::cell, 0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(gamma_poisson(random, 0, 0.3), 0);
}

TEST(Dirichlet, HasTheExpectedSharesAndSumsToOne) {
  const std::vector<double> alpha{6, 3, 0.5, 0.5};
  auto random = stream(5, Topic::lot, 0);
  std::vector<double> sum(4, 0.0);
  for (int i = 0; i < 20'000; ++i) {
    const auto share = dirichlet(random, alpha);
    double total = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      sum[k] += share[k];
      total += share[k];
    }
    ASSERT_NEAR(total, 1, 1e-12);
  }
  for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(sum[k] / 20'000, alpha[k] / 10, 0.005) << k;
}

TEST(Pick, FollowsTheWeightsAndNeverTakesWhatHasNone) {
  const std::vector<double> weight{0, 2, 0, 1, 1, 0};
  auto random = stream(9, Topic::cell, 0);
  std::vector<int> seen(6, 0);
  for (int i = 0; i < 40'000; ++i) ++seen[static_cast<std::size_t>(pick(random, weight))];
  EXPECT_EQ(seen[0] + seen[2] + seen[5], 0);
  EXPECT_NEAR(seen[1], 20'000, 400);
  EXPECT_NEAR(seen[3], 10'000, 350);
}

}  // namespace
