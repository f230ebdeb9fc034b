#include "permutation/split_enumeration.hpp"

// Vectors held in arrays need a size known at compile time, which scalable ones have not.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "permutation/split_enumeration.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <bit>
#include <numeric>
#include <type_traits>

#include "miura/permutation/rank_tests.hpp"

HWY_BEFORE_NAMESPACE();
namespace miura::permutation::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int n_rows = 8;  // arrangements of the first lots in a tile; with a vector of the others', all in registers

/// |S|, on the scale of the thresholds.
template <class D, class V, class Lane = hn::TFromD<D>>
HWY_INLINE V magnitude(D d, V s, const OrderedTests<Lane>& tests, std::int64_t q) {
  if constexpr (std::is_integral_v<Lane>)
    return hn::Abs(s);
  else
    return hn::Mul(hn::Abs(s), hn::Set(d, tests.weight[q]));
}

/// What a threshold is compared with: integers in this Highway know > but not >=.
template <class D, class Lane = hn::TFromD<D>>
HWY_INLINE auto bar(D d, Lane threshold) {
  if constexpr (std::is_integral_v<Lane>)
    return hn::Set(d, static_cast<Lane>(threshold - 1));
  else
    return hn::Set(d, threshold);
}

template <class D, class V>
HWY_INLINE auto reaches(D, V t, V its_bar) {
  if constexpr (std::is_integral_v<hn::TFromD<D>>)
    return hn::Gt(t, its_bar);
  else
    return hn::Ge(t, its_bar);
}

