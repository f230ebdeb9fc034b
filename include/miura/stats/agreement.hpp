#pragma once

#include <cstdint>

namespace miura::stats {

/// How many pairs of items are together: in both labelings, in the first, in the second, of all pairs there are.
struct PairCounts {
  std::int64_t both = 0, first = 0, second = 0, all = 0;
};

constexpr std::int64_t pairs_of(std::int64_t items) noexcept { return items * (items - 1) / 2; }

/// Agreement of two labelings, corrected for chance (Hubert and Arabie 1985): 1 for the same partition whatever the
/// names, about 0 for unrelated ones; 1 when neither can differ (all apart, or all together, in both).
double adjusted_rand_index(const PairCounts& pairs) noexcept;

}  // namespace miura::stats
