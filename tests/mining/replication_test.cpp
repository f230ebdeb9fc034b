#include "miura/mining/replication.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ranges>

#include "mining/planted_lines.hpp"

namespace {

using namespace miura;
using mining::Intersection;
using mining::LineSet;
using tests::planted_lines;

struct Study {
  LineSet training, test;
  mining::Screen found;
  mining::Replication replicated;
};

Study study_of(std::uint64_t seed, double effect, const std::vector<Intersection>& rules,
               MPI_Comm comm = MPI_COMM_WORLD) {
  Study study{planted_lines(seed, {.n_lines = 10, .effect = effect}),
              planted_lines(seed + 1'000, {.n_lines = 13, .effect = effect, .outcomes = 2}),
              {},
              {}};
  const mining::Options options{.relabelings = {.permutations = 999}, .affordable = 1'000'000};
  study.found = mining::screen(comm, study.training, rules, options);
  study.replicated = mining::replicate(comm, study.training, study.found, rules, study.test, options, {});
  return study;
}

const std::vector<Intersection> opposite{{.name = "opposite", .terms = {{0, 0}, {0, 1, true}}}};

TEST(Replicate, WhatWasPlantedSurvivesAndLittleElse) {
  int n_planted = 0, n_false = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto study = study_of(seed, 8, opposite);
    for (const auto& row : study.replicated.rows) {
      if (!row.replicated || row.is_intersection || row.rule != "ecto" || row.measurement != "array") continue;
      const bool planted = row.unit == "array_0" || row.unit == "array_1" || row.unit == "array_2";
      ++(planted ? n_planted : n_false);
    }
  }
  EXPECT_GE(n_planted, 12);  // of 15
  EXPECT_LE(n_false, 1);
}

TEST(Replicate, TakesTheDirectionFromTraining) {
  auto study = study_of(3, 8, opposite);
  for (auto& outcome : study.test.outcomes)
    for (auto& v : outcome.value) v = -v;
  const auto turned = mining::replicate(MPI_COMM_WORLD, study.training, study.found, opposite, study.test,
                                        {.relabelings = {.permutations = 99}, .affordable = 1}, {});
  ASSERT_EQ(turned.rows.size(), study.replicated.rows.size());
  for (std::size_t i = 0; i < turned.rows.size(); ++i) {
    if (!study.replicated.rows[i].naive) continue;
    EXPECT_FALSE(turned.rows[i].naive || turned.rows[i].replicated) << turned.rows[i].unit;
    EXPECT_GT(turned.rows[i].p_test, 0.5);
  }
}

TEST(Replicate, CorrectsWithinWhatTheRuleSelectedAndAsksAllTermsOfAnIntersection) {
  const auto study = study_of(4, 8, opposite);
  int n = 0;
  for (const auto& row : study.replicated.rows) {
    EXPECT_GE(row.q_test, row.p_test);
    EXPECT_EQ(row.n_test, 13);
    if (!row.is_intersection) continue;
    ++n;
    EXPECT_EQ(row.terms.size(), 2U);
    // the largest p of its terms, each of which was looked up by itself too
    double largest = 0;
    for (const auto& single : study.replicated.rows)
      if (!single.is_intersection && single.unit == row.unit && (single.rule == "ecto" || single.rule == "meso"))
        largest = std::max(largest, single.p_test);
    EXPECT_DOUBLE_EQ(row.p_test, largest) << row.unit;
  }
  EXPECT_GT(n, 0);
}

TEST(Replicate, BothRhoOfARowAreOfTheTermThatIsWeakestInTheTestLines) {
  const auto study = study_of(4, 8, opposite);
  const auto single = [&](const mining::ReplicationRow& row, std::size_t t) {
    return *std::ranges::find_if(study.replicated.rows, [&](const auto& other) {
      return !other.is_intersection && other.unit == row.unit && other.rule == (t == 0 ? "ecto" : "meso");
    });
  };
  int n = 0, n_trained_on_another = 0;
  for (const auto& row : study.replicated.rows) {
    if (!row.is_intersection) continue;
    for (std::size_t t = 0; t < 2; ++t) {
      EXPECT_EQ(row.terms[t].train_rho, single(row, t).weakest_term().train_rho);
      EXPECT_EQ(row.terms[t].test_rho, single(row, t).weakest_term().test_rho);
      EXPECT_EQ(row.terms[t].p_test, single(row, t).p_test);
      EXPECT_LE(row.terms[t].p_test, row.p_test);
      EXPECT_EQ(row.terms[t].asked.negative, t == 1);
      if (row.naive) {
        EXPECT_GT(row.terms[t].train_rho * row.terms[t].test_rho, 0) << row.unit;
      }
    }
    EXPECT_EQ(row.weakest_term().p_test, row.p_test);
    ++n;
    if (row.weakest_term().train_p < row.terms[1 - row.weakest].train_p) ++n_trained_on_another;
  }
  EXPECT_GT(n, 0);
  EXPECT_GT(n_trained_on_another, 0);  // or the rule of the weakest training term would pass too
}

TEST(Replicate, ATermThatTestLinesDoNotHaveIsNotMet) {
  const std::vector<Intersection> platforms{
      {.name = "platforms", .terms = {{0, 0}, {1, 0}}, .by_gene = true, .promoters = mining::Promoters::any}};
  auto study = study_of(6, 8, platforms);
  const auto looked_up = [&] {
    return mining::replicate(MPI_COMM_WORLD, study.training, study.found, platforms, study.test,
                             {.relabelings = {.permutations = 99}, .affordable = 1}, {});
  };
  const auto is_of_rule = [](const auto& row) { return row.is_intersection; };
  ASSERT_TRUE(std::ranges::any_of(looked_up().rows, [&](const auto& row) { return is_of_rule(row) && row.naive; }));
  study.test.panels[1].method = "another";  // the platform is there, but not that way of culture
  const auto without = looked_up();
  for (const auto& row : without.rows | std::views::filter(is_of_rule)) {
    EXPECT_EQ(row.weakest, 1) << row.unit;
    EXPECT_TRUE(std::isnan(row.p_test) && std::isnan(row.weakest_term().test_rho)) << row.unit;
    EXPECT_FALSE(row.naive || row.replicated) << row.unit;
    EXPECT_FALSE(std::isnan(row.terms[0].p_test)) << row.unit;
    EXPECT_EQ(row.tested_in, "array");
  }
  EXPECT_EQ(without.counts.back().n_units, 0);
}

TEST(Replicate, CountsNaiveSurvivorsBesideRelabeledTestLines) {
  const auto study = study_of(5, 8, opposite);
  for (const auto& count : study.replicated.counts) {
    const auto naive = std::ranges::count_if(study.replicated.rows, [&](const auto& row) {
      return row.rule == count.name && row.measurement == count.measurement && row.naive;
    });
    EXPECT_EQ(count.observed, naive) << count.name << count.measurement;
    EXPECT_EQ(count.kind, "replication");
  }
  const auto at = std::ranges::find(study.replicated.counts, "opposite", &mining::CountRow::name);
  ASSERT_NE(at, study.replicated.counts.end());
  EXPECT_LT(at->p, 0.05);
}

TEST(Replicate, HoldsARuleAgainstItsOwnThresholdInTestLinesToo) {
  auto wide = opposite.front();
  wide.name = "wide";
  for (auto& term : wide.terms) term.threshold = 0.4;
  const auto study = study_of(5, 1, {opposite.front(), wide});
  int n_wide_only = 0;
  for (const auto& row : study.replicated.rows) {
    if (!row.is_intersection) continue;
    const double one_sided = row.rule == "wide" ? 0.2 : 0.025;
    EXPECT_LE(row.train_p, one_sided);
    EXPECT_EQ(row.naive, row.p_test <= one_sided) << row.rule << ' ' << row.unit;
    n_wide_only += row.naive && row.p_test > 0.025 ? 1 : 0;
  }
  EXPECT_GT(n_wide_only, 0);
}

TEST(Replicate, HoldsEachTermAgainstItsOwnThreshold) {
  const std::vector<Intersection> mixed{{.name = "mixed", .terms = {{0, 0, false, 0.4}, {0, 1, true, 0.1}}}};
  int n_between = 0;
  for (const std::uint64_t seed : {5, 6, 7}) {
    const auto study = study_of(seed, 1, mixed);
    for (const auto& row : study.replicated.rows) {
      if (!row.is_intersection) continue;
      EXPECT_EQ(row.naive, row.terms[0].p_test <= 0.2 && row.terms[1].p_test <= 0.05) << row.unit;
      n_between += row.naive && row.terms[0].p_test > 0.05 ? 1 : 0;
    }
  }
  EXPECT_GT(n_between, 0);
}

TEST(Replicate, LooksAProbeUpByNameOnItsPlatformAndByGeneWhereThePlatformIsNotThere) {
  auto study = study_of(6, 8, opposite);
  study.test.panels.erase(study.test.panels.begin());  // no array any more
  const auto by_gene = mining::replicate(MPI_COMM_WORLD, study.training, study.found, opposite, study.test,
                                         {.relabelings = {.permutations = 99}, .affordable = 1}, {});
  for (const auto& row : by_gene.rows)
    if (!row.is_intersection) {
      EXPECT_EQ(row.tested_in, "cage");
    }
  study.test.panels[0].platform = "array";  // probes of other names
  const auto nowhere = mining::replicate(MPI_COMM_WORLD, study.training, study.found, opposite, study.test,
                                         {.relabelings = {.permutations = 99}, .affordable = 1}, {});
  for (const auto& row : nowhere.rows)
    if (row.measurement == "array") {
      EXPECT_TRUE(std::isnan(row.p_test));
      EXPECT_FALSE(row.naive || row.replicated);
      EXPECT_EQ(row.tested_in, "");
    }
}

TEST(Replicate, HasTheSameBitsAsOnOneRank) {
  const auto found = study_of(7, 4, opposite).replicated, alone = study_of(7, 4, opposite, MPI_COMM_SELF).replicated;
  ASSERT_EQ(found.rows.size(), alone.rows.size());
  for (std::size_t i = 0; i < found.rows.size(); ++i) EXPECT_EQ(found.rows[i].q_test, alone.rows[i].q_test);
  for (std::size_t i = 0; i < found.counts.size(); ++i) EXPECT_EQ(found.counts[i].p, alone.counts[i].p);
}

}  // namespace
