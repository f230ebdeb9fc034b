#include "knn/query_tiles.hpp"

#include <algorithm>
#include <limits>
#include <new>

namespace miura::knn {

double squared_distance(const float* a, const float* b, std::int32_t n_dims) noexcept {
  constexpr std::int32_t n_sums = 8;
  double sum[n_sums] = {};
  const auto add = [&](std::int32_t lane, std::int32_t d) {
    const double difference = static_cast<double>(a[d]) - static_cast<double>(b[d]);
    sum[lane] += difference * difference;
  };
  std::int32_t d = 0;
  for (; d + n_sums <= n_dims; d += n_sums)
    for (std::int32_t lane = 0; lane < n_sums; ++lane) add(lane, d + lane);
  for (std::int32_t lane = 0; d < n_dims; ++d, ++lane) add(lane, d);
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

QueryTiles::QueryTiles(std::int32_t n_dims, std::int32_t most, std::int32_t capacity, const Centring& centring)
    : n_dims_(n_dims), capacity_(capacity), centring_(centring), margin_(n_dims) {
  tiles_ = hwy::AllocateAligned<float>(std::int64_t{most} * std::max(n_dims, 1));
  if (!tiles_) throw std::bad_alloc();
  threshold_.resize(most);
  norm2_.resize(most);
  n_pending_.resize(most);
  score_.resize(most * stride());
  position_.resize(most * stride());
}

void QueryTiles::load(const QueryBlock& block, const Piece& piece) {
  block_ = block;
  piece_ = piece;
  n_tiles_ = (block.size + tile_width - 1) / tile_width;
  std::fill_n(tiles_.get(), std::int64_t{n_tiles_} * n_dims_ * tile_width, 0.0F);
  std::ranges::fill(threshold_, std::numeric_limits<float>::infinity());  // nothing interests the missing queries
  std::ranges::fill(n_pending_, 0);
  for (std::int32_t q = 0; q < block.size; ++q) {
    float* column = tiles_.get() + std::int64_t{q / tile_width} * n_dims_ * tile_width + q % tile_width;
    norm2_[q] = 0;
    for (std::int32_t d = 0; d < n_dims_; ++d) {
      const double x = centring_(row(q)[d], d);
      column[d * tile_width] = static_cast<float>(x);
      norm2_[q] += x * x;
    }
    threshold_[q] = std::numeric_limits<float>::lowest();
  }
}

void QueryTiles::raise_threshold(std::int32_t query, double distance2) {
  if (distance2 == std::numeric_limits<double>::infinity()) return;
  const double scaled = distance2 * centring_.scale * centring_.scale;
  threshold_[query] = std::max(threshold_[query], margin_.lowest_score(norm2_[query], scaled));
}

}  // namespace miura::knn
