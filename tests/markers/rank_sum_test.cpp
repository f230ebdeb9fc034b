#include "miura/markers/rank_sum.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "markers/marker_cells.hpp"
#include "miura/stats/multiplicity.hpp"

namespace {

using namespace miura;
using markers::Contrast;

markers::RankSums rank_sums_of(MPI_Comm comm, const planted::Labelled& all, const planted::LabelledPart& part,
                               std::int32_t n_clusters, const markers::RankSumOptions& options) {
  return markers::rank_sums(comm, part.cells, planted::log_expression, part.label, all.n_genes(), n_clusters, options);
}

void expect_same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_EQ(std::bit_cast<std::uint64_t>(a[i]), std::bit_cast<std::uint64_t>(b[i]))
        << i << ' ' << a[i] << ' ' << b[i];
}

void expect_same_bits(const markers::RankSums& a, const markers::RankSums& b) {
  EXPECT_EQ(a.contrast, b.contrast);
  EXPECT_EQ(a.cells_in, b.cells_in);
  EXPECT_EQ(a.cells_out, b.cells_out);
  for (const auto column :
       {&markers::RankSums::z, &markers::RankSums::log10_p, &markers::RankSums::log10_q, &markers::RankSums::auc,
        &markers::RankSums::log2_fold_seurat, &markers::RankSums::log2_fold_scanpy, &markers::RankSums::share_in,
        &markers::RankSums::share_out})
    expect_same_bits(a.*column, b.*column);
}

TEST(RankSums, AreThoseOfScanpyAndScipy) {
  const auto all = planted::golden_cells();
  const auto found = rank_sums_of(MPI_COMM_WORLD, all, planted::part_of(MPI_COMM_WORLD, all), 3, {});
  const auto rows = planted::golden_rows("scanpy.tsv");
  ASSERT_EQ(rows.size(), 36U);
  ASSERT_EQ(std::ssize(found.z), 36);
  std::vector<double> p;
  for (const auto& row : rows) {
    const auto at = found.at(static_cast<std::int64_t>(row[0]), static_cast<std::int64_t>(row[1]));
    EXPECT_NEAR(found.auc[at], row[7], 1e-15);
    EXPECT_NEAR(found.share_in[at], row[5], 1e-15);
    EXPECT_NEAR(found.share_out[at], row[6], 1e-15);
    EXPECT_NEAR(found.log2_fold_scanpy[at], row[4], 2e-6 * std::max(1.0, std::abs(row[4])));
    EXPECT_NEAR(found.log2_fold_seurat[at], row[9], 1e-6);
    p.push_back(row[8]);
    if (std::isnan(row[8])) {  // scanpy says 0 and 1 of a gene that nobody has
      EXPECT_TRUE(std::isnan(found.z[at]) && std::isnan(found.log10_p[at]) && std::isnan(found.log10_q[at]));
      continue;
    }
    EXPECT_NEAR(found.z[at], row[2], 1e-6 * std::max(1.0, std::abs(row[2])));  // scores are float32
    EXPECT_NEAR(found.log10_p[at], std::log10(row[8]), 1e-12);
  }
  for (std::int64_t cluster = 0; cluster < 3; ++cluster) {
    const auto q = stats::benjamini_hochberg(std::span(p).subspan(12 * cluster, 12));
    for (std::int64_t g = 0; g < 12; ++g)
      if (!std::isnan(q[g])) {
        EXPECT_NEAR(found.log10_q[found.at(cluster, g)], std::log10(q[g]), 1e-12);
      }
  }
  EXPECT_EQ(found.cells_in[0] + found.cells_out[0], 146);  // four cells have no label
}

TEST(RankSums, OfAPairLeaveTheOtherClustersOut) {
  const auto all = planted::golden_cells();
  const auto found = rank_sums_of(MPI_COMM_WORLD, all, planted::part_of(MPI_COMM_WORLD, all), 3,
                                  {.contrasts = {.pairs = {{2, 1}, {0, 2}, {2, 0}}}});
  ASSERT_EQ(found.contrast, (std::vector<Contrast>{{0}, {1}, {2}, {2, 1}, {0, 2}, {2, 0}}));
  const auto rows = planted::golden_rows("pair.tsv");
  ASSERT_EQ(rows.size(), 12U);
  for (const auto& row : rows) {
    const auto at = found.at(4, static_cast<std::int64_t>(row[0])),
               mirrored = found.at(5, static_cast<std::int64_t>(row[0]));
    EXPECT_NEAR(found.auc[at], row[1], 1e-15);
    EXPECT_NEAR(found.auc[mirrored], 1 - row[1], 1e-15);
    EXPECT_EQ(found.share_in[at], found.share_out[mirrored]);
    if (std::isnan(row[2])) {
      EXPECT_TRUE(std::isnan(found.z[at]));
      continue;
    }
    EXPECT_NEAR(found.log10_p[at], std::log10(row[2]), 1e-12);
    EXPECT_EQ(found.z[at], -found.z[mirrored]);
    EXPECT_EQ(found.log2_fold_seurat[at], -found.log2_fold_seurat[mirrored]);
  }
}

