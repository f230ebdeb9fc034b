#pragma once

#include <cstdint>
#include <span>

namespace miura::power {

/// Doubled centred ranks of a few values: lots below less lots above. The same as stats::doubled_mid_ranks, also under
/// ties, without a sort and without memory, for millions of small samples.
inline void rank_by_comparison(std::span<const double> value, std::span<std::int32_t> rank) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::int32_t r = 0;
    for (std::size_t j = 0; j < value.size(); ++j)
      r += static_cast<std::int32_t>(value[j] < value[i]) - static_cast<std::int32_t>(value[j] > value[i]);
    rank[i] = r;
  }
}

}  // namespace miura::power
