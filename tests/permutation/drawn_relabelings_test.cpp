#include "permutation/drawn_relabelings.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "miura/permutation/marginal.hpp"
#include "miura/permutation/max_t.hpp"
#include "miura/stats/random.hpp"
#include "miura/stats/ranks.hpp"
#include "support/simd_targets.hpp"

namespace {

using namespace miura;
using permutation::Options;
using permutation::RankTests;
using permutation::Side;
using test::with_each_target;

std::vector<std::int32_t> ranks_of(std::int32_t n, std::uint32_t levels, std::uint64_t index) {
  stats::RandomStream random(7, stats::Purpose::simulate, index);
  std::vector<double> values{0.5};  // never all equal
  for (std::int32_t l = 1; l < n; ++l) values.push_back(random.below(levels));
  return stats::doubled_mid_ranks(values);
}

/// Features without ties and with several kinds of them, against two outcomes.
RankTests tests_of(std::int32_t n_lots, int n_features) {
  RankTests tests;
  tests.n_lots = n_lots;
  const auto append = [](std::vector<std::int32_t>& rows, const std::vector<std::int32_t>& row) {
    rows.insert(rows.end(), row.begin(), row.end());
  };
  for (int f = 0; f < n_features; ++f) append(tests.feature, ranks_of(n_lots, f % 3 == 0 ? 1U << 30 : 2 + f, f));
  append(tests.outcome, ranks_of(n_lots, 1U << 30, 100));
  append(tests.outcome, ranks_of(n_lots, 5, 101));
  // one outcome after the other, so that some neighbours in the order of T share theirs and some do not
  for (std::int32_t m = 0; m < 2; ++m)
    for (std::int32_t f = 0; f < n_features; ++f) tests.pair.push_back({f, m});
  return tests;
}

/// S of every test under every relabeling, one at a time: the identity first.
std::vector<std::vector<std::int64_t>> sums_one_by_one(const RankTests& tests, const Options& options) {
  const permutation::Relabelings relabelings(tests.n_lots, tests.stratum, options);
  std::vector<std::vector<std::int64_t>> s;
  std::vector<std::int32_t> lot(tests.n_lots), y(tests.n_lots);
  for (std::int64_t b = 0; b < relabelings.size(); ++b) {
    relabelings.relabel(b, lot);
    auto& row = s.emplace_back();
    for (std::int64_t i = 0; i < tests.size(); ++i) {
      std::ranges::transform(lot, y.begin(), [&](std::int32_t l) { return tests.y(i)[l]; });
      row.push_back(stats::spearman_s(tests.x(i), y));
    }
  }
  return s;
}

void expect_counts_of_each(const RankTests& tests, const Options& options) {
  const auto s = sums_one_by_one(tests, options);
  const auto found = permutation::marginal_tests(MPI_COMM_WORLD, tests, options);
  for (std::int64_t i = 0; i < tests.size(); ++i) {
    const auto observed = s[0][i];
    const auto count = [&](auto&& is_extreme) {
      return std::ranges::count_if(s, [&](const auto& row) { return is_extreme(row[i]); });
    };
    EXPECT_EQ(found.s[i], observed) << i;
    EXPECT_EQ(found.two_sided[i], count([&](std::int64_t b) { return std::abs(b) >= std::abs(observed); })) << i;
    EXPECT_EQ(found.greater[i], count([&](std::int64_t b) { return b >= observed; })) << i;
    EXPECT_EQ(found.less[i], count([&](std::int64_t b) { return b <= observed; })) << i;
  }
}

/// Westfall & Young's counts from the definition: over the tests that are not more extreme, and over all.
void expect_counts_of_family(const RankTests& tests, const Options& options) {
  const auto s = sums_one_by_one(tests, options);
  const auto found = permutation::max_t(MPI_COMM_WORLD, tests, options);
  const auto n = tests.size();
  std::vector<std::vector<double>> t;
  for (const auto& row : s) {
    auto& of = t.emplace_back();
    for (std::int64_t i = 0; i < n; ++i) {
      const auto norm = std::sqrt(static_cast<double>(stats::spearman_s(tests.x(i), tests.x(i)))) *
                        std::sqrt(static_cast<double>(stats::spearman_s(tests.y(i), tests.y(i))));
      const auto rho = static_cast<double>(row[i]) / norm;
      of.push_back(options.side == Side::two_sided ? std::abs(rho) : options.side == Side::greater ? rho : -rho);
    }
  }
  std::vector<std::int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::int64_t i) { return t[0][i]; });
  std::int64_t largest = 0;
  for (auto q = n - 1; q >= 0; --q) {
    const auto at_least = t[0][order[q]] - 1e-11 * std::abs(t[0][order[q]]);
    std::int64_t step = 0, single = 0;
    for (const auto& row : t) {
      const auto reaches = [&](std::int64_t i) { return row[i] >= at_least; };
      step += std::any_of(order.begin(), order.begin() + q + 1, reaches);
      single += std::ranges::any_of(order, reaches);
    }
    largest = std::max(largest, step);
    EXPECT_EQ(found.step_down[order[q]], largest) << q;
    EXPECT_EQ(found.single_step[order[q]], single) << q;
  }
}

