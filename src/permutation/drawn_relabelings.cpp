#include "permutation/drawn_relabelings.hpp"

// Vectors held in arrays need a size known at compile time, which scalable ones have not.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "permutation/drawn_relabelings.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <limits>

#include "permutation/pair_sums-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace miura::permutation::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int tests_at_once = 4;

/// S of some tests of one outcome under the relabelings of a block.
template <class Lane>
using Sums = typename DrawnTests<Lane>::Sum[tests_at_once][draws_per_block];

template <int n_tests>
void sum_products(const std::int16_t* x, std::int32_t row, const std::int16_t* y, Sums<std::int16_t>& s) {
#if HWY_TARGET == HWY_SCALAR
  for (int t = 0; t < n_tests; ++t)
    for (std::int64_t b = 0; b < draws_per_block; ++b) {
      s[t][b] = 0;
      for (std::int32_t l = 0; l < row; ++l)
        s[t][b] += x[std::int64_t{t} * row + l] * y[(l / 2 * draws_per_block + b) * 2 + l % 2];
    }
#else
  const hn::CappedTag<std::int32_t, draws_per_block / 4> d;
  constexpr int n_vectors = 4, width = static_cast<int>(hn::MaxLanes(decltype(d)()));
  for (std::int64_t b = 0; b < draws_per_block; b += n_vectors * width) {
    hn::Vec<decltype(d)> sum[n_tests][n_vectors];
    sum_pairs(d, x, row / 2, y + b * 2, draws_per_block * 2, sum);
    for (int t = 0; t < n_tests; ++t)
      for (int u = 0; u < n_vectors; ++u) hn::StoreU(sum[t][u], d, &s[t][b + u * width]);
  }
#endif
}

template <int n_tests>
void sum_products(const double* x, std::int32_t row, const double* y, Sums<double>& s) {
  const hn::CappedTag<double, draws_per_block / 4> d;
  constexpr int n_vectors = 4, width = static_cast<int>(hn::MaxLanes(decltype(d)()));
  for (std::int64_t b = 0; b < draws_per_block; b += n_vectors * width) {
    hn::Vec<decltype(d)> sum[n_tests][n_vectors];
    for (auto& of_test : sum)
      for (auto& v : of_test) v = hn::Zero(d);
    for (std::int32_t l = 0; l < row; ++l) {
#pragma GCC unroll 4
      for (int t = 0; t < n_tests; ++t) {
        const auto rank = hn::Set(d, x[std::int64_t{t} * row + l]);
#pragma GCC unroll 4
        for (int u = 0; u < n_vectors; ++u)  // products and sums of integers below 2^53: exact
          sum[t][u] = hn::MulAdd(rank, hn::LoadU(d, y + l * draws_per_block + b + u * width), sum[t][u]);
      }
    }
    for (int t = 0; t < n_tests; ++t)
      for (int u = 0; u < n_vectors; ++u) hn::StoreU(sum[t][u], d, &s[t][b + u * width]);
  }
}

/// Relabelings of a block: those that exist, a vector of doubles or of sums at a time.
template <class D>
auto existing(D d, std::int64_t from, std::int64_t n) {
  return hn::FirstN(
      d, static_cast<std::size_t>(std::clamp<std::int64_t>(n - from, 0, static_cast<std::int64_t>(hn::Lanes(d)))));
}

/// How many of the first n sums are as extreme as the one observed.
template <class Sum>
void count_alone(const Sum* s, Sum observed, std::int64_t n, std::int64_t test, Counts& counts) {
  const hn::ScalableTag<Sum> d;
  const auto limit = hn::Set(d, observed), size = hn::Abs(limit);
  std::size_t two_sided = 0, greater = 0, less = 0;
  for (std::int64_t b = 0; b < n; b += static_cast<std::int64_t>(hn::Lanes(d))) {
    const auto exist = existing(d, b, n);
    const auto sum = hn::LoadU(d, s + b);  // this Highway has no >= of integers
    two_sided += hn::CountTrue(d, hn::AndNot(hn::Lt(hn::Abs(sum), size), exist));
    greater += hn::CountTrue(d, hn::AndNot(hn::Lt(sum, limit), exist));
    less += hn::CountTrue(d, hn::AndNot(hn::Gt(sum, limit), exist));
  }
  counts.two_sided[test] += static_cast<std::int64_t>(two_sided);
  counts.greater[test] += static_cast<std::int64_t>(greater);
  counts.less[test] += static_cast<std::int64_t>(less);
}

/// Westfall & Young's successive maxima of the relabelings of a block.
class RunningMaxima {
public:
  RunningMaxima(std::int64_t n, bool two_sided) : n_(n), two_sided_(two_sided) {
    std::ranges::fill(largest_, two_sided ? 0 : std::numeric_limits<double>::lowest());
  }

