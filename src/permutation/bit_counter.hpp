#pragma once

#include <hwy/base.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace miura::permutation {

/// Marks of one test under 512 relabelings, a bit each.
inline constexpr int words_per_tile = 8;
inline constexpr std::int64_t relabelings_per_word = 64;
inline constexpr std::int64_t relabelings_per_tile = words_per_tile * relabelings_per_word;
using Marks = std::array<std::uint64_t, words_per_tile>;

HWY_INLINE Marks operator&(const Marks& a, const Marks& b) noexcept {
  Marks both;
  for (int w = 0; w < words_per_tile; ++w) both[w] = a[w] & b[w];
  return both;
}
HWY_INLINE Marks operator|(const Marks& a, const Marks& b) noexcept {
  Marks any;
  for (int w = 0; w < words_per_tile; ++w) any[w] = a[w] | b[w];
  return any;
}
HWY_INLINE Marks operator^(const Marks& a, const Marks& b) noexcept {
  Marks one;
  for (int w = 0; w < words_per_tile; ++w) one[w] = a[w] ^ b[w];
  return one;
}
HWY_INLINE bool none(const Marks& a) noexcept {
  std::uint64_t any = 0;
  for (const auto word : a) any |= word;
  return any == 0;
}

/// Counts marks relabeling by relabeling, all of a tile at once: the bits of the counts lie in planes, and eight marks
/// go in by carry-save adders (Harley & Seal; Mula, Kurz & Lemire 2018, Comput. J. 61:111), six logical operations
/// each. Always inlined, so that a caller compiled for wide vectors uses them.
class BitCounter {
public:
  HWY_INLINE void add(const Marks& marks) {
    waiting_[n_waiting_++] = marks;
    if (n_waiting_ == 8) take_in();
  }

  /// Adds the counts to those of the tile's relabelings, and starts from nothing.
  HWY_INLINE void settle(std::span<std::int32_t, relabelings_per_tile> counts) {
    if (n_waiting_ > 0) {
      std::fill(waiting_.begin() + n_waiting_, waiting_.end(), Marks{});
      take_in();
    }
    for (int p = 0; p < n_planes; ++p) {
      if (none(plane_[p])) continue;
      for (std::int64_t b = 0; b < relabelings_per_tile; ++b)
        counts[b] += static_cast<std::int32_t>(plane_[p][b / relabelings_per_word] >> b % relabelings_per_word & 1U)
                     << p;
      plane_[p] = {};
    }
  }

private:
  static constexpr int n_planes = 31;

  /// a + b + sum: the sum stays, what is carried comes back.
  static HWY_INLINE Marks add_three(Marks& sum, const Marks& a, const Marks& b) noexcept {
    const auto either = sum ^ a;
    const auto carry = (sum & a) | (either & b);
    sum = either ^ b;
    return carry;
  }

  HWY_INLINE void take_in() {
    const auto& w = waiting_;
    const auto two_a = add_three(plane_[0], w[0], w[1]), two_b = add_three(plane_[0], w[2], w[3]);
    const auto two_c = add_three(plane_[0], w[4], w[5]), two_d = add_three(plane_[0], w[6], w[7]);
    const auto four_a = add_three(plane_[1], two_a, two_b), four_b = add_three(plane_[1], two_c, two_d);
    auto carry = add_three(plane_[2], four_a, four_b);
    for (int p = 3; p < n_planes && !none(carry); ++p) {
      const auto next = plane_[p] & carry;
      plane_[p] = plane_[p] ^ carry;
      carry = next;
    }
    n_waiting_ = 0;
  }

  std::array<Marks, n_planes> plane_{};
  std::array<Marks, 8> waiting_{};
  int n_waiting_ = 0;
};

}  // namespace miura::permutation
