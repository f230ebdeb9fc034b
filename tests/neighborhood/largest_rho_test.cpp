#include "neighborhood/largest_rho.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "miura/stats/random.hpp"
#include "miura/stats/ranks.hpp"

namespace {

using namespace miura;
using namespace miura::neighborhood;

/// Rows of ranks of numbers 0 .. levels - 1: the fewer levels, the more ties; a row may be constant.
std::vector<std::int32_t> drawn_ranks(std::int64_t n_rows, std::int32_t n_lots, std::uint32_t levels,
                                      std::uint64_t seed) {
  std::vector<std::int32_t> ranks;
  for (std::int64_t row = 0; row < n_rows; ++row) {
    stats::RandomStream random(seed, stats::Purpose::simulate, static_cast<std::uint64_t>(row));
    std::vector<double> values(n_lots);
    for (auto& value : values) value = random.below(levels);
    const auto of_row = stats::doubled_mid_ranks(values);
    ranks.insert(ranks.end(), of_row.begin(), of_row.end());
  }
  return ranks;
}

/// The definition: every row, every relabeling.
std::vector<double> plainly(std::span<const std::int32_t> ranks, std::span<const std::int32_t> outcome,
                            const permutation::Relabelings& relabelings, std::int64_t first, std::int64_t last) {
  const auto n_lots = std::ssize(outcome);
  std::vector<double> result;
  std::vector<std::int32_t> lot(n_lots), y(n_lots);
  for (auto b = first; b < last; ++b) {
    relabelings.relabel(b, lot);
    for (std::int64_t l = 0; l < n_lots; ++l) y[l] = outcome[lot[l]];
    double most = 0;
    for (std::int64_t row = 0; row * n_lots < std::ssize(ranks); ++row) {
      const auto x = ranks.subspan(row * n_lots, n_lots);
      if (std::ranges::all_of(x, [](std::int32_t r) { return r == 0; })) continue;
      most = std::max(most, std::abs(stats::spearman_rho(x, y)));
    }
    result.push_back(most);
  }
  return result;
}

struct Case {
  std::int64_t n_rows;
  std::int32_t n_lots;
  std::uint32_t levels;
};
class LargestRho : public testing::TestWithParam<Case> {};

TEST_P(LargestRho, IsThatOfThePlainDefinition) {
  const auto [n_rows, n_lots, levels] = GetParam();
  const auto ranks = drawn_ranks(n_rows, n_lots, levels, 1);
  const auto outcome = drawn_ranks(1, n_lots, 50, 2);
  const permutation::Relabelings relabelings(n_lots, {}, {.exact_up_to = 4, .permutations = 700});
  const auto expected = plainly(ranks, outcome, relabelings, 3, 600);
  const auto in_float = largest_rho(packed<float>(ranks, n_lots), outcome, relabelings, 3, 600);
  const auto in_double = largest_rho(packed<double>(ranks, n_lots), outcome, relabelings, 3, 600);
  ASSERT_EQ(in_float.size(), expected.size());
  for (std::size_t b = 0; b < expected.size(); ++b) EXPECT_NEAR(in_float[b], expected[b], 1e-14);
  EXPECT_EQ(in_float, in_double);
}
INSTANTIATE_TEST_SUITE_P(RowsAndTies, LargestRho,
                         testing::Values(Case{1, 11, 1000}, Case{5, 11, 1000}, Case{6, 11, 1000}, Case{7, 11, 1000},
                                         Case{100, 11, 3}, Case{100, 24, 100'000}, Case{40, 24, 2}, Case{30, 369, 9},
                                         Case{0, 7, 9}, Case{3, 5, 1}));

TEST(LargestRhoOfTheLargestLots, IsExactInFloat) {
  std::vector<double> values(most_lots_of_float);
  std::iota(values.begin(), values.end(), 0.0);
  const auto ranks = stats::doubled_mid_ranks(values);
  EXPECT_LT(stats::spearman_s(ranks, ranks), 1 << 24);
  values.push_back(1e9);
  const auto more = stats::doubled_mid_ranks(values);
  EXPECT_GE(stats::spearman_s(more, more), 1 << 24);
}

}  // namespace
