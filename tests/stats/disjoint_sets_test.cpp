#include "miura/stats/disjoint_sets.hpp"

#include <gtest/gtest.h>

namespace {

using Sets = miura::stats::DisjointSets<std::int32_t>;

TEST(DisjointSets, AreOneEachAtFirst) {
  Sets sets(3);
  for (std::int32_t member = 0; member < 3; ++member) EXPECT_EQ(sets.of(member), member);
}

TEST(DisjointSets, AreNamedByTheirSmallestMemberInWhateverOrderTheyAreUnited) {
  Sets sets(7);
  sets.unite(6, 4);
  sets.unite(4, 5);
  sets.unite(2, 3);
  sets.unite(3, 6);
  for (std::int32_t member = 2; member < 7; ++member) EXPECT_EQ(sets.of(member), 2);
  sets.unite(5, 2);  // are one already
  EXPECT_EQ(sets.of(6), 2);
  EXPECT_EQ(sets.of(0), 0);
  EXPECT_EQ(sets.of(1), 1);
}

}  // namespace
