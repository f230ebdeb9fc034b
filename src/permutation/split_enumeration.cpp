#include "permutation/split_enumeration.hpp"

// Vectors held in arrays need a size known at compile time, which scalable ones have not.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "permutation/split_enumeration.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <limits>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace miura::permutation::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Tests [first, end), for which tables are made at a time, so that these stay in the cache of a core.
struct Chunk {
  std::int64_t first, end;
};

constexpr int n_rows = 8;  // arrangements of the first lots in a tile; with a vector of the others', all in registers

/// T of n_rows x Lanes(d) relabelings of one test, joined to the running maxima.
template <bool two_sided, class D, class Lane = hn::TFromD<D>>
HWY_INLINE void raise(D d, const Spread<Lane>* HWY_RESTRICT a, const Lane* HWY_RESTRICT b, hn::Vec<D>* running) {
  const hn::Repartition<Spread<Lane>, D> spread;
  const auto last = hn::Load(d, b);
#pragma GCC unroll 8
  for (int u = 0; u < n_rows; ++u) {
    const auto s = hn::Add(hn::BitCast(d, hn::Set(spread, a[u])), last);
    if constexpr (!two_sided)
      running[u] = hn::Max(running[u], s);
    else if constexpr (sizeof(Lane) == 8)  // this Highway knows no absolute value of 64 bits everywhere
      running[u] = hn::Max(running[u], hn::Max(s, hn::Neg(s)));
    else
      running[u] = hn::Max(running[u], hn::Abs(s));
  }
}

/// What a statistic exceeds if it reaches the threshold: integers in this Highway know > but not >=.
template <class D, class Lane = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> bar(D d, Lane threshold) {
  return hn::Set(d, static_cast<Lane>(threshold - 1));
}

/// The relabelings of a tile: n_rows x Lanes(d), of which only `rows` x `lanes` exist where it is partial.
struct Tile {
  std::int64_t rows, lanes;
  std::int64_t weight;
  std::int64_t counted() const noexcept { return weight * rows * lanes; }
};

template <bool partial, class D, class Lane = hn::TFromD<D>>
HWY_INLINE std::int64_t n_reaching(D d, const hn::Vec<D>* running, Lane threshold, const Tile& tile) {
  const auto exist = hn::FirstN(d, static_cast<std::size_t>(tile.lanes));
  const auto its_bar = bar(d, threshold);
  std::size_t reaching = 0;
#pragma GCC unroll 8
  for (int u = 0; u < n_rows; ++u) {
    if constexpr (!partial)
      reaching += hn::CountTrue(d, hn::Gt(running[u], its_bar));
    else
      reaching += u < tile.rows ? hn::CountTrue(d, hn::And(hn::Gt(running[u], its_bar), exist)) : std::size_t{0};
  }
  return static_cast<std::int64_t>(reaching);
}

template <class D, class Lane = hn::TFromD<D>>
HWY_INLINE bool all_reach(D d, const hn::Vec<D>* running, Lane threshold) {
  auto least = running[0];
  for (int u = 1; u < n_rows; ++u) least = hn::Min(least, running[u]);
  return hn::AllTrue(d, hn::Gt(least, bar(d, threshold)));
}

/// A tile through the tests of a chunk, least extreme first, from the maxima over the chunks before.
template <bool partial, bool two_sided, class D, class Lane = hn::TFromD<D>>
void count_chunk(D d, const OrderedTests<Lane>& tests, Chunk chunk, const Spread<Lane>* HWY_RESTRICT a,
                 const Lane* HWY_RESTRICT b, Lane* HWY_RESTRICT maxima, Tile tile, Counts& counts) {
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  hn::Vec<D> running[n_rows];
#pragma GCC unroll 8
  for (int u = 0; u < n_rows; ++u) running[u] = hn::Load(d, maxima + u * width);
  for (auto first = chunk.first; first < chunk.end; first += tests_per_block) {
    const auto end = std::min(first + tests_per_block, chunk.end);
    if (!partial && all_reach(d, running, tests.threshold[end - 1])) {  // most blocks, as maxima rise early
      for (auto q = first; q < end; ++q, a += n_rows, b += width) raise<two_sided>(d, a, b, running);
      counts.step_block[first / tests_per_block] += tile.counted();
      continue;
    }
    for (auto q = first; q < end; ++q, a += n_rows, b += width) {
      raise<two_sided>(d, a, b, running);
      counts.step[q] += tile.weight * n_reaching<partial>(d, running, tests.threshold[q], tile);
    }
  }
#pragma GCC unroll 8
  for (int u = 0; u < n_rows; ++u) hn::Store(running[u], d, maxima + u * width);
}

