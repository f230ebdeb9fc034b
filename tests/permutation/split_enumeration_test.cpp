#include "permutation/split_enumeration.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "miura/permutation/relabelings.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;
using permutation::LotSplit;
using Lots = std::vector<std::int32_t>;

const std::vector<Lots> designs{
    {0, 0, 0, 0, 0},                 // whole
    {0, 0, 0, 0, 0, 0, 0, 0},        // halved
    {0, 1, 0, 1, 1, 0, 2},           // two whole strata and a single lot
    {0, 0, 0, 0, 0, 0, 0, 1, 1, 2},  // halved, whole, single
};

std::vector<Lots> strata_of(const Lots& stratum) {
  return permutation::Relabelings(static_cast<std::int32_t>(std::ssize(stratum)), stratum, {}).strata();
}

TEST(LotSplit, MeetsEveryRelabelingWithinStrataOnce) {
  for (const auto& stratum : designs) {
    const LotSplit split(strata_of(stratum));
    ASSERT_EQ(split.n_first + split.n_last, std::ssize(stratum));
    std::set<Lots> seen;
    std::int64_t n = 0;
    for (std::int64_t subset = 0; subset < split.n_subsets(); ++subset) {
      const auto [first, last] = split.members(subset);
      for (std::int64_t i = 0; i < split.n_first_orders; ++i)
        for (std::int64_t j = 0; j < split.n_last_orders; ++j, ++n) {
          Lots lot(stratum.size());
          for (std::int32_t l = 0; l < split.n_first; ++l)
            lot[split.lot[l]] = first[split.first_place[l * split.n_first_orders + i]];
          for (std::int32_t l = 0; l < split.n_last; ++l)
            lot[split.lot[split.n_first + l]] = last[split.last_place[l * split.n_last_orders + j]];
          for (std::size_t l = 0; l < lot.size(); ++l) ASSERT_EQ(stratum[lot[l]], stratum[l]);
          seen.insert(lot);
        }
    }
    const permutation::Relabelings all(static_cast<std::int32_t>(std::ssize(stratum)), stratum, {});
    EXPECT_EQ(n, all.size());
    EXPECT_EQ(std::ssize(seen), all.size());
  }
}

/// Random tests, every x times `weight`; thresholds spread over what S can be.
template <class Lane>
permutation::OrderedTests<Lane> random_tests(std::int32_t n_lots, std::int64_t n_tests, bool two_sided, Lane weight) {
  permutation::OrderedTests<Lane> tests;
  tests.n_lots = n_lots;
  tests.n_outcomes = 2;
  tests.two_sided = two_sided;
  stats::RandomStream random(4, stats::Purpose::simulate, 0);
  const auto rank = [&] { return static_cast<std::int32_t>(random.below(21)) - 10; };
  for (std::int32_t i = 0; i < 2 * n_lots; ++i) tests.y.push_back(static_cast<Lane>(rank()));
  for (std::int64_t q = 0; q < n_tests; ++q) {
    for (std::int32_t l = 0; l < n_lots; ++l) tests.x.push_back(static_cast<Lane>(rank() * weight));
    tests.outcome.push_back(static_cast<std::int32_t>(random.below(2)));
    const auto t = static_cast<std::int32_t>(q * 500 / n_tests) - (two_sided ? 0 : 100);
    tests.threshold.push_back(static_cast<Lane>(t * weight));
  }
  return tests;
}

template <class Lane>
permutation::Counts counts_of(const permutation::OrderedTests<Lane>& tests, const LotSplit& split) {
  permutation::Counts counts(tests.size());
  permutation::SplitTables<Lane> tables;
  for (std::int64_t subset = 0; subset < split.n_subsets(); ++subset)
    count_subset(tests, split, subset, 1 + subset % 2, tables, counts);
  counts.settle();
  return counts;
}

/// More tests than a chunk of any lane holds, so that maxima are carried over.
TEST(SplitEnumeration, CountsTheSameInLanesOf16And32And64Bits) {
  for (const auto& stratum : designs)
    for (const bool two_sided : {true, false}) {
      const auto n = static_cast<std::int32_t>(std::ssize(stratum));
      const LotSplit split(strata_of(stratum));
      const auto narrow = counts_of(random_tests<std::int16_t>(n, 300, two_sided, 1), split);
      const auto middle = counts_of(random_tests<std::int32_t>(n, 300, two_sided, 1'000'003), split);
      const auto wide = counts_of(random_tests<std::int64_t>(n, 300, two_sided, std::int64_t{1} << 50), split);
      EXPECT_EQ(middle.step, narrow.step);
      EXPECT_EQ(middle.single, narrow.single);
      EXPECT_EQ(wide.step, narrow.step);
      EXPECT_EQ(wide.single, narrow.single);
      EXPECT_GT(narrow.step.front(), narrow.step.back());
    }
}

}  // namespace
