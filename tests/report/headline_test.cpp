#include "miura/report/headline.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace miura::report;

AssociationRow row(const char* cluster, double rho, double p_step, Family family = Family::primary) {
  return {.family = family,
          .partition = "resolution 0.5",
          .cluster = cluster,
          .outcome = family == Family::primary ? "vegf" : "ido",
          .n_lots = 11,
          .rho = rho,
          .p_exact = p_step / 7,
          .p_step = p_step,
          .permutations = 39'916'800,
          .flags = {}};
}

StudyReport report_of(std::vector<AssociationRow> rows) {
  StudyReport report;
  report.composition.partition = "resolution 0.5";
  report.association = std::move(rows);
  return report;
}

bool mentions(const Headline& headline, std::string_view words) {
  return std::ranges::any_of(headline.caveats,
                             [&](const auto& caveat) { return caveat.find(words) != std::string::npos; });
}

TEST(Headline, DeclaresWhatPassesInThePrimaryFamily) {
  const auto found = headline(report_of({row("0", 0.2, 0.9), row("3", -0.93, 0.0021)}));
  EXPECT_TRUE(found.declared);
  EXPECT_EQ(found.claim,
            "Cluster 3 goes with vegf: lots with a larger share of it have lower values "
            "(Spearman's rho -0.93; family-wise p = 0.0021).");
  EXPECT_TRUE(mentions(found, "counts all 39,916,800 ways to deal the outcomes to 11 lots and holds for all 2 tests"));
}

TEST(Headline, DeclaresAtAlphaAndNotBeyond) {
  EXPECT_TRUE(headline(report_of({row("3", 0.8, 0.05)})).declared);
  EXPECT_FALSE(headline(report_of({row("3", 0.8, 0.0500001)})).declared);
}

TEST(Headline, SaysHowLittleElevenLotsShowWhenNothingPasses) {
  const auto found = headline(report_of({row("0", 0.2, 0.9), row("3", 0.61, 0.28)}));
  EXPECT_FALSE(found.declared);
  EXPECT_EQ(
      found.claim,
      "No cluster is declared; the strongest is cluster 3 with vegf (Spearman's rho 0.61; family-wise p = 0.28).");
  EXPECT_TRUE(mentions(found, "simulated studies of 11 lots"));
  EXPECT_TRUE(mentions(found, "declared in 30 of 100"));
}

TEST(Headline, TakesThePowerOfTheNextSmallerSimulatedStudy) {
  auto best = row("3", 0.61, 0.28);
  best.n_lots = 14;
  EXPECT_TRUE(mentions(headline(report_of({best})), "simulated studies of 11 lots"));
  best.n_lots = 200;
  EXPECT_TRUE(mentions(headline(report_of({best})), "simulated studies of 30 lots"));
  best.n_lots = 5;
  EXPECT_TRUE(mentions(headline(report_of({best})), "With 5 lots hardly any"));
  best.n_lots = 4;
  EXPECT_TRUE(mentions(headline(report_of({best})), "fewer than five lots"));
}

TEST(Headline, NeverDeclaresARowThatIsOutOfItsFamily) {
  for (const auto* status : {"LOW_N", "TOO_MANY_TIES", "CONSTANT_FEATURE", "EMPTY_CLUSTER", "ONE_LOT", "NOT_TESTED"}) {
    auto out = row("3", 0.99, 0.0001);
    out.status = status;
    EXPECT_FALSE(headline(report_of({out, row("1", 0.1, 0.9)})).declared) << status;
    EXPECT_NE(headline(report_of({out})).claim.find("could be tested"), std::string::npos) << status;
  }
  for (const auto* status : {"OK", "APPROX", "FEW_CELLS"}) {
    auto in = row("3", 0.99, 0.0001);
    in.status = status;
    EXPECT_TRUE(headline(report_of({in})).declared) << status;
  }
}

TEST(Headline, OpensTheSecondaryFamilyOnlyThroughThePrimaryOne) {
  const auto secondary = row("2", 0.95, 0.001, Family::secondary);
  auto closed = report_of({row("3", 0.61, 0.28), secondary});
  EXPECT_FALSE(headline(closed).declared);
  EXPECT_TRUE(mentions(headline(closed), "exploratory only"));
  EXPECT_FALSE(is_declared(closed, closed.association[1]));
  auto open = report_of({row("3", 0.93, 0.002), secondary});
  EXPECT_TRUE(mentions(headline(open), "confirmed since the primary one passed"));
  EXPECT_TRUE(is_declared(open, open.association[1]));
}