/// The maximum over all tests lies near the top: from there down until every relabeling reaches the threshold.
template <class D, class Lane = hn::TFromD<D>>
void count_single(D d, const OrderedTests<Lane>& tests, const Lane* HWY_RESTRICT maxima, Tile tile, Counts& counts) {
  hn::Vec<D> running[n_rows];
  for (int u = 0; u < n_rows; ++u) running[u] = hn::Load(d, maxima + u * static_cast<std::int64_t>(hn::Lanes(d)));
  for (auto q = tests.size() - 1; q >= 0; --q) {
    const auto reaching = tile.weight * n_reaching<true>(d, running, tests.threshold[q], tile);
    if (reaching == tile.counted()) {
      counts.all_below[q + 1] += reaching;
      return;
    }
    counts.single[q] += reaching;
  }
}

/// Sums of x[l] y[arrangement][l] over the lots of one half, for every arrangement.
template <class D, class Lane = hn::TFromD<D>>
void sum_half(D d, const Lane* x, std::int32_t n_half, const Lane* y, std::int64_t n_orders, Lane* row) {
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t i = 0; i < n_orders; i += width) {
    auto sum = hn::Zero(d);
    for (std::int32_t l = 0; l < n_half; ++l)
      sum = hn::Add(sum, hn::Mul(hn::Set(d, x[l]), hn::LoadU(d, y + l * n_orders + i)));
    hn::StoreU(sum, d, row + i);
  }
}

template <class Lane>
Spread<Lane> spread_out(Lane a) {
  if constexpr (sizeof(Lane) == 2)
    return std::uint32_t{static_cast<std::uint16_t>(a)} * 0x10001U;
  else
    return a;
}

/// Tables of one half for a chunk of tests: tile of `tile` arrangements x test x arrangement within the tile.
template <class D, class Entry, class Lane = hn::TFromD<D>>
void fill_half(D d, const OrderedTests<Lane>& tests, Chunk chunk, std::int32_t first_lot, std::int32_t n_half,
               std::int64_t n_orders, const std::vector<Lane>& y, std::int64_t tile, std::vector<Lane>& row,
               Entry* table) {
  const auto n = chunk.end - chunk.first;
  for (std::int64_t q = 0; q < n; ++q) {
    sum_half(d, tests.x.data() + (chunk.first + q) * tests.n_lots + first_lot, n_half,
             y.data() + std::int64_t{tests.outcome[chunk.first + q]} * n_half * n_orders, n_orders, row.data());
    for (std::int64_t i = 0; i < n_orders; i += tile)
      for (std::int64_t k = 0; k < tile; ++k) {
        if constexpr (std::is_same_v<Entry, Lane>)
          table[(i / tile * n + q) * tile + k] = row[i + k];
        else
          table[(i / tile * n + q) * tile + k] = spread_out(row[i + k]);
      }
  }
}

/// Calls work(i, j, number, tile) for every tile: from arrangement i of the first and j of the last lots on.
template <class Work>
HWY_INLINE void for_each_tile(const LotSplit& split, std::int64_t width, std::int64_t weight, Work work) {
  std::int64_t number = 0;
  for (std::int64_t j = 0; j < split.n_last_orders; j += width)
    for (std::int64_t i = 0; i < split.n_first_orders; i += n_rows, ++number)
      work(i, j, number,
           Tile{std::min<std::int64_t>(n_rows, split.n_first_orders - i), std::min(width, split.n_last_orders - j),
                weight});
}

template <bool two_sided, class Lane>
void count_arrangements(const OrderedTests<Lane>& tests, const LotSplit& split, std::int64_t weight,
                        SplitTables<Lane>& tables, Counts& counts) {
  constexpr std::int64_t tests_per_chunk = 512 / sizeof(Lane);  // the tables of 11 lots in 512 kB
  static_assert(tests_per_chunk % tests_per_block == 0);
  const hn::ScalableTag<Lane> d;
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  const auto first_padded = (split.n_first_orders + n_rows - 1) / n_rows * n_rows;
  const auto last_padded = (split.n_last_orders + width - 1) / width * width;
  const auto n_maxima = first_padded * last_padded, per_tile = n_rows * width;
  if (!tables.maxima) {
    tables.first = hwy::AllocateAligned<Spread<Lane>>(tests_per_chunk * first_padded);
    tables.last = hwy::AllocateAligned<Lane>(tests_per_chunk * last_padded);
    tables.maxima = hwy::AllocateAligned<Lane>(n_maxima);
    tables.row.resize(std::max(first_padded, last_padded) + width);
  }
  std::fill_n(tables.maxima.get(), n_maxima, two_sided ? Lane{0} : std::numeric_limits<Lane>::lowest());
  for (std::int64_t q = 0; q < tests.size(); q += tests_per_chunk) {
    const Chunk chunk{q, std::min(q + tests_per_chunk, tests.size())};
    fill_half(d, tests, chunk, 0, split.n_first, split.n_first_orders, tables.first_y, n_rows, tables.row,
              tables.first.get());
    fill_half(d, tests, chunk, split.n_first, split.n_last, split.n_last_orders, tables.last_y, width, tables.row,
              tables.last.get());
    for_each_tile(split, width, weight, [&](std::int64_t i, std::int64_t j, std::int64_t number, Tile tile) HWY_ATTR {
      const auto* a = tables.first.get() + i * (chunk.end - chunk.first);
      const auto* b = tables.last.get() + j * (chunk.end - chunk.first);
      auto* maxima = tables.maxima.get() + number * per_tile;
      if (tile.rows == n_rows && tile.lanes == width)
        count_chunk<false, two_sided>(d, tests, chunk, a, b, maxima, tile, counts);
      else
        count_chunk<true, two_sided>(d, tests, chunk, a, b, maxima, tile, counts);
    });
  }
  for_each_tile(split, width, weight, [&](std::int64_t, std::int64_t, std::int64_t number, Tile tile) HWY_ATTR {
    count_single(d, tests, tables.maxima.get() + number * per_tile, tile, counts);
  });
}

