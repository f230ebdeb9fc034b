#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace miura::neighborhood {

/// Rows of doubled centred mid-ranks over lots, packed for the kernels: by squared norm, in tiles of tile_rows rows,
/// each tile lot by lot. Sums of products with other ranks are integers that a Lane (float up to 369 lots, else double)
/// holds exactly.
template <class Lane>
struct RankedRows {
  static constexpr std::int32_t tile_rows = 6;
  /// Rows with one squared norm, that is with ties alike; |S| among them is compared as an integer.
  struct Group {
    std::int64_t norm = 0;  ///< sum of R^2
    std::int64_t first_tile = 0, n_tiles = 0;
    std::int64_t n_rows = 0;  ///< the last tile is filled up with rows of zeros
  };
  std::int32_t n_lots = 0;
  std::vector<Lane> value;  ///< tiles x n_lots x tile_rows
  std::vector<Group> groups;

  const Lane* tile(std::int64_t t) const noexcept { return value.data() + t * n_lots * tile_rows; }
};

/// Most lots whose S stays below 2^24, so that float holds it: n (n^2 - 1) / 3.
inline constexpr std::int32_t most_lots_of_float = 369;

/// `ranks`: rows x n_lots. Rows of zeros (constant features) are left out.
template <class Lane>
RankedRows<Lane> packed(std::span<const std::int32_t> ranks, std::int32_t n_lots);

/// 1 / sqrt(sum R_x^2 sum R_y^2): |rho| = |S| x this, and the same double wherever it is computed.
double rho_of_one(std::int64_t norm_x, std::int64_t norm_y);

}  // namespace miura::neighborhood
