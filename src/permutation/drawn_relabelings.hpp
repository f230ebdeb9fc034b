#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "permutation/ordered_tests.hpp"

namespace miura::permutation {

/// Relabelings that one call of count_drawn takes; enough to fill four vectors of any machine.
inline constexpr std::int64_t draws_per_block = 64;

/// Relabeling b: a Fisher-Yates shuffle of 0 .. n - 1 by RandomStream(seed, Purpose::permutation, b). `lot` has n
/// entries.
void shuffle_lots(std::uint64_t seed, std::int64_t b, std::span<std::int32_t> lot);

/// Outcome values under the relabelings `first` .. `first` + draws_per_block - 1: outcome x lot x relabeling.
/// One relabeling for all outcomes.
template <class Lane>
std::vector<Lane> drawn_outcomes(const OrderedTests<Lane>& tests, std::uint64_t seed, std::int64_t first);

/// Counts the first `n` relabelings of a block, at most draws_per_block, for the family and for each test by itself.
template <class Lane>
void count_drawn(const OrderedTests<Lane>& tests, const std::vector<Lane>& drawn, std::int64_t n, Counts& counts);

}  // namespace miura::permutation
