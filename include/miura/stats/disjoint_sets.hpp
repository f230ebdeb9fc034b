#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace miura::stats {

/// Sets of the numbers 0 to n - 1, at first one each, that are united pair by pair (union and find, with path halving).
/// Each is named by its smallest member.
template <class Index>
class DisjointSets {
public:
  explicit DisjointSets(std::int64_t n) : parent_(n) { std::iota(parent_.begin(), parent_.end(), Index{0}); }

  /// The name of the set that holds this member.
  Index of(Index member) {
    while (parent_[member] != member) member = parent_[member] = parent_[parent_[member]];
    return member;
  }
  void unite(Index a, Index b) {
    a = of(a), b = of(b);
    parent_[std::max(a, b)] = std::min(a, b);
  }

private:
  std::vector<Index> parent_;
};

}  // namespace miura::stats
