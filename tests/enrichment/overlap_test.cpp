#include "miura/enrichment/overlap.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>

#include "miura/base/error.hpp"
#include "miura/input/delimited.hpp"
#include "miura/input/intervals.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;
using enrichment::Background, enrichment::OverlapOptions, enrichment::Placed, enrichment::Placement;
using matrix::Intervals;

const std::string made_up = MIURA_TEST_DATA "/enrichment/";

Intervals bed(const std::string& name) { return input::read_intervals(made_up + name); }
Background genome() { return Background(input::read_chromosomes(made_up + "chrom.sizes")); }

/// Of bedtools: tests/data/enrichment/ORIGIN.md.
TEST(Overlaps, EqualThoseOfBedtools) {
  input::DelimitedText text({made_up + "bedtools.tsv"}, {.separator = '\t', .quotes = false});
  text.next();
  int rows = 0;
  for (; const auto row = text.next(); ++rows) {
    std::string first((*row)[0]), second((*row)[1]);
    const auto within = first.find(" in ");
    const auto background = within == std::string::npos ? genome() : Background(bed(first.substr(within + 4)));
    const auto found = count_overlaps(background.place(bed(first.substr(0, within))),
                                      background.place(bed(second.substr(0, second.find(" in ")))));
    EXPECT_EQ(found.first, input::parse_number((*row)[2])) << first << ' ' << second;
    EXPECT_EQ(found.second, input::parse_number((*row)[3])) << first << ' ' << second;
    EXPECT_EQ(found.bases, input::parse_number((*row)[4])) << first << ' ' << second;
  }
  EXPECT_EQ(rows, 6);
}

TEST(Overlaps, EqualThoseOfBedtoolsOnGenesOfStemCellLines) {
  const std::filesystem::path shared(MIURA_SHARED);
  if (!exists(shared / "golden")) GTEST_SKIP() << "the golden files are not here";
  const auto folder = shared / "golden" / "bulk" / "overlap";
  const auto a = input::read_intervals(folder / "A_K27genes_50kb.bed"),
             b = input::read_intervals(folder / "B_DEhits_50kb.bed");
  const auto promoters = input::read_intervals(folder / "all_promoters_1kb.bed");
  const Background genome(input::read_chromosomes(folder / "chrom.sizes"));
  EXPECT_EQ(count_overlaps(genome.place(a), genome.place(b)).first, 30);       // bedtools intersect -u
  EXPECT_EQ(count_overlaps(genome.place(a), genome.place(b)).bases, 2444363);  // bedtools jaccard
  std::map<std::string, int> hit;                                              // bedtools intersect -wo
  input::DelimitedText pairs({folder / "bedtools_intersect_wo.tsv"}, {.separator = '\t', .quotes = false});
  while (const auto row = pairs.next()) ++hit[std::string((*row)[7])];
  EXPECT_EQ(count_overlaps(genome.place(a), genome.place(promoters)).second, std::ssize(hit));
}

TEST(Overlaps, AreHalfOpen) {
  const std::vector<Placed> a{{0, 10}, {20, 30}}, touching{{10, 20}, {30, 31}}, inside{{9, 21}};
  EXPECT_EQ(count_overlaps(a, touching).first, 0);
  EXPECT_EQ(count_overlaps(a, touching).bases, 0);
  EXPECT_EQ(count_overlaps(a, inside).first, 2);
  EXPECT_EQ(count_overlaps(a, inside).second, 1);
  EXPECT_EQ(count_overlaps(a, inside).bases, 2);
  EXPECT_EQ(count_overlaps(a, {}).first, 0);
  EXPECT_EQ(count_overlaps({}, a).second, 0);
}

TEST(Background, CountsItsOwnBasesAlone) {
  const Intervals regions{{"chr2", 0, 5}, {"chr1", 30, 40}, {"chr1", 10, 20}, {"chr1", 15, 22}};
  const Background background(regions);
  EXPECT_EQ(std::vector(background.bounds().begin(), background.bounds().end()),
            (std::vector<std::int64_t>{0, 22, 27}));
  const Intervals intervals{{"chr2", 4, 100}, {"chr1", 18, 32}, {"chr1", 22, 30}, {"chr3", 0, 5}, {"chr1", 0, 11}};
  EXPECT_EQ(background.place(intervals), (std::vector<Placed>{{0, 1}, {8, 14}, {26, 27}}));
  EXPECT_TRUE(background.has("chr2"));
  EXPECT_FALSE(background.has("chr3"));
}

