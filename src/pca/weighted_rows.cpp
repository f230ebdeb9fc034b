#include "pca/weighted_rows.hpp"

// Vectors held in arrays need a size known at compile time, which scalable ones have not.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "pca/weighted_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace miura::pca::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void add_rows(const double* panel, const WeightedRow* rows, std::int64_t n, double* sums) {
  const hn::CappedTag<double, 8> d;
  constexpr int width = hn::MaxLanes(d), n_vectors = panel_width / width;
  hn::Vec<decltype(d)> sum[n_vectors];
#pragma GCC unroll 32
  for (int v = 0; v < n_vectors; ++v) sum[v] = hn::LoadU(d, sums + v * width);
  for (std::int64_t r = 0; r < n; ++r) {
    const auto weight = hn::Set(d, rows[r].weight);
    const double* const row = panel + std::int64_t{rows[r].row} * panel_width;
#pragma GCC unroll 32
    for (int v = 0; v < n_vectors; ++v) sum[v] = hn::Add(sum[v], hn::Mul(weight, hn::LoadU(d, row + v * width)));
  }
#pragma GCC unroll 32
  for (int v = 0; v < n_vectors; ++v) hn::StoreU(sum[v], d, sums + v * width);
}

}  // namespace miura::pca::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace miura::pca {

HWY_EXPORT(add_rows);

void add_weighted_rows(const double* panel, std::span<const WeightedRow> rows, double* sums) {
  HWY_DYNAMIC_DISPATCH(add_rows)(panel, rows.data(), std::ssize(rows), sums);
}

}  // namespace miura::pca
#endif
