#pragma once

#include <hwy/aligned_allocator.h>

#include <cstdint>
#include <type_traits>
#include <vector>

#include "permutation/lot_split.hpp"
#include "permutation/ordered_tests.hpp"

namespace miura::permutation {

/// What one arrangement of the first lots adds, ready to be copied into all lanes: two copies of an int16, as machines
/// copy 32 bits from memory at no cost, but not 16.
template <class Lane>
using Spread = std::conditional_t<sizeof(Lane) == 2, std::uint32_t, Lane>;

/// Scratch of one thread, reused over subsets. A relabeling's S is A of the first lots and B of the last.
template <class Lane>
struct SplitTables {
  hwy::AlignedFreeUniquePtr<Spread<Lane>[]> first;  ///< A of a chunk of tests, in tiles of arrangements
  hwy::AlignedFreeUniquePtr<Lane[]> last;           ///< B, the same
  hwy::AlignedFreeUniquePtr<Lane[]> maxima;         ///< of every relabeling of the subset, over the chunks so far
  std::vector<Lane> first_y, last_y;                ///< outcome values of each arrangement: outcome x lot x arrangement
  std::vector<Lane> row;                            ///< one test's A or B, before it is dealt to tiles
};

/// Counts the relabelings of a subset, each `weight` times. The lots of `tests` are in the order of split.lot for x,
/// and in their own for y. Lane: int16, int32 or int64, which must hold every sum of x y over some of the lots.
/// Chooses the widest vectors that this machine has, at run time.
template <class Lane>
void count_subset(const OrderedTests<Lane>& tests, const LotSplit& split, std::int64_t subset, std::int64_t weight,
                  SplitTables<Lane>& tables, Counts& counts);

}  // namespace miura::permutation
