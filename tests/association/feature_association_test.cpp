#include "miura/association/feature_association.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>

#include "association/planted_composition.hpp"
#include "miura/association/confounders.hpp"
#include "miura/association/tables.hpp"
#include "miura/base/error.hpp"
#include "miura/permutation/two_sample.hpp"

namespace {

using namespace miura;
using association::FeatureRow;
using association::Outcome;
using association::Statistic;
using association::Status;

const double nan = std::nan("");

/// Features without any relation to the outcomes.
matrix::Measurements random_features(std::int32_t n_features, std::int32_t n_samples, std::uint64_t study) {
  matrix::Measurements table;
  for (std::int32_t s = 0; s < n_samples; ++s) table.sample.push_back("S" + std::to_string(s));
  for (std::int32_t f = 0; f < n_features; ++f) {
    table.feature.push_back("F" + std::to_string(f));
    const auto values = test::random_outcome(table.feature.back(), n_samples, study).value;
    table.value.insert(table.value.end(), values.begin(), values.end());
  }
  return table;
}

association::FeatureResult associate(const matrix::Measurements& features, const std::vector<Outcome>& outcomes,
                                     const association::Options& options = {}) {
  return association::associate_features(MPI_COMM_WORLD, features, outcomes, options);
}

std::vector<std::uint64_t> bits_of(const FeatureRow& r) {
  std::vector<std::uint64_t> bits;
  for (const double v : {r.rho, r.ci_lo, r.ci_hi, r.p_exact, r.p_min_attainable, r.p_max_t_single, r.p_max_t_step,
                         r.p_holm, r.q_bh, r.loo_rho_min, r.loo_rho_max, r.statistic})
    bits.push_back(std::bit_cast<std::uint64_t>(v));
  bits.push_back(static_cast<std::uint64_t>(r.s));
  return bits;
}

TEST(AssociateFeatures, HasTheSameBitsAsOnOneRank) {
  for (const std::int32_t n : {8, 14}) {
    const auto features = random_features(12, n, 1);
    std::vector outcomes{test::random_outcome("a", n, 1), test::random_outcome("b", n, 2)};
    for (const auto statistic : {Statistic::spearman, Statistic::welch}) {
      if (statistic == Statistic::welch)
        for (auto& outcome : outcomes)
          for (std::int32_t s = 0; s < n; ++s) outcome.value[s] = s % 2;
      association::Options options{.interval = association::IntervalMethod::bca, .statistic = statistic};
      options.relabelings.permutations = 2'000;
      const auto all = associate(features, outcomes, options),
                 alone = association::associate_features(MPI_COMM_SELF, features, outcomes, options);
      ASSERT_EQ(all.rows.size(), 24U);
      for (std::size_t i = 0; i < all.rows.size(); ++i) EXPECT_EQ(bits_of(all.rows[i]), bits_of(alone.rows[i])) << i;
    }
  }
}

/// Shares of clusters in lots of equal size are features like any other.
TEST(AssociateFeatures, AgreesWithTheAssociationOfClusters) {
  const std::vector partitions{test::random_composition(8, 5, 400, 3)};
  const std::vector outcomes{test::random_outcome("a", 8, 5), test::random_outcome("b", 8, 6)};
  matrix::Measurements shares{.feature = {"0", "1", "2", "3", "4"}, .sample = std::vector<std::string>(8), .value = {}};
  for (const auto cells : partitions[0].count) shares.value.push_back(static_cast<double>(cells) / 400.0);
  const auto clusters = association::associate(MPI_COMM_WORLD, partitions, outcomes, {});
  const auto features = associate(shares, outcomes);
  ASSERT_EQ(features.rows.size(), clusters.rows.size());
  for (std::size_t i = 0; i < features.rows.size(); ++i) {
    const association::Evidence &a = features.rows[i], &b = clusters.rows[i];
    EXPECT_EQ(a.family, b.family);
    EXPECT_EQ(a.outcome, b.outcome);
    EXPECT_EQ(a.s, b.s);
    EXPECT_EQ(a.p_exact, b.p_exact);
    EXPECT_EQ(a.p_max_t_single, b.p_max_t_single);
    EXPECT_EQ(a.p_max_t_step, b.p_max_t_step);
    EXPECT_EQ(a.ci_lo, b.ci_lo);
    EXPECT_EQ(a.loo_rho_max, b.loo_rho_max);
    EXPECT_EQ(a.flags, b.flags);
    EXPECT_TRUE(std::isnan(a.mean_fraction) && std::isnan(a.p_adj_n) && std::isnan(a.p_conditional));
  }
}

TEST(AssociateFeatures, TestsWhatIsIncompleteByItselfAlone) {
  auto features = random_features(6, 9, 2);
  features.value[3] = nan;                                      // feature 0, sample 3
  features.value[9 + 1] = nan;                                  // feature 1, sample 1, which has no outcome anyway
  for (int f = 0; f < 4; ++f) features.value[f * 9 + 8] = nan;  // most of sample 8
  auto outcome = test::random_outcome("a", 9, 4);
  outcome.value[1] = nan;
  const auto found = associate(features, {outcome});
  EXPECT_EQ(found.left_out, std::vector<std::int32_t>{8});
  EXPECT_EQ(found.rows[0].n, 6);
  EXPECT_EQ(found.rows[0].status, Status::not_tested);
  EXPECT_EQ(found.rows[0].flags, "INCOMPLETE");
  EXPECT_EQ(found.rows[0].n_perm, 720);
  EXPECT_FALSE(std::isnan(found.rows[0].p_exact));
  EXPECT_TRUE(std::isnan(found.rows[0].p_max_t_step) && std::isnan(found.rows[0].p_holm));
  for (int f = 1; f < 6; ++f) {
    EXPECT_EQ(found.rows[f].n, 7);
    EXPECT_EQ(found.rows[f].status, Status::ok);
    EXPECT_FALSE(std::isnan(found.rows[f].p_max_t_step));
  }
  EXPECT_EQ(found.families[0].n_tests, 5);
  EXPECT_EQ(found.families[0].n_lots, 7);
}

TEST(AssociateFeatures, LooksAtTheDeclaredSideOnly) {
  auto features = random_features(3, 7, 5);
  const Outcome outcome{"y", {1, 2, 3, 4, 5, 6, 7}};
  for (int s = 0; s < 7; ++s) {
    features.value[s] = s;       // up
    features.value[7 + s] = -s;  // down
  }
  association::Options options;
  options.relabelings.side = permutation::Side::greater;
  const auto up = associate(features, {outcome}, options);
  options.relabelings.side = permutation::Side::less;
  const auto down = associate(features, {outcome}, options);
  EXPECT_DOUBLE_EQ(up.rows[0].p_exact, 1.0 / 5'040);
  EXPECT_DOUBLE_EQ(up.rows[0].p_min_attainable, 1.0 / 5'040);
  EXPECT_DOUBLE_EQ(up.rows[1].p_exact, 1.0);
  EXPECT_DOUBLE_EQ(up.rows[1].p_max_t_step, 1.0);
  EXPECT_TRUE(up.rows[0].declared && !up.rows[1].declared);
  EXPECT_TRUE(!down.rows[0].declared && down.rows[1].declared);
  EXPECT_EQ(up.rows[0].flags, "ONE_SIDED_GREATER");
  EXPECT_EQ(down.rows[0].flags, "ONE_SIDED_LESS");
}

/// One declared hypothesis, one side: 1 / 4! is below .05.
TEST(AssociateFeatures, TestsOneDeclaredHypothesisFromFourLotsOn) {
  const matrix::Measurements one{.feature = {"state"}, .sample = {"a", "b", "c", "d"}, .value = {.1, .2, .3, .4}};
  const Outcome outcome{"y", {5, 6, 7, 8}};
  association::Options options;
  EXPECT_EQ(associate(one, {outcome}, options).rows[0].status, Status::low_n);
  options.relabelings.side = permutation::Side::greater;
  const auto row = associate(one, {outcome}, options).rows[0];
  EXPECT_EQ(row.status, Status::ok);
  EXPECT_DOUBLE_EQ(row.p_max_t_step, 1.0 / 24);
  EXPECT_TRUE(row.declared);
}

TEST(AssociateFeatures, ComparesTwoGroups) {
  const auto features = random_features(20, 10, 6);
  Outcome group{"sick", {1, 1, 0, 0, 1, 0, 1, 0, 1, 0}};
  std::vector<std::int32_t> of_lot(group.value.begin(), group.value.end());
  for (const auto& [statistic, name] :
       {std::pair{Statistic::t, permutation::TwoSample::t}, std::pair{Statistic::welch, permutation::TwoSample::welch},
        std::pair{Statistic::wilcoxon, permutation::TwoSample::wilcoxon}}) {
    const auto expected = permutation::two_sample_max_t(MPI_COMM_SELF, features.value, of_lot, name, {});
    const auto found = associate(features, {group}, {.statistic = statistic});
    for (std::int64_t f = 0; f < 20; ++f) {
      EXPECT_EQ(found.rows[f].statistic, expected.t[f]);
      EXPECT_EQ(found.rows[f].p_exact, expected.p(expected.raw[f]));
      EXPECT_EQ(found.rows[f].p_max_t_single, expected.p(expected.single_step[f]));
      EXPECT_EQ(found.rows[f].p_max_t_step, expected.p(expected.step_down[f]));
      EXPECT_EQ(found.rows[f].n_perm, 252);
      EXPECT_DOUBLE_EQ(found.rows[f].p_min_attainable, 2.0 / 252);
      EXPECT_EQ(std::isnan(found.rows[f].rho), statistic != Statistic::wilcoxon);
    }
  }
  group.value[0] = 7;
  EXPECT_THROW(associate(features, {group}, {.statistic = Statistic::t}), UsageError);
}

/// Rank sums and rho of a 0/1 outcome order the labelings alike.
TEST(AssociateFeatures, HasTheSamePByRankSumAsByRhoOfZeroAndOne) {
  const auto features = random_features(20, 9, 7);
  const Outcome group{"sick", {1, 1, 0, 0, 1, 0, 1, 0, 0}};
  const auto rank_sum = associate(features, {group}, {.statistic = Statistic::wilcoxon}),
             rho = associate(features, {group});
  for (std::size_t i = 0; i < 20; ++i) {
    EXPECT_DOUBLE_EQ(rank_sum.rows[i].p_exact, rho.rows[i].p_exact);
    EXPECT_DOUBLE_EQ(rank_sum.rows[i].p_max_t_step, rho.rows[i].p_max_t_step);
  }
}

TEST(AssociateFeatures, CorrectsByTheSmallestPWhereAsked) {
  auto features = random_features(6, 8, 8);
  for (int s = 0; s < 8; ++s) features.value[s] = s < 3 ? 0 : 1;  // many ties: its |rho| is never large
  const auto outcome = test::random_outcome("a", 8, 9);
  const auto by_t = associate(features, {outcome}),
             by_p = associate(features, {outcome}, {.family = association::FamilyMethod::min_p});
  bool differ = false;
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(by_t.rows[i].p_exact, by_p.rows[i].p_exact);
    EXPECT_GE(by_p.rows[i].p_max_t_step, by_p.rows[i].p_exact);
    differ = differ || by_t.rows[i].p_max_t_step != by_p.rows[i].p_max_t_step;
  }
  EXPECT_TRUE(differ);
}

TEST(AssociateFeatures, HasNoRowsWithoutFeaturesOrOutcomes) {
  EXPECT_TRUE(associate({}, {}).rows.empty());
  EXPECT_TRUE(associate(random_features(2, 6, 1), {}).rows.empty());
  EXPECT_THROW(associate(random_features(2, 6, 1), {{"short", {1.0}}}), std::logic_error);
}

TEST(Confounders, AreListedUncorrectedWithTheirOwnLots) {
  const std::vector<Outcome> outcomes{{"y", {1, 2, 3, 4, 5, 6, 7}}, {"w", {1, 3, 2, 4, 5, 7, nan}}};
  const std::vector<Outcome> covariates{{"depth", {10, 20, 30, 40, 50, 60, 70}},
                                        {"passage", {3, 3, 3, 3, 3, 3, 3}},
                                        {"viability", {nan, nan, nan, .9, .8, .7, .6}}};
  const auto rows = association::confounders(MPI_COMM_WORLD, covariates, outcomes, {});
  ASSERT_EQ(rows.size(), 6U);
  EXPECT_EQ(rows[0].covariate, "depth");
  EXPECT_DOUBLE_EQ(rows[0].rho, 1.0);
  EXPECT_DOUBLE_EQ(rows[0].p_exact, 2.0 / 5'040);
  EXPECT_EQ(rows[1].outcome, "w");
  EXPECT_EQ(rows[1].n, 6);
  EXPECT_EQ(rows[2].status, Status::constant_feature);
  EXPECT_TRUE(std::isnan(rows[2].rho));
  EXPECT_EQ(rows[4].status, Status::low_n);
  EXPECT_DOUBLE_EQ(rows[4].rho, -1.0);
  EXPECT_DOUBLE_EQ(rows[4].p_exact, 2.0 / 24);
  EXPECT_TRUE(association::confounders(MPI_COMM_WORLD, {}, outcomes, {}).empty());
  const auto table = association::confounder_table(rows);
  EXPECT_EQ(table.name, "confounders");
  EXPECT_EQ(table.column<std::string>("status")[4], "LOW_N");
}

TEST(AssociationTable, HasFeaturesInPlaceOfClusters) {
  const auto features = random_features(3, 6, 1);
  const auto table = association::association_table(associate(features, {test::random_outcome("a", 6, 1)}), features);
  std::vector<std::string> names;
  for (const auto& column : table.columns) names.push_back(column.name);
  EXPECT_EQ(names, (std::vector<std::string>{"family",
                                             "feature",
                                             "outcome",
                                             "n",
                                             "n_strata",
                                             "mean_fraction",
                                             "min_expected_count",
                                             "S",
                                             "rho",
                                             "ci_lo",
                                             "ci_hi",
                                             "rho_cell_lo",
                                             "rho_cell_hi",
                                             "p_exact",
                                             "p_min_attainable",
                                             "n_perm",
                                             "perm_type",
                                             "p_maxT_single",
                                             "p_maxT_step",
                                             "p_holm",
                                             "q_bh",
                                             "p_adjN",
                                             "p_conditional",
                                             "loo_rho_min",
                                             "loo_rho_max",
                                             "status",
                                             "flags",
                                             "family_size",
                                             "statistic"}));
  EXPECT_EQ(table.n_rows(), 3);
  EXPECT_EQ(table.column<std::string>("feature")[2], "F2");
  EXPECT_EQ(table.column<std::int64_t>("family_size")[0], 3);
}

}  // namespace
