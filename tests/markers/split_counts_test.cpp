#include "miura/markers/split_counts.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "markers/marker_cells.hpp"

namespace {

using namespace miura;

using Dense = std::vector<std::int64_t>;  // cells x genes

Dense dense(const matrix::DistributedCells& cells, std::int32_t n_genes) {
  Dense mine(cells.mine.n_cells() * n_genes);
  for (std::int64_t i = 0; i < cells.mine.n_cells(); ++i)
    cells.mine.counts.for_each(i, [&](std::int32_t gene, std::uint32_t count) { mine[i * n_genes + gene] = count; });
  return mine;
}

Dense everywhere(MPI_Comm comm, const Dense& mine) { return parallel::gather_everywhere<std::int64_t>(comm, mine); }

TEST(SplitCounts, GiveHalvesThatAddUp) {
  const auto all = planted::many_cells(60, 9, 2);
  const auto part = planted::part_of(MPI_COMM_WORLD, all);
  for (const double fraction : {0.0, 0.3, 1.0}) {
    const auto halves = markers::split_counts(MPI_COMM_WORLD, part.cells, fraction, 1);
    EXPECT_EQ(halves.first.mine.barcode, part.cells.mine.barcode);
    EXPECT_EQ(halves.second.partition.size(), 60);
    auto sum = dense(halves.first, 9);
    const auto second = dense(halves.second, 9), whole = dense(part.cells, 9);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += second[i];
    EXPECT_EQ(sum, whole);
    if (fraction == 0) {
      EXPECT_EQ(halves.first.mine.counts.n_nonzeros(), 0);
    }
    if (fraction == 1) {
      EXPECT_EQ(halves.second.mine.counts.n_nonzeros(), 0);
    }
  }
}

TEST(SplitCounts, AreTheSameOnAnyNumberOfRanksAndOtherForAnotherSeed) {
  const auto all = planted::many_cells(80, 7, 2);
  const auto first = [&](MPI_Comm comm, std::uint64_t seed) {
    const auto part = planted::part_of(comm, all);
    return everywhere(comm, dense(markers::split_counts(comm, part.cells, 0.5, seed).first, 7));
  };
  EXPECT_EQ(first(MPI_COMM_WORLD, 5), first(MPI_COMM_SELF, 5));
  EXPECT_NE(first(MPI_COMM_WORLD, 5), first(MPI_COMM_WORLD, 6));
}

TEST(SplitCounts, FollowTheBinomialDistribution) {
  planted::Labelled all;
  constexpr std::int64_t cells = 4000;
  for (std::int64_t i = 0; i < cells; ++i) {
    all.label.push_back(0);
    all.count.push_back({2, 40});
  }
  const auto part = planted::part_of(MPI_COMM_WORLD, all);
  const auto first =
      everywhere(MPI_COMM_WORLD, dense(markers::split_counts(MPI_COMM_WORLD, part.cells, 0.25, 3).first, 2));
  std::vector<double> of_two(3);
  double sum = 0, squares = 0;
  for (std::int64_t i = 0; i < cells; ++i) {
    ++of_two[first[2 * i]];
    const auto x = static_cast<double>(first[2 * i + 1]) - 10;
    sum += x;
    squares += x * x;
  }
  const double expected[] = {0.5625 * cells, 0.375 * cells, 0.0625 * cells};
  double chi_square = 0;
  for (int k = 0; k < 3; ++k) chi_square += (of_two[k] - expected[k]) * (of_two[k] - expected[k]) / expected[k];
  EXPECT_LT(chi_square, 13.8);                      // 0.1 % point for 2 degrees of freedom
  EXPECT_NEAR(sum / cells, 0, 0.15);                // sd of the mean 0.043
  EXPECT_NEAR(squares / cells, 40 * 0.1875, 0.56);  // the variance 7.5, its sd 0.17
}

}  // namespace
