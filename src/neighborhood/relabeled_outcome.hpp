#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/relabelings.hpp"

namespace miura::neighborhood {

/// Relabelings that the kernels take at once: some vectors of any machine, and little enough for the nearest cache.
inline constexpr std::int64_t relabelings_per_block = 256;

/// The outcome under relabelings `first` .. `first` + relabelings_per_block - 1: n_lots x relabelings_per_block. Those
/// beyond the last are the identity. `number(i)` is the relabeling that stands at place i.
template <class Lane, class Number>
std::vector<Lane> relabeled_block(std::span<const std::int32_t> outcome, const permutation::Relabelings& relabelings,
                                  std::int64_t first, std::int64_t n, Number&& number) {
  const auto n_lots = std::ssize(outcome);
  std::vector<Lane> block(n_lots * relabelings_per_block);
  std::vector<std::int32_t> lot(n_lots);
  for (std::int64_t b = 0; b < relabelings_per_block; ++b) {
    relabelings.relabel(first + b < n ? number(first + b) : 0, lot);
    for (std::int64_t l = 0; l < n_lots; ++l) block[l * relabelings_per_block + b] = static_cast<Lane>(outcome[lot[l]]);
  }
  return block;
}

}  // namespace miura::neighborhood
