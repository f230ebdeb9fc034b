#include "miura/permutation/max_t.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "miura/base/error.hpp"
#include "miura/permutation/marginal.hpp"
#include "miura/stats/random.hpp"
#include "miura/stats/ranks.hpp"
#include "support/simd_targets.hpp"

namespace {

using namespace miura;
using permutation::RankTests;
using permutation::Side;

/// Features and outcomes with few or many levels, so with ties of many patterns, or none.
RankTests random_tests(std::int32_t n, int n_features, int n_outcomes, std::uint32_t levels, std::uint64_t seed) {
  RankTests tests;
  tests.n_lots = n;
  std::uint64_t index = 0;
  const auto append = [&](std::vector<std::int32_t>& rows, std::uint32_t n_levels) {
    for (;;) {
      stats::RandomStream random(seed, stats::Purpose::simulate, index++);
      std::vector<double> values;
      for (std::int32_t l = 0; l < n; ++l) values.push_back(random.below(n_levels));
      const auto ranks = stats::doubled_mid_ranks(values);
      if (stats::spearman_s(ranks, ranks) == 0) continue;
      rows.insert(rows.end(), ranks.begin(), ranks.end());
      return;
    }
  };
  for (int f = 0; f < n_features; ++f) append(tests.feature, f % 3 == 0 ? 1U << 30 : levels);
  for (int m = 0; m < n_outcomes; ++m) append(tests.outcome, m % 2 == 0 ? 1U << 30 : levels);
  tests.pair_all();
  return tests;
}

/// T times its size, so that integers alone tell whether T = s / norm is at least T0 = s0 / norm0.
std::int64_t signed_square(std::int64_t s, Side side) {
  return side == Side::two_sided ? s * s : (side == Side::less ? -s : s) * std::abs(s);
}

/// Every relabeling, one after the other, and every maximum over every set of tests.
permutation::MaxTResult reference(const RankTests& tests, Side side = Side::two_sided) {
  const auto n = tests.size();
  std::vector<std::int64_t> square(n), norm(n), order(n);
  for (std::int64_t i = 0; i < n; ++i) {
    square[i] = signed_square(stats::spearman_s(tests.x(i), tests.y(i)), side);
    norm[i] = stats::spearman_s(tests.x(i), tests.x(i)) * stats::spearman_s(tests.y(i), tests.y(i));
  }
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](auto a, auto b) { return square[a] * norm[b] > square[b] * norm[a]; });

  permutation::MaxTResult result;
  result.single_step.resize(n);
  result.step_down.resize(n);
  std::vector<int> lot(tests.n_lots);
  std::iota(lot.begin(), lot.end(), 0);
  std::vector<std::int64_t> drawn(n);
  do {
    const auto leaves_stratum = [&](int l) { return tests.stratum[l] != tests.stratum[lot[l]]; };
    if (!tests.stratum.empty() && std::ranges::any_of(lot, leaves_stratum)) continue;
    for (std::int64_t i = 0; i < n; ++i) {
      std::int64_t s = 0;
      for (int l = 0; l < tests.n_lots; ++l) s += std::int64_t{tests.x(i)[l]} * tests.y(i)[lot[l]];
      drawn[i] = signed_square(s, side);
    }
    for (std::int64_t k = 0; k < n; ++k) {
      const auto i = order[k];
      const auto reaches = [&](std::int64_t j) { return drawn[j] * norm[i] >= square[i] * norm[j]; };
      result.single_step[i] += std::ranges::any_of(order, reaches) ? 1 : 0;
      result.step_down[i] += std::any_of(order.begin() + k, order.end(), reaches) ? 1 : 0;
    }
    ++result.n_relabelings;
  } while (std::next_permutation(lot.begin(), lot.end()));
  for (std::int64_t k = 1; k < n; ++k)
    result.step_down[order[k]] = std::max(result.step_down[order[k]], result.step_down[order[k - 1]]);
  return result;
}

void expect_equal(const permutation::MaxTResult& found, const permutation::MaxTResult& expected) {
  EXPECT_EQ(found.n_relabelings, expected.n_relabelings);
  EXPECT_EQ(found.single_step, expected.single_step);
  EXPECT_EQ(found.step_down, expected.step_down);
}

