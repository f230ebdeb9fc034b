#include "permutation/hit_marks.hpp"

// Vectors held in arrays need a size known at compile time, which scalable ones have not.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "permutation/hit_marks.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>

#include "permutation/pair_sums-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace miura::permutation::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int lanes_per_word = 64;

#if HWY_TARGET == HWY_SCALAR

void mark_sums(const HalfSums& sums, std::span<const std::int16_t> bar, std::int64_t first_word, HitMarks& marks) {
  for (std::int64_t t = 0; t < std::ssize(bar); ++t) {
    auto &positive = marks.positive[t] = {}, &negative = marks.negative[t] = {};
    for (int w = 0; w < words_per_tile; ++w) {
      const auto word = std::min(first_word + w, sums.n_words() - 1);
      const auto a = sums.first[t * sums.n_first + word / sums.words_per_row];
      const auto* last = &sums.last[(t * sums.words_per_row + word % sums.words_per_row) * lanes_per_word];
      for (int lane = 0; lane < lanes_per_word; ++lane) {
        positive.word[w] |= std::uint64_t{a + last[lane] >= bar[t]} << lane;
        negative.word[w] |= std::uint64_t{a + last[lane] <= -bar[t]} << lane;
      }
    }
  }
}

void mark_drawn(const DrawnTile& tile, std::span<const std::int16_t> x, std::span<const std::int32_t> outcome,
                std::span<const std::int32_t> bar, HitMarks& marks) {
  for (std::int64_t t = 0; t < std::ssize(bar); ++t) {
    auto &positive = marks.positive[t] = {}, &negative = marks.negative[t] = {};
    for (std::int64_t b = 0; b < relabelings_per_tile; ++b) {
      std::int32_t s = 0;
      for (std::int32_t p = 0; p < tile.n_pairs; ++p) {
        const auto* both = &x[(t * tile.n_pairs + p) * 2];
        const auto* y = &tile.y[((std::int64_t{outcome[t]} * tile.n_pairs + p) * relabelings_per_tile + b) * 2];
        s += both[0] * y[0] + both[1] * y[1];
      }
      positive.word[b / lanes_per_word] |= std::uint64_t{s >= bar[t]} << b % lanes_per_word;
      negative.word[b / lanes_per_word] |= std::uint64_t{s <= -bar[t]} << b % lanes_per_word;
    }
  }
}

#else

/// The bits of a vector's mask to their place in a word; `lane` is the first of the vector.
template <class D, class Mask>
HWY_INLINE void put_bits(D d, Mask mask, int lane, std::uint64_t& word) {
  if constexpr (hn::MaxLanes(D()) >= 8) {
    hn::StoreMaskBits(d, mask, reinterpret_cast<std::uint8_t*>(&word) + lane / 8);
  } else {  // less than a byte
    std::uint8_t bits[8] = {};
    hn::StoreMaskBits(d, mask, bits);
    if (lane == 0) word = 0;
    word |= std::uint64_t{bits[0]} << lane;
  }
}

void mark_sums(const HalfSums& sums, std::span<const std::int16_t> bar, std::int64_t first_word, HitMarks& marks) {
  const hn::CappedTag<std::int16_t, lanes_per_word> d;
  constexpr int width = static_cast<int>(hn::MaxLanes(decltype(d)()));
  std::int64_t row[words_per_tile], column[words_per_tile];
  for (int w = 0; w < words_per_tile; ++w) {
    const auto word = std::min(first_word + w, sums.n_words() - 1);
    row[w] = word / sums.words_per_row;
    column[w] = word % sums.words_per_row * lanes_per_word;
  }
  for (std::int64_t t = 0; t < std::ssize(bar); ++t) {
    const auto* first = sums.first.data() + t * sums.n_first;
    const auto* last = sums.last.data() + t * sums.words_per_row * lanes_per_word;
    const auto below = hn::Set(d, static_cast<std::int16_t>(bar[t] - 1));  // this Highway knows > but not >=
    const auto above = hn::Neg(below);
    auto &positive = marks.positive[t], &negative = marks.negative[t];
    for (int w = 0; w < words_per_tile; ++w) {
      const auto a = hn::Set(d, first[row[w]]);
#pragma GCC unroll 8
      for (int lane = 0; lane < lanes_per_word; lane += width) {
        const auto s = hn::Add(a, hn::LoadU(d, last + column[w] + lane));
        put_bits(d, hn::Gt(s, below), lane, positive.word[w]);
        put_bits(d, hn::Lt(s, above), lane, negative.word[w]);
      }
    }
  }
}

