#include "miura/markers/lot_consistency.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;

/// Sums of all genes, as one rank would hold them: genes x groups x lots with group 0 all cells. 40 cells in every
/// cluster and lot.
struct AllSums {
  std::int32_t n_genes, n_clusters, n_lots;
  std::vector<std::int64_t> sum = std::vector<std::int64_t>(n_genes * (n_clusters + 1) * n_lots);
  std::vector<std::int64_t> cells = std::vector<std::int64_t>((n_clusters + 1) * n_lots, 40);

  std::int64_t& count(std::int32_t gene, std::int32_t cluster, std::int32_t lot) {
    return sum[(gene * (n_clusters + 1) + cluster + 1) * n_lots + lot];
  }
  matrix::Pseudobulk part(MPI_Comm comm) const {
    const int rank = parallel::rank_of(comm);
    const auto genes = parallel::Partition::even(n_genes, parallel::size_of(comm));
    const auto of_gene = (n_clusters + 1) * n_lots;
    matrix::Pseudobulk mine{.genes = genes,
                            .n_lots = n_lots,
                            .n_groups = n_clusters + 1,
                            .sum = {sum.begin() + genes.begin(rank) * of_gene, sum.begin() + genes.end(rank) * of_gene},
                            .total = std::vector<std::int64_t>(of_gene),
                            .cells = cells};
    for (std::size_t i = 0; i < sum.size(); ++i) mine.total[i % mine.total.size()] += sum[i];
    return mine;
  }
};

/// Binomial noise around one level for all clusters and lots, so that nothing differs but by chance.
AllSums noise(std::int32_t n_genes, std::int32_t n_clusters, std::int32_t n_lots, std::uint64_t seed) {
  AllSums all{n_genes, n_clusters, n_lots};
  stats::RandomStream random(seed, stats::Purpose::simulate, 0);
  for (std::int32_t g = 0; g < n_genes; ++g)
    for (std::int32_t c = 0; c < n_clusters; ++c)
      for (std::int32_t l = 0; l < n_lots; ++l)
        all.count(g, c, l) = 10 + std::popcount(random()) + std::popcount(random());
  return all;
}

markers::LotConsistency consistency_of(MPI_Comm comm, const AllSums& all,
                                       const markers::LotConsistencyOptions& options) {
  return markers::lot_consistency(comm, all.part(comm), std::vector<std::uint8_t>(all.n_lots, 1), options);
}

/// Signed differences of a gene, by the formula of the header.
std::vector<double> differences(AllSums all, std::int32_t gene, std::int32_t cluster, double prior_count) {
  std::vector<double> in(all.n_lots), rest(all.n_lots), total_in(all.n_lots), total_rest(all.n_lots), d;
  double depth = 0;
  for (std::int32_t l = 0; l < all.n_lots; ++l)
    for (std::int32_t c = 0; c < all.n_clusters; ++c)
      for (std::int32_t g = 0; g < all.n_genes; ++g) {
        const auto y = static_cast<double>(all.count(g, c, l));
        (c == cluster ? total_in : total_rest)[l] += y;
        depth += c == cluster ? y : 0;
        if (g == gene) (c == cluster ? in : rest)[l] += y;
      }
  const double prior = prior_count / (depth / all.n_lots);
  for (std::int32_t l = 0; l < all.n_lots; ++l)
    d.push_back(std::log2((in[l] / total_in[l] + prior) / (rest[l] / total_rest[l] + prior)));
  return d;
}

/// |sum| / norm for each of all 2^n flips of signs; the first flips none.
std::vector<double> flipped(const std::vector<double>& d) {
  std::vector<double> t;
  for (std::uint32_t signs = 0; signs < (1U << d.size()); ++signs) {
    double sum = 0, squares = 0;
    for (std::size_t l = 0; l < d.size(); ++l) {
      sum += (signs >> l) & 1U ? -d[l] : d[l];
      squares += d[l] * d[l];
    }
    t.push_back(std::abs(sum) / std::sqrt(squares));
  }
  return t;
}

