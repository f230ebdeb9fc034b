#include "miura/enrichment/ranked.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <map>
#include <numeric>

#include "miura/base/error.hpp"
#include "miura/enrichment/outcome_scores.hpp"
#include "miura/enrichment/sign_scores.hpp"
#include "miura/input/delimited.hpp"
#include "miura/input/gene_sets.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;
using enrichment::LotRelabelings, enrichment::RankedOptions, enrichment::RankedSets, enrichment::ScoredGenes;

const std::string made_up = MIURA_TEST_DATA "/enrichment/";

ScoredGenes read_scores(const std::filesystem::path& path, bool header) {
  input::DelimitedText text({path}, {.separator = '\t', .quotes = false});
  if (header) text.next();
  ScoredGenes genes;
  while (const auto row = text.next()) {
    genes.gene.emplace_back((*row)[0]);
    genes.score.push_back(input::parse_number((*row)[1]).value());
  }
  return genes;
}

std::map<std::string, std::size_t> by_name(const RankedSets& found, const matrix::GeneSets& sets) {
  std::map<std::string, std::size_t> at;
  for (std::size_t i = 0; i < found.set.size(); ++i) at[sets[found.set[i]].name] = i;
  return at;
}

/// Four standard errors of the difference of two shares, each of at least 1,500 draws.
double tolerance(double p) { return 4 * std::sqrt(2 * std::max(p, 1e-3) * (1 - std::min(p, 0.99)) / 1500); }