constexpr int tests_at_once = 4;

/// One word of up to tests_at_once tests of one outcome.
template <int n_tests>
HWY_INLINE void mark_word(const DrawnTile& tile, const std::int16_t* HWY_RESTRICT x, const std::int16_t* HWY_RESTRICT y,
                          const std::int32_t* bar, int w, Marks* positive, Marks* negative) {
  const hn::CappedTag<std::int32_t, lanes_per_word> d;
  constexpr int width = static_cast<int>(hn::MaxLanes(decltype(d)()));
  constexpr int n_vectors = 4;
  for (int lane = 0; lane < lanes_per_word; lane += n_vectors * width) {
    hn::Vec<decltype(d)> s[n_tests][n_vectors];
    sum_pairs(d, x, tile.n_pairs, y + (w * lanes_per_word + lane) * 2, relabelings_per_tile * 2, s);
    for (int t = 0; t < n_tests; ++t) {
      const auto below = hn::Set(d, bar[t] - 1);
      for (int u = 0; u < n_vectors; ++u) {
        put_bits(d, hn::Gt(s[t][u], below), lane + u * width, positive[t].word[w]);
        put_bits(d, hn::Lt(s[t][u], hn::Neg(below)), lane + u * width, negative[t].word[w]);
      }
    }
  }
}

void mark_drawn(const DrawnTile& tile, std::span<const std::int16_t> x, std::span<const std::int32_t> outcome,
                std::span<const std::int32_t> bar, HitMarks& marks) {
  const auto n = std::ssize(bar);
  const auto per_outcome = tile.n_pairs * relabelings_per_tile * 2;
  for (int w = 0; w < words_per_tile; ++w)
    for (std::int64_t t = 0; t < n;) {
      const auto* y = tile.y.data() + outcome[t] * per_outcome;
      const auto* from = x.data() + t * tile.n_pairs * 2;
      const bool together = t + tests_at_once <= n && outcome[t] == outcome[t + tests_at_once - 1];
      if (together)
        mark_word<tests_at_once>(tile, from, y, &bar[t], w, &marks.positive[t], &marks.negative[t]);
      else
        mark_word<1>(tile, from, y, &bar[t], w, &marks.positive[t], &marks.negative[t]);
      t += together ? tests_at_once : 1;
    }
}

#endif  // HWY_TARGET == HWY_SCALAR

const hn::CappedTag<std::uint64_t, words_per_tile> d64;
using Words = hn::Vec<decltype(d64)>;
constexpr int words_at_once = static_cast<int>(hn::MaxLanes(d64));

/// Counts of the relabelings of some words, bit by bit in planes.
class PlaneCounter {
public:
  void add(const Marks& marks) {
    waiting_[n_waiting_++] = marks;
    if (n_waiting_ == 8) take_in();
  }

  /// Adds the counts to those of the tile's relabelings.
  void settle(std::int32_t* counts) {
    std::fill(waiting_.begin() + n_waiting_, waiting_.end(), Marks{});
    take_in();
    for (int p = 0; p < n_planes_; ++p)
      for (std::int64_t b = 0; b < relabelings_per_tile; ++b)
        counts[b] += static_cast<std::int32_t>(plane_[p].word[b / lanes_per_word] >> b % lanes_per_word & 1U) << p;
  }

private:
  /// a + b + sum: the sum stays, what is carried comes back.
  static HWY_INLINE Words add_three(Words& sum, Words a, Words b) {
    const auto either = hn::Xor(sum, a);
    const auto carry = hn::Or(hn::And(sum, a), hn::And(either, b));
    sum = hn::Xor(either, b);
    return carry;
  }

