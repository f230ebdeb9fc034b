#include "miura/permutation/min_p.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "miura/base/error.hpp"
#include "miura/permutation/marginal.hpp"
#include "miura/permutation/max_t.hpp"
#include "miura/permutation/relabelings.hpp"
#include "miura/stats/random.hpp"
#include "miura/stats/ranks.hpp"

namespace {

using namespace miura;
using permutation::RankTests;
using permutation::Side;

/// Features of 2, 3, ... levels, so that hardly two have the same ties.
RankTests tests_of_many_ties(std::int32_t n, int n_features, int n_outcomes, std::uint64_t seed) {
  RankTests tests;
  tests.n_lots = n;
  std::uint64_t index = 0;
  const auto append = [&](std::vector<std::int32_t>& rows, std::uint32_t n_levels) {
    for (std::int64_t s = 0; s == 0;) {
      stats::RandomStream random(seed, stats::Purpose::simulate, index++);
      std::vector<double> values;
      for (std::int32_t l = 0; l < n; ++l) values.push_back(random.below(n_levels));
      const auto ranks = stats::doubled_mid_ranks(values);
      s = stats::spearman_s(ranks, ranks);
      if (s != 0) rows.insert(rows.end(), ranks.begin(), ranks.end());
    }
  };
  for (int f = 0; f < n_features; ++f) append(tests.feature, 2 + f % 6);
  for (int m = 0; m < n_outcomes; ++m) append(tests.outcome, 1U << 20);
  tests.pair_all();
  return tests;
}

/// Straight from the definition, over the relabelings by number.
permutation::MinPResult reference(const RankTests& tests, const permutation::Options& options) {
  const permutation::Relabelings relabelings(tests.n_lots, tests.stratum, options);
  const auto n = tests.size(), n_b = relabelings.size();
  std::vector<std::int32_t> lot(tests.n_lots);
  std::vector<std::vector<std::int64_t>> t(n, std::vector<std::int64_t>(n_b)), p = t;
  for (std::int64_t b = 0; b < n_b; ++b) {
    relabelings.relabel(b, lot);
    for (std::int64_t i = 0; i < n; ++i) {
      std::int64_t s = 0;
      for (std::int32_t l = 0; l < tests.n_lots; ++l) s += tests.x(i)[l] * tests.y(i)[lot[l]];
      t[i][b] = options.side == Side::two_sided ? std::abs(s) : options.side == Side::less ? -s : s;
    }
  }
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int64_t b = 0; b < n_b; ++b)
      p[i][b] = std::ranges::count_if(t[i], [&](std::int64_t other) { return other >= t[i][b]; });
  permutation::MinPResult result;
  result.n_relabelings = n_b;
  std::vector<std::int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  const auto norm = [&](std::int64_t i) {
    return std::sqrt(
        static_cast<double>(stats::spearman_s(tests.x(i), tests.x(i)) * stats::spearman_s(tests.y(i), tests.y(i))));
  };
  std::ranges::stable_sort(order, [&](auto a, auto b) {
    if (p[a][0] != p[b][0]) return p[a][0] < p[b][0];
    return static_cast<double>(t[a][0]) / norm(a) > static_cast<double>(t[b][0]) / norm(b);
  });
  result.raw.resize(n), result.single_step.resize(n), result.step_down.resize(n);
  std::int64_t largest = 0;
  for (std::int64_t k = 0; k < n; ++k) {
    const auto i = order[k];
    std::int64_t step = 0;
    for (std::int64_t b = 0; b < n_b; ++b) {
      const auto reaches = [&](std::int64_t j) { return p[j][b] <= p[i][0]; };
      result.single_step[i] += std::ranges::any_of(order, reaches) ? 1 : 0;
      step += std::any_of(order.begin() + k, order.end(), reaches) ? 1 : 0;
    }
    result.raw[i] = p[i][0];
    result.step_down[i] = largest = std::max(largest, step);
  }
  return result;
}

void expect_equal(const permutation::MinPResult& found, const permutation::MinPResult& expected) {
  EXPECT_EQ(found.n_relabelings, expected.n_relabelings);
  EXPECT_EQ(found.raw, expected.raw);
  EXPECT_EQ(found.single_step, expected.single_step);
  EXPECT_EQ(found.step_down, expected.step_down);
}

TEST(MinP, EqualsThePlainReferenceOverAllAndOverDrawnRelabelings) {
  for (const auto side : {Side::two_sided, Side::greater, Side::less})
    for (const std::int32_t exact_up_to : {12, 0}) {
      auto tests = tests_of_many_ties(6, 9, 2, 1);
      const permutation::Options options{.exact_up_to = exact_up_to, .permutations = 300, .side = side};
      expect_equal(permutation::min_p(MPI_COMM_WORLD, tests, options), reference(tests, options));
      tests.stratum = {0, 1, 1, 0, 1, 1};
      expect_equal(permutation::min_p(MPI_COMM_WORLD, tests, options), reference(tests, options));
    }
}

TEST(MinP, HasTheSameCountsAsOnOneRank) {
  const auto exact = tests_of_many_ties(9, 12, 2, 2), drawn = tests_of_many_ties(16, 12, 2, 3);
  for (const auto* tests : {&exact, &drawn})
    expect_equal(permutation::min_p(MPI_COMM_WORLD, *tests, {.permutations = 700}),
                 permutation::min_p(MPI_COMM_SELF, *tests, {.permutations = 700}));
}

TEST(MinP, HasTheRawCountsOfTheMarginalTest) {
  const auto tests = tests_of_many_ties(9, 10, 2, 4);
  for (const std::int32_t exact_up_to : {12, 0}) {
    const permutation::Options options{.exact_up_to = exact_up_to, .permutations = 500};
    EXPECT_EQ(permutation::min_p(MPI_COMM_WORLD, tests, options).raw,
              permutation::marginal_tests(MPI_COMM_WORLD, tests, options).two_sided);
  }
}

TEST(MinP, IsMaxTWhereAllTiesAreEqual) {
  auto tests = tests_of_many_ties(8, 1, 7, 5);
  std::swap(tests.feature, tests.outcome);  // seven features without ties, one outcome
  tests.pair_all();
  const auto min_p = permutation::min_p(MPI_COMM_WORLD, tests, {});
  const auto max_t = permutation::max_t(MPI_COMM_WORLD, tests, {});
  EXPECT_EQ(min_p.single_step, max_t.single_step);
  EXPECT_EQ(min_p.step_down, max_t.step_down);
}

TEST(MinP, TakesAFamilyWithoutTestsAndRefusesOneTooLarge) {
  RankTests none;
  none.n_lots = 9;
  EXPECT_TRUE(permutation::min_p(MPI_COMM_WORLD, none, {}).step_down.empty());
  const auto many = tests_of_many_ties(12, 500, 1, 6);
  EXPECT_THROW(permutation::min_p(MPI_COMM_WORLD, many, {}), UsageError);
  const auto wide = tests_of_many_ties(300, 20, 1, 7);
  EXPECT_THROW(permutation::min_p(MPI_COMM_WORLD, wide, {.permutations = 10}), UsageError);
}

}  // namespace