TEST(DrawnRelabelings, AreCountedAsOneByOne) {
  with_each_target([] {
    for (const std::int32_t n_lots : {13, 16, 41}) {  // odd ones go with a lot that is not there
      const auto tests = tests_of(n_lots, 7);
      const Options options{.exact_up_to = 3, .permutations = 150, .seed = 4};
      expect_counts_of_each(tests, options);
      expect_counts_of_family(tests, options);
    }
  });
}

TEST(DrawnRelabelings, AreCountedWithinStrataAndOnOneSide) {
  auto tests = tests_of(15, 5);
  for (std::int32_t l = 0; l < tests.n_lots; ++l) tests.stratum.push_back(l % 2);
  for (const auto side : {Side::greater, Side::less}) {
    const Options options{.exact_up_to = 3, .permutations = 100, .seed = 5, .side = side};
    expect_counts_of_each(tests, options);
    expect_counts_of_family(tests, options);
  }
}

TEST(DrawnRelabelings, OfTestsOfOneNormAreComparedByTheirSums) {
  RankTests tests;
  tests.n_lots = 14;
  for (int f = 0; f < 6; ++f) {
    const auto row = ranks_of(tests.n_lots, 1U << 30, f);
    tests.feature.insert(tests.feature.end(), row.begin(), row.end());
  }
  tests.outcome = ranks_of(tests.n_lots, 1U << 30, 100);
  tests.pair_all();
  for (const auto side : {Side::two_sided, Side::greater, Side::less})
    expect_counts_of_family(tests, {.exact_up_to = 3, .permutations = 100, .seed = 5, .side = side});
}

TEST(DrawnRelabelings, OfVeryManyLotsNeedMoreThan32Bits) {
  RankTests tests;
  tests.n_lots = 2'345;  // S of equal orders is 2^32 and a little
  std::vector<double> values(tests.n_lots);
  std::iota(values.begin(), values.end(), 0.0);
  tests.feature = tests.outcome = stats::doubled_mid_ranks(values);
  const auto others = ranks_of(tests.n_lots, 4, 1);
  tests.feature.insert(tests.feature.end(), others.begin(), others.end());
  tests.pair_all();
  const Options options{.permutations = 70, .seed = 6};
  ASSERT_GT(stats::spearman_s(tests.x(0), tests.y(0)), std::int64_t{1} << 32);
  with_each_target([&] {
    expect_counts_of_each(tests, options);
    expect_counts_of_family(tests, options);
  });
  EXPECT_EQ(permutation::marginal_tests(MPI_COMM_WORLD, tests, options).two_sided[0], 1);
}

}  // namespace