/// Of gseapy: tests/data/enrichment/ORIGIN.md.
TEST(RankedEnrichment, EqualsGseapy) {
  const auto sets = input::read_gene_sets(made_up + "sets.gmt");
  const auto genes = read_scores(made_up + "scores.tsv", true);
  std::map<double, RankedSets> found;
  for (const double weight : {0.0, 1.0, 1.5})
    found[weight] = ranked_enrichment(MPI_COMM_WORLD, genes, sets, {}, {.weight = weight, .permutations = 1'500});
  input::DelimitedText text({made_up + "gseapy.tsv"}, {.separator = '\t', .quotes = false});
  text.next();
  int rows = 0;
  for (; const auto row = text.next(); ++rows) {
    const auto number = [&](std::size_t i) { return input::parse_number((*row)[i]).value(); };
    const auto& ours = found.at(number(0));
    const std::string name((*row)[1]);
    const auto s = by_name(ours, sets).at(name);
    EXPECT_NEAR(ours.es[s], number(2), 1e-10) << name;
    EXPECT_NEAR(ours.genes.nes[s] / number(3), 1, 0.08) << name;
    EXPECT_NEAR(ours.genes.p[s], number(4), tolerance(number(4))) << name;
    EXPECT_LE(ours.genes.fdr[s], 1);
  }
  EXPECT_EQ(rows, 90);
  const auto& usual = found.at(1.0);
  EXPECT_LT(usual.genes.fdr[by_name(usual, sets).at("rising")], 0.01);
  EXPECT_LT(usual.genes.fdr[by_name(usual, sets).at("falling")], 0.01);
}

TEST(RankedEnrichment, EqualsGseapyOnTheGeneOntology) {
  const std::filesystem::path shared(MIURA_SHARED);
  if (!exists(shared / "golden")) GTEST_SKIP() << "the golden files are not here";
  const auto folder = shared / "golden" / "bulk" / "enrich";
  const auto sets = input::read_gene_sets(shared / "data" / "genesets" / "GO_BP_human_symbol_5_500.gmt.gz");
  const auto genes = read_scores(folder / "prerank_input.rnk", false);
  const auto found = ranked_enrichment(MPI_COMM_WORLD, genes, sets, {}, {.sizes = {15, 500}, .permutations = 100});
  const auto at = by_name(found, sets);
  input::DelimitedText text({folder / "gseapy_prerank_seed42_B1000.tsv"}, {.separator = '\t', .quotes = false});
  text.next();
  std::size_t rows = 0;
  for (; const auto row = text.next(); ++rows) {
    const auto s = at.at(std::string((*row)[0]));
    EXPECT_NEAR(found.es[s], input::parse_number((*row)[1]).value(), 1e-10) << (*row)[0];
    EXPECT_NEAR(found.genes.nes[s] / input::parse_number((*row)[2]).value(), 1, 0.25) << (*row)[0];
  }
  EXPECT_EQ(rows, found.set.size());
}

/// By hand: scores 3 2 1 -1 -2 -3 of a to f. {a, c} goes 3/4, 1/2, 3/4 and down to 0; {c, f} goes to -1/2, -1/4, -3/4
/// and up to 0.
TEST(RankedEnrichment, IsTheLargestDeviationOfTheRunningSum) {
  const ScoredGenes genes{{"c", "f", "a", "e", "b", "d"}, {1, -3, 3, -2, 2, -1}};
  const matrix::GeneSets sets{
      {"", "top", "", {"a", "c"}}, {"", "end", "", {"f", "c"}}, {"", "all", "", {"a", "b", "c", "d", "e", "f"}}};
  const auto found = ranked_enrichment(MPI_COMM_WORLD, genes, sets, {}, {.sizes = {1, 10}, .permutations = 0});
  const std::vector expected{0.75, -0.75, 1.0};
  for (std::size_t s = 0; s < 3; ++s) EXPECT_NEAR(found.es[s], expected[s], 1e-15);
  EXPECT_EQ(found.leading[0], std::vector<std::int32_t>{2});
  EXPECT_EQ(found.leading[1], std::vector<std::int32_t>{1});  // -3/4 in front of f; c lies before the trough
  EXPECT_EQ(found.size, (std::vector<std::int64_t>{2, 2, 6}));
  EXPECT_TRUE(std::isnan(found.genes.p[0]) && std::isnan(found.lots.p[0]));
}

TEST(RankedEnrichment, TurnsRoundWithTheScores) {
  const auto sets = input::read_gene_sets(made_up + "sets.gmt");
  auto genes = read_scores(made_up + "scores.tsv", true);
  const auto one = ranked_enrichment(MPI_COMM_WORLD, genes, sets, {}, {.permutations = 0});
  for (auto& score : genes.score) score = -score;
  const auto other = ranked_enrichment(MPI_COMM_WORLD, genes, sets, {}, {.permutations = 0});
  for (std::size_t s = 0; s < one.es.size(); ++s) EXPECT_NEAR(one.es[s], -other.es[s], 1e-12);
}

TEST(RankedEnrichment, GivesHitsWithoutWeightTheSameWeight) {
  const ScoredGenes genes{{"a", "b", "c", "d"}, {1, 0, 0, -1}};
  const matrix::GeneSets sets{{"", "middle", "", {"b", "c"}}};
  const auto found = ranked_enrichment(MPI_COMM_WORLD, genes, sets, {}, {.sizes = {1, 10}, .permutations = 0});
  EXPECT_EQ(found.es[0], 0.5);  // -1/2, 0, 1/2, 0: the tie goes up
}

TEST(RankedEnrichment, DoesNotMindTheOrderOfGenesOfEqualScore) {
  const auto sets = input::read_gene_sets(made_up + "sets.gmt");
  auto genes = read_scores(made_up + "scores.tsv", true);
  for (auto& score : genes.score) score = std::round(2 * score);
  const auto one = ranked_enrichment(MPI_COMM_WORLD, genes, sets, {}, {.permutations = 0});
  std::ranges::reverse(genes.gene);
  std::ranges::reverse(genes.score);
  const auto other = ranked_enrichment(MPI_COMM_WORLD, genes, sets, {}, {.permutations = 0});
  for (std::size_t s = 0; s < one.es.size(); ++s) {
    EXPECT_NEAR(one.es[s], other.es[s], 1e-12);
    EXPECT_EQ(one.leading[s].size(), other.leading[s].size());
  }
}

void expect_same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(a[i]), std::bit_cast<std::uint64_t>(b[i])) << i;
}

/// Genes x lots, where the genes of the second set share a factor that has nothing to do with the outcome.
matrix::Measurements correlated_genes(std::uint64_t seed, std::int32_t n_lots, matrix::GeneSets& sets,
                                      std::vector<double>& outcome) {
  stats::RandomStream random(seed, stats::Purpose::simulate, 0);
  const auto noise = [&] { return random.uniform() + random.uniform() + random.uniform() - 1.5; };
  matrix::Measurements table;
  std::vector<double> factor;
  outcome.clear();
  for (std::int32_t l = 0; l < n_lots; ++l) {
    table.sample.push_back("L" + std::to_string(l));
    factor.push_back(noise());
    outcome.push_back(noise());
  }
  sets.assign({{"", "independent", "", {}}, {"", "together", "", {}}});
  for (int g = 0; g < 200; ++g) {
    table.feature.push_back("G" + std::to_string(g));
    const bool together = g >= 20 && g < 40;
    if (g < 40) sets[together ? 1 : 0].gene.push_back(table.feature.back());
    for (std::int32_t l = 0; l < n_lots; ++l) table.value.push_back(noise() + (together ? 3 * factor[l] : 0));
  }
  return table;
}

