#include "miura/association/cluster_association.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "association/planted_composition.hpp"
#include "miura/base/error.hpp"
#include "miura/permutation/max_t.hpp"
#include "miura/stats/multiplicity.hpp"
#include "miura/stats/ranks.hpp"

namespace {

using namespace miura;
using association::Outcome;
using association::Row;
using association::Status;

const double nan = std::nan("");

/// A composition from its counts, cluster by cluster; the last cluster holds the rest of each lot.
matrix::Composition composition_of(const std::vector<std::vector<std::int64_t>>& counts,
                                   const std::vector<std::int64_t>& lot_size) {
  matrix::Composition c{.resolution = 1.0,
                        .n_lots = static_cast<std::int32_t>(lot_size.size()),
                        .n_clusters = static_cast<std::int32_t>(counts.size() + 1),
                        .count = {},
                        .lot_size = lot_size};
  auto rest = lot_size;
  for (const auto& row : counts) {
    c.count.insert(c.count.end(), row.begin(), row.end());
    for (std::size_t l = 0; l < rest.size(); ++l) rest[l] -= row[l];
  }
  c.count.insert(c.count.end(), rest.begin(), rest.end());
  return c;
}

/// The outcome follows the share of one cluster in a composition where nothing else does.
struct Planted {
  std::vector<matrix::Composition> partitions;
  std::vector<Outcome> outcomes;
};
Planted planted(std::int32_t n_lots, std::int32_t cluster) {
  Planted study{{test::random_composition(n_lots, 6, 800, 9)}, {{"vegf", {}}}};
  for (std::int32_t lot = 0; lot < n_lots; ++lot)
    study.outcomes[0].value.push_back(static_cast<double>(study.partitions[0].count[cluster * n_lots + lot]));
  return study;
}

association::Result associate(const std::vector<matrix::Composition>& partitions, const std::vector<Outcome>& outcomes,
                              const association::Options& options = {}) {
  return association::associate(MPI_COMM_WORLD, partitions, outcomes, options);
}

/// Every number of a row as bits, so that NaN equals NaN.
std::vector<std::uint64_t> bits_of(const Row& r) {
  std::vector<std::uint64_t> bits;
  for (const double v : {r.mean_fraction, r.min_expected_count, r.rho, r.ci_lo, r.ci_hi, r.rho_cell_lo, r.rho_cell_hi,
                         r.p_exact, r.p_min_attainable, r.p_max_t_single, r.p_max_t_step, r.p_holm, r.q_bh, r.p_adj_n,
                         r.p_conditional, r.loo_rho_min, r.loo_rho_max})
    bits.push_back(std::bit_cast<std::uint64_t>(v));
  bits.push_back(static_cast<std::uint64_t>(r.s));
  return bits;
}

TEST(Associate, HasTheSameBitsAsOnOneRank) {
  for (const std::int32_t n : {9, 14}) {
    const std::vector partitions{test::random_composition(n, 5, 400, 1), test::random_composition(n, 3, 400, 2)};
    const std::vector outcomes{test::random_outcome("a", n, 1), test::random_outcome("b", n, 2)};
    association::Options options;
    options.relabelings.permutations = 2'000;
    const auto all = association::associate(MPI_COMM_WORLD, partitions, outcomes, options);
    const auto alone = association::associate(MPI_COMM_SELF, partitions, outcomes, options);
    ASSERT_EQ(all.rows.size(), 16U);
    for (std::size_t i = 0; i < all.rows.size(); ++i) EXPECT_EQ(bits_of(all.rows[i]), bits_of(alone.rows[i])) << i;
  }
}

TEST(Associate, DeclaresThePlantedClusterAndNoOther) {
  const auto study = planted(9, 2);
  const auto result = associate(study.partitions, study.outcomes);
  ASSERT_EQ(result.rows.size(), 6U);
  for (const auto& row : result.rows) {
    EXPECT_EQ(row.declared, row.cluster == 2) << row.cluster;
    EXPECT_EQ(row.n, 9);
    EXPECT_EQ(row.n_perm, 362'880);
    EXPECT_EQ(row.perm_type, "exact");
    EXPECT_LE(row.p_exact, row.p_max_t_step);
    EXPECT_LE(row.p_max_t_step, row.p_max_t_single);
    EXPECT_GE(row.rho_cell_hi, row.rho_cell_lo);
    EXPECT_TRUE(row.rho == 1.0 || (row.ci_lo < row.rho && row.rho < row.ci_hi));
    EXPECT_LE(row.loo_rho_min, row.loo_rho_max);
    EXPECT_EQ(std::isnan(row.p_conditional), row.cluster == 2) << row.cluster;
  }
  EXPECT_DOUBLE_EQ(result.rows[2].rho, 1.0);
  EXPECT_DOUBLE_EQ(result.rows[2].p_exact, 2.0 / 362'880.0);
  EXPECT_TRUE(result.families.at(0).rejects);
  EXPECT_EQ(result.families.at(0).n_tests, 6);
}

/// The clusters of all partitions are one family, and outcomes that are named primary are relabeled jointly.
TEST(Associate, TestsAllPartitionsAndOutcomesOfAFamilyTogether) {
  const std::int32_t n = 8;
  const std::vector partitions{test::random_composition(n, 4, 400, 3), test::random_composition(n, 3, 400, 4)};
  const std::vector outcomes{test::random_outcome("a", n, 5), test::random_outcome("b", n, 6)};
  const auto result = associate(partitions, outcomes, {.primary = {"a", "b"}});

  permutation::RankTests tests;
  tests.n_lots = n;
  for (const auto& p : partitions)
    for (std::int32_t k = 0; k < p.n_clusters; ++k) {
      const std::vector<double> cells(p.count.begin() + k * n, p.count.begin() + (k + 1) * n);  // lots of equal size
      const auto ranks = stats::doubled_mid_ranks(cells);
      tests.feature.insert(tests.feature.end(), ranks.begin(), ranks.end());
    }
  for (const auto& outcome : outcomes) {
    const auto ranks = stats::doubled_mid_ranks(outcome.value);
    tests.outcome.insert(tests.outcome.end(), ranks.begin(), ranks.end());
  }
  tests.pair_all();
  const auto expected = permutation::max_t(MPI_COMM_SELF, tests, {});
  ASSERT_EQ(result.rows.size(), 14U);
  std::vector<double> p;
  for (std::int64_t i = 0; i < tests.size(); ++i) {
    EXPECT_EQ(result.rows[i].family, "primary");
    EXPECT_DOUBLE_EQ(result.rows[i].p_max_t_step, expected.p(expected.step_down[i]));
    EXPECT_DOUBLE_EQ(result.rows[i].p_max_t_single, expected.p(expected.single_step[i]));
    p.push_back(result.rows[i].p_exact);
  }
  const auto holm = stats::holm(p), q = stats::benjamini_hochberg(p);
  for (std::size_t i = 0; i < p.size(); ++i) {
    EXPECT_DOUBLE_EQ(result.rows[i].p_holm, holm[i]);
    EXPECT_DOUBLE_EQ(result.rows[i].q_bh, q[i]);
  }
}

TEST(Associate, DoesNotDependOnTheOrderOfLotsOrClusters) {
  auto study = planted(8, 1);
  study.outcomes[0].value[3] = -study.outcomes[0].value[3];
  const auto expected = associate(study.partitions, study.outcomes, {.cell_resamples = 0});
  auto turned = study;
  std::ranges::reverse(turned.partitions[0].count);  // lots and clusters backwards
  std::ranges::reverse(turned.outcomes[0].value);
  auto found = associate(turned.partitions, turned.outcomes, {.cell_resamples = 0});
  std::ranges::reverse(found.rows);
  for (std::size_t i = 0; i < expected.rows.size(); ++i) {
    auto a = expected.rows[i], b = found.rows[i];
    EXPECT_NEAR(a.mean_fraction, b.mean_fraction, 1e-15);  // the one sum of fractions, taken in the order of lots
    a.mean_fraction = b.mean_fraction = 0.0;
    EXPECT_EQ(bits_of(a), bits_of(b)) << i;
  }
}

TEST(Associate, OpensTheSecondFamilyOnlyIfTheFirstRejects) {
  auto study = planted(9, 2);
  study.outcomes.push_back(test::random_outcome("noise", 9, 5));
  const auto open = associate(study.partitions, study.outcomes, {.primary = {"vegf"}});
  const auto closed = associate(study.partitions, study.outcomes, {.primary = {"noise"}});
  ASSERT_EQ(open.families.size(), 2U);
  ASSERT_FALSE(closed.families[0].rejects);
  EXPECT_TRUE(closed.families[1].rejects);
  for (const auto& row : open.rows) EXPECT_EQ(row.flags.find("EXPLORATORY"), std::string::npos);
  for (const auto& row : closed.rows)
    EXPECT_EQ(row.flags.find("EXPLORATORY") != std::string::npos, row.family == "secondary");
}

TEST(Associate, NamesWhyARowIsNotTested) {
  const std::vector<std::int64_t> size(8, 1'000);
  const std::vector partitions{composition_of({{50, 50, 50, 50, 50, 50, 50, 50},
                                               {2, 0, 1, 3, 0, 4, 2, 5},
                                               {0, 0, 0, 90, 0, 80, 0, 60},
                                               {1, 2, 900, 1, 3, 2, 4, 1},
                                               {100, 120, 20, 5, 90, 60, 70, 81}},
                                              size)};
  const std::vector<Outcome> outcomes{{"y", {1, 2, 3, 4, 5, 6, 7, 8}}};
  const auto rows = associate(partitions, outcomes).rows;
  EXPECT_EQ(rows[0].status, Status::constant_feature);
  EXPECT_TRUE(std::isnan(rows[0].rho) && std::isnan(rows[0].p_exact));
  EXPECT_EQ(rows[1].status, Status::empty_cluster);  // 0.2 % of the cells
  EXPECT_EQ(rows[2].status, Status::empty_cluster);  // in 3 of 8 lots
  EXPECT_EQ(rows[3].status, Status::one_lot);
  EXPECT_EQ(rows[4].status, Status::ok);
  for (int k = 0; k < 4; ++k) {
    EXPECT_TRUE(std::isnan(rows[k].p_max_t_step) && std::isnan(rows[k].p_holm) && std::isnan(rows[k].q_bh)) << k;
    EXPECT_FALSE(rows[k].declared);
  }
  EXPECT_FALSE(std::isnan(rows[4].p_max_t_step));
}

TEST(Associate, KeepsRhoOfFewLotsButDeclaresNothing) {
  const std::vector partitions{composition_of({{100, 200, 300, 400}}, {1'000, 1'000, 1'000, 1'000})};
  const auto four = associate(partitions, {{"y", {1, 2, 3, 4}}}).rows;
  EXPECT_EQ(four[0].status, Status::low_n);
  EXPECT_DOUBLE_EQ(four[0].rho, 1.0);
  EXPECT_DOUBLE_EQ(four[0].p_exact, 2.0 / 24.0);
  EXPECT_TRUE(std::isnan(four[0].p_max_t_step));
  const auto two = associate(partitions, {{"y", {1, nan, nan, 4}}}).rows;
  EXPECT_EQ(two[0].status, Status::low_n);
  EXPECT_TRUE(std::isnan(two[0].rho) && std::isnan(two[0].p_exact));
  const auto none = associate(partitions, {{"y", {nan, nan, nan, nan}}}).rows;
  EXPECT_EQ(none[0].status, Status::constant_outcome);
  const auto same = associate(partitions, {{"y", {3, 3, 3, 3}}}).rows;
  EXPECT_EQ(same[0].status, Status::constant_outcome);
  EXPECT_TRUE(std::isnan(same[0].rho));
}

TEST(Associate, SaysWhenTiesLeaveNoSmallP) {
  // 3 of 6 lots high in both: the smallest p is 2 x 3! 3! / 6! = 0.1.
  const std::vector partitions{composition_of({{100, 100, 100, 300, 300, 300}}, std::vector<std::int64_t>(6, 1'000))};
  const auto rows = associate(partitions, {{"y", {1, 1, 1, 2, 2, 2}}}).rows;
  EXPECT_EQ(rows[0].status, Status::too_many_ties);
  EXPECT_DOUBLE_EQ(rows[0].p_min_attainable, 0.1);
  EXPECT_DOUBLE_EQ(rows[0].p_exact, 0.1);
  EXPECT_TRUE(std::isnan(rows[0].p_max_t_step));
}

TEST(Associate, AsksTwiceWhereLotsAreUnequal) {
  // The outcome is the number of cells of the lot, and so, nearly, is the share.
  const std::vector<std::int64_t> size{100, 200, 300, 400, 500, 600, 700, 800};
  const std::vector partitions{composition_of({{10, 22, 36, 52, 70, 91, 105, 130}}, size)};
  const auto rows = associate(partitions, {{"y", {1, 2, 3, 4, 5, 6, 8, 7}}}).rows;
  EXPECT_EQ(rows[0].status, Status::few_cells);
  EXPECT_LT(rows[0].p_max_t_step, 0.05);
  EXPECT_GT(rows[0].p_adj_n, 0.05);
  EXPECT_FALSE(rows[0].declared);
  // Few expected cells alone
  const std::vector rare{composition_of({{4, 5, 3, 6, 4, 5, 7, 2}}, std::vector<std::int64_t>(8, 500))};
  const auto few = associate(rare, {{"y", {3, 1, 2, 6, 5, 4, 8, 7}}}).rows;
  EXPECT_EQ(few[0].status, Status::few_cells);
  EXPECT_LT(few[0].min_expected_count, 5.0);
  EXPECT_TRUE(std::isnan(few[0].p_adj_n));  // equal lots: nothing to adjust for
}

TEST(Associate, LeavesSmallLotsOutAndSaysSo) {
  auto study = planted(9, 0);
  auto& partition = study.partitions[0];
  partition.lot_size[4] = 0;
  for (std::int32_t k = 0; k < partition.n_clusters; ++k) {
    partition.count[k * 9 + 4] = k < 2 ? 6 : 1;
    partition.lot_size[4] += partition.count[k * 9 + 4];
  }
  const auto result = associate(study.partitions, study.outcomes);
  EXPECT_EQ(result.left_out, std::vector<std::int32_t>{4});
  EXPECT_EQ(result.rows[0].n, 8);
  EXPECT_EQ(associate(study.partitions, study.outcomes, {.min_cells_per_lot = 1}).rows[0].n, 9);
}

TEST(Associate, UsesAllLotsOfAnOutcomeAloneAndCommonOnesInTheFamily) {
  const std::int32_t n = 10;
  const std::vector partitions{test::random_composition(n, 4, 400, 8)};
  std::vector outcomes{test::random_outcome("a", n, 1), test::random_outcome("b", n, 2)};
  outcomes[0].value[0] = nan;
  outcomes[1].value[1] = outcomes[1].value[2] = nan;
  const auto result = associate(partitions, outcomes, {.primary = {"a", "b"}});
  EXPECT_EQ(result.rows[0].n, 9);
  EXPECT_EQ(result.rows[1].n, 8);
  EXPECT_EQ(result.rows[0].n_perm, 362'880);
  EXPECT_EQ(result.families[0].n_lots, 7);
  EXPECT_NE(result.rows[0].flags.find("FAMILY_N_7"), std::string::npos);
  EXPECT_FALSE(std::isnan(result.rows[0].p_max_t_step));
}

TEST(Associate, TestsOutcomesApartThatShareTooFewLots) {
  const std::int32_t n = 12;
  const std::vector partitions{test::random_composition(n, 4, 400, 8)};
  std::vector outcomes{test::random_outcome("a", n, 1), test::random_outcome("b", n, 2)};
  for (int l = 0; l < 6; ++l) outcomes[0].value[l] = outcomes[1].value[11 - l] = nan;
  const auto both = associate(partitions, outcomes, {.primary = {"a", "b"}});
  const auto a = associate(partitions, {outcomes[0]}), b = associate(partitions, {outcomes[1]});
  EXPECT_EQ(both.families[0].n_lots, 0);
  double smallest = 1.0, smallest_apart = 1.0;
  for (std::size_t k = 0; k < 4; ++k) {
    EXPECT_NE(both.rows[2 * k].flags.find("OUTCOMES_APART"), std::string::npos);
    EXPECT_GE(both.rows[2 * k].p_max_t_step, a.rows[k].p_max_t_step);
    EXPECT_GE(both.rows[2 * k + 1].p_max_t_step, b.rows[k].p_max_t_step);
    smallest = std::min({smallest, both.rows[2 * k].p_max_t_step, both.rows[2 * k + 1].p_max_t_step});
    smallest_apart = std::min({smallest_apart, a.rows[k].p_max_t_step, b.rows[k].p_max_t_step});
  }
  EXPECT_DOUBLE_EQ(smallest, std::min(1.0, 2 * smallest_apart));
}

/// A rise of the causal cluster lowers the others; among the cells outside it nothing is left of that.
TEST(Associate, SeesThroughComposition) {
  const std::vector<double> share_of_rest{.52, .47, .50, .53, .48, .49, .54, .46, .51};
  std::vector<std::int64_t> causal, lowered;
  for (std::int64_t i = 0; i < 9; ++i) {
    causal.push_back(1'000 + 900 * i);
    lowered.push_back(std::llround(share_of_rest[i] * static_cast<double>(10'000 - causal[i])));
  }
  const std::vector partitions{composition_of({causal, lowered}, std::vector<std::int64_t>(9, 10'000))};
  const auto rows = associate(partitions, {{"y", {1, 2, 3, 4, 5, 6, 7, 9, 8}}}).rows;
  for (const auto& row : rows) EXPECT_TRUE(row.declared) << row.cluster;  // all three seem to go with the outcome
  EXPECT_TRUE(std::isnan(rows[0].p_conditional));
  EXPECT_GT(rows[1].p_conditional, 0.2);
  EXPECT_GT(rows[2].p_conditional, 0.2);
}

TEST(Associate, DrawsCellsAgainWithTheirOwnNoise) {
  // Few cells: rho moves; many: it stays. The noise is centred near the observed value.
  std::vector<std::int64_t> count{10, 13, 16, 19, 22, 25, 28, 31}, size(8, 100);
  const Outcome y{"y", {1, 2, 3, 4, 5, 6, 7, 8}};
  const auto few = associate({composition_of({count}, size)}, {y}).rows[0];
  for (auto& c : count) c *= 10'000;
  for (auto& s : size) s *= 10'000;
  const auto many = associate({composition_of({count}, size)}, {y}).rows[0];
  EXPECT_DOUBLE_EQ(few.rho, 1.0);
  EXPECT_LT(few.rho_cell_lo, 0.9);
  EXPECT_GT(few.rho_cell_lo, 0.2);
  EXPECT_DOUBLE_EQ(many.rho_cell_lo, 1.0);
  EXPECT_DOUBLE_EQ(many.rho_cell_hi, 1.0);
}

TEST(Associate, RefusesOutcomesThatCannotBeMeant) {
  const auto study = planted(8, 1);
  const auto& y = study.outcomes[0];
  EXPECT_THROW(associate(study.partitions, {y, y}), UsageError);
  EXPECT_THROW(associate(study.partitions, {y}, {.primary = {"vgef"}}), UsageError);
  auto infinite = y;
  infinite.value[2] = HUGE_VAL;
  EXPECT_THROW(associate(study.partitions, {infinite}), UsageError);
  EXPECT_THROW(associate(study.partitions, {{"short", {1.0}}}), std::logic_error);
  EXPECT_TRUE(associate(study.partitions, {}).rows.empty());
  EXPECT_TRUE(associate({}, {y}).rows.empty());
}

}  // namespace