/// n_rows x Lanes(d) relabelings through all tests, least extreme first. Partial: only `rows` x `lanes` of them exist.
template <bool partial, class D, class Lane = hn::TFromD<D>>
void count_tile(D d, const OrderedTests<Lane>& tests, const Lane* HWY_RESTRICT a, const Lane* HWY_RESTRICT b,
                std::int64_t rows, std::int64_t lanes, std::int64_t weight, Counts& counts) {
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  const auto exist = hn::FirstN(d, static_cast<std::size_t>(lanes));
  const auto n_reaching = [&](hn::Vec<D> t, hn::Vec<D> its_bar, int u) HWY_ATTR {
    if constexpr (!partial)
      return hn::CountTrue(d, reaches(d, t, its_bar));
    else
      return u < rows ? hn::CountTrue(d, hn::And(reaches(d, t, its_bar), exist)) : std::size_t{0};
  };
  hn::Vec<D> running[n_rows];
  for (auto& v : running) v = hn::Zero(d);
  for (std::int64_t q = 0, n = tests.size(); q < n; ++q) {
    const auto last = hn::Load(d, b + q * width);
    const auto threshold = bar(d, tests.threshold[q]);
    std::size_t reaching = 0;
#pragma GCC unroll 8
    for (int u = 0; u < n_rows; ++u) {
      const auto s = hn::Add(hn::Set(d, a[q * n_rows + u]), last);
      running[u] = hn::Max(running[u], magnitude(d, s, tests, q));
      reaching += n_reaching(running[u], threshold, u);
    }
    counts.step[q] += weight * static_cast<std::int64_t>(reaching);
  }
  // The maximum over all tests lies near the top: from there down until every relabeling reaches the threshold.
  for (auto q = tests.size() - 1; q >= 0; --q) {
    const auto threshold = bar(d, tests.threshold[q]);
    std::size_t reaching = 0;
#pragma GCC unroll 8
    for (int u = 0; u < n_rows; ++u) reaching += n_reaching(running[u], threshold, u);
    if (static_cast<std::int64_t>(reaching) == rows * lanes) {
      counts.all_below[q + 1] += weight * rows * lanes;
      return;
    }
    counts.single[q] += weight * static_cast<std::int64_t>(reaching);
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

/// Tables of one half for all tests: tile of `tile` arrangements x test x arrangement within the tile.
template <class D, class Lane = hn::TFromD<D>>
void fill_half(D d, const OrderedTests<Lane>& tests, std::int32_t first_lot, std::int32_t n_half, std::int64_t n_orders,
               const std::vector<Lane>& y, std::int64_t tile, std::vector<Lane>& row, Lane* table) {
  for (std::int64_t q = 0, n = tests.size(); q < n; ++q) {
    sum_half(d, tests.x.data() + q * tests.n_lots + first_lot, n_half,
             y.data() + std::int64_t{tests.outcome[q]} * n_half * n_orders, n_orders, row.data());
    for (std::int64_t i = 0; i < n_orders; i += tile)
      std::copy_n(row.data() + i, tile, table + (i / tile * n + q) * tile);
  }
}

template <class Lane>
void count_arrangements(const OrderedTests<Lane>& tests, const LotSplit& split, std::int64_t weight,
                        SplitTables<Lane>& tables, Counts& counts) {
  const hn::ScalableTag<Lane> d;
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  const auto n_tests = tests.size();
  if (!tables.first) {
    const auto padded = [&](std::int64_t n, std::int64_t tile) { return (n + tile - 1) / tile * tile; };
    tables.first = hwy::AllocateAligned<Lane>(n_tests * padded(split.n_first_orders, n_rows));
    tables.last = hwy::AllocateAligned<Lane>(n_tests * padded(split.n_last_orders, width));
    tables.row.resize(split.n_last_orders + split.n_first_orders + 2 * width + n_rows);
  }
  fill_half(d, tests, 0, split.n_first, split.n_first_orders, tables.first_y, n_rows, tables.row, tables.first.get());
  fill_half(d, tests, split.n_first, split.n_last, split.n_last_orders, tables.last_y, width, tables.row,
            tables.last.get());
  for (std::int64_t j = 0; j < split.n_last_orders; j += width)  // this tile of B stays in cache for all of A
    for (std::int64_t i = 0; i < split.n_first_orders; i += n_rows) {
      const auto rows = std::min<std::int64_t>(n_rows, split.n_first_orders - i);
      const auto lanes = std::min(width, split.n_last_orders - j);
      const auto* a = tables.first.get() + i * n_tests;
      const auto* b = tables.last.get() + j * n_tests;
      if (rows == n_rows && lanes == width)
        count_tile<false>(d, tests, a, b, rows, lanes, weight, counts);
      else
        count_tile<true>(d, tests, a, b, rows, lanes, weight, counts);
    }
}

void count_int16(const OrderedTests<std::int16_t>& tests, const LotSplit& split, std::int64_t weight,
                 SplitTables<std::int16_t>& tables, Counts& counts) {
  count_arrangements(tests, split, weight, tables, counts);
}
void count_float(const OrderedTests<float>& tests, const LotSplit& split, std::int64_t weight,
                 SplitTables<float>& tables, Counts& counts) {
  count_arrangements(tests, split, weight, tables, counts);
}
void count_double(const OrderedTests<double>& tests, const LotSplit& split, std::int64_t weight,
                  SplitTables<double>& tables, Counts& counts) {
  count_arrangements(tests, split, weight, tables, counts);
}

}  // namespace miura::permutation::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace miura::permutation {

HWY_EXPORT(count_int16);
HWY_EXPORT(count_float);
HWY_EXPORT(count_double);

namespace {

/// All arrangements of 0 .. n - 1, position-major.
std::vector<std::int32_t> arrangements(std::int32_t n) {
  std::vector<std::int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  const auto n_orders = factorial(n);
  std::vector<std::int32_t> place(n * n_orders);
  for (std::int64_t i = 0; i < n_orders; ++i, std::next_permutation(order.begin(), order.end()))
    for (std::int32_t l = 0; l < n; ++l) place[l * n_orders + i] = order[l];
  return place;
}

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

LotSplit::LotSplit(std::int32_t n_lots)
    : n_first(n_lots / 2),
      n_last(n_lots - n_first),
      first_place(arrangements(n_first)),
      last_place(arrangements(n_last)),
      n_first_orders(factorial(n_first)),
      n_last_orders(factorial(n_last)) {
  for (std::uint32_t bits = 0; bits < std::uint32_t{1} << n_lots; ++bits)
    if (std::popcount(bits) == n_first) subset.push_back(bits);
}

template <class Lane>
void count_subset(const OrderedTests<Lane>& tests, const LotSplit& split, std::uint32_t subset, std::int64_t weight,
                  SplitTables<Lane>& tables, Counts& counts) {
  std::vector<std::int32_t> first, last;
  for (std::int32_t l = 0; l < tests.n_lots; ++l) ((subset >> l & 1U) != 0 ? first : last).push_back(l);
  arrange(tests, first, split.first_place, tables.first_y);
  arrange(tests, last, split.last_place, tables.last_y);
  if constexpr (std::is_same_v<Lane, std::int16_t>)
    HWY_DYNAMIC_DISPATCH(count_int16)(tests, split, weight, tables, counts);
  else if constexpr (std::is_same_v<Lane, float>)
    HWY_DYNAMIC_DISPATCH(count_float)(tests, split, weight, tables, counts);
  else
    HWY_DYNAMIC_DISPATCH(count_double)(tests, split, weight, tables, counts);
}

template void count_subset(const OrderedTests<std::int16_t>&, const LotSplit&, std::uint32_t, std::int64_t,
                           SplitTables<std::int16_t>&, Counts&);
template void count_subset(const OrderedTests<float>&, const LotSplit&, std::uint32_t, std::int64_t,
                           SplitTables<float>&, Counts&);
template void count_subset(const OrderedTests<double>&, const LotSplit&, std::uint32_t, std::int64_t,
                           SplitTables<double>&, Counts&);

}  // namespace miura::permutation
#endif  // HWY_ONCE
