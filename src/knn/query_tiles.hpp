#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "knn/panels.hpp"
#include "knn/ring.hpp"
#include "knn/score_margin.hpp"

namespace miura::knn {

/// Consecutive queries, centred for the kernel.
struct QueryBlock {
  std::int64_t first = 0;  ///< local index
  std::int32_t size = 0;
  std::span<const float> rows;  ///< size x n_dims, row-major, as given
};

/// Squared, summed in double: differences of floats lose at most a rounding of double each. Eight sums side by side,
/// each in order of dimension, do not wait for one another, and are the same ones on every processor.
double squared_distance(const float* a, const float* b, std::int32_t n_dims) noexcept;

/// A block of queries as the kernel reads them, the score from which on a point interests each of them, and the points
/// that the kernel found to reach it.
class QueryTiles {
public:
  std::int32_t n_tiles() const noexcept { return n_tiles_; }
  /// Coordinates of 8 queries, n_dims x 8.
  const float* tile(std::int32_t t) const noexcept { return tiles_.get() + std::int64_t{t} * n_dims_ * tile_width; }
  /// A score a query, in order of tile.
  const float* thresholds() const noexcept { return threshold_.data(); }

  /// Where the next candidates of a query go, at most `most_at_once` of them, and rubbish behind them.
  struct Room {
    float* score;
    std::int32_t* position;  ///< in the piece
  };
  static constexpr std::int32_t most_at_once = 16;
  Room room(std::int32_t query) noexcept {
    const auto at = query * stride() + n_pending_[query];
    return {score_.data() + at, position_.data() + at};
  }
  /// That so many were put there.
  void keep(std::int32_t query, std::int32_t n) {
    n_pending_[query] += n;
    if (n_pending_[query] >= capacity_) make_room(query);
  }

protected:
  /// Points that may interest a query, in no order that matters.
  struct Pending {
    std::span<float> score;
    std::span<std::int32_t> position;  ///< in the piece
    std::int64_t size() const noexcept { return std::ssize(score); }
  };

  /// For blocks of up to `most` queries, a multiple of 8, with up to `capacity` candidates each.
  QueryTiles(std::int32_t n_dims, std::int32_t most, std::int32_t capacity, const Centring& centring);
  ~QueryTiles() = default;

  /// Begins a block on a piece of the points: everything is of interest, and there are no candidates.
  void load(const QueryBlock& block, const Piece& piece);
  /// Points farther than this, squared, are of no interest.
  void raise_threshold(std::int32_t query, double distance2);
  /// Leaves fewer candidates than `capacity`.
  virtual void make_room(std::int32_t query) = 0;
  Pending pending(std::int32_t query) noexcept {
    const auto from = query * stride(), n = std::int64_t{n_pending_[query]};
    return {std::span(score_).subspan(from, n), std::span(position_).subspan(from, n)};
  }
  std::int64_t id_of(std::int32_t position) const noexcept { return piece_.first + position; }
  /// Squared.
  double distance_to(std::int32_t query, std::int32_t position) const noexcept {
    return squared_distance(row(query), piece_.row(position, n_dims_), n_dims_);
  }
  const float* row(std::int32_t query) const noexcept { return block_.rows.data() + std::int64_t{query} * n_dims_; }

  std::int32_t n_dims_, capacity_, n_tiles_ = 0;
  const Centring& centring_;
  ScoreMargin margin_;
  QueryBlock block_;
  Piece piece_;
  hwy::AlignedFreeUniquePtr<float[]> tiles_;
  std::vector<float> threshold_;
  std::vector<double> norm2_;
  std::vector<std::int32_t> n_pending_;

private:
  std::int64_t stride() const noexcept { return std::int64_t{capacity_} + most_at_once; }

  std::vector<float> score_;
  std::vector<std::int32_t> position_;
};

}  // namespace miura::knn
