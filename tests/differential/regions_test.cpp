#include "miura/differential/regions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "differential/golden_tables.hpp"
#include "miura/permutation/labelings.hpp"

namespace {

using namespace miura;
using differential::HitRule, differential::Options, differential::RegionRow;

const differential::Design groups{.group = {0, 0, 0, 0, 1, 1, 1, 1, 1}};

/// Probes 0-9 in a promoter (two to a gene), 10-19 in a body (of the same genes), 20 in both of G1, 21-29 listed
/// without a region, the others not listed.
matrix::ProbeAnnotation annotation_of_forty() {
  matrix::ProbeAnnotation a;
  a.gene = {"G0", "G1", "G2", "G3", "G4"};
  a.region = {"TSS200", "Body", "3'UTR"};
  for (std::int32_t f = 0; f < 40; ++f) {
    if (f < 20) a.entry.push_back({f % 10 / 2, f / 10});
    if (f == 20) a.entry.insert(a.entry.end(), {{1, 0}, {1, 1}});
    a.start.push_back(std::ssize(a.entry));
    a.listed.push_back(f < 30 ? 1 : 0);
  }
  return a;
}

differential::Regions counted(MPI_Comm comm, const Options& options) {
  const auto values = test::golden_values("values.tsv");
  const auto found = compare_groups(comm, values, groups, options);
  return count_regions(comm, values, groups, options, found, annotation_of_forty(), {.promoter = {"TSS200"}});
}

const RegionRow& row_of(const differential::Regions& regions, const std::string& region, int direction) {
  const auto at = std::ranges::find_if(
      regions.rows, [&](const RegionRow& row) { return row.region == region && row.direction == direction; });
  if (at == regions.rows.end()) throw std::out_of_range(region);
  return *at;
}

TEST(Regions, CountAProbeOnceInEachOfItsClasses) {
  const auto regions = counted(MPI_COMM_WORLD, {.hits = {.by = HitRule::By::p}});
  EXPECT_EQ(row_of(regions, "all", 1).n_tested, 40);
  EXPECT_EQ(row_of(regions, "TSS200", 1).n_tested, 11);
  EXPECT_EQ(row_of(regions, "Body", 1).n_tested, 11);
  EXPECT_EQ(row_of(regions, "intergenic", 1).n_tested, 9);
  EXPECT_EQ(row_of(regions, "unlisted", -1).n_tested, 10);
  EXPECT_THROW(row_of(regions, "3'UTR", 1), std::out_of_range);  // no probe lies there
}

/// What compare_groups itself finds under every labeling, written out.
struct BruteForce {
  std::vector<std::int64_t> up;                  ///< hits up of every labeling
  std::vector<std::int64_t> promoter_up;         ///< of them in TSS200
  std::vector<std::int64_t> genes_with_two;      ///< genes with two or more of those
  std::vector<std::int64_t> promoter_among_top;  ///< of as many of the largest t as are hits
  std::vector<std::vector<std::int64_t>> by_gene = std::vector<std::vector<std::int64_t>>(5);  ///< up in its promoter
};

BruteForce brute_force(const Options& options, std::size_t n_top) {
  const auto values = test::golden_values("values.tsv");
  const auto annotation = annotation_of_forty();
  const permutation::Labelings labelings(groups.group, {}, {});
  BruteForce all;
  for (std::int64_t b = 0; b < labelings.size(); ++b) {
    const auto found = compare_groups(MPI_COMM_SELF, values, {.group = labelings(b)}, options);
    std::int64_t up = 0, promoter = 0;
    std::vector<int> by_gene(5);
    std::vector<std::pair<double, std::int64_t>> by_t;
    for (std::int64_t f = 0; f < 40; ++f) {
      const bool in_promoter = f < 10 || f == 20;
      by_t.emplace_back(std::isnan(found.rows[f].statistic) ? 0.0 : found.rows[f].statistic, f);
      if (found.rows[f].direction <= 0) continue;
      ++up;
      promoter += in_promoter ? 1 : 0;
      if (in_promoter) ++by_gene[annotation.of(f).front().gene];
    }
    for (std::size_t gene = 0; gene < 5; ++gene) all.by_gene[gene].push_back(by_gene[gene]);
    std::ranges::sort(by_t, std::greater{});
    all.up.push_back(up);
    all.promoter_up.push_back(promoter);
    all.genes_with_two.push_back(std::ranges::count_if(by_gene, [](int n) { return n >= 2; }));
    all.promoter_among_top.push_back(std::count_if(by_t.begin(), by_t.begin() + static_cast<std::ptrdiff_t>(n_top),
                                                   [](const auto& at) { return at.second < 10 || at.second == 20; }));
  }
  return all;
}

double share_at_least(const std::vector<std::int64_t>& counts, std::int64_t least) {
  return static_cast<double>(std::ranges::count_if(counts, [&](auto n) { return n >= least; })) /
         static_cast<double>(counts.size());
}

class RegionNull : public testing::TestWithParam<HitRule> {};

TEST_P(RegionNull, IsWhatTheComparisonItselfFindsUnderEveryLabeling) {
  const Options options{.hits = GetParam()};
  const auto regions = counted(MPI_COMM_WORLD, options);
  ASSERT_EQ(regions.n_relabelings, 126);
  EXPECT_TRUE(regions.exact);
  const auto& all = row_of(regions, "all", 1);
  const auto& promoter = row_of(regions, "TSS200", 1);
  ASSERT_GT(promoter.n_hits, 1);
  const auto wanted = brute_force(options, static_cast<std::size_t>(all.n_hits));
  EXPECT_EQ(all.null.p, share_at_least(wanted.up, all.n_hits));
  EXPECT_EQ(promoter.null.p, share_at_least(wanted.promoter_up, promoter.n_hits));
  EXPECT_EQ(promoter.p_top_enriched, share_at_least(wanted.promoter_among_top, promoter.n_hits));
  double sum = 0;
  for (const auto n : wanted.promoter_up) sum += static_cast<double>(n);
  EXPECT_DOUBLE_EQ(promoter.null.mean, sum / 126);
  auto sorted = wanted.promoter_up;
  std::ranges::sort(sorted);
  EXPECT_EQ(promoter.null.upper_95, static_cast<double>(sorted[119]));  // 120 of 126 are at most that
  const auto& two =
      *std::ranges::find_if(regions.gene_counts, [](const auto& row) { return row.k == 2 && row.direction == 1; });
  EXPECT_EQ(two.null.p, share_at_least(wanted.genes_with_two, two.n_genes));
  for (const auto& gene : regions.genes)
    EXPECT_EQ(gene.p_promoter_hits[0],
              share_at_least(wanted.by_gene[static_cast<std::size_t>(gene.gene[1] - '0')], gene.promoter_hits[0]))
        << gene.gene;
}
INSTANTIATE_TEST_SUITE_P(Of, RegionNull,
                         testing::Values(HitRule{.by = HitRule::By::p}, HitRule{.by = HitRule::By::q, .alpha = 0.2},
                                         HitRule{.by = HitRule::By::p, .alpha = 0.1, .min_difference = 1.0}));

TEST(Genes, ThatHaveHitsAreListedWithTheirPromoter) {
  const auto regions = counted(MPI_COMM_WORLD, {.hits = {.by = HitRule::By::p}});
  ASSERT_FALSE(regions.genes.empty());
  std::int32_t total = 0;
  for (const auto& gene : regions.genes) {
    EXPECT_GT(gene.hits[0] + gene.hits[1], 0);
    EXPECT_LE(gene.promoter_hits[0], gene.hits[0]);
    total += gene.n_tested;
    EXPECT_LE(std::max(gene.promoter_hits[0], gene.promoter_hits[1]),
              std::max(regions.genes.front().promoter_hits[0], regions.genes.front().promoter_hits[1]));
  }
  EXPECT_LE(total, 21);
}

TEST(RegionCounts, AreTheSameOnAnyNumberOfRanks) {
  for (const auto test : {differential::Test::moderated, differential::Test::t}) {
    const Options options{.test = test, .hits = {.by = HitRule::By::p}};
    const auto alone = counted(MPI_COMM_SELF, options), shared = counted(MPI_COMM_WORLD, options);
    ASSERT_EQ(alone.rows.size(), shared.rows.size());
    for (std::size_t i = 0; i < alone.rows.size(); ++i) {
      EXPECT_EQ(alone.rows[i].null.p, shared.rows[i].null.p);
      EXPECT_EQ(alone.rows[i].null.mean, shared.rows[i].null.mean);
    }
    for (std::size_t i = 0; i < alone.genes.size(); ++i)
      EXPECT_EQ(alone.genes[i].p_promoter_hits, shared.genes[i].p_promoter_hits);
  }
}

/// What compare_groups itself finds under every labeling, of permutation tests: hits up in TSS200 and in all, and those
/// up in the promoter of G1.
struct Relabeled {
  std::vector<std::int64_t> promoter, all, of_gene;
};

Relabeled relabeled(const matrix::Measurements& values, const differential::Design& design,
                    const permutation::Labelings& labelings, const Options& options) {
  Relabeled counts;
  for (std::int64_t b = 0; b < labelings.size(); ++b) {
    auto other = design;
    other.group = labelings(b);
    const auto found = compare_groups(MPI_COMM_SELF, values, other, options);
    std::int64_t promoter = 0, all = 0, of_gene = 0;
    for (std::int64_t f = 0; f < std::ssize(found.rows); ++f) {
      if (found.rows[f].direction <= 0) continue;
      ++all;
      promoter += f < 10 || f == 20 ? 1 : 0;
      of_gene += f == 2 || f == 3 || f == 20 ? 1 : 0;
    }
    counts.promoter.push_back(promoter);
    counts.all.push_back(all);
    counts.of_gene.push_back(of_gene);
  }
  return counts;
}

struct PermutationCase {
  differential::Test test;
  HitRule hits;
  bool paired, with_missing;
  permutation::Side side = permutation::Side::two_sided;
};

class PermutationNull : public testing::TestWithParam<PermutationCase> {};

TEST_P(PermutationNull, IsWhatTheComparisonItselfFindsUnderEveryLabeling) {
  const auto& asked = GetParam();
  auto values = test::golden_values("values.tsv");
  for (std::int64_t f = 0; !asked.with_missing && f < values.n_features(); ++f)  // a family of one size
    for (std::int32_t s = 0; s < values.n_samples(); ++s) {
      auto& x = values.value[f * values.n_samples() + s];
      if (std::isnan(x)) x = 0.01 * static_cast<double>(f * s % 7);
    }
  const auto design =
      asked.paired ? differential::Design{.group = {0, 0, 0, 0, 1, 1, 1, 1, -1}, .pair = {0, 1, 2, 3, 0, 1, 2, 3, 4}}
                   : groups;
  const Options options{.test = asked.test, .hits = asked.hits, .relabelings = {.side = asked.side}};
  const auto found = compare_groups(MPI_COMM_WORLD, values, design, options);
  const auto regions =
      count_regions(MPI_COMM_WORLD, values, design, options, found, annotation_of_forty(), {.promoter = {"TSS200"}});
  EXPECT_TRUE(regions.exact);
  ASSERT_EQ(regions.n_relabelings, asked.paired ? 16 : 126);

  auto known = design;
  auto compared_values = values;
  if (asked.paired) {  // labelings are those of the compared samples: the ninth is in neither group
    compared_values.sample.pop_back();
    compared_values.value.clear();
    for (std::int64_t f = 0; f < values.n_features(); ++f)
      for (std::int32_t s = 0; s < 8; ++s) compared_values.value.push_back(values.of(f)[s]);
    known.group.pop_back();
    known.pair.pop_back();
  }
  const permutation::Labelings labelings(known.group, known.pair, options.relabelings);
  const auto wanted = relabeled(compared_values, known, labelings, options);
  const auto& all = row_of(regions, "all", 1);
  const auto& promoter = row_of(regions, "TSS200", 1);
  ASSERT_GT(all.n_hits, 1);
  EXPECT_EQ(all.null.p, share_at_least(wanted.all, all.n_hits));
  EXPECT_EQ(promoter.null.p, share_at_least(wanted.promoter, promoter.n_hits));
  double sum = 0;
  for (const auto n : wanted.promoter) sum += static_cast<double>(n);
  EXPECT_DOUBLE_EQ(promoter.null.mean, sum / static_cast<double>(labelings.size()));
  auto sorted = wanted.all;
  std::ranges::sort(sorted);
  EXPECT_EQ(all.null.upper_95, static_cast<double>(sorted[(95 * sorted.size() + 99) / 100 - 1]));
  EXPECT_TRUE(std::isnan(promoter.p_top_enriched));
  for (const auto& gene : regions.genes)
    if (gene.gene == "G1") {
      EXPECT_EQ(gene.p_promoter_hits[0], share_at_least(wanted.of_gene, gene.promoter_hits[0]));
    }
}
INSTANTIATE_TEST_SUITE_P(
    Of, PermutationNull,
    testing::Values(PermutationCase{differential::Test::wilcoxon, {.by = HitRule::By::p}, false, true},
                    PermutationCase{differential::Test::welch, {.by = HitRule::By::p, .alpha = 0.1}, false, true},
                    PermutationCase{differential::Test::t, {.by = HitRule::By::q, .alpha = 0.2}, false, false},
                    PermutationCase{differential::Test::t,
                                    {.by = HitRule::By::p, .min_difference = 1.0},
                                    false,
                                    true,
                                    permutation::Side::greater},
                    PermutationCase{differential::Test::t, {.by = HitRule::By::q, .alpha = 0.3}, false, true},
                    PermutationCase{differential::Test::t, {.by = HitRule::By::p, .alpha = 0.2}, true, false},
                    PermutationCase{differential::Test::wilcoxon, {.by = HitRule::By::p, .alpha = 0.3}, true, true}));

TEST(PermutationNullOfDrawnRelabelings, CountsTheObservedOneToo) {
  const auto values = test::golden_values("values.tsv");
  const Options options{
      .test = differential::Test::t, .hits = {.by = HitRule::By::p}, .relabelings = {.permutations = 99}};
  const auto found = compare_groups(MPI_COMM_WORLD, values, groups, options);
  const auto drawn = [&](std::int64_t permutations) {
    return count_regions(MPI_COMM_WORLD, values, groups, options, found, {}, {.permutations = permutations});
  };
  const auto all = drawn(9'999), few = drawn(49), none = drawn(0);
  EXPECT_FALSE(all.exact);
  EXPECT_EQ(all.n_relabelings, 100);
  EXPECT_EQ(few.n_relabelings, 50);
  EXPECT_EQ(none.n_relabelings, 0);
  EXPECT_TRUE(std::isnan(none.rows.front().null.p));
  for (const auto* regions : {&all, &few})
    EXPECT_GE(regions->rows.front().null.p * static_cast<double>(regions->n_relabelings), 1.0 - 1e-9);
}

TEST(RegionCounts, HaveTheTailsOfDrawingAtRandom) {
  const auto regions = counted(MPI_COMM_WORLD, {.hits = {.by = HitRule::By::p}});
  const auto& row = row_of(regions, "TSS200", 1);
  const auto& all = row_of(regions, "all", 1);
  const auto log_factorial = [](std::int64_t n) { return std::lgamma(static_cast<double>(n) + 1.0); };
  const auto choose = [&](std::int64_t n, std::int64_t k) {
    return std::exp(log_factorial(n) - log_factorial(k) - log_factorial(n - k));
  };
  double upper = 0.0, lower = 0.0;
  for (std::int64_t k = 0; k <= std::min(row.n_tested, all.n_hits); ++k) {
    if (all.n_hits - k > 40 - row.n_tested) continue;
    const double chance = choose(row.n_tested, k) * choose(40 - row.n_tested, all.n_hits - k) / choose(40, all.n_hits);
    if (k >= row.n_hits) upper += chance;
    if (k <= row.n_hits) lower += chance;
  }
  EXPECT_NEAR(row.log10_p_enriched, std::log10(upper), 1e-10);
  EXPECT_NEAR(row.log10_p_depleted, std::log10(lower), 1e-10);
  EXPECT_DOUBLE_EQ(row.expected, 11.0 * static_cast<double>(all.n_hits) / 40.0);
}

}  // namespace
