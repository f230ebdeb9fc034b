#include "miura/pseudobulk/lot_expression.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <vector>

#include "miura/parallel/communicator.hpp"

namespace {

using namespace miura;

/// Genes x groups x lots, of which each rank takes its genes; totals and cells given.
matrix::Pseudobulk sums_of(const std::vector<std::int64_t>& all, std::vector<std::int64_t> total,
                           std::vector<std::int64_t> cells, std::int32_t n_lots) {
  const auto n_groups = static_cast<std::int32_t>(std::ssize(total)) / n_lots;
  const auto of_gene = std::int64_t{n_groups} * n_lots;
  const auto genes = parallel::Partition::even(std::ssize(all) / of_gene, parallel::size_of(MPI_COMM_WORLD));
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  return {.genes = genes,
          .n_lots = n_lots,
          .n_groups = n_groups,
          .sum = {all.begin() + genes.begin(rank) * of_gene, all.begin() + genes.end(rank) * of_gene},
          .total = std::move(total),
          .cells = std::move(cells)};
}

/// Values and marks of all genes, on every rank.
pseudobulk::LotExpression expression_of(const matrix::Pseudobulk& sums, std::int32_t group,
                                        const std::vector<std::uint8_t>& lots,
                                        const pseudobulk::LotExpressionOptions& options) {
  return pseudobulk::gather(MPI_COMM_WORLD, pseudobulk::lot_expression(sums, group, lots, options));
}

/// edgeR's formula: prior and library size scaled by the mean library size.
double log_cpm(double count, double library, double mean_library, double prior_count) {
  const double prior = library / mean_library * prior_count;
  return std::log2((count + prior) / (library + 2 * prior) * 1e6);
}

TEST(LotExpression, IsTheLogCpmOfEdgeR) {
  const std::vector<std::int64_t> count{0, 5, 100, 7, 0, 31, 2, 0, 900};  // 3 genes x 1 group x 3 lots
  // edgeR 3.40.2: cpm(matrix(count, 3, byrow = TRUE), lib.size = c(10000, 4000, 25000), log = TRUE, prior.count = 2)
  const double golden[] = {7.2649007286338163, 10.454725287513837, 12.019788230797285,
                           9.7373885000965590, 7.264900728633819,  10.444411778905328,
                           8.4665345898034676, 7.264900728633819,  15.141417675198817};
  const auto found = expression_of(sums_of(count, {10'000, 4'000, 25'000}, {50, 60, 70}, 3), 0, {1, 1, 1}, {});
  ASSERT_EQ(found.value.size(), count.size());
  for (std::size_t i = 0; i < count.size(); ++i) EXPECT_NEAR(found.value[i], golden[i], 1e-13);
}

TEST(LotExpression, TiesLotsOfEqualShareToTheBit) {
  const auto found =
      expression_of(sums_of({0, 0, 0, 6, 21, 9}, {30'011, 105'007, 45'013}, {20, 20, 20}, 3), 0, {1, 1, 1}, {});
  EXPECT_EQ(std::bit_cast<std::uint64_t>(found.value[0]), std::bit_cast<std::uint64_t>(found.value[1]));
  EXPECT_EQ(std::bit_cast<std::uint64_t>(found.value[0]), std::bit_cast<std::uint64_t>(found.value[2]));
  const auto shares = expression_of(sums_of({2, 7, 3}, {20'000, 70'000, 30'000}, {20, 20, 20}, 3), 0, {1, 1, 1}, {});
  EXPECT_EQ(shares.value[0], shares.value[1]);
  EXPECT_EQ(shares.value[0], shares.value[2]);
}

TEST(LotExpression, DependsOnNoOtherLotWhereTheDepthIsGiven) {
  const auto sums = sums_of({0, 40, 80}, {500, 1000, 3000}, {20, 20, 20}, 3);
  const auto alone = expression_of(sums, 0, {0, 1, 0}, {.depth = 700}),
             all = expression_of(sums, 0, {1, 1, 1}, {.depth = 700});
  EXPECT_EQ(alone.value[1], all.value[1]);
  EXPECT_NEAR(all.value[1], log_cpm(40, 1000, 700, 2), 1e-12);
  EXPECT_NE(expression_of(sums, 0, {0, 1, 0}, {}).value[1], expression_of(sums, 0, {1, 1, 1}, {}).value[1]);
}

TEST(LotExpression, HasNoValueWhereALotHasTooFewCellsOrTakesNoPart) {
  // group 1 of two; lot 0 has 9 cells, lot 1 takes no part, lot 2 has no counts, lots 3 and 4 remain
  const auto sums = sums_of({1, 1, 1, 1, 1, 90, 90, 0, 40, 80}, {9, 9, 9, 9, 9, 1000, 1000, 0, 1000, 3000},
                            {99, 99, 99, 99, 99, 9, 50, 50, 10, 11}, 5);
  const auto found = expression_of(sums, 1, {1, 0, 1, 1, 1}, {});
  for (const auto l : {0, 1, 2}) EXPECT_TRUE(std::isnan(found.value[l])) << l;
  EXPECT_NEAR(found.value[3], log_cpm(40, 1000, 2000, 2), 1e-12);
  EXPECT_NEAR(found.value[4], log_cpm(80, 3000, 2000, 2), 1e-12);
  const auto none = expression_of(sums, 1, {1, 0, 1, 1, 1}, {.min_cells = 60});
  for (const auto value : none.value) EXPECT_TRUE(std::isnan(value));
  EXPECT_EQ(none.tested, std::vector<std::uint8_t>{0});
}

TEST(LotExpression, TestsGenesThatAreSeenOftenEnoughInEnoughLots) {
  const std::vector<std::int64_t> count{
      5, 5, 5,  0, 900,  // 15 in three of four lots: tested
      5, 5, 4,  0, 900,  // 14
      0, 8, 7,  0, 900,  // 15 in two of four: tested, half is enough
      0, 0, 90, 0, 900,  // in one of four
      0, 0, 0,  0, 0,
  };
  const std::vector<std::int64_t> library(5, 5000), cells(5, 20);
  EXPECT_EQ(expression_of(sums_of(count, library, cells, 5), 0, {1, 1, 1, 1, 0}, {}).tested,
            (std::vector<std::uint8_t>{1, 0, 1, 0, 0}));  // the fifth lot takes no part and is not looked at
  EXPECT_EQ(
      expression_of(sums_of(count, library, cells, 5), 0, {1, 1, 1, 1, 1}, {.min_total = 0, .min_share_of_lots = 0})
          .tested,
      (std::vector<std::uint8_t>{1, 1, 1, 1, 0}));  // what was never seen is never tested
}

}  // namespace
