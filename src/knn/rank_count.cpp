#include "knn/rank_count.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace miura::knn {

namespace {

constexpr std::int32_t candidates_at_once = 128;

}  // namespace

RankCount::RankCount(std::int32_t n_dims, std::int32_t enough, std::int32_t most, const Centring& centring)
    : QueryTiles(n_dims, most, candidates_at_once, centring), enough_(enough) {}

void RankCount::begin(const QueryBlock& block, const Piece& piece, std::span<const std::int64_t> start,
                      std::span<Target> target) {
  load(block, piece);
  start_ = start;
  target_ = target;
  for (std::int32_t q = 0; q < block.size; ++q) look_no_farther(q);
}

void RankCount::finish() {
  for (std::int32_t q = 0; q < block_.size; ++q) count(q);
}

void RankCount::count(std::int32_t query) {
  const double to_scale = centring_.scale * centring_.scale;
  const auto all = pending(query);
  for (auto& target : targets(query)) {
    if (target.n_nearer >= enough_) continue;
    const double distance2 = target.distance2 * to_scale;
    const float may_be_nearer = margin_.lowest_score(norm2_[query], distance2);
    const float is_nearer = margin_.score_within(norm2_[query], distance2);
    for (std::int64_t i = 0; i < all.size(); ++i) {
      const auto score = all.score[i];
      if (score < may_be_nearer) continue;
      target.n_nearer += score >= is_nearer || std::pair(distance_to(query, all.position[i]), id_of(all.position[i])) <
                                                   std::pair(target.distance2, target.id);
    }
  }
  n_pending_[query] = 0;
  look_no_farther(query);
}

void RankCount::look_no_farther(std::int32_t query) {
  double farthest = -1;
  for (const auto& target : targets(query))
    if (target.n_nearer < enough_) farthest = std::max(farthest, target.distance2);
  if (farthest < 0)
    threshold_[query] = std::numeric_limits<float>::infinity();
  else
    raise_threshold(query, farthest);
}

}  // namespace miura::knn
