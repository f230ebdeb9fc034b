#include "permutation/hit_marks.hpp"

// Vectors held in arrays need a size known at compile time, which scalable ones have not.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "permutation/hit_marks.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

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
        positive[w] |= std::uint64_t{a + last[lane] >= bar[t]} << lane;
        negative[w] |= std::uint64_t{a + last[lane] <= -bar[t]} << lane;
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
      positive[b / lanes_per_word] |= std::uint64_t{s >= bar[t]} << b % lanes_per_word;
      negative[b / lanes_per_word] |= std::uint64_t{s <= -bar[t]} << b % lanes_per_word;
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
        put_bits(d, hn::Gt(s, below), lane, positive[w]);
        put_bits(d, hn::Lt(s, above), lane, negative[w]);
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
  const hn::Repartition<std::int16_t, decltype(d)> d16;
  constexpr int width = static_cast<int>(hn::MaxLanes(decltype(d)()));
  constexpr int n_vectors = 4;
  for (int lane = 0; lane < lanes_per_word; lane += n_vectors * width) {
    hn::Vec<decltype(d)> sum[n_tests][n_vectors], more[n_tests][n_vectors];
    for (int t = 0; t < n_tests; ++t)
      for (int u = 0; u < n_vectors; ++u) sum[t][u] = more[t][u] = hn::Zero(d);
    for (std::int32_t p = 0; p < tile.n_pairs; ++p) {
      const auto* from = y + (p * relabelings_per_tile + w * lanes_per_word + lane) * 2;
      hn::Vec<decltype(d16)> outcome[n_vectors];
#pragma GCC unroll 4
      for (int u = 0; u < n_vectors; ++u) outcome[u] = hn::LoadU(d16, from + u * width * 2);
#pragma GCC unroll 4
      for (int t = 0; t < n_tests; ++t) {
        std::int32_t pair;
        std::memcpy(&pair, x + (t * tile.n_pairs + p) * 2, sizeof pair);
        const auto both = hn::BitCast(d16, hn::Set(d, pair));
#pragma GCC unroll 4
        for (int u = 0; u < n_vectors; ++u)
          sum[t][u] = hn::ReorderWidenMulAccumulate(d, both, outcome[u], sum[t][u], more[t][u]);
      }
    }
    for (int t = 0; t < n_tests; ++t) {
      const auto below = hn::Set(d, bar[t] - 1);
      for (int u = 0; u < n_vectors; ++u) {
        const auto s = hn::RearrangeToOddPlusEven(sum[t][u], more[t][u]);
        put_bits(d, hn::Gt(s, below), lane + u * width, positive[t][w]);
        put_bits(d, hn::Lt(s, hn::Neg(below)), lane + u * width, negative[t][w]);
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

/// Whether a unit counts, under each relabeling of a tile.
HWY_INLINE Marks unit_marks(const HitRule& rule, std::int64_t unit, std::span<const std::int32_t> place,
                            const std::vector<Marks>& positive, const std::vector<Marks>& negative) {
  const auto marks_of = [&](const SignedTest& wanted)
                            HWY_ATTR -> const Marks& { return (wanted.negative ? negative : positive)[place[wanted.test]]; };
  const auto any_of = [&](std::span<const SignedTest> term) HWY_ATTR {
    auto any = marks_of(term.front());
    for (const auto& wanted : term.subspan(1)) any = any | marks_of(wanted);
    return any;
  };
  auto all = any_of(rule.term(unit, 0));
  for (std::int64_t t = 1; t < rule.n_terms(unit); ++t) all = all & any_of(rule.term(unit, t));
  return all;
}

void count_units(const HitRule& rule, std::span<const std::int64_t> units, std::span<const std::int32_t> place,
                 const HitMarks& marks, std::span<std::int32_t, relabelings_per_tile> counts) {
  BitCounter counter;
  for (const auto unit : units) {
    auto counted = unit_marks(rule, unit, place, marks.positive, marks.negative);
    if (rule.either_direction())
      counted = counted | unit_marks(rule, unit, place, marks.negative, marks.positive);
    if (!none(counted)) counter.add(counted);
  }
  counter.settle(counts);
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
