#include "pca/weighted_rows.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "miura/stats/random.hpp"
#include "support/simd_targets.hpp"

namespace {

using namespace miura;
using pca::panel_width;

TEST(AddWeightedRows, HasTheBitsOfPlainSumsInOrderOfTheRows) {
  constexpr std::int32_t n_rows = 50;
  stats::RandomStream random(7, stats::Purpose::simulate, 0);
  std::vector<double> panel;
  for (std::int32_t v = 0; v < n_rows * panel_width; ++v) panel.push_back(random.uniform() - 0.5);
  for (const std::int32_t n : {0, 1, 2, 33}) {
    std::vector<pca::WeightedRow> rows;
    for (std::int32_t r = 0; r < n; ++r) rows.push_back({1e5 * random.uniform(), (r * 17) % n_rows});
    const std::vector<double> start(panel_width, 0.1);
    auto expected = start;
    for (const auto& [weight, row] : rows)
      for (std::int32_t c = 0; c < panel_width; ++c) expected[c] += weight * panel[row * panel_width + c];
    test::with_each_target([&] {
      auto sums = start;
      pca::add_weighted_rows(panel.data(), rows, sums.data());
      EXPECT_EQ(sums, expected);
    });
  }
}

}  // namespace
