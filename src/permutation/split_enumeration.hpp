#pragma once

#include <hwy/aligned_allocator.h>

#include <cstdint>
#include <vector>

#include "permutation/ordered_tests.hpp"

namespace miura::permutation {

/// Lots are split into the first `n_first` and the rest. For every set of outcome values that goes to the first lots,
/// the relabelings are the product of the arrangements of both halves: n! = C(n, n_first) x n_first! x n_last!.
struct LotSplit {
  explicit LotSplit(std::int32_t n_lots);

  std::int32_t n_first, n_last;
  std::vector<std::uint32_t> subset;  ///< sets of outcome positions for the first lots, as bits; ascending
  /// All arrangements, position-major: arrangement i puts the member first_place[l x n_first! + i] of the set on lot l.
  std::vector<std::int32_t> first_place, last_place;
  std::int64_t n_first_orders, n_last_orders;  ///< n_first!, n_last!
};

/// Tables of one thread, reused over subsets.
template <class Lane>
struct SplitTables {
  hwy::AlignedFreeUniquePtr<Lane[]> first, last;  ///< A and B of every test, in tiles of arrangements
  std::vector<Lane> first_y, last_y;              ///< outcome values of each arrangement: outcome x lot x arrangement
  std::vector<Lane> row;                          ///< one test's A or B, before it is dealt to tiles
};

/// Counts the relabelings that put the outcome positions of `subset` on the first lots, each `weight` times.
/// Chooses the widest vectors that this machine has, at run time.
template <class Lane>
void count_subset(const OrderedTests<Lane>& tests, const LotSplit& split, std::uint32_t subset, std::int64_t weight,
                  SplitTables<Lane>& tables, Counts& counts);

}  // namespace miura::permutation