  HWY_INLINE void take_in() {
    for (int w = 0; w < words_per_tile; w += words_at_once) {
      const auto from = [&](int i) HWY_ATTR { return hn::Load(d64, &waiting_[i].word[w]); };
      auto one = hn::Load(d64, &plane_[0].word[w]), two = hn::Load(d64, &plane_[1].word[w]),
           four = hn::Load(d64, &plane_[2].word[w]);
      const auto two_a = add_three(one, from(0), from(1)), two_b = add_three(one, from(2), from(3));
      const auto two_c = add_three(one, from(4), from(5)), two_d = add_three(one, from(6), from(7));
      const auto four_a = add_three(two, two_a, two_b), four_b = add_three(two, two_c, two_d);
      auto carry = add_three(four, four_a, four_b);
      hn::Store(one, d64, &plane_[0].word[w]);
      hn::Store(two, d64, &plane_[1].word[w]);
      hn::Store(four, d64, &plane_[2].word[w]);
      for (int p = 3; !hn::AllTrue(d64, hn::Eq(carry, hn::Zero(d64))); ++p) {
        const auto plane = hn::Load(d64, &plane_[p].word[w]);
        hn::Store(hn::Xor(plane, carry), d64, &plane_[p].word[w]);
        carry = hn::And(plane, carry);
        n_planes_ = std::max(n_planes_, p + 1);
      }
    }
    n_waiting_ = 0;
  }

  std::array<Marks, 32> plane_{};
  std::array<Marks, 8> waiting_{};
  int n_waiting_ = 0, n_planes_ = 3;
};

/// Words w .. w + words_at_once of a term: any of its tests.
HWY_INLINE Words term_words(std::span<const SignedTest> term, const std::int32_t* place, const Marks* positive,
                            const Marks* negative, int w) {
  auto any = hn::Zero(d64);
  for (const auto& [test, is_negative] : term)
    any = hn::Or(any, hn::Load(d64, &(is_negative ? negative : positive)[place[test]].word[w]));
  return any;
}

HWY_INLINE Words unit_words(const HitRule& rule, std::int64_t unit, const std::int32_t* place, const Marks* positive,
                            const Marks* negative, int w) {
  auto all = term_words(rule.term(unit, 0), place, positive, negative, w);
  for (std::int64_t t = 1; t < rule.n_terms(unit); ++t)
    all = hn::And(all, term_words(rule.term(unit, t), place, positive, negative, w));
  return all;
}

void count_units(const HitRule& rule, std::span<const std::int64_t> units, std::span<const std::int32_t> place,
                 const HitMarks& marks, std::span<std::int32_t, relabelings_per_tile> counts) {
  PlaneCounter counter;
  Marks counted;
  for (const auto unit : units) {
    auto any = hn::Zero(d64);
    for (int w = 0; w < words_per_tile; w += words_at_once) {
      auto words = unit_words(rule, unit, place.data(), marks.positive.data(), marks.negative.data(), w);
      if (rule.either_direction())
        words = hn::Or(words, unit_words(rule, unit, place.data(), marks.negative.data(), marks.positive.data(), w));
      hn::Store(words, d64, &counted.word[w]);
      any = hn::Or(any, words);
    }
    if (!hn::AllTrue(d64, hn::Eq(any, hn::Zero(d64)))) counter.add(counted);
  }
  counter.settle(counts.data());
}

}  // namespace miura::permutation::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace miura::permutation {

HWY_EXPORT(mark_sums);
HWY_EXPORT(mark_drawn);
HWY_EXPORT(count_units);

void mark_sums(const HalfSums& sums, std::span<const std::int16_t> bar, std::int64_t first_word, HitMarks& marks) {
  HWY_DYNAMIC_DISPATCH(mark_sums)(sums, bar, first_word, marks);
}

void mark_drawn(const DrawnTile& tile, std::span<const std::int16_t> x, std::span<const std::int32_t> outcome,
                std::span<const std::int32_t> bar, HitMarks& marks) {
  HWY_DYNAMIC_DISPATCH(mark_drawn)(tile, x, outcome, bar, marks);
}

void count_units(const HitRule& rule, std::span<const std::int64_t> units, std::span<const std::int32_t> place,
                 const HitMarks& marks, std::span<std::int32_t, relabelings_per_tile> counts) {
  HWY_DYNAMIC_DISPATCH(count_units)(rule, units, place, marks, counts);
}

}  // namespace miura::permutation
#endif  // HWY_ONCE
