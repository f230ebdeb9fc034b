#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "miura/permutation/relabelings.hpp"
#include "permutation/ordered_tests.hpp"

namespace miura::permutation {

/// Relabelings that one call of count_drawn takes; enough to fill four vectors of any machine.
inline constexpr std::int64_t draws_per_block = 64;

/// |S| <= n (n^2 - 1) / 3 fits 32 bits.
inline constexpr std::int32_t most_lots_in_pairs = 1'800;

/// What relabelings are drawn for.
enum class Counted {
  family,  ///< step and single of Counts
  alone    ///< two_sided, greater and less
};

/// The tests of a family, least extreme first, as the drawing kernel walks through them. Ranks are std::int16_t for up
/// to most_lots_in_pairs lots, which go two at a time (an odd one with a lot of rank 0), else double; S is exact in
/// both.
template <class Lane>
struct DrawnTests {
  using Sum = std::conditional_t<std::is_same_v<Lane, std::int16_t>, std::int32_t, double>;

  OrderedTests<Lane> tests;       ///< without thresholds; rows of x hold `row` entries
  std::int32_t row = 0;           ///< n_lots, or the next even number
  std::vector<Sum> observed;      ///< S
  std::vector<double> weight;     ///< makes S comparable between tests: T = weight x S
  std::vector<double> threshold;  ///< T from which on a relabeling is as extreme, ascending
  Counted counted = Counted::family;
};

/// Outcome values under the relabelings `first` .. `first` + draws_per_block - 1: outcome x pair of lots x relabeling x
/// 2 where lots go two at a time, else outcome x lot x relabeling. One relabeling for all outcomes.
template <class Lane>
std::vector<Lane> drawn_outcomes(const DrawnTests<Lane>& tests, const Relabelings& relabelings, std::int64_t first);

/// Counts the first `n` relabelings of a block, at most draws_per_block.
template <class Lane>
void count_drawn(const DrawnTests<Lane>& tests, const std::vector<Lane>& drawn, std::int64_t n, Counts& counts);

}  // namespace miura::permutation
