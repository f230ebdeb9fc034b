#include "stability/subsets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace {

using namespace miura::stability;
using Numbers = std::vector<std::int32_t>;

const Numbers lots{1, 4, 5, 8, 9, 12, 13, 20, 21, 22, 30};

TEST(CellsDrawn, AreTheShareAskedForAndOthersInEveryReplicate) {
  const auto first = draw_cells(7, 1, 0.8, 0, 20'000), second = draw_cells(7, 2, 0.8, 0, 20'000);
  EXPECT_NEAR(static_cast<double>(std::ranges::count(first, 1)), 16'000, 300);  // five standard deviations
  std::int64_t both = 0;
  for (std::size_t i = 0; i < first.size(); ++i) both += first[i] & second[i];
  EXPECT_NEAR(static_cast<double>(both), 0.64 * 20'000, 350);
  EXPECT_NE(draw_cells(8, 1, 0.8, 0, 20'000), first);
}

TEST(CellsDrawn, BelongToTheirGlobalIndex) {
  const auto all = draw_cells(7, 3, 0.5, 0, 100);
  const auto part = draw_cells(7, 3, 0.5, 40, 60);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), all.begin() + 40));
  EXPECT_TRUE(draw_cells(7, 3, 0.5, 40, 0).empty());
}

TEST(LotsDrawn, AreSome63PercentEachOnce) {
  std::int64_t n = 0;
  for (std::int32_t r = 1; r <= 400; ++r) {
    const auto drawn = draw_lots(3, r, lots);
    EXPECT_TRUE(std::ranges::is_sorted(drawn));
    EXPECT_EQ(std::ranges::adjacent_find(drawn), drawn.end());
    EXPECT_TRUE(std::ranges::includes(lots, drawn));
    n += std::ssize(drawn);
  }
  EXPECT_NEAR(static_cast<double>(n) / 400 / 11, 0.6495, 0.025);  // 1 - (10 / 11)^11
}

TEST(LotsShuffled, StandInEveryPlaceEquallyOften) {
  std::vector<int> first_is(31);
  for (std::int32_t r = 1; r <= 1100; ++r) {
    auto order = shuffle_lots(5, r, lots);
    ++first_is[order[0]];
    std::ranges::sort(order);
    EXPECT_EQ(order, lots);
  }
  for (const auto lot : lots) EXPECT_NEAR(first_is[lot], 100, 50);
}

TEST(LotNumbers, GoUpByAThirdToAllButOne) {
  EXPECT_EQ(lot_numbers(11), (Numbers{2, 3, 4, 5, 6, 8, 10}));
  EXPECT_EQ(lot_numbers(40), (Numbers{2, 3, 4, 5, 6, 8, 10, 13, 17, 22, 29, 38, 39}));
  EXPECT_EQ(lot_numbers(3), (Numbers{2}));
  EXPECT_EQ(lot_numbers(4), (Numbers{2, 3}));
  for (const std::int32_t none : {0, 1, 2}) EXPECT_TRUE(lot_numbers(none).empty());
}

}  // namespace