TEST(LotConsistency, EnumeratesAllSignsAsAPlainLoopDoes) {
  constexpr std::int32_t n_genes = 7, n_clusters = 3, n_lots = 6;
  auto all = noise(n_genes, n_clusters, n_lots, 3);
  for (std::int32_t l = 0; l < n_lots; ++l) all.count(2, 1, l) += 50 + 5 * l;  // higher in cluster 1 in every lot
  const auto found = consistency_of(MPI_COMM_WORLD, all, {});
  for (std::int32_t c = 0; c < n_clusters; ++c) {
    std::vector<double> largest(1U << n_lots);
    for (std::int32_t g = 0; g < n_genes; ++g) {
      const auto t = flipped(differences(all, g, c, 2));
      for (std::size_t b = 0; b < t.size(); ++b) largest[b] = std::max(largest[b], t[b]);
    }
    for (std::int32_t g = 0; g < n_genes; ++g) {
      const auto d = differences(all, g, c, 2);
      const auto t = flipped(d);
      const auto count = [&](const std::vector<double>& of) {
        return static_cast<double>(std::ranges::count_if(of, [&](double b) { return b >= t[0] - 1e-6; }));
      };
      const auto at = found.at(c, g);
      EXPECT_DOUBLE_EQ(found.p[at], count(t) / 64);
      EXPECT_DOUBLE_EQ(found.p_max_t[at], count(largest) / 64);
      EXPECT_EQ(found.n_higher[at], std::ranges::count_if(d, [](double x) { return x > 0; }));
      EXPECT_EQ(found.n_lower[at], std::ranges::count_if(d, [](double x) { return x < 0; }));
      double mean = 0;
      for (const auto x : d) mean += x / n_lots;
      EXPECT_NEAR(found.difference[at], mean, 1e-12);
    }
  }
  EXPECT_EQ(found.p[found.at(1, 2)], 1.0 / 32);  // 6 of 6 lots: only this flip and its mirror image
  EXPECT_EQ(found.p_min, std::vector<double>(3, 1.0 / 32));
  EXPECT_EQ(found.n_higher[found.at(1, 2)], 6);
}

TEST(LotConsistency, TakesTheConfidentEndOfTheDifference) {
  AllSums all{2, 2, 3};
  for (std::int32_t l = 0; l < 3; ++l)
    for (std::int32_t c = 0; c < 2; ++c) {
      all.count(0, c, l) = c == 0 ? 100 << l : 100;  // ratios of about 1, 2, 4 to the rest
      all.count(1, c, l) = 1'000'000 - all.count(0, c, l);
    }
  const auto found = consistency_of(MPI_COMM_WORLD, all, {.prior_count = 0});
  // R: t.test(c(0, 1, 2)): mean 1, 95 % interval -1.484 to 3.484
  EXPECT_NEAR(found.difference[found.at(0, 0)], 1, 1e-12);
  EXPECT_EQ(found.effect[found.at(0, 0)], 0);
  // t.test(c(0, 1, 2), conf.level = 0.6): 0.387 to 1.613; 1 - qt(0.8, 2) / sqrt(3)
  const auto confident = consistency_of(MPI_COMM_WORLD, all, {.prior_count = 0, .confidence = 0.6});
  EXPECT_NEAR(confident.effect[confident.at(0, 0)], 1 - 1.0606601717798212 / std::sqrt(3), 1e-12);
  EXPECT_NEAR(confident.effect[confident.at(1, 0)], -(1 - 1.0606601717798212 / std::sqrt(3)), 1e-12);
}

TEST(LotConsistency, OfAPairIsThatOfAStudyOfTheTwoClustersAlone) {
  constexpr std::int32_t n_genes = 40, n_lots = 6;
  auto all = noise(n_genes, 4, n_lots, 9);
  AllSums two{n_genes, 2, n_lots};
  for (std::int32_t g = 0; g < n_genes; ++g)
    for (std::int32_t l = 0; l < n_lots; ++l) {
      two.count(g, 0, l) = all.count(g, 3, l);
      two.count(g, 1, l) = all.count(g, 1, l);
    }
  all.cells[1 * n_lots + 4] = 3;  // cluster 0 has few cells in a lot, which is no matter of the others
  const auto alone = consistency_of(MPI_COMM_WORLD, two, {});
  const auto pairs = consistency_of(MPI_COMM_WORLD, all,
                                    {.contrasts = {.against_rest = false, .pairs = {{.in = 3, .out = 1}, {1, 3}}}});
  ASSERT_EQ(pairs.contrast, (std::vector<markers::Contrast>{{3, 1}, {1, 3}}));
  EXPECT_EQ(pairs.n_lots, (std::vector<std::int32_t>{n_lots, n_lots}));
  for (std::int32_t g = 0; g < n_genes; ++g) {
    const auto at = pairs.at(0, g), mirrored = pairs.at(1, g);
    EXPECT_EQ(pairs.difference[at], alone.difference[alone.at(0, g)]);
    EXPECT_EQ(pairs.effect[at], alone.effect[alone.at(0, g)]);
    EXPECT_EQ(pairs.p[at], alone.p[alone.at(0, g)]);
    EXPECT_EQ(pairs.p_max_t[at], alone.p_max_t[alone.at(0, g)]);
    EXPECT_EQ(pairs.n_higher[at], alone.n_higher[alone.at(0, g)]);
    EXPECT_EQ(pairs.n_lower[at], pairs.n_higher[mirrored]);
  }
  const auto both = consistency_of(MPI_COMM_WORLD, all, {.contrasts = {.pairs = {{3, 1}}}});
  EXPECT_EQ(std::ssize(both.contrast), 5);
  EXPECT_EQ(both.difference[both.at(4, 7)], pairs.difference[pairs.at(0, 7)]);
}

