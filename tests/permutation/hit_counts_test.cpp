#include "miura/permutation/hit_counts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "miura/base/error.hpp"
#include "miura/permutation/relabelings.hpp"
#include "miura/stats/random.hpp"
#include "miura/stats/ranks.hpp"
#include "support/simd_targets.hpp"

namespace {

using namespace miura;
using permutation::HitRule;
using permutation::RankTests;

struct Panel {
  RankTests tests;
  std::vector<std::int32_t> bar;
};

/// Correlated features with few or many levels against outcomes of several kinds.
Panel random_panel(std::int32_t n, int n_features, int n_outcomes, std::uint64_t seed) {
  Panel panel;
  panel.tests.n_lots = n;
  stats::RandomStream random(seed, stats::Purpose::simulate, 0);
  std::vector<double> shared(n);
  for (auto& v : shared) v = random.uniform();
  const auto append = [&](std::vector<std::int32_t>& rows, double levels) {
    for (;;) {
      std::vector<double> values;
      for (std::int32_t l = 0; l < n; ++l) values.push_back(std::floor((shared[l] + random.uniform()) * levels));
      const auto ranks = stats::doubled_mid_ranks(values);
      if (stats::spearman_s(ranks, ranks) == 0) continue;
      rows.insert(rows.end(), ranks.begin(), ranks.end());
      return;
    }
  };
  for (int f = 0; f < n_features; ++f) append(panel.tests.feature, f % 3 == 0 ? 2.0 : 1e9);
  for (int m = 0; m < n_outcomes; ++m) append(panel.tests.outcome, m % 2 == 0 ? 1e9 : 3.0);
  panel.tests.pair_all();
  for (std::int64_t t = 0; t < panel.tests.size(); ++t) {
    const auto norm = std::sqrt(static_cast<double>(stats::spearman_s(panel.tests.x(t), panel.tests.x(t))) *
                                static_cast<double>(stats::spearman_s(panel.tests.y(t), panel.tests.y(t))));
    panel.bar.push_back(static_cast<std::int32_t>(std::ceil(0.6 * norm)));
  }
  return panel;
}

/// Probes by themselves; genes of one to three probes over two outcomes; and the same in either direction.
std::vector<HitRule> rules_of(const Panel& panel, int n_outcomes) {
  const auto n_features = static_cast<std::int32_t>(panel.tests.size() / n_outcomes);
  HitRule up, down, opposite, either(true);
  for (std::int32_t f = 0; f < n_features; ++f) {
    up.add_unit_of({f * n_outcomes});
    down.add_unit_of({f * n_outcomes + 1, true});
  }
  for (std::int32_t f = 0, size = 1; f + size <= n_features; f += size, size = size % 3 + 1) {
    std::vector<permutation::SignedTest> first, second;
    for (auto probe = f; probe < f + size; ++probe) {
      first.push_back({probe * n_outcomes});
      second.push_back({probe * n_outcomes + 1, f % 2 == 0});
    }
    for (auto* rule : {&opposite, &either}) {
      rule->add_term(first);
      rule->add_term(second);
      rule->end_unit();
    }
  }
  return {up, down, opposite, either};
}

/// Every relabeling by itself.
std::vector<std::vector<std::int64_t>> reference(const Panel& panel, const std::vector<HitRule>& rules,
                                                 const permutation::Options& options) {
  const permutation::Relabelings relabelings(panel.tests.n_lots, panel.tests.stratum, options);
  std::vector<std::vector<std::int64_t>> null;
  for (const auto& rule : rules) null.emplace_back(rule.n_units() + 1);
  std::vector<std::int32_t> lot(panel.tests.n_lots);
  auto relabeled = panel.tests;
  for (std::int64_t b = 0; b < relabelings.size(); ++b) {
    relabelings.relabel(b, lot);
    for (std::size_t i = 0; i < relabeled.outcome.size(); ++i) {
      const auto l = static_cast<std::int32_t>(i) % relabeled.n_lots;
      relabeled.outcome[i] = panel.tests.outcome[i - l + lot[l]];
    }
    for (std::size_t r = 0; r < rules.size(); ++r)
      ++null[r][permutation::observed_hits(relabeled, panel.bar, rules[r])];
  }
  return null;
}

struct Case {
  std::int32_t n;
  int n_features;
  std::vector<std::int32_t> stratum;
  permutation::Options options;
};

const std::vector<Case> cases{
    {4, 3, {}, {}},
    {6, 70, {}, {}},                                          // more tests than a chunk needs
    {7, 40, {0, 1, 0, 1, 1, 0, 2}, {}},                       // within strata
    {7, 40, {}, {.exact_up_to = 2, .permutations = 64}},      // drawn, lots odd
    {8, 1'400, {}, {.exact_up_to = 2, .permutations = 700}},  // several chunks and tiles
    {9, 20, {0, 0, 0, 0, 0, 1, 1, 1, 1}, {.exact_up_to = 3, .permutations = 511}},
};

TEST(HitCounts, AreThoseOfEveryRelabelingByItselfOnAnyMachine) {
  for (std::size_t c = 0; c < cases.size(); ++c) {
    auto panel = random_panel(cases[c].n, cases[c].n_features, 2, c + 1);
    panel.tests.stratum = cases[c].stratum;
    const auto rules = rules_of(panel, 2);
    const auto expected = reference(panel, rules, cases[c].options);
    test::with_each_target([&] {
      const auto found = permutation::count_hits(MPI_COMM_WORLD, panel.tests, panel.bar, rules, cases[c].options);
      for (std::size_t r = 0; r < rules.size(); ++r)
        EXPECT_EQ(found.of_rule[r].null, expected[r]) << "case " << c << ", rule " << r;
    });
  }
}

TEST(HitCounts, OfUnitsThatShareTestsAreNotCutApart) {
  auto panel = random_panel(6, 900, 2, 9);
  HitRule chain;  // every unit shares a test with the next, so that all are one family
  for (std::int32_t t = 0; t + 1 < panel.tests.size(); ++t) {
    const permutation::SignedTest one{t}, next{t + 1};
    chain.add_term({&one, 1});
    chain.add_term({&next, 1});
    chain.end_unit();
  }
  const std::vector<HitRule> rules{chain};
  const auto found = permutation::count_hits(MPI_COMM_WORLD, panel.tests, panel.bar, rules, {});
  EXPECT_EQ(found.of_rule[0].null, reference(panel, rules, {})[0]);
}

TEST(HitCounts, OfNothingAreZeroUnderEveryRelabeling) {
  const auto panel = random_panel(5, 2, 1, 3);
  const std::vector<HitRule> rules{HitRule()};
  const auto found = permutation::count_hits(MPI_COMM_WORLD, panel.tests, panel.bar, rules, {});
  EXPECT_EQ(found.n_relabelings, 120);
  EXPECT_EQ(found.of_rule[0].null, std::vector<std::int64_t>{120});
  EXPECT_EQ(found.of_rule[0].p(), 1.0);
}

TEST(HitCounts, ABarThatNoSReachesIsNeverAHit) {
  auto panel = random_panel(6, 10, 1, 4);
  std::ranges::fill(panel.bar, std::numeric_limits<std::int32_t>::max());
  HitRule rule;
  for (std::int32_t t = 0; t < panel.tests.size(); ++t) rule.add_unit_of({t});
  for (const int exact_up_to : {12, 2}) {
    const auto found = permutation::count_hits(MPI_COMM_WORLD, panel.tests, panel.bar, {&rule, 1},
                                               {.exact_up_to = exact_up_to, .permutations = 99});
    EXPECT_EQ(found.of_rule[0].null[0], found.n_relabelings);
  }
}

TEST(HitCount, SummarisesItsNullDistribution) {
  const permutation::HitCount count{2, {5, 3, 1, 1}};  // 0 0 0 0 0 1 1 1 2 3
  EXPECT_DOUBLE_EQ(count.mean(), 0.8);
  EXPECT_DOUBLE_EQ(count.standard_deviation(), std::sqrt((5 * .64 + 3 * .04 + 1.44 + 4.84) / 10));
  EXPECT_EQ(count.quantile(0.5), 0);
  EXPECT_EQ(count.quantile(0.8), 1);
  EXPECT_EQ(count.quantile(0.95), 3);
  EXPECT_DOUBLE_EQ(count.p(), 0.2);
}

TEST(HitCounts, RefuseWhatMakesNoSense) {
  const auto panel = random_panel(5, 2, 1, 3);
  HitRule empty_unit;
  empty_unit.end_unit();
  EXPECT_THROW(permutation::count_hits(MPI_COMM_WORLD, panel.tests, panel.bar, {&empty_unit, 1}, {}), std::logic_error);
  HitRule rule;
  rule.add_unit_of({0});
  const std::vector<std::int32_t> no_bar(panel.tests.size(), 0);
  EXPECT_THROW(permutation::count_hits(MPI_COMM_WORLD, panel.tests, no_bar, {&rule, 1}, {}), std::logic_error);
}

}  // namespace
