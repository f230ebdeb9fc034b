#include "miura/differential/two_groups.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "differential/golden_tables.hpp"
#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/permutation/paired.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;
using differential::Design, differential::Options, differential::Scale, differential::Status;
using How = differential::Test;  // Test is a class of GoogleTest

const Design groups_of_nine{.group = {0, 0, 0, 0, 1, 1, 1, 1, 1}};
const Design four_pairs{.group = {0, 0, 0, 0, 1, 1, 1, 1, -1}, .pair = {1, 2, 3, 4, 1, 2, 3, 4, 9}};

void expect_near(double found, double wanted, const std::string& what) {
  if (std::isnan(wanted))
    EXPECT_TRUE(std::isnan(found)) << what;
  else
    EXPECT_NEAR(found, wanted, 1e-11 * std::abs(wanted) + 1e-13) << what;
}

void expect_limma(const matrix::Measurements& values, const Design& design, const std::string& name) {
  const auto found = compare_groups(MPI_COMM_WORLD, values, design, {});
  const auto golden = test::golden_table(name);
  for (std::int64_t f = 0; f < values.n_features(); ++f) {
    const auto& row = found.rows[f];
    const auto& wanted = golden.at(values.feature[f]);
    expect_near(row.p, wanted.at("p"), values.feature[f] + " p");
    expect_near(row.q_bh, wanted.at("q"), values.feature[f] + " q");
    if (std::isnan(wanted.at("p"))) continue;
    expect_near(row.difference, wanted.at("difference"), values.feature[f] + " difference");
    expect_near(row.statistic, wanted.at("t"), values.feature[f] + " t");
    expect_near(row.df, wanted.at("df"), values.feature[f] + " df");
    EXPECT_EQ(row.direction, row.q_bh > 0.05 ? 0 : row.difference > 0 ? 1 : -1) << values.feature[f];
  }
}

TEST(ModeratedT, EqualsLimmaAlsoWhereValuesAreMissing) {
  expect_limma(test::golden_values("values.tsv"), groups_of_nine, "limma_groups.tsv");
}

TEST(ModeratedT, OfPairsEqualsLimmaWithPairsInTheDesign) {
  const auto values = test::golden_values("values.tsv");
  expect_limma(values, four_pairs, "limma_pairs.tsv");
  EXPECT_EQ(compare_groups(MPI_COMM_WORLD, values, four_pairs, {}).rows[6].status, Status::low_n);
}

TEST(ModeratedT, WithAnInfinitePriorEqualsLimma) {
  const auto values = test::golden_values("alike.tsv");
  const Design design{.group = {0, 0, 0, 1, 1, 1}};
  EXPECT_TRUE(std::isinf(compare_groups(MPI_COMM_WORLD, values, design, {}).prior.df));
  expect_limma(values, design, "limma_alike.tsv");
}

TEST(ModeratedT, OfOneSideIsHalfOfTwo) {
  const auto values = test::golden_values("values.tsv");
  Options greater;
  greater.relabelings.side = permutation::Side::greater;
  const auto two = compare_groups(MPI_COMM_WORLD, values, groups_of_nine, {});
  const auto one = compare_groups(MPI_COMM_WORLD, values, groups_of_nine, greater);
  for (std::int64_t f = 0; f < values.n_features(); ++f)
    expect_near(one.rows[f].p, two.rows[f].statistic > 0 ? two.rows[f].p / 2 : 1 - two.rows[f].p / 2, "p");
}

TEST(TwoGroups, ChangeSignWithTheirNames) {
  const auto values = test::golden_values("values.tsv");
  auto turned = groups_of_nine;
  for (auto& g : turned.group) g = 1 - g;
  for (const auto which : {How::moderated, How::t, How::welch, How::wilcoxon}) {
    const auto there = compare_groups(MPI_COMM_WORLD, values, groups_of_nine, {.test = which});
    const auto back = compare_groups(MPI_COMM_WORLD, values, turned, {.test = which});
    for (std::int64_t f = 0; f < values.n_features(); ++f) {
      expect_near(back.rows[f].difference, -there.rows[f].difference, "difference");
      expect_near(back.rows[f].p, there.rows[f].p, "p");
      EXPECT_EQ(back.rows[f].direction, -there.rows[f].direction);
    }
  }
}

TEST(TwoGroups, HaveTheSameBitsOnAnyNumberOfRanks) {
  const auto values = test::golden_values("values.tsv");
  for (const auto which : {How::moderated, How::t, How::welch, How::wilcoxon}) {
    const auto alone = compare_groups(MPI_COMM_SELF, values, groups_of_nine, {.test = which});
    const auto shared = compare_groups(MPI_COMM_WORLD, values, groups_of_nine, {.test = which});
    for (std::int64_t f = 0; f < values.n_features(); ++f)
      for (const auto of : {&differential::ProbeRow::p, &differential::ProbeRow::statistic,
                            &differential::ProbeRow::q_bh, &differential::ProbeRow::p_max_t})
        EXPECT_EQ(std::bit_cast<std::uint64_t>(alone.rows[f].*of), std::bit_cast<std::uint64_t>(shared.rows[f].*of));
  }
}

