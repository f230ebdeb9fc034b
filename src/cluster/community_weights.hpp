#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace miura::cluster {

/// Sums edge weights by the community at the other end, for one vertex at a time: an open-addressing table that is as
/// small as the vertex's degree, so it stays in the first cache. Scratch of one thread.
class CommunityWeights {
public:
  struct Entry {
    std::int32_t community;
    std::int64_t weight;
  };

  /// Forgets everything and makes room for as many communities as there are edges.
  void start(std::int64_t n_edges) {
    for (const auto slot : used_) slots_[slot].community = none;
    used_.clear();
    const auto room = std::bit_ceil(static_cast<std::uint64_t>(2 * n_edges + 2));
    if (room > slots_.size()) slots_.assign(room, Entry{none, 0});
    shift_ = 32 - std::countr_zero(room);
    mask_ = static_cast<std::uint32_t>(room - 1);
  }

  void add(std::int32_t community, std::int64_t weight) {
    auto slot = static_cast<std::uint32_t>(community) * 0x9E3779B1U >> shift_;
    for (;; slot = (slot + 1) & mask_) {
      auto& entry = slots_[slot];
      if (entry.community == community) {
        entry.weight += weight;
        return;
      }
      if (entry.community == none) {
        entry = {community, weight};
        used_.push_back(slot);
        return;
      }
    }
  }

  std::int64_t to(std::int32_t community) const {
    for (auto slot = static_cast<std::uint32_t>(community) * 0x9E3779B1U >> shift_;; slot = (slot + 1) & mask_) {
      if (slots_[slot].community == community) return slots_[slot].weight;
      if (slots_[slot].community == none) return 0;
    }
  }

  std::int64_t n() const noexcept { return std::ssize(used_); }

  /// Calls visit(entry) for every community met, in order of first edge.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (const auto slot : used_) visit(slots_[slot]);
  }

private:
  static constexpr std::int32_t none = -1;
  std::vector<Entry> slots_;
  std::vector<std::uint32_t> used_;
  int shift_ = 31;
  std::uint32_t mask_ = 1;
};

}  // namespace miura::cluster
