#pragma once

#include <cstdint>
#include <vector>

#include "miura/permutation/relabelings.hpp"
#include "permutation/ordered_tests.hpp"

namespace miura::permutation {

/// Relabelings that one call of count_drawn takes; enough to fill four vectors of any machine.
inline constexpr std::int64_t draws_per_block = 64;

/// Outcome values under the relabelings `first` .. `first` + draws_per_block - 1: outcome x lot x relabeling.
/// One relabeling for all outcomes.
template <class Lane>
std::vector<Lane> drawn_outcomes(const OrderedTests<Lane>& tests, const Relabelings& relabelings, std::int64_t first);

/// Counts the first `n` relabelings of a block, at most draws_per_block, for the family and for each test by itself.
template <class Lane>
void count_drawn(const OrderedTests<Lane>& tests, const std::vector<Lane>& drawn, std::int64_t n, Counts& counts);

}  // namespace miura::permutation
