#include "permutation/drawn_relabelings.hpp"

// Vectors held in arrays need a size known at compile time, which scalable ones have not.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "permutation/drawn_relabelings.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace miura::permutation::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int n_vectors = 4;  // enough chains of additions to hide their latency

/// n_vectors x Lanes(d) relabelings, starting at `offset` of the block, through all tests, least extreme first.
template <class D, class Lane = hn::TFromD<D>>
void count_vectors(D d, const OrderedTests<Lane>& tests, const Lane* drawn, std::int64_t offset, std::int64_t n,
                   Counts& counts) {
  const auto width = static_cast<std::int64_t>(hn::Lanes(d));
  hn::Vec<D> running[n_vectors];
  decltype(hn::FirstN(d, 0)) exist[n_vectors];
  for (int u = 0; u < n_vectors; ++u) {
    running[u] = tests.two_sided ? hn::Zero(d) : hn::Set(d, std::numeric_limits<Lane>::lowest());
    exist[u] = hn::FirstN(d, static_cast<std::size_t>(std::clamp<std::int64_t>(n - offset - u * width, 0, width)));
  }
  for (std::int64_t q = 0; q < tests.size(); ++q) {
    const Lane* y = drawn + std::int64_t{tests.outcome[q]} * tests.n_lots * draws_per_block + offset;
    hn::Vec<D> s[n_vectors];
    for (auto& v : s) v = hn::Zero(d);
    for (std::int32_t l = 0; l < tests.n_lots; ++l) {
      const auto x = hn::Set(d, tests.x[q * tests.n_lots + l]);
#pragma GCC unroll 4
      for (int u = 0; u < n_vectors; ++u)  // products and sums of integers below 2^24 or 2^53: exact
        s[u] = hn::Add(s[u], hn::Mul(x, hn::LoadU(d, y + l * draws_per_block + u * width)));
    }
    const auto threshold = hn::Set(d, tests.threshold[q]), observed = hn::Set(d, tests.observed[q]);
    const auto size = hn::Abs(observed);
    std::size_t two_sided = 0, greater = 0, less = 0, reaching = 0;
#pragma GCC unroll 4
    for (int u = 0; u < n_vectors; ++u) {
      two_sided += hn::CountTrue(d, hn::And(exist[u], hn::Ge(hn::Abs(s[u]), size)));
      greater += hn::CountTrue(d, hn::And(exist[u], hn::Ge(s[u], observed)));
      less += hn::CountTrue(d, hn::And(exist[u], hn::Le(s[u], observed)));
      auto t = tests.two_sided ? hn::Abs(s[u]) : s[u];
      if (!tests.weight.empty()) t = hn::Mul(t, hn::Set(d, tests.weight[q]));
      running[u] = hn::Max(running[u], t);
      reaching += hn::CountTrue(d, hn::And(exist[u], hn::Ge(running[u], threshold)));
    }
    counts.two_sided[q] += static_cast<std::int64_t>(two_sided);
    counts.greater[q] += static_cast<std::int64_t>(greater);
    counts.less[q] += static_cast<std::int64_t>(less);
    counts.step[q] += static_cast<std::int64_t>(reaching);
  }
  const auto all = std::clamp<std::int64_t>(n - offset, 0, n_vectors * width);
  for (auto q = tests.size() - 1; q >= 0; --q) {
    std::size_t reaching = 0;
    for (int u = 0; u < n_vectors; ++u)
      reaching += hn::CountTrue(d, hn::And(exist[u], hn::Ge(running[u], hn::Set(d, tests.threshold[q]))));
    if (static_cast<std::int64_t>(reaching) == all) {
      counts.all_below[q + 1] += all;
      return;
    }
    counts.single[q] += static_cast<std::int64_t>(reaching);
  }
}

template <class Lane>
void count_block(const OrderedTests<Lane>& tests, const Lane* drawn, std::int64_t n, Counts& counts) {
  const hn::CappedTag<Lane, draws_per_block / n_vectors> d;
  for (std::int64_t offset = 0; offset < n; offset += n_vectors * static_cast<std::int64_t>(hn::Lanes(d)))
    count_vectors(d, tests, drawn, offset, n, counts);
}

void draw_float(const OrderedTests<float>& tests, const float* drawn, std::int64_t n, Counts& counts) {
  count_block(tests, drawn, n, counts);
}
void draw_double(const OrderedTests<double>& tests, const double* drawn, std::int64_t n, Counts& counts) {
  count_block(tests, drawn, n, counts);
}

}  // namespace miura::permutation::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace miura::permutation {

HWY_EXPORT(draw_float);
HWY_EXPORT(draw_double);

template <class Lane>
std::vector<Lane> drawn_outcomes(const OrderedTests<Lane>& tests, const Relabelings& relabelings, std::int64_t first) {
  const auto n = tests.n_lots;
  std::vector<Lane> drawn(std::int64_t{tests.n_outcomes} * n * draws_per_block);
  std::vector<std::int32_t> lot(n);
  for (std::int64_t b = 0; b < draws_per_block; ++b) {
    relabelings.relabel(first + b, lot);
    for (std::int32_t m = 0; m < tests.n_outcomes; ++m)
      for (std::int32_t l = 0; l < n; ++l)
        drawn[(std::int64_t{m} * n + l) * draws_per_block + b] = tests.y[std::int64_t{m} * n + lot[l]];
  }
  return drawn;
}

template <>
void count_drawn(const OrderedTests<float>& tests, const std::vector<float>& drawn, std::int64_t n, Counts& counts) {
  HWY_DYNAMIC_DISPATCH(draw_float)(tests, drawn.data(), n, counts);
}
template <>
void count_drawn(const OrderedTests<double>& tests, const std::vector<double>& drawn, std::int64_t n, Counts& counts) {
  HWY_DYNAMIC_DISPATCH(draw_double)(tests, drawn.data(), n, counts);
}

template std::vector<float> drawn_outcomes(const OrderedTests<float>&, const Relabelings&, std::int64_t);
template std::vector<double> drawn_outcomes(const OrderedTests<double>&, const Relabelings&, std::int64_t);

}  // namespace miura::permutation
#endif  // HWY_ONCE
