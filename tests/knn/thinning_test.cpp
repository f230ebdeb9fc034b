#include "knn/thinning.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <numeric>
#include <vector>

#include "miura/stats/random.hpp"
#include "support/simd_targets.hpp"

namespace {

using namespace miura;
using test::with_each_target;

/// Scores of candidates: of several sizes, some equal.
std::vector<float> scores_of(std::int64_t n) {
  stats::RandomStream random(3, stats::Purpose::simulate, static_cast<std::uint64_t>(n));
  std::vector<float> scores;
  for (std::int64_t i = 0; i < n; ++i)
    scores.push_back(i % 4 == 3 ? scores[i / 2] : static_cast<float>(100 * random.uniform() - 60));
  return scores;
}

TEST(ScoreOfAtLeast, IsReachedByAsManyAndHardlyBelowTheOneAskedFor) {
  with_each_target([] {
    for (std::int64_t size = 1; size <= 70; ++size) {
      const auto scores = scores_of(size);
      auto descending = scores;
      std::ranges::sort(descending, std::greater{});
      const double range = descending.front() - descending.back();
      for (std::int64_t n = 1; n <= size; ++n) {
        const auto found = knn::score_of_at_least(scores, n);
        EXPECT_GE(std::ranges::count_if(scores, [&](float s) { return s >= found; }), n);
        EXPECT_LE(found, descending[n - 1]);
        // halved ten times, or left as soon as no other score is reached
        const auto next = n < size ? descending[n] : descending.back();
        EXPECT_TRUE(found > next || found >= descending[n - 1] - range / 1'023) << n << " of " << size;
      }
    }
  });
}

TEST(KeepReaching, KeepsThoseAndTheirPlacesInOrder) {
  with_each_target([] {
    for (std::int64_t size = 0; size <= 70; ++size) {
      std::vector<float> thresholds{-1e30F, -20.F, 0.F, 35.F, 1e30F};
      std::ranges::copy(scores_of(size), std::back_inserter(thresholds));  // which reach themselves
      for (const float threshold : thresholds) {
        auto scores = scores_of(size);
        std::vector<std::int32_t> positions(size);
        std::iota(positions.begin(), positions.end(), 1'000);
        std::vector<float> expected;
        std::vector<std::int32_t> expected_positions;
        for (std::int64_t i = 0; i < size; ++i)
          if (scores[i] >= threshold) {
            expected.push_back(scores[i]);
            expected_positions.push_back(positions[i]);
          }
        const auto kept = knn::keep_reaching(threshold, scores, positions);
        ASSERT_EQ(kept, std::ssize(expected));
        EXPECT_TRUE(std::equal(expected.begin(), expected.end(), scores.begin()));
        EXPECT_TRUE(std::equal(expected_positions.begin(), expected_positions.end(), positions.begin()));
      }
    }
  });
}

}  // namespace
