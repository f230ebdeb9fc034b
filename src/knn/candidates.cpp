#include "knn/candidates.hpp"

#include <algorithm>
#include <limits>
#include <new>
#include <tuple>

namespace miura::knn {

namespace {

constexpr std::int32_t floats_per_line = 16;  // of the cache

std::int32_t capacity_for(std::int32_t k) noexcept { return std::max(4 * k, 64); }

/// Summed in double: differences of floats lose at most a rounding of double each. Eight sums side by side, each in
/// order of dimension, do not wait for one another, and are the same ones on every processor.
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

}  // namespace

std::int32_t Candidates::most_queries(std::int32_t k) noexcept {
  constexpr std::int32_t candidates_in_cache = 1 << 17;
  return std::clamp(candidates_in_cache / capacity_for(k) / tile_width, 2, 64) * tile_width;
}

Candidates::Candidates(std::int32_t n_dims, std::int32_t k, std::int32_t most, const Centring& centring)
    : n_dims_(n_dims), k_(k), capacity_(capacity_for(k)), centring_(centring), margin_(n_dims) {
  tiles_ = hwy::AllocateAligned<float>(std::int64_t{most} * std::max(n_dims, 1));
  if (!tiles_) throw std::bad_alloc();
  threshold_.resize(most);
  norm2_.resize(most);
  pending_.resize(std::int64_t{most} * capacity_);
  n_pending_.resize(most);
  ranking_.reserve(capacity_ + k);
}

void Candidates::begin(const QueryBlock& block, const Piece& piece, std::int64_t self, const NearestSoFar& nearest) {
  block_ = block;
  piece_ = piece;
  self_ = self;
  nearest_ = nearest;
  n_tiles_ = (block.size + tile_width - 1) / tile_width;
  std::fill_n(tiles_.get(), std::int64_t{n_tiles_} * n_dims_ * tile_width, 0.0F);
  std::ranges::fill(threshold_, std::numeric_limits<float>::infinity());  // nothing interests the missing queries
  std::ranges::fill(n_pending_, 0);
  for (std::int32_t q = 0; q < block.size; ++q) {
    float* column = tiles_.get() + std::int64_t{q / tile_width} * n_dims_ * tile_width + q % tile_width;
    norm2_[q] = 0;
    for (std::int32_t d = 0; d < n_dims_; ++d) {
      const double x = centring_(block.rows[std::int64_t{q} * n_dims_ + d], d);
      column[d * tile_width] = static_cast<float>(x);
      norm2_[q] += x * x;
    }
    threshold_[q] = std::numeric_limits<float>::lowest();
    raise_threshold(q, nearest.distance2[(block.first + q) * k_ + k_ - 1]);
    if (!nearest.radius2.empty()) raise_threshold(q, nearest.radius2[block.first + q]);
  }
}

void Candidates::finish() {
  for (std::int32_t q = 0; q < block_.size; ++q) {
    tighten(q);
    rank_exactly(q);
  }
}

void Candidates::offer(std::int32_t query, std::int32_t position, float score) {
  if (position == self_ + query) return;
  pending_[std::int64_t{query} * capacity_ + n_pending_[query]] = {score, position};
  if (++n_pending_[query] == capacity_) tighten(query);
}

/// Drops what the k largest scores among the candidates show to be too far.
void Candidates::tighten(std::int32_t query) {
  const auto all = pending(query);
  if (std::ssize(all) <= k_) return;
  std::ranges::nth_element(all, all.begin() + (k_ - 1), std::ranges::greater{}, &Candidate::score);
  raise_threshold(query,
                  margin_.largest_distance2(norm2_[query], all[k_ - 1].score) / centring_.scale / centring_.scale);
  const auto rest = all.subspan(k_);
  const auto out = std::ranges::remove_if(rest, [&](const Candidate& c) { return c.score < threshold_[query]; });
  n_pending_[query] -= static_cast<std::int32_t>(out.size());
  if (n_pending_[query] > capacity_ / 2) rank_exactly(query);  // scores cannot tell them apart: duplicates, far clumps
}

void Candidates::rank_exactly(std::int32_t query) {
  if (n_pending_[query] == 0) return;
  const auto id = nearest_.id.subspan((block_.first + query) * k_, k_);
  const auto distance2 = nearest_.distance2.subspan((block_.first + query) * k_, k_);
  ranking_.clear();
  for (std::int32_t i = 0; i < k_ && id[i] >= 0; ++i) ranking_.emplace_back(distance2[i], id[i]);
  const float* row = block_.rows.data() + std::int64_t{query} * n_dims_;
  const auto row_of = [&](const Candidate& c) { return piece_.rows.data() + std::int64_t{c.position} * n_dims_; };
  for (const auto& candidate : pending(query))
    for (std::int32_t d = 0; d < n_dims_; d += floats_per_line) __builtin_prefetch(row_of(candidate) + d);
  for (const auto& candidate : pending(query))
    ranking_.emplace_back(squared_distance(row, row_of(candidate), n_dims_), piece_.first + candidate.position);
  n_pending_[query] = 0;

  const auto found = std::min<std::int64_t>(k_, std::ssize(ranking_));
  std::ranges::partial_sort(ranking_, ranking_.begin() + found);
  for (std::int64_t i = 0; i < found; ++i) std::tie(distance2[i], id[i]) = ranking_[i];
  raise_threshold(query, distance2[k_ - 1]);
}

void Candidates::raise_threshold(std::int32_t query, double distance2) {
  if (distance2 == std::numeric_limits<double>::infinity()) return;
  const double scaled = distance2 * centring_.scale * centring_.scale;
  threshold_[query] = std::max(threshold_[query], margin_.lowest_score(norm2_[query], scaled));
}

}  // namespace miura::knn
