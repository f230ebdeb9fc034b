// Sums of products of ranks, two lots at a time. Read once for each SIMD target, as Highway's own -inl.h files are.
#include <hwy/highway.h>

#include <cstdint>
#include <cstring>

#if defined(MIURA_PERMUTATION_PAIR_SUMS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef MIURA_PERMUTATION_PAIR_SUMS_INL
#undef MIURA_PERMUTATION_PAIR_SUMS_INL
#else
#define MIURA_PERMUTATION_PAIR_SUMS_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace miura::permutation::HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR

/// S of n_tests tests under as many relabelings as n_vectors vectors of `d` (std::int32_t) hold. x: test x pair of lots
/// x 2. y: pair of lots x relabeling x 2, of `stride` entries a pair. S must fit 32 bits.
template <int n_tests, int n_vectors, class D>
HWY_INLINE void sum_pairs(D d, const std::int16_t* HWY_RESTRICT x, std::int32_t n_pairs,
                          const std::int16_t* HWY_RESTRICT y, std::int64_t stride,
                          hwy::HWY_NAMESPACE::Vec<D> (&sum)[n_tests][n_vectors]) {
  namespace hn = hwy::HWY_NAMESPACE;
  const hn::Repartition<std::int16_t, D> d16;
  constexpr int width = static_cast<int>(hn::MaxLanes(D()));
  hn::Vec<D> more[n_tests][n_vectors];
  for (int t = 0; t < n_tests; ++t)
    for (int u = 0; u < n_vectors; ++u) sum[t][u] = more[t][u] = hn::Zero(d);
  for (std::int32_t p = 0; p < n_pairs; ++p) {
    hn::Vec<decltype(d16)> outcome[n_vectors];
#pragma GCC unroll 4
    for (int u = 0; u < n_vectors; ++u) outcome[u] = hn::LoadU(d16, y + p * stride + u * width * 2);
#pragma GCC unroll 4
    for (int t = 0; t < n_tests; ++t) {
      std::int32_t pair;
      std::memcpy(&pair, x + (std::int64_t{t} * n_pairs + p) * 2, sizeof pair);
      const auto both = hn::BitCast(d16, hn::Set(d, pair));
#pragma GCC unroll 4
      for (int u = 0; u < n_vectors; ++u)
        sum[t][u] = hn::ReorderWidenMulAccumulate(d, both, outcome[u], sum[t][u], more[t][u]);
    }
  }
  for (int t = 0; t < n_tests; ++t)
    for (int u = 0; u < n_vectors; ++u) sum[t][u] = hn::RearrangeToOddPlusEven(sum[t][u], more[t][u]);
}

#endif  // HWY_TARGET != HWY_SCALAR

}  // namespace miura::permutation::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // MIURA_PERMUTATION_PAIR_SUMS_INL