template <class Lane>
void count_on_side(const OrderedTests<Lane>& tests, const LotSplit& split, std::int64_t weight,
                   SplitTables<Lane>& tables, Counts& counts) {
  if (tests.two_sided)
    count_arrangements<true>(tests, split, weight, tables, counts);
  else
    count_arrangements<false>(tests, split, weight, tables, counts);
}

void count_int16(const OrderedTests<std::int16_t>& tests, const LotSplit& split, std::int64_t weight,
                 SplitTables<std::int16_t>& tables, Counts& counts) {
  count_on_side(tests, split, weight, tables, counts);
}
void count_int32(const OrderedTests<std::int32_t>& tests, const LotSplit& split, std::int64_t weight,
                 SplitTables<std::int32_t>& tables, Counts& counts) {
  count_on_side(tests, split, weight, tables, counts);
}
void count_int64(const OrderedTests<std::int64_t>& tests, const LotSplit& split, std::int64_t weight,
                 SplitTables<std::int64_t>& tables, Counts& counts) {
  count_on_side(tests, split, weight, tables, counts);
}

}  // namespace miura::permutation::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace miura::permutation {

HWY_EXPORT(count_int16);
HWY_EXPORT(count_int32);
HWY_EXPORT(count_int64);

namespace {

/// Outcome values that each arrangement of `member` puts on each lot. The pad lets vectors read past the end.
template <class Lane>
void arrange(const OrderedTests<Lane>& tests, const std::vector<std::int32_t>& member,
             const std::vector<std::int32_t>& place, std::vector<Lane>& y) {
  constexpr std::int64_t pad = 64;
  y.assign(tests.n_outcomes * std::ssize(place) + pad, Lane{0});
  for (std::int32_t m = 0; m < tests.n_outcomes; ++m)
    for (std::int64_t i = 0; i < std::ssize(place); ++i)
      y[m * std::ssize(place) + i] = tests.y[m * tests.n_lots + member[place[i]]];
}

}  // namespace

template <class Lane>
void count_subset(const OrderedTests<Lane>& tests, const LotSplit& split, std::int64_t subset, std::int64_t weight,
                  SplitTables<Lane>& tables, Counts& counts) {
  const auto [first, last] = split.members(subset);
  arrange(tests, first, split.first_place, tables.first_y);
  arrange(tests, last, split.last_place, tables.last_y);
  if constexpr (std::is_same_v<Lane, std::int16_t>)
    HWY_DYNAMIC_DISPATCH(count_int16)(tests, split, weight, tables, counts);
  else if constexpr (std::is_same_v<Lane, std::int32_t>)
    HWY_DYNAMIC_DISPATCH(count_int32)(tests, split, weight, tables, counts);
  else
    HWY_DYNAMIC_DISPATCH(count_int64)(tests, split, weight, tables, counts);
}

template void count_subset(const OrderedTests<std::int16_t>&, const LotSplit&, std::int64_t, std::int64_t,
                           SplitTables<std::int16_t>&, Counts&);
template void count_subset(const OrderedTests<std::int32_t>&, const LotSplit&, std::int64_t, std::int64_t,
                           SplitTables<std::int32_t>&, Counts&);
template void count_subset(const OrderedTests<std::int64_t>&, const LotSplit&, std::int64_t, std::int64_t,
                           SplitTables<std::int64_t>&, Counts&);

}  // namespace miura::permutation
#endif  // HWY_ONCE
