#include "miura/mining/screen.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "mining/planted_lines.hpp"
#include "miura/input/delimited.hpp"
#include "miura/input/measurements.hpp"
#include "miura/permutation/relabelings.hpp"

namespace {

using namespace miura;
using mining::Intersection;
using mining::LineSet;
using mining::Promoters;
using tests::planted_lines;
namespace fs = std::filesystem;

const fs::path golden = fs::path(MIURA_SHARED) / "golden" / "bulk";
constexpr double missing = std::numeric_limits<double>::quiet_NaN();

const mining::CountRow& count_of(const mining::Screen& found, const std::string& name, const std::string& rule,
                                 const std::string& measurement = {}) {
  for (const auto& row : found.counts)
    if (row.name == name && row.rule == rule && (measurement.empty() || row.measurement == measurement)) return row;
  throw std::logic_error("no count of " + name + " " + rule);
}

/// Rows of a golden table by gene; columns by name.
std::map<std::string, std::map<std::string, double>> golden_rows(const fs::path& path) {
  input::DelimitedText text({path});
  const auto names = text.next();
  const std::vector<std::string> header(names->begin(), names->end());
  const auto gene = std::ranges::find(header, "gene") - header.begin();
  std::map<std::string, std::map<std::string, double>> rows;
  while (const auto row = text.next())
    for (std::size_t c = 0; c < header.size(); ++c)
      if (const auto value = input::parse_number((*row)[c])) rows[std::string((*row)[gene])][header[c]] = *value;
  return rows;
}

/// Expression and chromatin of ten iPS lines; DE efficiency of nine of them, PGCLC success of ten.
LineSet ips_lines() {
  LineSet lines;
  for (const auto* name : {"expr", "ATAC", "K4me3", "K27me3", "K9me3"}) {
    auto table = input::read_measurements(golden / "hipsci10" / (std::string(name) + "_10lines.tsv"));
    lines.line = table.sample;
    auto gene = table.feature;
    lines.panels.push_back({name, name, "", std::move(table), std::move(gene)});
  }
  input::DelimitedText text({golden / "hipsci10" / "outcomes.tsv"});
  text.next();
  lines.outcomes = {{.name = "PGCLC", .value = {}}, {.name = "DE", .value = {}}};
  while (const auto row = text.next())
    for (int o = 0; o < 2; ++o) lines.outcomes[o].value.push_back(input::parse_number((*row)[o + 1]).value_or(missing));
  return lines;
}

TEST(Screen, OfIpsLinesHasTheExactCountsOfEveryGeneAndModality) {
  if (!fs::exists(golden)) GTEST_SKIP() << "no shared golden files";
  const auto lines = ips_lines();
  const auto found = mining::screen(MPI_COMM_WORLD, lines, {},
                                    {.relabelings = {.exact_up_to = 2, .permutations = 99}, .list_all = true});
  int n_rows = 0;
  for (std::size_t k = 0; k < lines.panels.size(); ++k)
    for (const auto* outcome : {"PGCLC_n10", "DE_n9"}) {
      const auto rows =
          golden_rows(golden / "hipsci10" / ("spearman_" + std::string(outcome) + "_" + lines.panels[k].name + ".tsv"));
      for (const auto& row : found.probes) {
        if (row.panel != static_cast<int>(k) ||
            lines.outcomes[row.outcome].name != std::string(outcome).substr(0, row.outcome == 0 ? 5 : 2))
          continue;
        const auto& expected = rows.at(lines.panels[k].gene[row.probe]);
        const double all = expected.at("B");
        ASSERT_EQ(std::llround(row.p * all), std::llround(expected.at("count_two")));
        ASSERT_NEAR(row.p, expected.at("count_two") / all, 1e-12);
        ASSERT_NEAR(row.p_greater, expected.at("count_up") / all, 1e-12);
        ASSERT_NEAR(row.p_less, expected.at("count_lo") / all, 1e-12);
        ASSERT_NEAR(row.rho, expected.at("rho"), 1e-10);
        ++n_rows;
      }
    }
  EXPECT_GT(n_rows, 6'000);
}

TEST(Screen, OfIpsLinesHasTheExactJointNullOfIntersections) {
  if (!fs::exists(golden)) GTEST_SKIP() << "no shared golden files";
  const auto lines = ips_lines();
  enum { expr, atac, k4, k27 };
  const std::vector<Intersection> rules{
      {.name = "expr+ & K4me3+ & K27me3-", .terms = {{expr, 1}, {k4, 1}, {k27, 1, true}}, .by_gene = true},
      {.name = "expr+ & ATAC+", .terms = {{expr, 1}, {atac, 1}}, .by_gene = true},
      {.name = "expr+ & K27me3-", .terms = {{expr, 1}, {k27, 1, true}}, .by_gene = true}};
  const auto found = mining::screen(MPI_COMM_WORLD, lines, rules,
                                    {.least_rho = 0.7, .relabelings = {.exact_up_to = 9, .permutations = 9}});
  input::DelimitedText text({golden / "hipsci10" / "intersection_counts_joint_permutation_n9.tsv"});
  text.next();
  int n = 0;
  while (const auto row = text.next()) {
    const auto at = std::ranges::find(found.counts, std::string((*row)[0]), &mining::CountRow::name);
    if (at == found.counts.end()) continue;
    EXPECT_EQ(at->observed, *input::parse_number((*row)[1])) << at->name;
    EXPECT_NEAR(at->null_mean, *input::parse_number((*row)[2]), 1e-10 * at->null_mean) << at->name;
    EXPECT_EQ(std::llround(at->p * 362880), *input::parse_number((*row)[3])) << at->name;
    EXPECT_EQ(at->n_perm, 362880);
    EXPECT_EQ(at->perm_type, "exact");
    ++n;
  }
  EXPECT_EQ(n, 3);
}

TEST(Screen, OfElevenCancerLinesHasTheExactCountsOnFourPlatforms) {
  if (!fs::exists(golden)) GTEST_SKIP() << "no shared golden files";
  const auto plain = [](std::string name) {
    if (const auto dot = name.find('.'); dot != std::string::npos) name.erase(0, dot + 1);
    std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
    return name;
  };
  LineSet lines;
  lines.outcomes = {{.name = "19893", .value = {}}};
  input::DelimitedText text({golden / "nci60" / "outcome_n11.tsv"});
  text.next();
  while (const auto row = text.next()) {
    lines.line.push_back(plain(std::string((*row)[0])));
    lines.outcomes[0].value.push_back(*input::parse_number((*row)[1]));
  }
  const std::vector<std::string> platforms{"agilent", "hgu133", "hgu133p2", "hgu95"};
  for (const auto& name : platforms) {
    const auto all = input::read_measurements(golden / "data" / ("nci60_" + name + ".tsv"));
    matrix::Measurements chosen{.feature = all.feature, .sample = lines.line, .value = {}};
    std::vector<std::int64_t> column;
    for (const auto& line : lines.line)
      for (std::int32_t s = 0; s < all.n_samples(); ++s)
        if (plain(all.sample[s]) == line) column.push_back(s);
    ASSERT_EQ(column.size(), lines.line.size()) << name;
    for (std::int64_t f = 0; f < all.n_features(); ++f)
      for (const auto s : column) chosen.value.push_back(all.of(f)[s]);
    lines.panels.push_back({name, name, "", chosen, chosen.feature});
  }
  const auto found = mining::screen(MPI_COMM_WORLD, lines, {},
                                    {.relabelings = {.exact_up_to = 2, .permutations = 99}, .list_all = true});
  std::map<std::string, std::map<std::string, std::map<std::string, double>>> expected;
  for (const auto& name : platforms) expected[name] = golden_rows(golden / "nci60" / ("spearman_n11_" + name + ".tsv"));
  int n_rows = 0;
  for (const auto& row : found.probes) {
    const auto& panel = lines.panels[row.panel];
    const auto& want = expected.at(panel.name).at(panel.gene[row.probe]);
    ASSERT_EQ(std::llround(row.p * 39916800), std::llround(want.at("count_two"))) << panel.name << row.probe;
    ASSERT_EQ(std::llround(row.p_greater * 39916800), std::llround(want.at("count_up")));
    ++n_rows;
  }
  EXPECT_GT(n_rows, 1'000);
}

// ---- planted lines ----

TEST(Screen, FindsWhatWasPlantedAndNotMoreOftenByChanceThanItSays) {
  const auto lines = planted_lines(1, {.n_lines = 10});
  const auto found = mining::screen(MPI_COMM_WORLD, lines, {}, {});
  for (int planted = 0; planted < tests::n_planted; ++planted)
    EXPECT_TRUE(std::ranges::any_of(found.probes, [&](const auto& row) {
      return row.panel == 0 && row.outcome == 0 && row.probe == planted && row.rho > 0;
    })) << planted;
  EXPECT_EQ(count_of(found, "ecto", "+", "array").n_perm, 3'628'800);
  EXPECT_LT(count_of(found, "ecto", "+", "array").p, 0.2);
}

/// The count of a rule under each relabeling, with nothing but ranks and bars: |rho| that one probe needs.
TEST(Screen, CountsJointlyRelabeledLinesAsOneRelabelingAfterTheOtherDoes) {
  const auto lines = planted_lines(2, {.n_lines = 5, .n_probes = 25});
  const Intersection both{.name = "both", .terms = {{0, 0}, {0, 1, true}}, .either_direction = true};
  const auto found = mining::screen(MPI_COMM_WORLD, lines, {&both, 1}, {});
  const permutation::Relabelings relabelings(5, {}, {});
  std::vector<std::int32_t> place(5);
  std::int64_t sum = 0, as_many = 0;
  for (std::int64_t b = 0; b < relabelings.size(); ++b) {
    relabelings.relabel(b, place);
    auto relabeled = lines;
    for (auto& outcome : relabeled.outcomes) {
      const auto value = outcome.value;
      for (int l = 0; l < 5; ++l) outcome.value[l] = value[place[l]];
    }
    const auto again =
        mining::screen(MPI_COMM_SELF, relabeled, {&both, 1}, {.relabelings = {.exact_up_to = 2, .permutations = 1}});
    const auto n = again.counts.back().observed;
    sum += n;
    as_many += n >= found.counts.back().observed ? 1 : 0;
  }
  EXPECT_DOUBLE_EQ(found.counts.back().null_mean, static_cast<double>(sum) / 120);
  EXPECT_DOUBLE_EQ(found.counts.back().p, static_cast<double>(as_many) / 120);
}

TEST(Screen, HoldsARuleAgainstItsOwnThresholdAndLeavesTheOthersTheirs) {
  const auto lines = planted_lines(2, {.n_lines = 9});
  const Intersection plain{.name = "plain", .terms = {{0, 0}, {0, 1, true}}, .either_direction = true};
  auto strict = plain, loose = plain;
  strict.name = "strict", loose.name = "loose";
  for (auto& term : strict.terms) term.threshold = 0.01;
  for (auto& term : loose.terms) term.threshold = 0.3;
  const mining::Options options{.least_rho = 0.6, .relabelings = {.exact_up_to = 2, .permutations = 199}};
  const auto together = mining::screen(MPI_COMM_WORLD, lines, std::vector{strict, plain, loose}, options);
  const auto same = [](const mining::CountRow& found, const mining::CountRow& expected) {
    EXPECT_EQ(found.observed, expected.observed);
    EXPECT_EQ(found.null_mean, expected.null_mean);
    EXPECT_EQ(found.p, expected.p);
  };
  const auto n = together.counts.size();
  const auto alone = mining::screen(MPI_COMM_WORLD, lines, {&plain, 1}, options);
  same(together.counts[n - 2], alone.counts.back());
  for (std::size_t i = 0; i + 1 < alone.counts.size(); ++i) same(together.counts[i], alone.counts[i]);
  for (const auto& [place, threshold] : {std::pair{n - 3, 0.01}, std::pair{n - 1, 0.3}}) {
    auto of_all = options;
    of_all.threshold = threshold;
    of_all.least_rho = 0;
    same(together.counts[place], mining::screen(MPI_COMM_WORLD, lines, {&plain, 1}, of_all).counts.back());
  }
  EXPECT_LT(together.counts[n - 3].observed, together.counts[n - 2].observed);
  EXPECT_LT(together.counts[n - 2].observed, together.counts[n - 1].observed);
  EXPECT_TRUE(together.counts[n - 3].rule.ends_with(" at p <= 0.01")) << together.counts[n - 3].rule;
}

TEST(Screen, HoldsEachTermAgainstItsOwnThresholdUnderEveryRelabelingToo) {
  const auto lines = planted_lines(4, {.n_lines = 5, .effect = 2});
  const Intersection mixed{.name = "mixed", .terms = {{0, 0, false, 0.1}, {0, 1, true, 0.5}}};
  const auto found = mining::screen(MPI_COMM_WORLD, lines, {&mixed, 1}, {});
  std::vector<std::int32_t> order(5);
  std::iota(order.begin(), order.end(), 0);
  std::int64_t sum = 0, as_many = 0, observed = -1;
  do {
    auto relabeled = lines;
    for (std::size_t k = 0; k < lines.outcomes.size(); ++k)
      for (std::size_t l = 0; l < 5; ++l) relabeled.outcomes[k].value[l] = lines.outcomes[k].value[order[l]];
    const auto rows = mining::screen(MPI_COMM_SELF, relabeled, {},
                                     {.relabelings = {.exact_up_to = 2, .permutations = 1}, .list_all = true})
                          .probes;
    const auto p_of = [&](const mining::Term& term, std::int64_t probe) {
      const auto row = std::ranges::find_if(
          rows, [&](const auto& r) { return r.panel == term.panel && r.outcome == term.outcome && r.probe == probe; });
      return (row->rho < 0) == term.negative ? row->p : 1.0;
    };
    std::int64_t n = 0;
    for (std::int64_t probe = 0; probe < lines.panels[0].probes.n_features(); ++probe)
      n += p_of(mixed.terms[0], probe) <= 0.1 && p_of(mixed.terms[1], probe) <= 0.5 ? 1 : 0;
    if (observed < 0) observed = n;  // the first order is that of the lines
    sum += n;
    as_many += n >= observed ? 1 : 0;
  } while (std::ranges::next_permutation(order).found);
  const auto& count = found.counts.back();
  ASSERT_GT(observed, 0);
  EXPECT_EQ(count.observed, observed);
  EXPECT_EQ(count.n_perm, 120);
  EXPECT_DOUBLE_EQ(count.null_mean, static_cast<double>(sum) / 120);
  EXPECT_DOUBLE_EQ(count.p, static_cast<double>(as_many) / 120);
  EXPECT_EQ(count.rule, "array/ecto:+@0.1 array/meso:-@0.5");
}

TEST(Screen, KeepsMarkersOfAnOutcomeOutOfTheSamplesTheyWereMeasuredIn) {
  auto lines = planted_lines(3, {.n_lines = 8});
  lines.outcomes[0].markers = {"gene0", "gene1"};
  lines.outcomes[0].same_samples_as = {"array"};
  const auto found = mining::screen(MPI_COMM_WORLD, lines, {}, {.list_all = true});
  const auto tested = [&](int panel, int outcome, const std::string& gene) {
    return std::ranges::any_of(found.probes, [&](const auto& row) {
      return row.panel == panel && row.outcome == outcome && lines.panels[panel].gene[row.probe] == gene;
    });
  };
  EXPECT_FALSE(tested(0, 0, "gene0"));
  EXPECT_FALSE(tested(0, 0, "gene1"));
  EXPECT_TRUE(tested(0, 0, "gene2"));
  EXPECT_TRUE(tested(0, 1, "gene0"));  // another outcome
  EXPECT_TRUE(tested(1, 0, "gene0"));  // other samples
}

TEST(Screen, LooksAtTheLinesThatHaveBothAndTestsNoProbeThatIsConstantOrMissesALine) {
  auto lines = planted_lines(4, {.n_lines = 9});
  lines.outcomes[0].value[2] = missing;
  auto& values = lines.panels[0].probes.value;
  for (int l = 0; l < 9; ++l) values[3 * 9 + l] = 7.0;  // constant
  values[4 * 9 + 5] = missing;
  values[5 * 9 + 2] = missing;  // where the outcome is missing as well: of no consequence for it
  const auto found = mining::screen(MPI_COMM_WORLD, lines, {}, {.list_all = true});
  std::map<int, std::set<std::int64_t>> tested;
  for (const auto& row : found.probes) {
    if (row.panel != 0) continue;
    tested[row.outcome].insert(row.probe);
    EXPECT_EQ(row.n, row.outcome == 0 ? 8 : 9);
  }
  EXPECT_FALSE(tested[0].contains(3) || tested[0].contains(4));
  EXPECT_TRUE(tested[0].contains(5));
  EXPECT_FALSE(tested[1].contains(5));
}

TEST(Screen, TellsWhatCannotBeTested) {
  auto lines = planted_lines(5, {.n_lines = 6});
  std::ranges::fill(lines.outcomes[0].value, 3.0);
  std::fill(lines.outcomes[1].value.begin() + 2, lines.outcomes[1].value.end(), missing);
  const auto found = mining::screen(MPI_COMM_WORLD, lines, {}, {});
  EXPECT_EQ(count_of(found, "ecto", "+", "array").status, "NOT_TESTED");
  EXPECT_TRUE(std::isnan(count_of(found, "ecto", "+", "array").p));
  EXPECT_EQ(count_of(found, "meso", "+", "array").status, "LOW_N");
  EXPECT_EQ(count_of(found, "endo", "+", "array").status, "OK");
}

TEST(Screen, MatchesGenesOfTwoPlatformsByTheDeclaredRuleForPromoters) {
  const auto lines = planted_lines(6, {.n_lines = 10});  // gene0 has promoters 0 (planted), 1 and 2 in cage
  const auto members = [&](Promoters promoters) {
    const Intersection rule{.name = "both", .terms = {{0, 0}, {1, 0}}, .by_gene = true, .promoters = promoters};
    const auto found = mining::screen(MPI_COMM_WORLD, lines, {&rule, 1}, {.affordable = 1'000'000});
    std::set<std::string> genes;
    for (const auto& unit : found.units) genes.insert(unit.unit);
    EXPECT_EQ(std::ssize(genes), count_of(found, "both", "array/ecto:+ cage/ecto:+").observed);
    return genes;
  };
  EXPECT_TRUE(members(Promoters::any).contains("gene0"));
  EXPECT_FALSE(members(Promoters::all).contains("gene0"));
  EXPECT_TRUE(members(Promoters::strongest).contains("gene0"));
}

TEST(Screen, TheConjunctionIsTheWeakestTermAndDoublesWhereEitherDirectionWillDo) {
  const auto lines = planted_lines(7, {.n_lines = 9});
  const std::vector<Intersection> rules{{.name = "one", .terms = {{0, 0}, {0, 1, true}}},
                                        {.name = "either", .terms = {{0, 0}, {0, 1, true}}, .either_direction = true}};
  const auto found = mining::screen(MPI_COMM_WORLD, lines, rules, {.list_all = true});
  std::map<std::string, double> one;
  for (const auto& unit : found.units) {
    if (unit.intersection == 0) {
      EXPECT_DOUBLE_EQ(unit.p_partial.back(), std::max(unit.terms[0].p, unit.terms[1].p));
      one[unit.unit] = unit.p_partial.back();
    } else if (!unit.reversed && unit.member) {
      EXPECT_DOUBLE_EQ(unit.p_partial.back(), std::min(1.0, 2 * one.at(unit.unit)));
    }
  }
  EXPECT_GE(count_of(found, "either", "array/ecto:s array/meso:-s").observed,
            count_of(found, "one", "array/ecto:+ array/meso:-").observed);
}

TEST(Screen, HasTheSameBitsAsOnOneRank) {
  const auto lines = planted_lines(8, {.n_lines = 13});
  const std::vector<Intersection> rules{
      {.name = "opposite", .terms = {{0, 0}, {0, 1, true}, {0, 2, true}}, .either_direction = true},
      {.name = "platforms", .terms = {{0, 0}, {1, 0}}, .by_gene = true}};
  const mining::Options options{.relabelings = {.permutations = 3'000}, .list_all = true};
  const auto found = mining::screen(MPI_COMM_WORLD, lines, rules, options),
             alone = mining::screen(MPI_COMM_SELF, lines, rules, options);
  ASSERT_EQ(found.counts.size(), alone.counts.size());
  for (std::size_t i = 0; i < found.counts.size(); ++i) {
    EXPECT_EQ(found.counts[i].null_mean, alone.counts[i].null_mean) << i;
    EXPECT_EQ(found.counts[i].p, alone.counts[i].p) << i;
    EXPECT_EQ(found.counts[i].independent_mean, alone.counts[i].independent_mean) << i;
  }
  ASSERT_EQ(found.probes.size(), alone.probes.size());
  for (std::size_t i = 0; i < found.probes.size(); ++i) EXPECT_EQ(found.probes[i].p, alone.probes[i].p) << i;
}

TEST(Screen, DoesNotDependOnTheOrderOfLinesAndProbes) {
  const auto lines = planted_lines(9, {.n_lines = 8});
  auto turned = lines;
  for (auto& panel : turned.panels) {
    std::ranges::reverse(panel.probes.value);  // probes and lines backwards
    std::ranges::reverse(panel.probes.feature);
    std::ranges::reverse(panel.gene);
  }
  for (auto& outcome : turned.outcomes) std::ranges::reverse(outcome.value);
  const Intersection rule{.name = "both", .terms = {{0, 0}, {1, 0}}, .by_gene = true};
  const auto found = mining::screen(MPI_COMM_WORLD, lines, {&rule, 1}, {}),
             again = mining::screen(MPI_COMM_WORLD, turned, {&rule, 1}, {});
  for (std::size_t i = 0; i < found.counts.size(); ++i) {
    EXPECT_EQ(found.counts[i].observed, again.counts[i].observed);
    EXPECT_EQ(found.counts[i].null_95, again.counts[i].null_95);
    EXPECT_DOUBLE_EQ(found.counts[i].p, again.counts[i].p);
  }
}

TEST(Screen, BeyondExactPTakesStudentsT) {
  const auto lines = planted_lines(10, {.n_lines = 12});
  const mining::Options exact{.relabelings = {.exact_up_to = 2, .permutations = 9}, .list_all = true};
  auto approximate = exact;
  approximate.exact_p_up_to = 4;
  const auto found = mining::screen(MPI_COMM_WORLD, lines, {}, exact),
             near = mining::screen(MPI_COMM_WORLD, lines, {}, approximate);
  ASSERT_EQ(found.probes.size(), near.probes.size());
  for (std::size_t i = 0; i < found.probes.size(); ++i) EXPECT_NEAR(near.probes[i].p, found.probes[i].p, 0.012) << i;
}

TEST(Screen, AHitIsWhatStudentsTHoldsAtTheThresholdWhateverTheTies) {
  auto lines = planted_lines(11, {.n_lines = 24, .n_probes = 300});
  for (auto& value : lines.panels[0].probes.value) value = std::round(value);  // many patterns of ties
  for (const double threshold : {0.05, 0.001, 0.31}) {
    const auto found = mining::screen(MPI_COMM_WORLD, lines, {},
                                      {.threshold = threshold, .relabelings = {.permutations = 9}, .list_all = true});
    for (const auto& row : found.probes) ASSERT_EQ(row.hit, row.p <= threshold) << row.rho;
  }
}

TEST(Screen, DrawsFewerRelabelingsWhereTheyWouldTakeTooLongButNoFewerThanNeeded) {
  const auto lines = planted_lines(12, {.n_lines = 24});
  const Intersection rule{.name = "both", .terms = {{0, 0}, {1, 0}}, .by_gene = true};
  const auto drawn = [&](std::int64_t affordable, std::span<const Intersection> rules) {
    return mining::screen(MPI_COMM_WORLD, lines, rules, {.affordable = affordable});
  };
  EXPECT_EQ(drawn(500'000'000'000, {}).counts.front().n_perm, 100'000);
  EXPECT_EQ(drawn(1, {}).counts.front().n_perm, 1'000);
  // of the tests of all panels and outcomes, but an intersection by its own
  const std::int64_t n_tests = 3 * (60 + 62), cost = 4;
  EXPECT_EQ(drawn(5'000 * n_tests * cost, {}).counts.front().n_perm, 5'001);
  const auto found = drawn(5'000 * n_tests * cost, {&rule, 1});
  EXPECT_EQ(found.counts.back().n_perm, 15'001);
  EXPECT_EQ(count_of(found, "ecto", "+").n_perm, 15'001);
  EXPECT_EQ(count_of(found, "endo", "+").n_perm, 5'001);
}

}  // namespace
