#include <gtest/gtest.h>

#include "report/planted_evidence.hpp"

namespace {

using namespace miura::report;

bool holds(const std::string& page, std::string_view words) { return page.find(words) != std::string::npos; }

/// The page before the chart library, whose own code may hold any word.
std::string own_part(const std::string& page) { return page.substr(0, page.find("<script>\n")); }

TEST(DifferentialPage, PutsHitsBesideRelabeledSamples) {
  const auto page = own_part(render_differential(planted::two_groups()));
  EXPECT_TRUE(holds(page, "3 of 600 features differ between KD and WT: 0 hyper, 3 hypo."));
  EXPECT_TRUE(holds(page, "hypo: 3; relabeled samples give 0.4 on average, 95 % of them at most 2 (p 0.008)."));
  EXPECT_TRUE(holds(page, "class=\"finding declared\""));
  for (const auto* words : {"TSS200", "WNT5A", "Hits by class of region", "volcano-spec"})
    EXPECT_TRUE(holds(page, words)) << words;
}

TEST(DifferentialPage, DeclaresNothingThatRelabeledSamplesGiveAsWell) {
  auto report = planted::two_groups();
  report.regions[1].p_count = 0.4;
  EXPECT_FALSE(holds(own_part(render_differential(report)), "finding declared"));
  for (auto& row : report.regions) row.n_hits = 0;
  EXPECT_TRUE(holds(own_part(render_differential(report)), "No feature differs between KD and WT"));
}

TEST(DifferentialPage, DrawsTheDifferenceAlongChosenGenes) {
  auto report = planted::two_groups();
  const auto page = own_part(render_differential(report));
  EXPECT_TRUE(holds(page, "Along chosen genes"));
  EXPECT_TRUE(holds(page, " chr3: 3 features from 55,466,000 to 55,491,400"));
  const auto spec = page.substr(page.find("id=\"gene0-spec\""));
  for (const auto* words :
       {"\"position\":55490100", "\"region\":\"TSS200\"", "\"kind\":\"down\"", "\"kind\":\"no hit\""})
    EXPECT_TRUE(holds(spec, words)) << words;
  EXPECT_FALSE(holds(spec, "cg7"));  // no difference, no point
  report.gene_probes.clear();
  EXPECT_FALSE(holds(own_part(render_differential(report)), "Along chosen genes"));
}

TEST(DifferentialPage, ShowsGroupsOverTime) {
  DifferentialReport report;
  report.compared = "knock-down";
  report.reference = "control";
  report.times = {
      {.feature = "ROR2",
       .gene = {},
       .time = "average",
       .difference = -3,
       .p = 0.03125,
       .q = 0.09,
       .direction = "down"},
      {.feature = "PAX6", .gene = {}, .time = "interaction", .difference = 0, .p = 0.3, .q = 0.9, .direction = {}}};
  const auto page = own_part(render_differential(report));
  EXPECT_TRUE(holds(page, "1 of 2 comparisons between knock-down and control"));
  EXPECT_TRUE(holds(page, "Groups over time"));
}

TEST(EnrichmentPage, SaysHowManySetsAndPairsAreBeyondChance) {
  const auto page = own_part(render_enrichment(planted::gene_sets()));
  EXPECT_TRUE(holds(page, "1 of 2 gene sets with a picked gene are over-represented"));
  EXPECT_TRUE(holds(page, "None of 1 gene sets lie towards an end"));  // lots are believed, not genes
  EXPECT_TRUE(holds(page, "1 of 1 pairs of interval sets overlap more than chance"));
  EXPECT_TRUE(holds(page, "5.6e-399"));  // below the smallest double
  EXPECT_TRUE(holds(page, "8 of 20 (40.0 %)"));
  EXPECT_TRUE(holds(page, "GO:1 cell migration"));
  EXPECT_FALSE(holds(page, "http://go"));
}

TEST(EnrichmentPage, DrawsWhatLiesRoundAGeneClippedToItsWindow) {
  auto report = planted::gene_sets();
  report.tracks[0].pieces[1].start = 0;
  const auto page = own_part(render_enrichment(report));
  EXPECT_TRUE(holds(page, "WNT5A</strong> chr3, strand -: 55,455,000 to 55,500,000"));
  EXPECT_TRUE(holds(page, "\"start\":55455000"));
  EXPECT_FALSE(holds(page, "\"start\":0"));
}

TEST(EvidencePages, OfNothingAreStillPages) {
  for (const auto& page : {own_part(render_differential({})), own_part(render_enrichment({}))}) {
    EXPECT_TRUE(page.starts_with("<!DOCTYPE html>"));
    EXPECT_FALSE(holds(page, "<table>"));
  }
}

TEST(EvidencePages, LetNoNameEscapeItsElement) {
  const std::string hostile = "</script><script>alert(1)\xff";
  auto groups = planted::two_groups();
  groups.features[0].feature = groups.regions[2].region = groups.genes[0].gene = groups.compared = hostile;
  auto sets = planted::gene_sets();
  sets.sets[0].set = sets.tracks[0].gene = sets.tracks[0].pieces[1].track = sets.overlaps[0].first = hostile;
  for (const auto& page : {own_part(render_differential(groups)), own_part(render_enrichment(sets))}) {
    EXPECT_FALSE(holds(page, "<script>alert"));
    EXPECT_FALSE(holds(page, "\xff"));
  }
}

}  // namespace