RankedSets test_by_lots(MPI_Comm comm, const matrix::Measurements& table, const matrix::GeneSets& sets,
                        const std::vector<double>& outcome, std::int64_t n) {
  const permutation::Relabelings relabelings(table.n_samples(), {}, {.exact_up_to = 4, .permutations = n, .seed = 5});
  const auto scores = enrichment::outcome_scores(table, outcome, relabelings);
  return ranked_enrichment(comm, scores.observed, sets, scores.relabeled, {.permutations = n, .seed = 3});
}

TEST(RankedEnrichment, HasTheSameBitsAsOnOneRank) {
  matrix::GeneSets sets;
  std::vector<double> outcome;
  const auto table = correlated_genes(1, 9, sets, outcome);
  for (const std::int64_t n : {1, 2, 101}) {
    const auto shared = test_by_lots(MPI_COMM_WORLD, table, sets, outcome, n);
    const auto alone = test_by_lots(MPI_COMM_SELF, table, sets, outcome, n);
    expect_same_bits(shared.es, alone.es);
    for (const auto null : {&RankedSets::genes, &RankedSets::lots}) {
      EXPECT_EQ((shared.*null).n, n);
      for (const auto values : {&enrichment::NullComparison::nes, &enrichment::NullComparison::p,
                                &enrichment::NullComparison::p_both, &enrichment::NullComparison::fdr})
        expect_same_bits(shared.*null.*values, alone.*null.*values);
    }
  }
}

/// In studies without any effect: a set whose genes vary together looks enriched by the null of genes, and not by that
/// of lots. `test(study)` gives what is found in one of them.
template <class Test>
void expect_error_rate_kept_by_lots_alone(Test&& test) {
  constexpr int studies = 40;
  int by_genes = 0, by_lots = 0;
  for (int study = 0; study < studies; ++study) {
    const RankedSets found = test(study);
    by_genes += found.genes.p_both[1] <= 0.05 ? 1 : 0;
    by_lots += found.lots.p_both[1] <= 0.05 ? 1 : 0;
  }
  EXPECT_GT(by_genes, studies / 2);
  EXPECT_LE(by_lots, 7);  // P(more than 7 of 40 at .05) = .0007
}

TEST(RankedEnrichment, KeepsItsErrorRateByLotsAndNotByGenes) {
  expect_error_rate_kept_by_lots_alone([](int study) {
    matrix::GeneSets sets;
    std::vector<double> outcome;
    const auto table = correlated_genes(100 + study, 10, sets, outcome);
    return test_by_lots(MPI_COMM_WORLD, table, sets, outcome, 59);
  });
}

TEST(OutcomeScores, AreSpearmansRhoOfTheStrongestProbe) {
  const matrix::Measurements table{
      {"A", "B", "A", "C"}, {"1", "2", "3", "4"}, {1, 2, 4, 3, 4, 3, 2, 1, 1, 2, 3, 4, 5, 5, 5, 5}};
  const std::vector<double> outcome{1, 2, 3, 4};
  const permutation::Relabelings relabelings(4, {}, {});
  const auto scores = enrichment::outcome_scores(table, outcome, relabelings);
  EXPECT_EQ(scores.observed.gene, (std::vector<std::string>{"A", "B", "C"}));
  EXPECT_NEAR(scores.observed.score[0], 1, 1e-15);
  EXPECT_NEAR(scores.observed.score[1], -1, 1e-15);
  EXPECT_EQ(scores.observed.score[2], 0);
  EXPECT_EQ(scores.relabeled.n, 24);
  std::vector<double> sum(3), score(3);
  for (std::int64_t b = 0; b < 24; ++b) {
    scores.relabeled.scores(b, score);
    if (b == 0) {
      EXPECT_EQ(score, scores.observed.score);
    }
    sum[1] += score[1];
  }
  EXPECT_NEAR(sum[1], 0, 1e-12);  // over all relabelings rho is 0 on average
}

