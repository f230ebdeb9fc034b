#include "miura/enrichment/over_representation.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "miura/input/delimited.hpp"
#include "miura/input/gene_sets.hpp"

namespace {

using namespace miura;
using Names = std::vector<std::string>;

const std::string made_up = MIURA_TEST_DATA "/enrichment/";

Names column(const std::string& path, std::size_t field = 0, bool header = false) {
  input::DelimitedText text({path}, {.separator = '\t', .quotes = false});
  if (header) text.next();
  Names names;
  while (const auto row = text.next()) names.emplace_back((*row)[field]);
  return names;
}

double number(const std::string& text) { return std::stod(text); }

/// Of R: tests/data/enrichment/ORIGIN.md.
TEST(OverRepresentation, EqualsPhyperAndPAdjust) {
  const auto sets = input::read_gene_sets(made_up + "sets.gmt");
  const std::vector<enrichment::GeneList> lists{{"", "all", column(made_up + "picked.txt")}};
  const auto found = over_representation(column(made_up + "universe.txt"), lists, sets, {});
  const auto expected = made_up + "over_representation.tsv";
  const auto name = column(expected, 0, true), k = column(expected, 1, true), K = column(expected, 2, true),
             p = column(expected, 3, true), fdr = column(expected, 4, true);
  EXPECT_EQ(found.n_sets, std::ssize(name));
  EXPECT_EQ(found.universe, 400);
  EXPECT_EQ(found.n_picked[0], 27);
  EXPECT_EQ(found.n_unknown[0], 1);
  std::map<std::string, const enrichment::SharedGenes*> row_of;
  for (const auto& row : found.rows) row_of[sets[row.set].name] = &row;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (k[i] == "0") {
      EXPECT_FALSE(row_of.contains(name[i]));
      continue;
    }
    const auto& row = *row_of.at(name[i]);
    EXPECT_EQ(std::ssize(row.gene), std::stoll(k[i]));
    EXPECT_EQ(row.in_set, std::stoll(K[i]));
    EXPECT_NEAR(std::pow(10, row.log10_p) / number(p[i]), 1, 1e-12) << name[i];
    EXPECT_NEAR(std::pow(10, row.log10_fdr) / number(fdr[i]), 1, 1e-12) << name[i];
  }
  EXPECT_EQ(sets[found.rows[0].set].name, "rising");  // the smallest p first
}

/// Of R on 1,353 terms of the Gene Ontology and the genes of stem-cell lines.
TEST(OverRepresentation, EqualsPhyperOnTheGeneOntology) {
  const std::filesystem::path shared(MIURA_SHARED);
  if (!exists(shared / "golden")) GTEST_SKIP() << "the golden files are not here";
  const auto folder = shared / "golden" / "bulk" / "enrich";
  const auto sets = input::read_gene_sets(shared / "data" / "genesets" / "GO_BP_human_symbol_5_500.gmt.gz");
  const std::vector<enrichment::GeneList> lists{{"", "all", column(folder / "hits.txt")}};
  const auto found = over_representation(column(folder / "universe.txt"), lists, sets, {.least = 5, .most = 500});
  std::map<std::string, const enrichment::SharedGenes*> row_of;
  for (const auto& row : found.rows) row_of[sets[row.set].name] = &row;
  const auto golden = folder / "hipsci_DE_GO_BP.tsv";
  const auto id = column(golden, 0, true), k = column(golden, 1, true), K = column(golden, 2, true),
             p = column(golden, 5, true), fdr = column(golden, 9, true);
  ASSERT_EQ(found.n_sets, std::ssize(id));
  for (std::size_t i = 0; i < id.size(); ++i) {
    if (number(k[i]) == 0) {
      EXPECT_FALSE(row_of.contains(id[i]));
      continue;
    }
    const auto& row = *row_of.at(id[i]);
    EXPECT_EQ(std::ssize(row.gene), std::stoll(k[i])) << id[i];
    EXPECT_EQ(row.in_set, std::stoll(K[i])) << id[i];
    EXPECT_NEAR(std::pow(10, row.log10_p) / number(p[i]), 1, 1e-12) << id[i];
    EXPECT_NEAR(std::pow(10, row.log10_fdr) / number(fdr[i]), 1, 1e-12) << id[i];
  }
}

const matrix::GeneSets small{{"c", "first", "", {"A", "B", "C"}},
                             {"c", "second", "", {"C", "D", "X"}},
                             {"c", "third", "", {"E", "F"}},
                             {"c", "empty", "", {}}};
