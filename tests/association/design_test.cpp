#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "association/lot_design.hpp"
#include "association/planted_composition.hpp"
#include "miura/association/feature_association.hpp"
#include "miura/base/error.hpp"
#include "miura/permutation/freedman_lane.hpp"
#include "miura/stats/ranks.hpp"

namespace {

using namespace miura;
using association::Outcome;
using association::Status;

const double nan = std::nan("");

const std::vector<std::string> sources{"BM", "BM", "BM", "BM", "AD", "AD", "AD", "AD", "UC", "UC", "UC"};

/// Two features that differ between sources as the outcome does; only the second also goes with it within sources.
struct Shifted {
  matrix::Measurements features{.feature = {"source", "state"}, .sample = std::vector<std::string>(11), .value = {}};
  Outcome outcome{"vegf", {}};
  Shifted() {
    const std::vector<double> within{.1, .4, .2, .3, .3, .1, .4, .2, .2, .3, .1},
        noise{3, 2, 4, 1, 2, 1, 3, 4, 1, 3, 2};
    for (int s = 0; s < 11; ++s)
      outcome.value.push_back(within[s] + (sources[s] == "BM" ? 0 : sources[s] == "AD" ? 5 : 9));
    for (int s = 0; s < 11; ++s) features.value.push_back(noise[s] + 20 * std::floor(outcome.value[s]));
    for (int s = 0; s < 11; ++s) features.value.push_back(10 * outcome.value[s]);
  }
};

association::FeatureResult associate(const matrix::Measurements& features, const std::vector<Outcome>& outcomes,
                                     const association::Options& options) {
  return association::associate_features(MPI_COMM_WORLD, features, outcomes, options);
}

TEST(Strata, TakeAwayWhatTheSourceAloneExplains) {
  const Shifted study;
  const auto free = associate(study.features, {study.outcome}, {}).rows;
  EXPECT_TRUE(free[0].declared && free[1].declared);
  const auto rows = associate(study.features, {study.outcome}, {.design = {.stratum = sources}}).rows;
  EXPECT_FALSE(rows[0].declared);
  EXPECT_TRUE(rows[1].declared);
  EXPECT_EQ(rows[1].n_strata, 3);
  EXPECT_EQ(rows[1].n_perm, 24 * 24 * 6);
  EXPECT_EQ(rows[1].perm_type, "stratified");
  EXPECT_DOUBLE_EQ(rows[1].rho, 1.0);
  EXPECT_GE(rows[1].p_min_attainable, 1.0 / (24 * 24 * 6));
  EXPECT_LE(rows[1].p_min_attainable, rows[1].p_exact);
}

/// Values that are equal but for the mean of their source have equal ranks, whatever rounding does to them.
TEST(Strata, GiveEqualRanksToEqualResiduals) {
  const std::vector<std::string> labels{"a", "a", "a", "b", "b", "b"};
  const std::vector<std::int32_t> lots{0, 1, 2, 3, 4, 5};
  const association::LotDesign design({.stratum = labels}, 6, lots);
  EXPECT_EQ(design.ranks(std::vector<double>{.1, .2, .3, 1.1, 1.2, 1.3}, lots),
            (std::vector<std::int32_t>{-4, 0, 4, -4, 0, 4}));
  EXPECT_EQ(design.n_strata(lots), 2);
  EXPECT_EQ(design.n_fitted(lots), 1);
  EXPECT_FALSE(design.has_single_lot(lots));
  EXPECT_TRUE(design.has_single_lot(std::vector<std::int32_t>{0, 1, 3}));
}

TEST(Strata, DoNotTestAnOutcomeThatIsTheSource) {
  const Shifted study;
  Outcome aliased{"source", {}};
  for (const auto& source : sources) aliased.value.push_back(source == "BM" ? 1 : source == "AD" ? 2 : 3);
  const auto found = associate(study.features, {aliased}, {.design = {.stratum = sources}});
  for (const auto& row : found.rows) {
    EXPECT_EQ(row.status, Status::not_tested);
    EXPECT_EQ(row.flags, "ALIASED");
    EXPECT_TRUE(std::isnan(row.p_exact) && std::isnan(row.rho) && std::isnan(row.p_max_t_step));
  }
  EXPECT_EQ(found.families[0].n_tests, 0);
}

TEST(Strata, KeepASingleLotAndSaySo) {
  const Shifted study;
  auto labels = sources;
  labels[8] = "WJ";
  labels[9] = "";  // not known: left out
  const auto row = associate(study.features, {study.outcome}, {.design = {.stratum = labels}}).rows[1];
  EXPECT_EQ(row.n, 10);
  EXPECT_EQ(row.n_strata, 4);
  EXPECT_EQ(row.n_perm, 24 * 24);
  EXPECT_EQ(row.flags, "STRATUM_OF_ONE_LOT");
}

/// Shares of clusters are compared between sources on the logit scale, also within the test given cell numbers.
TEST(Strata, HoldForClusters) {
  auto partition = test::random_composition(11, 4, 900, 5);
  Outcome outcome{"y", {}};
  for (std::int32_t lot = 0; lot < 11; ++lot)
    outcome.value.push_back(static_cast<double>(partition.cells(1, lot)) / 900 + (sources[lot] == "AD" ? 7 : 0));
  const auto rows = association::associate(MPI_COMM_WORLD, std::vector{partition}, std::vector{outcome},
                                           {.design = {.stratum = sources}})
                        .rows;
  EXPECT_TRUE(rows[1].declared);
  EXPECT_GT(rows[1].rho, 0.95);
  EXPECT_EQ(rows[1].perm_type, "stratified");
  EXPECT_FALSE(std::isnan(rows[1].rho_cell_lo));
  for (const auto k : {0, 2, 3}) EXPECT_LE(rows[k].p_exact, rows[k].p_max_t_step);
}

TEST(Covariate, IsHeldFixed) {
  const std::int32_t n = 12;
  const auto noise = test::random_outcome("noise", n, 1).value, other = test::random_outcome("other", n, 2).value;
  std::vector<double> passage(n);
  std::iota(passage.begin(), passage.end(), 1.0);
  matrix::Measurements features{.feature = {"x"}, .sample = std::vector<std::string>(n), .value = {}};
  Outcome outcome{"y", {}};
  for (int s = 0; s < n; ++s) {  // both follow the passage, and nothing else that they share
    features.value.push_back(passage[s] + 3 * noise[s]);
    outcome.value.push_back(passage[s] + 3 * other[s]);
  }
  const auto plain = associate(features, {outcome}, {}).rows[0];
  const auto row = associate(features, {outcome}, {.design = {.covariate = passage}}).rows[0];
  EXPECT_TRUE(plain.declared);
  EXPECT_FALSE(row.declared);
  EXPECT_EQ(row.status, Status::approx);
  EXPECT_EQ(row.perm_type, "FL");
  EXPECT_EQ(row.p_exact, row.p_max_t_step);  // a family of one
  EXPECT_EQ(row.s, 0);
  EXPECT_LT(std::abs(row.rho), std::abs(plain.rho));
  EXPECT_TRUE(row.ci_lo < row.rho && row.rho < row.ci_hi);
}

TEST(Covariate, NeedsFourDegreesOfFreedom) {
  const auto covariate = test::random_outcome("z", 6, 3).value;
  matrix::Measurements features{.feature = {"x"}, .sample = std::vector<std::string>(6), .value = {}};
  features.value = test::random_outcome("x", 6, 3).value;
  auto outcome = test::random_outcome("y", 6, 3);
  const association::Options options{.design = {.covariate = covariate}};
  EXPECT_EQ(associate(features, {outcome}, options).rows[0].status, Status::approx);  // 6 - 1 - 1 = 4
  outcome.value[2] = nan;
  const auto row = associate(features, {outcome}, options).rows[0];
  EXPECT_EQ(row.status, Status::not_tested);
  EXPECT_EQ(row.flags, "FEW_DEGREES_OF_FREEDOM");
  EXPECT_TRUE(std::isnan(row.p_max_t_step));
  auto unknown = covariate;
  unknown[1] = nan;
  EXPECT_EQ(associate(features, {test::random_outcome("y", 6, 3)}, {.design = {.covariate = unknown}}).rows[0].n, 5);
}

TEST(Covariate, GoesWithStrata) {
  const Shifted study;
  const auto depth = test::random_outcome("depth", 11, 4).value;
  const association::Options options{.design = {.stratum = sources, .covariate = depth}};
  const auto rows = associate(study.features, {study.outcome}, options).rows;
  EXPECT_EQ(rows[1].n_perm, 24 * 24 * 6);
  EXPECT_EQ(rows[1].perm_type, "FL");
  EXPECT_GT(rows[1].rho, 0.9);
  EXPECT_FALSE(rows[0].declared);
}

/// A cluster that one donor brings, in all of its lots, is no finding about lots.
TEST(Donor, ThatIsAClusterIsNoFinding) {
  matrix::Composition partition{.resolution = 1,
                                .n_lots = 8,
                                .n_clusters = 2,
                                .count = {300, 280, 310, 4, 6, 5, 3, 8},
                                .lot_size = std::vector<std::int64_t>(8, 1'000)};
  for (int lot = 0; lot < 8; ++lot) partition.count.push_back(1'000 - partition.count[lot]);
  const Outcome outcome{"y", {9, 7, 8, 1, 2, 3, 4, 5}};
  const auto test = [&](const std::vector<std::string>& donor) {
    return association::associate(MPI_COMM_WORLD, std::vector{partition}, std::vector{outcome},
                                  {.design = {.donor = donor}})
        .rows[0];
  };
  EXPECT_EQ(test({}).status, Status::ok);
  EXPECT_EQ(test({"a", "b", "c", "d", "e", "f", "g", "h"}).status, Status::ok);
  const auto row = test({"a", "a", "a", "d", "e", "f", "g", "h"});
  EXPECT_EQ(row.status, Status::one_lot);
  EXPECT_EQ(row.flags, "ONE_DONOR");
  EXPECT_TRUE(std::isnan(row.p_max_t_step));
  EXPECT_EQ(test(std::vector<std::string>(8, "a")).status, Status::ok);  // one donor only: nothing to compare with
}

TEST(Design, MustFitTheLots) {
  const Shifted study;
  EXPECT_THROW(associate(study.features, {study.outcome}, {.design = {.stratum = {"a"}}}), std::logic_error);
  EXPECT_THROW(associate(study.features, {study.outcome}, {.design = {.covariate = std::vector<double>(11, HUGE_VAL)}}),
               UsageError);
}

}  // namespace