TEST(MaxT, EqualsThePlainReferenceForAnyTiesAndJointOutcomes) {
  std::uint64_t seed = 0;
  for (std::int32_t n = 2; n <= 7; ++n)
    for (const std::uint32_t levels : {3U, 4U, 1U << 30})
      for (const int n_outcomes : {1, 2, 3}) {
        const auto tests = random_tests(n, 7, n_outcomes, levels, seed++);
        SCOPED_TRACE(testing::Message() << n << " lots, " << levels << " levels, " << n_outcomes << " outcomes");
        expect_equal(permutation::max_t(MPI_COMM_WORLD, tests, {}), reference(tests));
      }
}

/// One outcome without ties is its own negative read backwards, which helps on two sides only.
TEST(MaxT, EqualsThePlainReferenceOnOneSide) {
  std::uint64_t seed = 200;
  for (const std::int32_t n : {4, 7})
    for (const std::uint32_t levels : {3U, 1U << 30})
      for (const int n_outcomes : {1, 2})
        for (const auto side : {Side::greater, Side::less}) {
          const auto tests = random_tests(n, 9, n_outcomes, levels, seed++);
          SCOPED_TRACE(testing::Message() << n << " lots, " << levels << " levels, " << n_outcomes << " outcomes");
          expect_equal(permutation::max_t(MPI_COMM_WORLD, tests, {.side = side}), reference(tests, side));
        }
}

TEST(MaxT, EqualsThePlainReferenceWithinStrata) {
  std::uint64_t seed = 300;
  const std::vector<std::vector<std::int32_t>> designs{
      {0, 0, 0, 1, 1, 1, 1}, {5, -1, 5, -1, 5, -1, 5}, {0, 1, 2, 3, 4, 5, 6}, {0, 0, 1, 1, 2, 2, 3, 3}, {1, 1, 1, 1}};
  for (const auto& stratum : designs)
    for (const std::uint32_t levels : {3U, 1U << 30})
      for (const auto side : {Side::two_sided, Side::greater, Side::less}) {
        auto tests = random_tests(static_cast<std::int32_t>(std::ssize(stratum)), 7, 2, levels, seed++);
        tests.stratum = stratum;
        SCOPED_TRACE(testing::Message() << stratum.size() << " lots, " << levels << " levels, seed " << seed);
        expect_equal(permutation::max_t(MPI_COMM_WORLD, tests, {.side = side}), reference(tests, side));
      }
}

/// Strata too large to stay whole are halved: 7 + 2 lots are 10,080 relabelings.
TEST(MaxT, EqualsThePlainReferenceWithinAStratumThatIsHalved) {
  auto tests = random_tests(9, 4, 1, 1U << 30, 78);
  tests.stratum = {0, 0, 1, 0, 0, 0, 1, 0, 0};
  expect_equal(permutation::max_t(MPI_COMM_WORLD, tests, {}), reference(tests));
}

