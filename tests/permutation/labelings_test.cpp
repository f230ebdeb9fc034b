#include "miura/permutation/labelings.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "miura/base/error.hpp"

namespace {

using namespace miura;
using permutation::Labelings, permutation::Side;

std::set<std::vector<std::int32_t>> all_of(const Labelings& labelings) {
  std::set<std::vector<std::int32_t>> all;
  for (std::int64_t b = 0; b < labelings.size(); ++b) all.insert(labelings(b));
  return all;
}

TEST(Labelings, AreAllChoicesOnce) {
  const std::vector<std::int32_t> group{1, 0, 0, 1, 0, 1, 0};
  const Labelings labelings(group, {}, {});
  EXPECT_TRUE(labelings.exact());
  EXPECT_EQ(labelings.size(), 35);
  const auto all = all_of(labelings);
  EXPECT_EQ(all.size(), 35U);
  EXPECT_TRUE(all.contains(group));
  for (const auto& label : all) EXPECT_EQ(std::ranges::count(label, 1), 3);
}

TEST(Labelings, KeepTheNumberOfOnesOfEveryStratum) {
  const std::vector<std::int32_t> group{1, 0, 0, 1, 0, 1, 0, 0}, stratum{7, 7, 2, 2, 2, 7, 7, 7};
  const Labelings labelings(group, stratum, {});
  EXPECT_EQ(labelings.size(), 10 * 3);
  const auto all = all_of(labelings);
  EXPECT_EQ(all.size(), 30U);
  EXPECT_TRUE(all.contains(group));
  for (const auto& label : all) EXPECT_EQ(label[2] + label[3] + label[4], 1);
}

TEST(Labelings, OfPairsAreTwoToThePairs) {
  const std::vector<std::int32_t> group{1, 0, 0, 1, 0, 1}, pair{1, 1, 2, 2, 3, 3};
  EXPECT_EQ(all_of(Labelings(group, pair, {})).size(), 8U);
}

TEST(Labelings, AreDrawnWhereThereAreMoreAndBeginWithTheObserved) {
  const std::vector<std::int32_t> group{1, 0, 0, 1, 0, 1, 0, 1}, stratum{1, 1, 1, 1, 2, 2, 2, 2};
  const Labelings labelings(group, stratum, {.permutations = 20});
  EXPECT_FALSE(labelings.exact());
  EXPECT_EQ(labelings.size(), 21);
  EXPECT_EQ(labelings(0), group);
  EXPECT_GT(all_of(labelings).size(), 10U);
  for (const auto& label : all_of(labelings)) EXPECT_EQ(std::count(label.begin(), label.begin() + 4, 1), 2);
}

TEST(Labelings, KnowTheSmallestP) {
  const std::vector<std::int32_t> balanced{1, 0, 0, 1}, uneven{1, 0, 0, 0, 1};
  EXPECT_EQ(Labelings(balanced, {}, {}).smallest_p(Side::two_sided), 2.0 / 6);
  EXPECT_EQ(Labelings(balanced, {}, {}).smallest_p(Side::less), 1.0 / 6);
  EXPECT_EQ(Labelings(uneven, {}, {}).smallest_p(Side::two_sided), 1.0 / 10);
  EXPECT_EQ(Labelings(balanced, std::vector<std::int32_t>{1, 1, 2, 2}, {}).smallest_p(Side::two_sided), 2.0 / 4);
  EXPECT_EQ(Labelings(balanced, {}, {.permutations = 4}).smallest_p(Side::two_sided), 1.0 / 5);
}

TEST(Labelings, AreOfZeroAndOne) { EXPECT_THROW(Labelings(std::vector<std::int32_t>{0, 1, 2}, {}, {}), UsageError); }

}  // namespace
