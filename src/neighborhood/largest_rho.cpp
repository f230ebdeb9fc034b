#include "neighborhood/largest_rho.hpp"

// Vectors held in arrays need a size known at compile time, which scalable ones have not.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "neighborhood/largest_rho.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "miura/stats/ranks.hpp"
#include "neighborhood/relabeled_outcome.hpp"

HWY_BEFORE_NAMESPACE();
namespace miura::neighborhood::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Sums of a tile in registers: 6 x 4 of the 32 of AVX-512, 6 x 2 of the 16 of others.
#if HWY_TARGET <= HWY_AVX3
constexpr int n_vectors = 4;
#else
constexpr int n_vectors = 2;
#endif

/// Raises `largest` to the largest |S| of the rows of one tile, for n_vectors vectors of relabelings.
template <class D, class Lane = hn::TFromD<D>>
HWY_INLINE void raise_by_tile(D d, const Lane* HWY_RESTRICT tile, std::int32_t n_lots, const Lane* HWY_RESTRICT outcome,
                              Lane* HWY_RESTRICT largest) {
  constexpr int height = RankedRows<Lane>::tile_rows;
  const auto width = hn::Lanes(d);
  hn::Vec<D> s[height][n_vectors];
#pragma GCC unroll 8
  for (int r = 0; r < height; ++r)
#pragma GCC unroll 8
    for (int u = 0; u < n_vectors; ++u) s[r][u] = hn::Zero(d);
  for (std::int32_t l = 0; l < n_lots; ++l) {
    hn::Vec<D> y[n_vectors];
#pragma GCC unroll 8
    for (int u = 0; u < n_vectors; ++u) y[u] = hn::LoadU(d, outcome + l * relabelings_per_block + u * width);
#pragma GCC unroll 8
    for (int r = 0; r < height; ++r) {
      const auto x = hn::Set(d, tile[l * height + r]);
#pragma GCC unroll 8
      for (int u = 0; u < n_vectors; ++u) s[r][u] = hn::MulAdd(x, y[u], s[r][u]);  // integers: exact, fused or not
    }
  }
#pragma GCC unroll 8
  for (int u = 0; u < n_vectors; ++u) {
    auto most = hn::LoadU(d, largest + u * width);
#pragma GCC unroll 8
    for (int r = 0; r < height; ++r) most = hn::Max(most, hn::Abs(s[r][u]));
    hn::StoreU(most, d, largest + u * width);
  }
}

/// Raises `largest` to the largest |S| of the tiles, for a block of relabelings.
template <class Lane>
void raise_by_tiles(const Lane* tiles, std::int64_t n_tiles, std::int32_t n_lots, const Lane* outcome, Lane* largest) {
  const hn::CappedTag<Lane, relabelings_per_block / n_vectors> d;
  const auto step = n_vectors * static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t t = 0; t < n_tiles; ++t)
    for (std::int64_t b = 0; b < relabelings_per_block; b += step)
      raise_by_tile(d, tiles + t * n_lots * RankedRows<Lane>::tile_rows, n_lots, outcome + b, largest + b);
}

void raise_float(const float* tiles, std::int64_t n_tiles, std::int32_t n_lots, const float* outcome, float* largest) {
  raise_by_tiles(tiles, n_tiles, n_lots, outcome, largest);
}
void raise_double(const double* tiles, std::int64_t n_tiles, std::int32_t n_lots, const double* outcome,
                  double* largest) {
  raise_by_tiles(tiles, n_tiles, n_lots, outcome, largest);
}

}  // namespace miura::neighborhood::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace miura::neighborhood {

HWY_EXPORT(raise_float);
HWY_EXPORT(raise_double);

namespace {

void raise(const float* tiles, std::int64_t n_tiles, std::int32_t n_lots, const float* outcome, float* largest) {
  HWY_DYNAMIC_DISPATCH(raise_float)(tiles, n_tiles, n_lots, outcome, largest);
}
void raise(const double* tiles, std::int64_t n_tiles, std::int32_t n_lots, const double* outcome, double* largest) {
  HWY_DYNAMIC_DISPATCH(raise_double)(tiles, n_tiles, n_lots, outcome, largest);
}

}  // namespace

template <class Lane>
std::vector<double> largest_rho(const RankedRows<Lane>& rows, std::span<const std::int32_t> outcome,
                                const permutation::Relabelings& relabelings, std::int64_t first, std::int64_t last) {
  const auto n = std::max<std::int64_t>(0, last - first);
  const auto norm_y = stats::spearman_s(outcome, outcome);
  std::vector<double> rho(n, 0.0);
  if (rows.groups.empty()) return rho;
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t at = 0; at < n; at += relabelings_per_block) {
    const auto block = relabeled_block<Lane>(outcome, relabelings, at, n, [&](std::int64_t i) { return first + i; });
    std::vector<Lane> largest(relabelings_per_block);
    for (const auto& group : rows.groups) {
      std::ranges::fill(largest, Lane{0});
      raise(rows.tile(group.first_tile), group.n_tiles, rows.n_lots, block.data(), largest.data());
      const double one = rho_of_one(group.norm, norm_y);
      for (std::int64_t b = 0; b < std::min(relabelings_per_block, n - at); ++b)
        rho[at + b] = std::max(rho[at + b], static_cast<double>(largest[b]) * one);
    }
  }
  return rho;
}

template std::vector<double> largest_rho(const RankedRows<float>&, std::span<const std::int32_t>,
                                         const permutation::Relabelings&, std::int64_t, std::int64_t);
template std::vector<double> largest_rho(const RankedRows<double>&, std::span<const std::int32_t>,
                                         const permutation::Relabelings&, std::int64_t, std::int64_t);

}  // namespace miura::neighborhood
#endif  // HWY_ONCE