TEST(RelabeledGroups, HaveThePOfTheEngineAndLeaveIncompleteFeaturesOutOfItsFamily) {
  const auto values = test::golden_values("values.tsv");
  const auto found = compare_groups(MPI_COMM_WORLD, values, groups_of_nine, {.test = How::welch});
  EXPECT_EQ(found.n_relabelings, 126);
  EXPECT_TRUE(found.exact);
  std::vector<double> complete;
  std::vector<std::int64_t> rows;
  for (std::int64_t f = 0; f < values.n_features(); ++f) {
    const auto row = values.of(f);
    if (std::ranges::any_of(row, [](double x) { return std::isnan(x); })) {
      EXPECT_TRUE(std::isnan(found.rows[f].p_max_t)) << f;
      continue;
    }
    complete.insert(complete.end(), row.begin(), row.end());
    rows.push_back(f);
  }
  ASSERT_EQ(rows.size(), 36U);
  const auto engine =
      permutation::two_sample_max_t(MPI_COMM_WORLD, complete, groups_of_nine.group, permutation::TwoSample::welch, {});
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(found.rows[rows[i]].p, engine.p(engine.raw[i]));
    EXPECT_EQ(found.rows[rows[i]].p_max_t, engine.p(engine.step_down[i]));
    EXPECT_EQ(found.rows[rows[i]].p_min_attainable, 1.0 / 126);
  }
  EXPECT_EQ(found.rows[4].p_min_attainable, 1.0 / 56);  // 3 and 5 of 8
  EXPECT_EQ(found.rows[6].status, Status::low_n);       // one sample is left of the group
}

TEST(RelabeledPairs, ChangeSidesWithinPairs) {
  const auto values = test::golden_values("values.tsv");
  const auto found = compare_groups(MPI_COMM_WORLD, values, four_pairs, {.test = How::t});
  EXPECT_EQ(found.n_relabelings, 16);
  EXPECT_EQ(found.rows[0].p_min_attainable, 2.0 / 16);
  EXPECT_EQ(found.rows[0].status, Status::low_n);  // four pairs reach .125 at best
  EXPECT_TRUE(std::isnan(found.rows[0].q_bh));
  EXPECT_EQ(found.rows[0].p, 2.0 / 16);  // all four differences are above 0
}

TEST(BetaValues, AreTestedAsMAndToldAsDifferencesOfBeta) {
  matrix::Measurements beta{.feature = {"a", "b"},
                            .sample = {"1", "2", "3", "4", "5", "6"},
                            .value = {.1, .2, .1, .8, .9, .8, .5, .5, .25, .5, .5, 1.0}};
  const Design design{.group = {0, 0, 0, 1, 1, 1}};
  const auto found = compare_groups(MPI_COMM_WORLD, beta, design, {.scale = Scale::m_of_beta});
  const auto of_m = compare_groups(MPI_COMM_WORLD, differential::m_values(beta), design, {});
  EXPECT_NEAR(found.rows[0].difference, 0.7, 1e-12);
  EXPECT_EQ(found.rows[0].difference_m, of_m.rows[0].difference);
  EXPECT_EQ(found.rows[0].p, of_m.rows[0].p);
  EXPECT_NEAR(differential::m_values(beta).value[6], 0.0, 1e-15);
  EXPECT_NEAR(differential::m_values(beta).value[11], std::log2(999.0), 1e-12);  // 1 is held at .999
}

TEST(Hits, NeedTheLeastDifference) {
  const auto values = test::golden_values("values.tsv");
  const auto hits = [&](double least) {
    return compare_groups(MPI_COMM_WORLD, values, groups_of_nine,
                          {.hits = {.by = differential::HitRule::By::p, .alpha = 0.2, .min_difference = least}});
  };
  const auto all = hits(0.0), large = hits(3.0);
  int fewer = 0;
  for (std::int64_t f = 0; f < values.n_features(); ++f) {
    EXPECT_EQ(large.rows[f].direction, std::abs(all.rows[f].difference) >= 3.0 ? all.rows[f].direction : 0);
    fewer += large.rows[f].direction != all.rows[f].direction ? 1 : 0;
  }
  EXPECT_GT(fewer, 0);
}

TEST(Features, ThatDoNotVaryAreOutOfTheFamily) {
  auto values = test::golden_values("values.tsv");
  std::fill_n(values.value.begin() + 9 * 20, 9, 0.1);
  for (const auto which : {How::moderated, How::t}) {
    const auto found = compare_groups(MPI_COMM_WORLD, values, groups_of_nine, {.test = which});
    EXPECT_EQ(found.rows[20].status, Status::constant_feature);
    EXPECT_TRUE(std::isnan(found.rows[20].p) && std::isnan(found.rows[20].q_bh));
    EXPECT_EQ(found.rows[20].direction, 0);
    EXPECT_EQ(found.family_size, which == How::moderated ? 39 : 38);  // one has a single value in a group
  }
}

TEST(Designs, ThatMakeNoSenseAreRefused) {
  const auto values = test::golden_values("values.tsv");
  EXPECT_THROW(compare_groups(MPI_COMM_WORLD, values, Design{.group = std::vector<std::int32_t>(9, 0)}, {}),
               UsageError);
  EXPECT_THROW(compare_groups(MPI_COMM_WORLD, values, four_pairs, {.test = How::welch}), UsageError);
  auto broken = four_pairs;
  broken.pair[0] = 2;
  EXPECT_THROW(compare_groups(MPI_COMM_WORLD, values, broken, {}), UsageError);
  EXPECT_THROW(compare_groups(MPI_COMM_WORLD, values, groups_of_nine, {.hits = {.alpha = 0.0}}), UsageError);
}

}  // namespace
