#include "knn/candidates.hpp"

#include <algorithm>
#include <tuple>

#include "knn/thinning.hpp"

namespace miura::knn {

namespace {

constexpr std::int32_t floats_per_line = 16;  // of the cache

std::int32_t capacity_for(std::int32_t k) noexcept { return std::max(4 * k, 64); }

}  // namespace

std::int32_t Candidates::most_queries(std::int32_t k) noexcept {
  constexpr std::int32_t candidates_in_cache = 1 << 17;
  return std::clamp(candidates_in_cache / capacity_for(k) / tile_width, 2, 64) * tile_width;
}

Candidates::Candidates(std::int32_t n_dims, std::int32_t k, std::int32_t most, const Centring& centring)
    : QueryTiles(n_dims, most, capacity_for(k), centring), k_(k) {
  ranking_.reserve(capacity_ + most_at_once + k);
}

void Candidates::begin(const QueryBlock& block, const Piece& piece, std::int64_t self, const NearestSoFar& nearest) {
  load(block, piece);
  self_ = self;
  n_needed_ = k_ + (self < piece.size ? 1 : 0);
  nearest_ = nearest;
  for (std::int32_t q = 0; q < block.size; ++q) raise_threshold(q, nearest.distance2[(block.first + q) * k_ + k_ - 1]);
}

void Candidates::finish() {
  for (std::int32_t q = 0; q < block_.size; ++q) {
    make_room(q);
    rank_exactly(q);
  }
}

/// Drops what the largest scores among the candidates show to be too far.
void Candidates::make_room(std::int32_t query) {
  const auto all = pending(query);
  if (all.size() <= n_needed_) return;
  const double distance2 = margin_.largest_distance2(norm2_[query], score_of_at_least(all.score, n_needed_));
  raise_threshold(query, distance2 / centring_.scale / centring_.scale);
  n_pending_[query] = keep_reaching(threshold_[query], all.score, all.position);
  if (n_pending_[query] > capacity_ / 2) rank_exactly(query);  // scores cannot tell them apart: duplicates, far clumps
}

void Candidates::rank_exactly(std::int32_t query) {
  if (n_pending_[query] == 0) return;
  const auto id = nearest_.id.subspan((block_.first + query) * k_, k_);
  const auto distance2 = nearest_.distance2.subspan((block_.first + query) * k_, k_);
  ranking_.clear();
  for (std::int32_t i = 0; i < k_ && id[i] >= 0; ++i) ranking_.emplace_back(distance2[i], id[i]);
  const auto positions = pending(query).position;
  for (const auto position : positions)
    for (std::int32_t d = 0; d < n_dims_; d += floats_per_line) __builtin_prefetch(piece_.row(position, n_dims_) + d);
  for (const auto position : positions)
    if (position != self_ + query) ranking_.emplace_back(distance_to(query, position), id_of(position));
  n_pending_[query] = 0;

  const auto found = std::min<std::int64_t>(k_, std::ssize(ranking_));
  std::ranges::partial_sort(ranking_, ranking_.begin() + found);
  for (std::int64_t i = 0; i < found; ++i) std::tie(distance2[i], id[i]) = ranking_[i];
  raise_threshold(query, distance2[k_ - 1]);
}

}  // namespace miura::knn
