#include "miura/enrichment/gene_windows.hpp"

#include <gtest/gtest.h>

namespace {

using namespace miura;
using Names = std::vector<std::string>;
using Numbers = std::vector<std::int64_t>;

matrix::Interval gene(const std::string& name, std::int64_t start, std::int64_t end, char strand) {
  return {.chromosome = "chr1", .start = start, .end = end, .name = name, .strand = strand};
}

TEST(Promoters, LieBeforeAndBehindTheStartInTheDirectionOfTheGene) {
  const matrix::Intervals genes{gene("forward", 1000, 3000, '+'), gene("backward", 1000, 3000, '-'),
                                gene("edge", 50, 90, '+')};
  const auto found = enrichment::promoters(genes, {.upstream = 200, .downstream = 50});
  EXPECT_EQ(found[0].start, 800);
  EXPECT_EQ(found[0].end, 1051);  // 200 bases, the first base of the gene, 50 bases
  EXPECT_EQ(found[1].start, 2949);
  EXPECT_EQ(found[1].end, 3200);
  EXPECT_EQ(found[2].start, 0);
  EXPECT_EQ(found[1].name, "backward");
}

TEST(GenesNamed, AreAllPlacesOfAGene) {
  const matrix::Intervals genes{gene("A", 0, 5, '+'), gene("B", 7, 9, '+'), gene("A", 20, 25, '-')};
  Names unknown;
  const Names wanted{"A", "a", "A"};
  EXPECT_EQ(enrichment::genes_named(genes, wanted, unknown).size(), 2);
  EXPECT_EQ(unknown, Names{"a"});
}

TEST(GeneTracks, HoldWhatLiesInTheWindow) {
  const matrix::Intervals genes{gene("A", 1000, 2000, '+'), gene("B", 50, 60, '-')};
  const std::vector<enrichment::Track> tracks{{"peaks",
                                               {{"chr1", 2099, 2200, "late"},
                                                {"chr1", 2100, 2200, "out"},
                                                {"chr1", 100, 901, "early"},
                                                {"chr1", 800, 900, "out"},
                                                {"chr2", 1500, 1600, "elsewhere"},
                                                {"chr1", 0, 9999, "over all"}}},
                                              {"islands", {{"chr1", 1500, 1501, "one base"}}}};
  const auto table = enrichment::gene_tracks(genes, tracks, 100);
  EXPECT_EQ(table.name, "gene_tracks");
  EXPECT_EQ(table.column<std::string>("gene"), (Names{"A", "A", "A", "A", "A", "B", "B", "B"}));
  EXPECT_EQ(table.column<std::string>("track"),
            (Names{"gene", "peaks", "peaks", "peaks", "islands", "gene", "peaks", "peaks"}));
  EXPECT_EQ(table.column<std::string>("name"),
            (Names{"A", "over all", "early", "late", "one base", "B", "over all", "early"}));
  EXPECT_EQ(table.column<std::int64_t>("window_start"), (Numbers{900, 900, 900, 900, 900, 0, 0, 0}));
  EXPECT_EQ(table.column<std::int64_t>("window_end")[0], 2100);
  EXPECT_EQ(table.column<std::string>("strand")[0], "+");
}

}  // namespace
