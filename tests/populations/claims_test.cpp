#include "miura/populations/claims.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace {

using namespace miura;
using namespace miura::populations;
using Texts = std::vector<std::string>;

/// Three populations of a grid of four partitions: of 4, 2 and 1 clusters, numbered 0 1 0 1 0 0 2.
Populations three() {
  Populations all;
  all.labelings.resize(4);
  all.merged = {.population = {0, 1, 0, 1, 0, 0, 2}, .centre = {0, 1, 6}};
  all.population = {{.centre = 0, .n_clusters = 4, .n_core_cells = 90, .stability = 0.9, .primary = {0, 1.0}},
                    {.centre = 1, .n_clusters = 2, .n_core_cells = 40, .stability = 0.3, .primary = {1, 0.8}},
                    {.centre = 6, .n_clusters = 1, .n_core_cells = 0, .stability = 0.6, .primary = {0, 0.2}}};
  all.population[2].within = 0;
  return all;
}

OutcomeEvidence evidence() {
  return {"vegf",
          {{0.1, 0.8, 1.0, false},
           {-0.9, 0.001, 0.02, true},
           {0.2, 0.7, 1.0, false},
           {-0.7, 0.01, 0.2, false},
           {0.4, 0.3, 0.9, false},
           {0.3, 0.4, 0.95, false},
           {}}};
}

TEST(Claims, NameThePopulationsByWhatTheFirstOutcomeSays) {
  const auto claims = weigh(three(), std::vector{evidence()});
  EXPECT_EQ(claims.name, (Texts{"P2", "P1", "P3"}));
  EXPECT_EQ(claims.name_of(three().merged, 3), "P1");
  EXPECT_EQ(claims.table.column<std::string>("population"), (Texts{"P1", "P2", "P3"}));
}

TEST(Claims, WordADeclarationOnAnUnstablePopulationAsSuch) {
  const std::vector outcomes{evidence()};
  EXPECT_EQ(weigh(three(), outcomes).table.column<std::string>("claim"),
            (Texts{"declared, unstable", "not declared", "not tested"}));
  EXPECT_EQ(weigh(three(), outcomes).table.column<std::string>("flags"), (Texts{"UNSTABLE", "", "NO_CORE"}));
  EXPECT_EQ(weigh(three(), outcomes, {.stable = 0.3}).table.column<std::string>("claim")[0], "declared");
}

TEST(Claims, NameASinglePartitionAsSuch) {
  auto all = three();
  all.labelings.resize(1);
  for (auto& p : all.population) p.stability = std::nan("");
  const auto table = weigh(all, std::vector{evidence()}).table;
  EXPECT_EQ(table.column<std::string>("claim")[0], "declared, single partition");
  EXPECT_EQ(table.column<std::string>("flags")[0], "");
}

TEST(Claims, TellTheRangeOverAllClustersOfThePopulation) {
  const auto table = weigh(three(), std::vector{evidence()}).table;
  const auto number = [&](const std::string& name) { return table.column<double>(name); };
  EXPECT_EQ(number("rho_min")[0], -0.9);
  EXPECT_EQ(number("rho_max")[0], -0.7);
  EXPECT_EQ(number("rho_median")[0], -0.8);
  EXPECT_EQ(number("rho_median")[1], 0.25);
  EXPECT_EQ(number("p_best")[0], 0.001);
  EXPECT_EQ(number("p_maxT_best")[0], 0.02);
  EXPECT_TRUE(std::isnan(number("rho_median")[2]));
  EXPECT_TRUE(std::isnan(number("p_best")[2]));
  EXPECT_EQ(table.column<std::int64_t>("n_clusters"), (std::vector<std::int64_t>{2, 4, 1}));
  EXPECT_EQ(table.column<std::int64_t>("n_declared"), (std::vector<std::int64_t>{1, 0, 0}));
  EXPECT_EQ(table.column<std::int64_t>("n_partitions"), (std::vector<std::int64_t>{4, 4, 4}));
  EXPECT_EQ(table.column<std::string>("primary_cluster"), (Texts{"1", "0", "0"}));
  EXPECT_EQ(table.column<std::string>("within"), (Texts{"", "", "P2"}));
}

TEST(Claims, CallPrimaryClustersByTheirNames) {
  auto all = three();
  all.primary = 2;
  all.labelings[2].names = {"spindle", "round"};
  EXPECT_EQ(weigh(all, {}).table.column<std::string>("primary_cluster"), (Texts{"spindle", "round", "spindle"}));
}

TEST(Claims, RemarkWhenFewClustersOrBothSignsAreDeclared) {
  auto outcome = evidence();
  outcome.of_cluster[0].declared = true;  // one of the four of population 0
  EXPECT_EQ(weigh(three(), std::vector{outcome}).table.column<std::string>("flags")[1], "FEW_DECLARED");
  outcome.of_cluster[2] = {-0.9, 0.001, 0.02, true};
  EXPECT_EQ(weigh(three(), std::vector{outcome}).table.column<std::string>("flags")[0], "BOTH_SIGNS");
}

TEST(Claims, BreakTiesByTheOwnPThenByTheLargestRhoThenByNumber) {
  auto outcome = evidence();
  for (auto& e : outcome.of_cluster) e = {0.5, 0.1, 0.2, false};
  EXPECT_EQ(weigh(three(), std::vector{outcome}).name, (Texts{"P1", "P2", "P3"}));
  outcome.of_cluster[6].rho = -0.6;
  EXPECT_EQ(weigh(three(), std::vector{outcome}).name, (Texts{"P2", "P3", "P1"}));
  outcome.of_cluster[3].p = 0.05;
  EXPECT_EQ(weigh(three(), std::vector{outcome}).name, (Texts{"P3", "P1", "P2"}));
  outcome.of_cluster[4].p_family = 0.1;
  EXPECT_EQ(weigh(three(), std::vector{outcome}).name, (Texts{"P1", "P2", "P3"}));
}

TEST(Claims, HaveARowForEachPopulationAndOutcomeUnderTheNamesOfTheFirst) {
  auto other = evidence();
  other.outcome = "ido";
  std::swap(other.of_cluster[0], other.of_cluster[1]);
  const auto table = weigh(three(), std::vector{evidence(), other}).table;
  EXPECT_EQ(table.column<std::string>("population"), (Texts{"P1", "P2", "P3", "P1", "P2", "P3"}));
  EXPECT_EQ(table.column<std::string>("outcome"), (Texts{"vegf", "vegf", "vegf", "ido", "ido", "ido"}));
  EXPECT_EQ(table.column<std::string>("claim")[4], "declared");
}

TEST(Claims, WithoutOutcomesAreNames) {
  const auto claims = weigh(three(), {});
  EXPECT_EQ(claims.name, (Texts{"P1", "P2", "P3"}));
  EXPECT_EQ(claims.table.column<std::string>("claim"), (Texts{"not tested", "not tested", "not tested"}));
  EXPECT_EQ(claims.table.column<std::string>("outcome"), (Texts{"", "", ""}));
}

TEST(Claims, RefuseEvidenceOfAnotherGrid) {
  auto outcome = evidence();
  outcome.of_cluster.pop_back();
  EXPECT_THROW(weigh(three(), std::vector{outcome}), std::logic_error);
}

}  // namespace
