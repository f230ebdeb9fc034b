#include "miura/permutation/paired.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;
using permutation::Paired;

const std::vector<std::int32_t> group{0, 1, 0, 1, 1, 0, 0, 1, 0, 1}, pair{1, 1, 2, 2, 3, 3, 4, 4, 5, 5};

std::vector<double> drawn(std::int64_t n_features) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < n_features * 10; ++i) {
    stats::RandomStream random(2, stats::Purpose::simulate, static_cast<std::uint64_t>(i));
    values.push_back(random.uniform() + random.uniform());
  }
  return values;
}

/// Differences of a feature, pair by pair.
std::vector<double> differences(const double* x) {
  return {x[1] - x[0], x[3] - x[2], x[4] - x[5], x[7] - x[6], x[9] - x[8]};
}

double plain_t(const std::vector<double>& d) {
  double mean = 0, square = 0;
  for (const double x : d) mean += x / 5;
  for (const double x : d) square += (x - mean) * (x - mean);
  return mean / std::sqrt(square / 4 / 5);
}

TEST(PairedT, EqualsThePlainReferenceOverAllSigns) {
  constexpr int n = 7;
  const auto x = drawn(n);
  const auto found = paired_max_t(MPI_COMM_WORLD, x, group, pair, Paired::t, {});
  ASSERT_EQ(found.n_labelings, 32);
  std::vector<std::vector<double>> t(32, std::vector<double>(n));
  for (int b = 0; b < 32; ++b)
    for (int f = 0; f < n; ++f) {
      auto d = differences(&x[f * 10]);
      for (int p = 0; p < 5; ++p) d[p] *= (b >> p) & 1 ? -1 : 1;
      t[b][f] = std::abs(plain_t(d));
    }
  for (int f = 0; f < n; ++f) {
    EXPECT_NEAR(found.t[f], plain_t(differences(&x[f * 10])), 1e-12);
    std::int64_t raw = 0, single = 0;
    for (int b = 0; b < 32; ++b) {
      raw += t[b][f] >= t[0][f] - 1e-9 ? 1 : 0;
      single += std::ranges::max(t[b]) >= t[0][f] - 1e-9 ? 1 : 0;
    }
    EXPECT_EQ(found.raw[f], raw);
    EXPECT_EQ(found.single_step[f], single);
  }
}

TEST(SignedRank, HasTheExactPOfR) {
  // wilcox.test(c(.3, .5, .7, -.1, .2), exact = TRUE)$p.value = .125
  std::vector<double> x(10);
  const double d[5] = {.3, .5, .7, -.1, .2};
  for (int p = 0; p < 5; ++p)
    for (int l = 0; l < 2; ++l) x[2 * p + l] = group[2 * p + l] == 1 ? d[p] : 0.0;
  const auto found = paired_max_t(MPI_COMM_WORLD, x, group, pair, Paired::signed_rank, {});
  EXPECT_EQ(found.p(found.raw[0]), 0.125);
  EXPECT_GT(found.t[0], 0.0);
  const auto less =
      paired_max_t(MPI_COMM_WORLD, x, group, pair, Paired::signed_rank, {.side = permutation::Side::less});
  EXPECT_EQ(less.p(less.raw[0]), 31.0 / 32);
}

TEST(PairedTests, PassOverFeaturesWithoutDifferences) {
  auto x = drawn(2);
  for (int p = 0; p < 5; ++p) x[10 + 2 * p] = x[10 + 2 * p + 1];
  for (const auto which : {Paired::t, Paired::signed_rank}) {
    const auto both = paired_max_t(MPI_COMM_WORLD, x, group, pair, which, {});
    const auto alone = paired_max_t(MPI_COMM_WORLD, std::span(x).first(10), group, pair, which, {});
    EXPECT_TRUE(std::isnan(both.t[1]));
    EXPECT_EQ(both.single_step[0], alone.single_step[0]);
  }
}

TEST(PairedT, OfEqualDifferencesIsInfinite) {
  const std::vector<double> x{0, 1, 0, 1, 1, 0, 0, 1, 0, 1};
  const auto found = paired_max_t(MPI_COMM_WORLD, x, group, pair, Paired::t, {});
  EXPECT_TRUE(std::isinf(found.t[0]));
  EXPECT_EQ(found.raw[0], 2);  // this labeling and its mirror image
}

TEST(Pairs, AreOneOfEachGroup) {
  const auto x = drawn(1);
  auto broken = pair;
  broken[0] = 2;
  EXPECT_THROW(paired_max_t(MPI_COMM_WORLD, x, group, broken, Paired::t, {}), UsageError);
  broken[0] = 6;
  EXPECT_THROW(paired_max_t(MPI_COMM_WORLD, x, group, broken, Paired::t, {}), UsageError);
  EXPECT_THROW(paired_max_t(MPI_COMM_WORLD, std::vector<double>{0, 1}, std::vector<std::int32_t>{0, 1},
                            std::vector<std::int32_t>{1, 1}, Paired::t, {}),
               UsageError);
}

}  // namespace