TEST(MaxT, IsFreeWithinOneStratum) {
  for (const std::int32_t n : {8, 15}) {
    auto tests = random_tests(n, 12, 2, 5, 79);
    const permutation::Options options{.permutations = 1'000};
    const auto free = permutation::max_t(MPI_COMM_WORLD, tests, options);
    tests.stratum.assign(n, 3);
    expect_equal(permutation::max_t(MPI_COMM_WORLD, tests, options), free);
  }
}

/// A family whose blocks of tests are mostly reached by everything, and one that ends within a block.
TEST(MaxT, EqualsThePlainReferenceForMoreTestsThanABlockHolds) {
  for (const int n_features : {32, 75}) {
    const auto tests = random_tests(7, n_features, 1, 1U << 30, 80);
    expect_equal(permutation::max_t(MPI_COMM_WORLD, tests, {}), reference(tests));
    const auto mixed = random_tests(6, n_features, 2, 4, 81);
    expect_equal(permutation::max_t(MPI_COMM_WORLD, mixed, {}), reference(mixed));
  }
}

/// 12 pairs and 26 single lots have 2^12 relabelings; S needs more than 16 bits.
TEST(MaxT, EnumeratesManySmallStrata) {
  auto tests = random_tests(50, 5, 1, 1U << 30, 82);
  for (std::int32_t l = 0; l < 50; ++l) tests.stratum.push_back(l < 24 ? l / 2 : l);
  const auto family = permutation::max_t(MPI_COMM_WORLD, tests, {});
  EXPECT_TRUE(family.exact);
  EXPECT_EQ(family.n_relabelings, 1 << 12);
  tests.pair.resize(1);
  const auto alone = permutation::marginal_tests(MPI_COMM_WORLD, tests, {});
  EXPECT_EQ(permutation::max_t(MPI_COMM_WORLD, tests, {}).single_step, alone.two_sided);
  EXPECT_GE(family.single_step[0], alone.two_sided[0]);
}

TEST(MaxT, EqualsThePlainReferenceForMoreLotsThanATileHolds) {
  for (const std::uint32_t levels : {4U, 1U << 30}) {
    const auto tests = random_tests(9, 4, 1, levels, 77);
    expect_equal(permutation::max_t(MPI_COMM_WORLD, tests, {}), reference(tests));
  }
}

TEST(MaxT, HasTheSameCountsAsOnOneRank) {
  const auto exact = random_tests(8, 40, 2, 5, 3), drawn = random_tests(17, 40, 2, 6, 4);
  const permutation::Options options{.permutations = 1'000};
  expect_equal(permutation::max_t(MPI_COMM_WORLD, exact, options), permutation::max_t(MPI_COMM_SELF, exact, options));
  expect_equal(permutation::max_t(MPI_COMM_WORLD, drawn, options), permutation::max_t(MPI_COMM_SELF, drawn, options));
  const auto all = permutation::marginal_tests(MPI_COMM_WORLD, drawn, options);
  const auto alone = permutation::marginal_tests(MPI_COMM_SELF, drawn, options);
  EXPECT_EQ(all.two_sided, alone.two_sided);
  EXPECT_EQ(all.greater, alone.greater);
  EXPECT_EQ(all.less, alone.less);
}

TEST(MaxT, IsAMarginalTestWhenThereIsOnlyOne) {
  for (const std::int32_t n : {6, 10, 30}) {
    const auto tests = random_tests(n, 1, 1, 5, 9);
    const auto family = permutation::max_t(MPI_COMM_WORLD, tests, {.permutations = 2'000});
    const auto alone = permutation::marginal_tests(MPI_COMM_WORLD, tests, {.permutations = 2'000});
    EXPECT_EQ(family.single_step, alone.two_sided) << n;
    EXPECT_EQ(family.step_down, alone.two_sided) << n;
    EXPECT_EQ(family.n_relabelings, alone.n_relabelings) << n;
  }
}

TEST(MaxT, IsMonotoneAndNeverBelowTheMarginalTest) {
  for (const std::int32_t n : {8, 20}) {
    const auto tests = random_tests(n, 30, 2, 5, 21);
    const auto family = permutation::max_t(MPI_COMM_WORLD, tests, {.permutations = 3'000});
    const auto alone = permutation::marginal_tests(MPI_COMM_WORLD, tests, {.permutations = 3'000});
    for (std::int64_t i = 0; i < tests.size(); ++i) {
      EXPECT_GE(family.step_down[i], alone.two_sided[i]);
      EXPECT_GE(family.single_step[i], family.step_down[i]);
      for (std::int64_t j = 0; j < tests.size(); ++j)
        if (family.t[i] > family.t[j] * (1 + 1e-12)) {
          EXPECT_LE(family.step_down[i], family.step_down[j]);
          EXPECT_LE(family.single_step[i], family.single_step[j]);
        }
    }
  }
}

TEST(MaxT, DoesNotDependOnTheOrderOfTestsNorOfLotsNorOnSigns) {
  const auto tests = random_tests(8, 12, 2, 4, 33);
  const auto expected = permutation::max_t(MPI_COMM_WORLD, tests, {});
  auto turned = tests;
  for (auto& x : turned.feature) x = -x;
  const auto reverse_rows = [&](std::vector<std::int32_t>& rows) {
    for (auto row = rows.begin(); row != rows.end(); row += tests.n_lots) std::reverse(row, row + tests.n_lots);
  };
  reverse_rows(turned.feature);
  reverse_rows(turned.outcome);
  std::ranges::reverse(turned.pair);
  auto found = permutation::max_t(MPI_COMM_WORLD, turned, {});
  std::ranges::reverse(found.single_step);
  std::ranges::reverse(found.step_down);
  expect_equal(found, expected);
}

/// With one tie pattern the kernel compares int16, with several float or double: a second outcome of another norm that
/// repeats what the first says must not change who reaches what.
TEST(MaxT, ComparesTheSameInIntegersAndInReals) {
  const auto plain = random_tests(8, 9, 1, 1U << 30, 40);
  auto mixed = plain;
  // A feature that is all ties but for one lot: its largest |rho| is 7 x 8 / (sqrt(56) sqrt(168)) = 0.577, and equal
  // for every lot of the same rank, so it can be among the maxima only where all others are below.
  mixed.feature.insert(mixed.feature.end(), {7, -1, -1, -1, -1, -1, -1, -1});
  mixed.pair_all();
  expect_equal(permutation::max_t(MPI_COMM_WORLD, mixed, {}), reference(mixed));
  expect_equal(permutation::max_t(MPI_COMM_WORLD, plain, {}), reference(plain));
}

TEST(MaxT, CountsTheSameWithVectorsOfAnyWidth) {
  const auto one_norm = random_tests(8, 11, 1, 1U << 30, 60), mixed = random_tests(8, 11, 2, 4, 61);
  const auto drawn = random_tests(16, 11, 2, 4, 62);
  const permutation::Options options{.permutations = 500};
  for (const auto* tests : {&one_norm, &mixed, &drawn}) {
    const auto expected = permutation::max_t(MPI_COMM_WORLD, *tests, options);
    test::with_each_target(
        [&] { expect_equal(permutation::max_t(MPI_COMM_WORLD, *tests, options), expected); });
  }
}

TEST(MaxT, DrawsRelabelingsThatAgreeWithAllOfThem) {
  const auto tests = random_tests(8, 10, 2, 5, 51);
  const auto exact = permutation::max_t(MPI_COMM_WORLD, tests, {});
  const auto exact_alone = permutation::marginal_tests(MPI_COMM_WORLD, tests, {});
  const permutation::Options draw{.exact_up_to = 0, .permutations = 20'000, .seed = 5};
  const auto drawn = permutation::max_t(MPI_COMM_WORLD, tests, draw);
  const auto drawn_alone = permutation::marginal_tests(MPI_COMM_WORLD, tests, draw);
  EXPECT_FALSE(drawn.exact);
  EXPECT_EQ(drawn.n_relabelings, 20'001);
  const auto expect_near = [](double found, double p) {
    EXPECT_NEAR(found, p, 5 * std::sqrt(p * (1 - p) / 20'000) + 1e-4);
  };
  for (std::int64_t i = 0; i < tests.size(); ++i) {
    expect_near(drawn.p(drawn.single_step[i]), exact.p(exact.single_step[i]));
    expect_near(drawn.p(drawn.step_down[i]), exact.p(exact.step_down[i]));
    expect_near(drawn_alone.p(drawn_alone.two_sided[i]), exact_alone.p(exact_alone.two_sided[i]));
    expect_near(drawn_alone.p(drawn_alone.greater[i]), exact_alone.p(exact_alone.greater[i]));
    expect_near(drawn_alone.p(drawn_alone.less[i]), exact_alone.p(exact_alone.less[i]));
  }
}

TEST(MaxT, DrawsWithinStrataAndOnOneSideWhatAllRelabelingsSay) {
  auto tests = random_tests(9, 10, 2, 5, 53);
  tests.stratum = {0, 0, 0, 1, 1, 1, 1, 2, 2};
  for (const auto side : {Side::two_sided, Side::greater, Side::less}) {
    const auto exact = permutation::max_t(MPI_COMM_WORLD, tests, {.side = side});
    EXPECT_EQ(exact.n_relabelings, 288);
    const permutation::Options draw{.exact_up_to = 0, .permutations = 20'000, .seed = 6, .side = side};
    const auto drawn = permutation::max_t(MPI_COMM_WORLD, tests, draw);
    expect_equal(drawn, permutation::max_t(MPI_COMM_SELF, tests, draw));
    EXPECT_FALSE(drawn.exact);
    for (std::int64_t i = 0; i < tests.size(); ++i) {
      const double p = exact.p(exact.step_down[i]);
      EXPECT_NEAR(drawn.p(drawn.step_down[i]), p, 5 * std::sqrt(p * (1 - p) / 20'000) + 1e-4);
      EXPECT_EQ(drawn.t[i], exact.t[i]);
    }
  }
}

TEST(MarginalTests, CountAllRelabelingsWithinStrata) {
  auto tests = random_tests(9, 8, 2, 4, 54);
  tests.stratum = {0, 0, 0, 1, 1, 1, 1, 2, 2};
  const auto all = permutation::marginal_tests(MPI_COMM_WORLD, tests, {.side = Side::less});
  EXPECT_EQ(all.n_relabelings, 288);
  for (std::int64_t i = 0; i < tests.size(); ++i) {
    auto alone = tests;
    alone.pair = {tests.pair[i]};
    EXPECT_EQ(all.two_sided[i], reference(alone).single_step[0]);
    EXPECT_EQ(all.greater[i], reference(alone, Side::greater).single_step[0]);
    EXPECT_EQ(all.less[i], reference(alone, Side::less).single_step[0]);
    EXPECT_NEAR(all.p_min_attainable[i], permutation::smallest_share(tests.x(i), tests.y(i), tests.stratum), 1e-12);
  }
}

TEST(MaxT, AnotherSeedDrawsOthers) {
  const auto tests = random_tests(15, 10, 1, 1U << 30, 52);
  const auto one = permutation::max_t(MPI_COMM_WORLD, tests, {.permutations = 5'000, .seed = 1});
  const auto two = permutation::max_t(MPI_COMM_WORLD, tests, {.permutations = 5'000, .seed = 2});
  EXPECT_NE(one.single_step, two.single_step);
}

TEST(MaxT, TakesAFamilyWithoutTests) {
  RankTests none;
  none.n_lots = 9;
  EXPECT_TRUE(permutation::max_t(MPI_COMM_WORLD, none, {}).step_down.empty());
  EXPECT_TRUE(permutation::marginal_tests(MPI_COMM_WORLD, none, {}).two_sided.empty());
}

TEST(MaxT, RefusesWhatCannotBeEnumeratedOrTested) {
  auto tests = random_tests(6, 2, 1, 4, 1);
  EXPECT_THROW(permutation::max_t(MPI_COMM_WORLD, tests, {.exact_up_to = 15}), UsageError);
  EXPECT_THROW(permutation::max_t(MPI_COMM_WORLD, tests, {.permutations = 0}), UsageError);
  std::fill_n(tests.feature.begin(), 6, 0);
  EXPECT_THROW(permutation::max_t(MPI_COMM_WORLD, tests, {}), std::logic_error);
}

TEST(MaxT, EqualsTheGoldenFamilyOfTwoOutcomes) {
  std::ifstream file(std::filesystem::path(MIURA_TEST_DATA) / "golden_stats" / "golden_stats.json");
  const auto golden = nlohmann::json::parse(file).at("maxT");
  RankTests tests;
  tests.n_lots = 8;
  for (const auto& row : golden.at("fractions"))
    for (const auto rank : stats::doubled_mid_ranks(row.get<std::vector<double>>())) tests.feature.push_back(rank);
  for (const auto& row : golden.at("outcomes"))
    for (const auto rank : stats::doubled_mid_ranks(row.get<std::vector<double>>())) tests.outcome.push_back(rank);
  tests.pair_all();
  const auto family = permutation::max_t(MPI_COMM_WORLD, tests, {});
  const auto alone = permutation::marginal_tests(MPI_COMM_WORLD, tests, {});
  const double n = golden.at("n_perm");
  ASSERT_EQ(family.n_relabelings, static_cast<std::int64_t>(n));
  const auto count = [&](const char* column, std::int64_t i) {
    return std::llround(golden.at(column).at(i).get<double>() * n);
  };
  for (std::int64_t i = 0; i < tests.size(); ++i) {
    EXPECT_EQ(family.single_step[i], count("single_step", i));
    EXPECT_EQ(family.step_down[i], count("step_down", i));
    EXPECT_EQ(alone.two_sided[i], count("raw_p", i));
    EXPECT_NEAR(alone.rho[i], golden.at("rho").at(i).get<double>(), 1e-12);
  }
}

TEST(MarginalTests, EqualTheGoldenCases) {
  std::ifstream file(std::filesystem::path(MIURA_TEST_DATA) / "golden_stats" / "golden_stats.json");
  const auto golden = nlohmann::json::parse(file).at("spearman_exact");
  for (const auto* name : {"n4_perfect", "n5_no_ties", "n6_ties_x", "n7_ties_both", "n8_negative", "n3"}) {
    SCOPED_TRACE(name);
    const auto& expected = golden.at(name);
    RankTests tests;
    tests.n_lots = expected.at("n");
    tests.feature = stats::doubled_mid_ranks(expected.at("x").get<std::vector<double>>());
    tests.outcome = stats::doubled_mid_ranks(expected.at("y").get<std::vector<double>>());
    tests.pair_all();
    const auto found = permutation::marginal_tests(MPI_COMM_WORLD, tests, {});
    EXPECT_NEAR(found.rho[0], expected.at("rho").get<double>(), 1e-12);
    EXPECT_NEAR(found.p(found.two_sided[0]), expected.at("p_two_sided").get<double>(), 1e-15);
    if (!expected.contains("count_two_sided")) continue;
    EXPECT_EQ(found.n_relabelings, expected.at("n_perm").get<std::int64_t>());
    EXPECT_EQ(found.two_sided[0], expected.at("count_two_sided").get<std::int64_t>());
    EXPECT_NEAR(found.p(found.greater[0]), expected.at("p_greater").get<double>(), 1e-15);
    EXPECT_NEAR(found.p(found.less[0]), expected.at("p_less").get<double>(), 1e-15);
  }
}

/// Ranks less the stratum's mean rank, relabeled within three strata: 72 relabelings.
TEST(MarginalTests, EqualTheGoldenCaseWithinStrata) {
  std::ifstream file(std::filesystem::path(MIURA_TEST_DATA) / "golden_stats" / "golden_stats.json");
  const auto golden = nlohmann::json::parse(file).at("stratified");
  RankTests tests;
  tests.stratum = golden.at("stratum").get<std::vector<std::int32_t>>();
  tests.n_lots = static_cast<std::int32_t>(std::ssize(tests.stratum));
  const auto residual_ranks = [&](const char* name) {
    const auto ranks = stats::doubled_mid_ranks(golden.at(name).get<std::vector<double>>());
    std::vector<std::int32_t> residuals;
    for (std::int32_t l = 0; l < tests.n_lots; ++l) {
      std::int32_t sum = 0, size = 0;
      for (std::int32_t k = 0; k < tests.n_lots; ++k)
        if (tests.stratum[k] == tests.stratum[l]) sum += ranks[k], ++size;
      residuals.push_back(6 * ranks[l] - 6 / size * sum);  // sixfold: an integer for strata of 2 and of 3 lots
    }
    return residuals;
  };
  tests.feature = residual_ranks("x");
  tests.outcome = residual_ranks("y");
  tests.pair_all();
  const auto found = permutation::marginal_tests(MPI_COMM_WORLD, tests, {});
  EXPECT_EQ(found.n_relabelings, golden.at("n_perm").get<std::int64_t>());
  EXPECT_EQ(found.two_sided[0], golden.at("count").get<std::int64_t>());
  EXPECT_NEAR(found.rho[0], golden.at("partial_rho").get<double>(), 1e-12);
  EXPECT_EQ(permutation::max_t(MPI_COMM_WORLD, tests, {}).step_down, found.two_sided);
}

}  // namespace