TEST(Headline, NamesThePartitionOfAClusterThatIsNotOfThePrimaryOne) {
  auto elsewhere = row("9", 0.97, 0.001);
  elsewhere.partition = "resolution 1.0, seed 4";
  EXPECT_TRUE(headline(report_of({elsewhere})).claim.starts_with("Cluster 9 (resolution 1.0, seed 4) goes with vegf"));
}

/// A cluster of another partition.
AssociationRow cluster_of(AssociationRow row, const char* partition, const char* population) {
  row.partition = partition;
  row.population = population;
  return row;
}

StudyReport report_of_a_grid() {
  auto report = report_of({cluster_of(row("4", 0.9, 0.01), "resolution 0.3, seed 1", "P1"),
                           cluster_of(row("1", 0.9, 0.01), "resolution 0.5", "P1"),
                           cluster_of(row("7", -0.8, 0.04), "resolution 1.2, seed 0", "P2"),
                           cluster_of(row("8", -0.8, 0.04), "resolution 1.2, seed 1", "P2"),
                           cluster_of(row("2", 0.1, 0.9), "resolution 0.5", "P3")});
  report.populations = {{.population = "P1",
                         .outcome = "vegf",
                         .claim = "declared",
                         .n_partitions = 30,
                         .of_partitions = 32,
                         .core_cells = 812,
                         .stability = 0.93,
                         .primary_cluster = {},
                         .flags = {}},
                        {.population = "P2",
                         .outcome = "vegf",
                         .claim = "declared, unstable",
                         .n_partitions = 4,
                         .of_partitions = 32,
                         .core_cells = 60,
                         .stability = 0.31,
                         .primary_cluster = {},
                         .flags = {}}};
  return report;
}

TEST(Headline, ClaimsAPopulationOnceHoweverManyPartitionsHaveIt) {
  const auto found = headline(report_of_a_grid());
  EXPECT_TRUE(found.claim.starts_with("Population P1 (cluster 1) goes with vegf")) << found.claim;
  EXPECT_TRUE(mentions(found, "holds for all 5 tests together"));
  EXPECT_TRUE(mentions(found, "P1 is found in 30 of 32 partitions (stability 0.93, 812 core cells)."));
  EXPECT_TRUE(mentions(found, "Also declared: population P2 (cluster 7, resolution 1.2, seed 0) with vegf"));
  EXPECT_FALSE(mentions(found, "cluster 8"));
  EXPECT_FALSE(mentions(found, "cluster 4"));
}

TEST(Headline, SaysThatAnUnstablePopulationIsUnstable) {
  auto report = report_of_a_grid();
  std::erase_if(report.association, [](const AssociationRow& r) { return r.population == "P1"; });
  EXPECT_TRUE(mentions(headline(report), "The claim is on an unstable population: P2 is found in 4 of 32 partitions"));
}

TEST(DistinctRows, HaveOneOfEachPopulationThePrimaryPartitionsIfItHasOne) {
  const auto report = report_of_a_grid();
  std::string clusters;
  for (const auto* distinct : distinct_rows(report, Family::primary)) clusters += distinct->cluster;
  EXPECT_EQ(clusters, "172");
}

TEST(Headline, WithoutOutcomesClaimsNothing) {
  EXPECT_FALSE(headline({}).declared);
  EXPECT_NE(headline({}).claim.find("No outcome was named"), std::string::npos);
}

TEST(RankedTests, DoNotDependOnTheOrderOfTheRows) {
  auto report = report_of({row("0", 0.5, 0.3), row("1", -0.9, 0.01), row("2", 0.9, 0.01), row("3", 0.95, 0.01)});
  const auto clusters = [&] {
    std::string names;
    for (const auto* test : ranked_tests(report, Family::primary)) names += test->cluster;
    return names;
  };
  EXPECT_EQ(clusters(), "3120");
  std::ranges::reverse(report.association);
  EXPECT_EQ(clusters(), "3120");
}

}  // namespace