TEST(SignScores, AreMeansOverTheirErrorAndTurnWithTheSigns) {
  // standard errors .577, 1, 0 and 2: the upper median is 1
  const matrix::Measurements table{{"A", "B", "C", "D"}, {"1", "2", "3"}, {1, 2, 3, 1, 1, 4, -1, -1, -1, 0, 6, 0}};
  const auto scores = enrichment::sign_scores(table, {.draws = 7});
  const double s_a = std::sqrt(1.0 / 3);
  EXPECT_NEAR(scores.observed.score[0], 2 / (s_a + 1), 1e-14);
  EXPECT_NEAR(scores.observed.score[1], 1, 1e-14);
  EXPECT_NEAR(scores.observed.score[2], -1, 1e-14);
  EXPECT_NEAR(scores.observed.score[3], 2.0 / 3, 1e-14);
  ASSERT_EQ(scores.relabeled.n, 8);  // all signs of three lots
  std::vector<double> score(4), turned(4);
  for (std::int64_t b = 0; b < 8; ++b) {
    scores.relabeled.scores(b, score);
    scores.relabeled.scores(7 - b, turned);
    for (std::size_t g = 0; g < 4; ++g) EXPECT_EQ(score[g], -turned[g]);
    if (b == 0) {
      EXPECT_EQ(score, scores.observed.score);
    }
  }
  scores.relabeled.scores(4, score);  // the third lot alone: A is 1, 2, -3
  EXPECT_NEAR(score[0], 0, 1e-14);
  EXPECT_EQ(enrichment::sign_scores(table, {.draws = 6}).relabeled.n, 7);  // drawn
  EXPECT_THROW(enrichment::sign_scores({{"A"}, {"1"}, {1}}, {}), std::logic_error);
}

TEST(SignScores, CountTheListTurnedRoundAsExtreme) {
  matrix::GeneSets sets;
  std::vector<double> unused;
  auto table = correlated_genes(3, 6, sets, unused);
  for (std::size_t i = 20 * 6; i < 40 * 6; ++i) table.value[i] += 9;  // the second set is higher in every lot
  const auto scores = enrichment::sign_scores(table, {.draws = 63});
  const auto found = ranked_enrichment(MPI_COMM_WORLD, scores.observed, sets, scores.relabeled, {.permutations = 0});
  for (const auto p : found.lots.p_both) EXPECT_EQ(std::lrint(64 * p) % 2, 0) << p;  // signs and all of them turned
}

TEST(SignScores, TakeTheStrongestOfSeveralRowsOfAGene) {
  const matrix::Measurements table{{"A", "B", "A"}, {"1", "2"}, {1, 1.2, 3, 3.1, -5, -5.1}};
  const auto scores = enrichment::sign_scores(table, {});
  ASSERT_EQ(scores.observed.gene, (std::vector<std::string>{"A", "B"}));
  EXPECT_LT(scores.observed.score[0], -10);
}

/// Differences of every lot's two groups in genes of which the second set's share a factor.
TEST(SignScores, KeepTheErrorRateWhereGenesVaryTogether) {
  expect_error_rate_kept_by_lots_alone([](int study) {
    matrix::GeneSets sets;
    std::vector<double> unused;
    const auto table = correlated_genes(500 + study, 8, sets, unused);
    const auto scores = enrichment::sign_scores(table, {.draws = 59, .seed = 5});
    const auto found_by = [&](MPI_Comm comm) {
      return ranked_enrichment(comm, scores.observed, sets, scores.relabeled, {.permutations = 59, .seed = 3});
    };
    auto found = found_by(MPI_COMM_WORLD);
    expect_same_bits(found.lots.p_both, found_by(MPI_COMM_SELF).lots.p_both);
    return found;
  });
}

TEST(RankedEnrichment, RefusesOptionsWithoutSense) {
  const ScoredGenes genes{{"a"}, {1}};
  EXPECT_THROW(ranked_enrichment(MPI_COMM_WORLD, genes, {}, {}, {.weight = -1}), UsageError);
  EXPECT_THROW(ranked_enrichment(MPI_COMM_WORLD, genes, {}, {}, {.permutations = -1}), UsageError);
  EXPECT_THROW(enrichment::ranked_enrichment(MPI_COMM_WORLD, {{"a", "a"}, {1, 2}}, {}, {}, {}), std::logic_error);
  EXPECT_TRUE(ranked_enrichment(MPI_COMM_WORLD, genes, {}, {}, {}).set.empty());
}

TEST(RankedTable, HasARowASetByFallingNes) {
  const auto sets = input::read_gene_sets(made_up + "sets.gmt");
  enrichment::RankedAnalysis analysis{.group = "2", .genes = read_scores(made_up + "scores.tsv", true), .found = {}};
  analysis.found = ranked_enrichment(MPI_COMM_WORLD, analysis.genes, sets, {}, {.permutations = 50});
  const std::vector analyses{analysis};
  const auto table = ranked_table(analyses, sets);
  EXPECT_EQ(table.n_rows(), 30);
  const auto& nes = table.column<double>("nes_genes");
  EXPECT_TRUE(std::ranges::is_sorted(nes, std::greater{}, [](double v) { return std::abs(v); }));
  EXPECT_EQ(table.column<std::string>("cluster")[7], "2");
  const auto& leading = table.column<std::string>("leading_genes")[0];
  EXPECT_EQ(std::ranges::count(leading, ';') + 1, table.column<std::int64_t>("n_leading")[0]);
}

}  // namespace