const Names six{"A", "B", "C", "D", "E", "F", "B"};  // B has two probes

TEST(OverRepresentation, CountsGenesThatWereTestedOnceEach) {
  const std::vector<enrichment::GeneList> lists{{"1", "up", {"C", "C", "A", "X"}}};
  const auto found = over_representation(six, lists, small, {.least = 1, .most = 10});
  EXPECT_EQ(found.universe, 6);
  EXPECT_EQ(found.n_sets, 3);
  EXPECT_EQ(found.n_picked[0], 2);
  EXPECT_EQ(found.n_unknown[0], 1);
  ASSERT_EQ(found.rows.size(), 2);
  EXPECT_EQ(found.rows[0].gene, (Names{"A", "C"}));
  EXPECT_NEAR(std::pow(10, found.rows[0].log10_p), 3.0 / 15.0, 1e-15);
  EXPECT_EQ(found.rows[1].in_set, 2);  // X was not tested
}

TEST(OverRepresentation, CorrectsOverSetsWithoutAnOverlapToo) {
  const std::vector<enrichment::GeneList> lists{{"", "all", {"A", "B"}}};
  const auto found = over_representation(six, lists, small, {.least = 2, .most = 10});
  ASSERT_EQ(found.rows.size(), 1);
  EXPECT_NEAR(found.rows[0].log10_fdr, found.rows[0].log10_p + std::log10(3.0), 1e-14);
}

TEST(OverRepresentation, LooksAtSetsOfTheSizesWanted) {
  const std::vector<enrichment::GeneList> lists{{"", "all", {"A", "C", "E"}}};
  const auto found = over_representation(six, lists, small, {.least = 2, .most = 2});
  EXPECT_EQ(found.n_sets, 2);  // second counts with its tested genes
  for (const auto& row : found.rows) EXPECT_EQ(row.in_set, 2);
}

TEST(OverRepresentation, OfNothingIsNothing) {
  const std::vector<enrichment::GeneList> lists{{"1", "up", {}}, {"1", "down", {"A"}}};
  const auto found = over_representation(six, lists, small, {.least = 1, .most = 10});
  ASSERT_EQ(found.rows.size(), 1);
  EXPECT_EQ(found.rows[0].list, 1);
  EXPECT_TRUE(over_representation({}, lists, small, {.least = 1, .most = 10}).rows.empty());
}

TEST(EnrichmentTable, TellsShareOfTheSetAndGenes) {
  const std::vector<enrichment::GeneList> lists{{"1", "up", {"C", "A"}}, {"1", "down", {"E"}}};
  const auto table = enrichment_table(over_representation(six, lists, small, {.least = 1, .most = 10}), lists, small);
  EXPECT_EQ(table.name, "enrichment");
  EXPECT_EQ(table.column<std::string>("set"), (Names{"first", "second", "third"}));
  EXPECT_EQ(table.column<std::string>("direction"), (Names{"up", "up", "down"}));
  EXPECT_EQ(table.column<std::string>("genes"), (Names{"A;C", "C", "E"}));
  EXPECT_NEAR(table.column<double>("percent")[0], 200.0 / 3, 1e-12);
  EXPECT_NEAR(table.column<double>("fold")[0], 2.0, 1e-12);
  EXPECT_EQ(table.column<std::int64_t>("universe")[0], 6);
}

TEST(MarkerLists, AreTheForemostGenesThatLotsAgreeOn) {
  const matrix::Table markers{"markers",
                              {{"cluster", Names{"0", "0", "0", "0", "1"}},
                               {"direction", Names{"up", "up", "up", "down", "up"}},
                               {"gene", Names{"A", "B", "C", "D", "E"}},
                               {"flags", Names{"", "LOTS_DISAGREE", "", "", "NO_LOTS"}}}};
  const auto lists = enrichment::marker_lists(markers, 0);
  ASSERT_EQ(lists.size(), 3);
  EXPECT_EQ(lists[0].gene, (Names{"A", "C"}));
  EXPECT_EQ(lists[1].direction, "down");
  EXPECT_EQ(lists[2].group, "1");
  EXPECT_EQ(lists[2].gene, Names{"E"});
  EXPECT_EQ(enrichment::marker_lists(markers, 1)[0].gene, Names{"A"});
}

}  // namespace