TEST(RankSums, OfPairsAloneAreThoseBesideTheRest) {
  const auto all = planted::many_cells(900, 11, 4);
  const auto part = planted::part_of(MPI_COMM_WORLD, all);
  const std::vector<Contrast> pairs{{3, 1}, {0, 2}};
  const auto both = rank_sums_of(MPI_COMM_WORLD, all, part, 4, {.contrasts = {.pairs = pairs}});
  const auto alone = rank_sums_of(MPI_COMM_WORLD, all, part, 4, {.contrasts = {.against_rest = false, .pairs = pairs}});
  EXPECT_EQ(alone.contrast, pairs);
  for (const auto column : {&markers::RankSums::z, &markers::RankSums::log10_q, &markers::RankSums::auc,
                            &markers::RankSums::log2_fold_seurat, &markers::RankSums::share_out}) {
    const auto& of_both = both.*column;
    expect_same_bits(alone.*column, {of_both.begin() + both.at(4, 0), of_both.end()});
  }
}

/// Rank sums by definition: every cell inside against every cell outside.
double auc_by_pairs(const planted::Labelled& all, std::int32_t gene, std::int32_t in) {
  const auto value = [&](std::size_t i) {
    std::int64_t n_counts = 0;
    for (const auto count : all.count[i]) n_counts += count;
    return all.count[i][gene] > 0 ? planted::log_expression(all.count[i][gene], n_counts) : 0.0F;
  };
  std::vector<float> inside, outside;
  for (std::size_t i = 0; i < all.label.size(); ++i)
    if (all.label[i] >= 0) (all.label[i] == in ? inside : outside).push_back(value(i));
  std::int64_t doubled_wins = 0;
  for (const auto a : inside)
    for (const auto b : outside) doubled_wins += a > b ? 2 : a == b ? 1 : 0;
  return static_cast<double>(doubled_wins) /
         (2.0 * static_cast<double>(inside.size()) * static_cast<double>(outside.size()));
}

TEST(RankSums, CountPairsOfCellsInGenesLongEnoughForTheRadixSort) {
  const auto all = planted::many_cells(3000, 6, 3);
  const auto found = rank_sums_of(MPI_COMM_WORLD, all, planted::part_of(MPI_COMM_WORLD, all), 3, {});
  for (std::int32_t cluster = 0; cluster < 3; ++cluster)
    for (std::int32_t gene = 0; gene < 6; ++gene)
      EXPECT_EQ(found.auc[found.at(cluster, gene)], auc_by_pairs(all, gene, cluster));
}

TEST(RankSums, HaveTheSameBitsOnAnyNumberOfRanksAndInAnyBlocks) {
  const auto all = planted::many_cells(2500, 23, 5);
  const markers::RankSumOptions pairs{.contrasts = {.pairs = {{1, 4}, {0, 3}}}};
  const auto alone = rank_sums_of(MPI_COMM_SELF, all, planted::part_of(MPI_COMM_SELF, all), 5, pairs);
  const auto part = planted::part_of(MPI_COMM_WORLD, all);
  for (const std::int64_t at_once : {1, 700, 3000, 1'000'000}) {
    auto options = pairs;
    options.entries_at_once = at_once;
    expect_same_bits(rank_sums_of(MPI_COMM_WORLD, all, part, 5, options), alone);
  }
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  const auto owner =
      parallel::Partition::from_local(MPI_COMM_WORLD, rank == parallel::size_of(MPI_COMM_WORLD) / 2 ? 2500 : 0);
  expect_same_bits(rank_sums_of(MPI_COMM_WORLD, all, planted::part_of(MPI_COMM_WORLD, all, owner), 5, pairs), alone);
}

TEST(RankSums, DoNotDependOnTheOrderOfCells) {
  auto all = planted::many_cells(1200, 9, 4);
  const auto found = rank_sums_of(MPI_COMM_WORLD, all, planted::part_of(MPI_COMM_WORLD, all), 4, {});
  std::ranges::reverse(all.label);
  std::ranges::reverse(all.count);
  expect_same_bits(rank_sums_of(MPI_COMM_WORLD, all, planted::part_of(MPI_COMM_WORLD, all), 4, {}), found);
}

TEST(RankSums, AreMissingWhereASideHasNoCells) {
  auto all = planted::many_cells(40, 3, 1);  // one cluster has no rest, cluster 1 no cells
  const auto found = rank_sums_of(MPI_COMM_WORLD, all, planted::part_of(MPI_COMM_WORLD, all), 2, {});
  for (const auto column :
       {&found.z, &found.log10_p, &found.log10_q, &found.auc, &found.share_in, &found.log2_fold_seurat})
    EXPECT_TRUE(std::ranges::all_of(*column, [](double value) { return std::isnan(value); }));
  std::ranges::fill(all.label, -1);
  EXPECT_TRUE(std::isnan(rank_sums_of(MPI_COMM_WORLD, all, planted::part_of(MPI_COMM_WORLD, all), 2, {}).auc[0]));
  const planted::Labelled nobody;
  EXPECT_TRUE(rank_sums_of(MPI_COMM_WORLD, nobody, planted::part_of(MPI_COMM_WORLD, nobody), 2, {}).z.empty());
}

}  // namespace