TEST(LotConsistency, LeavesOutLotsWithFewCellsAndGenesWithFewCounts) {
  auto all = noise(5, 2, 4, 8);
  all.cells[1 * 4 + 2] = 9;  // cluster 0 in lot 2: neither cluster can be compared there
  for (std::int32_t c = 0; c < 2; ++c)
    for (std::int32_t l = 0; l < 4; ++l) all.count(3, c, l) = l == 2 ? 100 : c + 1;  // 9 counts in the three lots
  const auto sums = all.part(MPI_COMM_WORLD);
  const auto found = markers::lot_consistency(MPI_COMM_WORLD, sums, std::vector<std::uint8_t>{1, 1, 1, 1}, {});
  EXPECT_EQ(found.n_lots, (std::vector<std::int32_t>{3, 3}));
  EXPECT_TRUE(std::isnan(found.p[found.at(0, 3)]) && std::isnan(found.effect[found.at(0, 3)]));
  EXPECT_FALSE(std::isnan(found.p[found.at(0, 2)]));
  EXPECT_EQ(markers::ranked_genes(found, 0).back(), 3);
  const auto one = markers::lot_consistency(MPI_COMM_WORLD, sums, std::vector<std::uint8_t>{0, 1, 1, 0}, {});
  EXPECT_EQ(one.n_lots, (std::vector<std::int32_t>{1, 1}));
  EXPECT_TRUE(std::ranges::all_of(one.p_max_t, [](double p) { return std::isnan(p); }));
  EXPECT_TRUE(std::isnan(one.p_min[0]));
}

TEST(LotConsistency, RanksWhatAllLotsAgreeOnAboveWhatOneLotHas) {
  auto all = noise(300, 2, 8, 5);
  for (std::int32_t l = 0; l < 8; ++l) all.count(7, 0, l) += 40;
  for (std::int32_t c = 0; c < 2; ++c)
    for (std::int32_t l = 0; l < 8; ++l) all.count(9, c, l) = c == 0 && l == 3 ? 3000 : 2;
  for (std::int32_t l = 0; l < 8; ++l) all.count(11, 0, l) /= 3;
  const auto found = consistency_of(MPI_COMM_WORLD, all, {});
  const auto order = markers::ranked_genes(found, 0);
  EXPECT_EQ(order.front(), 7);  // gene 9 has the largest mean, out of one lot
  EXPECT_EQ(order.back(), 11);  // tested and lower
  EXPECT_EQ(found.effect[found.at(0, 9)], 0);
  EXPECT_GT(found.difference[found.at(0, 9)], found.difference[found.at(0, 7)]);
}

TEST(LotConsistency, HasTheSameBitsOnAnyNumberOfRanks) {
  for (const int exact_up_to : {14, 4}) {
    const auto all = noise(600, 3, 7, 21);
    const markers::LotConsistencyOptions options{.exact_up_to = exact_up_to, .draws = 499};
    const auto alone = consistency_of(MPI_COMM_SELF, all, options);
    const auto shared = consistency_of(MPI_COMM_WORLD, all, options);
    EXPECT_EQ(shared.n_higher, alone.n_higher);
    for (const auto column : {&markers::LotConsistency::difference, &markers::LotConsistency::effect,
                              &markers::LotConsistency::p, &markers::LotConsistency::p_max_t})
      for (std::size_t i = 0; i < (alone.*column).size(); ++i)
        ASSERT_EQ(std::bit_cast<std::uint64_t>((shared.*column)[i]), std::bit_cast<std::uint64_t>((alone.*column)[i]));
  }
}

TEST(LotConsistency, DrawsFlipsThatAgreeWithAllOfThem) {
  const auto all = noise(20, 2, 9, 4);
  const auto exact = consistency_of(MPI_COMM_WORLD, all, {});
  const auto drawn = consistency_of(MPI_COMM_WORLD, all, {.exact_up_to = 8, .draws = 20'000});
  EXPECT_EQ(drawn.p_min[0], 1.0 / 20'001);
  for (std::size_t i = 0; i < exact.p.size(); ++i) {
    EXPECT_NEAR(drawn.p[i], exact.p[i], 0.017);  // 4.8 standard errors at p = 0.5
    EXPECT_NEAR(drawn.p_max_t[i], exact.p_max_t[i], 0.017);
  }
}

TEST(LotConsistency, FindsNothingInNoiseMoreOftenThanAlpha) {
  int any = 0, one = 0;
  constexpr int studies = 300;
  for (std::uint64_t seed = 0; seed < studies; ++seed) {
    const auto found = consistency_of(MPI_COMM_WORLD, noise(25, 2, 8, 1000 + seed), {});
    any += *std::ranges::min_element(found.p_max_t) <= 0.05 ? 1 : 0;
    one += found.p[0] <= 0.05 ? 1 : 0;
  }
  EXPECT_LE(any, 27);  // 0.05 x 300 = 15; 27 is exceeded with chance 0.001
  EXPECT_LE(one, 27);
  EXPECT_GE(any, 4);  // and the test is not asleep
}

}  // namespace