/// One interval on a circle: of 100 starts those from 41 to 59 overlap [50, 60), and those after 95 pass the end.
TEST(OverlapTest, PutsAnIntervalAnywhereOnItsChromosome) {
  const Background background(Intervals{{"chr1", 0, 100}, {"chr2", 0, 1000}});
  for (const auto placement : {Placement::circular, Placement::shuffle}) {
    const auto found = test_overlap(MPI_COMM_WORLD, background, Intervals{{"chr1", 45, 55}},
                                    Intervals{{"chr1", 50, 60}}, {.placement = placement, .permutations = 4'000});
    EXPECT_EQ(found.first.observed, 1);
    EXPECT_EQ(found.bases.observed, 5);
    EXPECT_NEAR(found.first.null_mean, 0.19, 0.025);
    EXPECT_NEAR(found.bases.null_mean, 1.0, 0.13);  // length x length / circle
    EXPECT_NEAR(found.first.p_more, 0.19, 0.025);
    EXPECT_EQ(found.first.p_fewer, 1);
    EXPECT_NEAR(found.bases.p_more, 0.11, 0.02);  // starts 45 to 55
    EXPECT_EQ(found.first.null_q95, 1);
  }
}

TEST(OverlapTest, TellsWhatLiesTogetherFromWhatDoesNot) {
  Intervals first, near, apart;
  for (std::int64_t i = 0; i < 40; ++i) {
    const auto start = static_cast<std::int64_t>(stats::mix(i) % 1'000'000);
    first.push_back({"chr1", start, start + 200});
    near.push_back({"chr1", start + 100, start + 300});
    apart.push_back({"chr1", start + 500'000, start + 500'200});
  }
  const Background background(Intervals{{"chr1", 0, 1'600'000}});
  for (const auto placement : {Placement::circular, Placement::shuffle}) {
    const OverlapOptions options{.placement = placement, .permutations = 499};
    EXPECT_EQ(test_overlap(MPI_COMM_WORLD, background, first, near, options).first.p_more, 1.0 / 500);
    EXPECT_GT(test_overlap(MPI_COMM_WORLD, background, first, apart, options).first.p_more, 0.05);
  }
}

/// Sites in clusters: taking them for independent finds what is not there, moving the clusters on does not.
TEST(OverlapTest, KeepsItsErrorRateUnderClusteringWhenItMovesTheCircle) {
  const Background background(Intervals{{"chr1", 0, 100'000}});
  int circular = 0, shuffled = 0;
  constexpr int studies = 100;
  for (int study = 0; study < studies; ++study) {
    stats::RandomStream random(study, stats::Purpose::simulate, 1);
    const auto clustered = [&] {
      Intervals sites;
      for (int c = 0; c < 6; ++c) {
        const auto center = std::int64_t{random.below(95'000)};
        for (int i = 0; i < 25; ++i) {
          const auto start = center + random.below(5'000);
          sites.push_back({"chr1", start, start + 60});
        }
      }
      return sites;
    };
    const auto a = clustered(), b = clustered();
    const auto p = [&](Placement placement) {
      return test_overlap(MPI_COMM_WORLD, background, a, b, {.placement = placement, .permutations = 39}).first.p_more;
    };
    circular += p(Placement::circular) <= 0.05 ? 1 : 0;
    shuffled += p(Placement::shuffle) <= 0.05 ? 1 : 0;
  }
  EXPECT_LE(circular, 13);  // P(more than 13 of 100 at .05) = .0005
  EXPECT_GT(shuffled, 20);
}

TEST(OverlapTest, HasTheSameCountsAsOnOneRank) {
  for (const std::int64_t n : {0, 1, 2, 99}) {
    for (const auto placement : {Placement::circular, Placement::shuffle}) {
      const OverlapOptions options{.placement = placement, .permutations = n, .seed = 4};
      const auto shared = test_overlap(MPI_COMM_WORLD, genome(), bed("a.bed"), bed("b.bed"), options);
      const auto alone = test_overlap(MPI_COMM_SELF, genome(), bed("a.bed"), bed("b.bed"), options);
      for (const auto count :
           {&enrichment::OverlapTest::first, &enrichment::OverlapTest::second, &enrichment::OverlapTest::bases}) {
        EXPECT_EQ((shared.*count).null_mean, (alone.*count).null_mean);
        EXPECT_EQ((shared.*count).null_q95, (alone.*count).null_q95);
        EXPECT_EQ((shared.*count).p_more, (alone.*count).p_more);
        EXPECT_EQ((shared.*count).p_fewer, (alone.*count).p_fewer);
      }
    }
  }
}

TEST(OverlapTest, OfNothingFindsNothing) {
  const auto found = test_overlap(MPI_COMM_WORLD, genome(), {}, bed("b.bed"), {.permutations = 9});
  EXPECT_EQ(found.n_first, 0);
  EXPECT_EQ(found.first.p_more, 1);
  EXPECT_THROW(test_overlap(MPI_COMM_WORLD, genome(), {}, {}, {.permutations = -1}), UsageError);
}

}  // namespace
