#include "knn/scan.hpp"

#include <cstdint>

// Sums are arrays of registers, which vectors of unknown length cannot form: those processors take their fixed-length
// set.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "knn/scan.cpp"
#include <hwy/foreach_target.h>
// after foreach_target.h, which reads this file once a target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace miura::knn::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::CappedTag<float, 16>;
using Vector = hn::Vec<Tag>;
static_assert(hn::MaxLanes(Tag()) <= QueryTiles::most_at_once);

// 8 x 3 sums and 3 points fill most of 32 registers; with 16 registers it is 4 x 3.
#if HWY_ARCH_X86 && HWY_TARGET > HWY_AVX3
constexpr std::int32_t rows = 4;
#else
constexpr std::int32_t rows = 8;
#endif
constexpr std::int32_t columns = 3;

/// Keeps the points of one register that reach the threshold of a query.
void keep_passing(Vector score, Vector threshold, std::int32_t query, std::int32_t first, QueryTiles& tiles) {
  const Tag d;
  const hn::RebindToSigned<Tag> di;
  const auto passing = hn::Ge(score, threshold);
  if (hn::AllFalse(d, passing)) return;
  const auto room = tiles.room(query);
  hn::StoreU(hn::Compress(score, passing), d, room.score);
  hn::StoreU(hn::Compress(hn::Iota(di, first), hn::RebindMask(di, passing)), di, room.position);
  tiles.keep(query, static_cast<std::int32_t>(hn::CountTrue(d, passing)));
}

/// Some queries of a tile against some points of a panel; `queries` and `points` begin at the first of them.
HWY_INLINE void scan_registers(const float* HWY_RESTRICT points, const float* HWY_RESTRICT queries, std::int32_t n_dims,
                               std::int32_t first_query, std::int32_t first_point, QueryTiles& tiles) {
  const Tag d;
  constexpr auto lanes = static_cast<std::int32_t>(hn::MaxLanes(Tag()));
  Vector sum[rows][columns];
  const float* minus_half_norm2 = points + std::int64_t{n_dims} * panel_width;
#pragma GCC unroll 8
  for (std::int32_t q = 0; q < rows; ++q)  // no index may stay variable, or the compiler keeps the sums in memory
    for (std::int32_t c = 0; c < columns; ++c) sum[q][c] = hn::Load(d, minus_half_norm2 + c * lanes);

  for (std::int32_t dim = 0; dim < n_dims; ++dim, points += panel_width, queries += tile_width) {
    const auto point0 = hn::Load(d, points);
    const auto point1 = hn::Load(d, points + lanes);
    const auto point2 = hn::Load(d, points + 2 * lanes);
#pragma GCC unroll 8
    for (std::int32_t q = 0; q < rows; ++q) {
      const auto query = hn::Set(d, queries[q]);
      sum[q][0] = hn::MulAdd(query, point0, sum[q][0]);
      sum[q][1] = hn::MulAdd(query, point1, sum[q][1]);
      sum[q][2] = hn::MulAdd(query, point2, sum[q][2]);
    }
  }

#pragma GCC unroll 8
  for (std::int32_t q = 0; q < rows; ++q) {
    const auto threshold = hn::Set(d, tiles.thresholds()[first_query + q]);
    const auto best = hn::Max(hn::Max(sum[q][0], sum[q][1]), sum[q][2]);
    if (HWY_LIKELY(hn::AllFalse(d, hn::Ge(best, threshold)))) continue;
    keep_passing(sum[q][0], threshold, first_query + q, first_point, tiles);
    keep_passing(sum[q][1], threshold, first_query + q, first_point + lanes, tiles);
    keep_passing(sum[q][2], threshold, first_query + q, first_point + 2 * lanes, tiles);
  }
}

void scan(const float* panel, std::int32_t n_dims, std::int32_t first, QueryTiles& tiles) {
  constexpr auto lanes = static_cast<std::int32_t>(hn::MaxLanes(Tag()));
  for (std::int32_t t = 0; t < tiles.n_tiles(); ++t)
    for (std::int32_t point = 0; point < panel_width; point += columns * lanes)
      for (std::int32_t query = 0; query < tile_width; query += rows)
        scan_registers(panel + point, tiles.tile(t) + query, n_dims, t * tile_width + query, first + point, tiles);
}

}  // namespace miura::knn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace miura::knn {

HWY_EXPORT(scan);

void scan_panel(const float* panel, std::int32_t n_dims, std::int32_t first, QueryTiles& tiles) {
  HWY_DYNAMIC_DISPATCH(scan)(panel, n_dims, first, tiles);
}

}  // namespace miura::knn
#endif
