#include "miura/permutation/relabelings.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "miura/base/error.hpp"
#include "permutation/drawn_relabelings.hpp"

namespace {

using namespace miura;
using permutation::Relabelings;
using Lots = std::vector<std::int32_t>;

Lots relabeled(const Relabelings& relabelings, std::int64_t b, std::int32_t n) {
  Lots lot(n, -1);
  relabelings.relabel(b, lot);
  return lot;
}

TEST(Relabelings, AreAllPermutationsInLexicographicOrder) {
  const Relabelings relabelings(5, {}, {});
  ASSERT_TRUE(relabelings.exact());
  ASSERT_EQ(relabelings.size(), 120);
  Lots lot(5);
  std::iota(lot.begin(), lot.end(), 0);
  for (std::int64_t b = 0; b < 120; ++b, std::next_permutation(lot.begin(), lot.end()))
    EXPECT_EQ(relabeled(relabelings, b, 5), lot) << b;
}

TEST(Relabelings, StayWithinStrataAndAreAllDifferent) {
  const Lots stratum{7, 2, 7, 2, 7, 9};
  const Relabelings relabelings(6, stratum, {});
  ASSERT_EQ(relabelings.size(), 3 * 2 * 2);
  std::set<Lots> seen;
  for (std::int64_t b = 0; b < relabelings.size(); ++b) {
    const auto lot = relabeled(relabelings, b, 6);
    for (std::int32_t l = 0; l < 6; ++l) EXPECT_EQ(stratum[lot[l]], stratum[l]);
    seen.insert(lot);
  }
  EXPECT_EQ(std::ssize(seen), relabelings.size());
  EXPECT_EQ(relabeled(relabelings, 0, 6), (Lots{0, 1, 2, 3, 4, 5}));
}

TEST(Relabelings, AreDrawnWhereThereAreMoreThanThoseOfTwelveLots) {
  EXPECT_TRUE(Relabelings(12, {}, {}).exact());
  EXPECT_FALSE(Relabelings(13, {}, {}).exact());
  EXPECT_TRUE(Relabelings(13, {}, {.exact_up_to = 13}).exact());
  EXPECT_EQ(Relabelings(13, {}, {.permutations = 99}).size(), 100);
  EXPECT_FALSE(Relabelings(200, {}, {}).exact());  // more than an integer counts
  Lots stratum(20, 0);
  std::fill_n(stratum.begin(), 11, 1);
  EXPECT_FALSE(Relabelings(20, stratum, {}).exact());  // 11! 9!
  std::fill_n(stratum.begin() + 12, 8, 2);
  EXPECT_FALSE(Relabelings(20, stratum, {}).exact());  // 11! 1! 8!
  EXPECT_TRUE(Relabelings(12, std::span(stratum).first(12), {}).exact());
  EXPECT_THROW(Relabelings(5, {}, {.exact_up_to = 15}), UsageError);
}

TEST(Relabelings, OfOneStratumAreTheFreeOnes) {
  const Lots one(9, 4);
  for (const permutation::Options& options : {permutation::Options{}, permutation::Options{.exact_up_to = 3}}) {
    const Relabelings free(9, {}, options), within(9, one, options);
    ASSERT_EQ(free.size(), within.size());
    for (const std::int64_t b : {0, 1, 2, 77, 5'000}) EXPECT_EQ(relabeled(free, b, 9), relabeled(within, b, 9)) << b;
  }
}

TEST(Relabelings, DrawnHaveNoFavourites) {
  const Lots stratum{0, 1, 0, 1, 0, 1};
  const Relabelings relabelings(6, stratum, {.exact_up_to = 0, .permutations = 36'000, .seed = 3});
  std::map<Lots, int> count;
  for (std::int64_t b = 1; b < relabelings.size(); ++b) ++count[relabeled(relabelings, b, 6)];
  ASSERT_EQ(count.size(), 36U);
  for (const auto& [lot, n] : count) EXPECT_NEAR(n, 1'000, 5 * 32);
}

/// What other statistics need to be joined with those of the engine.
TEST(Relabelings, AreThoseThatTheDrawingKernelTakes) {
  permutation::DrawnTests<double> tests;
  tests.tests.n_lots = tests.row = 5;
  tests.tests.n_outcomes = 1;
  tests.tests.y = {10, 20, 30, 40, 50};
  const Lots stratum{0, 0, 1, 1, 1};
  const Relabelings relabelings(5, stratum, {.exact_up_to = 0, .seed = 9});
  const auto drawn = permutation::drawn_outcomes(tests, relabelings, 65);
  for (std::int64_t b = 0; b < permutation::draws_per_block; ++b) {
    const auto lot = relabeled(relabelings, 65 + b, 5);
    for (std::int32_t l = 0; l < 5; ++l) EXPECT_EQ(drawn[l * permutation::draws_per_block + b], tests.tests.y[lot[l]]) << b;
  }
}

}  // namespace