  /// Takes in the next test; how many relabelings reach its threshold with it or one before.
  template <class Sum>
  std::int64_t take_in(const Sum* s, double weight, double threshold) {
    const hn::ScalableTag<double> d;
    const hn::Rebind<Sum, decltype(d)> of_sum;
    std::size_t reaching = 0;
    for (std::int64_t b = 0; b < n_; b += static_cast<std::int64_t>(hn::Lanes(d))) {
      auto t = [&] {
        if constexpr (std::is_same_v<Sum, double>)
          return hn::LoadU(d, s + b);
        else
          return hn::PromoteTo(d, hn::LoadU(of_sum, s + b));
      }();
      t = hn::Mul(two_sided_ ? hn::Abs(t) : t, hn::Set(d, weight));
      const auto largest = hn::Max(hn::LoadU(d, largest_ + b), t);
      hn::StoreU(largest, d, largest_ + b);
      reaching += hn::CountTrue(d, hn::And(existing(d, b, n_), hn::Ge(largest, hn::Set(d, threshold))));
    }
    return static_cast<std::int64_t>(reaching);
  }

  /// Relabelings whose maximum over all tests reaches a threshold.
  std::int64_t reaching(double threshold) const {
    return std::count_if(largest_, largest_ + n_, [&](double t) { return t >= threshold; });
  }

private:
  std::int64_t n_;
  bool two_sided_;
  double largest_[draws_per_block];
};

template <class Lane>
void count_block(const DrawnTests<Lane>& drawn_tests, const Lane* drawn, std::int64_t n, Counts& counts) {
  const auto& tests = drawn_tests.tests;
  const auto row = drawn_tests.row;
  RunningMaxima maxima(n, tests.two_sided);
  Sums<Lane> s;
  for (std::int64_t first = 0; first < tests.size();) {
    const auto outcome = tests.outcome[first];
    const auto* x = tests.x.data() + first * row;
    const auto* y = drawn + std::int64_t{outcome} * row * draws_per_block;
    const bool together = first + tests_at_once <= tests.size() &&
                          std::all_of(&tests.outcome[first], &tests.outcome[first] + tests_at_once,
                                      [&](std::int32_t other) { return other == outcome; });
    const int n_tests = together ? tests_at_once : 1;
    together ? sum_products<tests_at_once>(x, row, y, s) : sum_products<1>(x, row, y, s);
    for (int t = 0; t < n_tests; ++t) {
      const auto q = first + t;
      if (drawn_tests.counted == Counted::alone)
        count_alone(s[t], drawn_tests.observed[q], n, q, counts);
      else
        counts.step[q] += maxima.take_in(s[t], drawn_tests.weight[q], drawn_tests.threshold[q]);
    }
    first += n_tests;
  }
  if (drawn_tests.counted == Counted::alone) return;
  for (auto q = tests.size() - 1; q >= 0; --q) {
    const auto reaching = maxima.reaching(drawn_tests.threshold[q]);
    if (reaching == n) {
      counts.all_below[q + 1] += n;
      return;
    }
    counts.single[q] += reaching;
  }
}

void count_of_pairs(const DrawnTests<std::int16_t>& tests, const std::int16_t* drawn, std::int64_t n, Counts& counts) {
  count_block(tests, drawn, n, counts);
}
void count_of_doubles(const DrawnTests<double>& tests, const double* drawn, std::int64_t n, Counts& counts) {
  count_block(tests, drawn, n, counts);
}

}  // namespace miura::permutation::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace miura::permutation {

HWY_EXPORT(count_of_pairs);
HWY_EXPORT(count_of_doubles);

template <class Lane>
std::vector<Lane> drawn_outcomes(const DrawnTests<Lane>& tests, const Relabelings& relabelings, std::int64_t first) {
  constexpr std::int32_t together = std::is_same_v<Lane, std::int16_t> ? 2 : 1;  // lots
  const auto n = tests.tests.n_lots;
  std::vector<Lane> drawn(std::int64_t{tests.tests.n_outcomes} * tests.row * draws_per_block);
  std::vector<std::int32_t> lot(n);
  for (std::int64_t b = 0; b < draws_per_block; ++b) {
    relabelings.relabel(first + b, lot);
    for (std::int32_t m = 0; m < tests.tests.n_outcomes; ++m) {
      auto* of_outcome = drawn.data() + std::int64_t{m} * tests.row * draws_per_block;
      for (std::int32_t l = 0; l < n; ++l)
        of_outcome[(l / together * draws_per_block + b) * together + l % together] =
            tests.tests.y[std::int64_t{m} * n + lot[l]];
    }
  }
  return drawn;
}

template <>
void count_drawn(const DrawnTests<std::int16_t>& tests, const std::vector<std::int16_t>& drawn, std::int64_t n,
                 Counts& counts) {
  HWY_DYNAMIC_DISPATCH(count_of_pairs)(tests, drawn.data(), n, counts);
}
template <>
void count_drawn(const DrawnTests<double>& tests, const std::vector<double>& drawn, std::int64_t n, Counts& counts) {
  HWY_DYNAMIC_DISPATCH(count_of_doubles)(tests, drawn.data(), n, counts);
}

template std::vector<std::int16_t> drawn_outcomes(const DrawnTests<std::int16_t>&, const Relabelings&, std::int64_t);
template std::vector<double> drawn_outcomes(const DrawnTests<double>&, const Relabelings&, std::int64_t);

}  // namespace miura::permutation
#endif  // HWY_ONCE
