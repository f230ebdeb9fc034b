#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "knn/panels.hpp"
#include "knn/ring.hpp"
#include "knn/score_margin.hpp"

namespace miura::knn {

/// The nearest points that each of this rank's queries has found so far, ascending by (squared distance, id).
struct NearestSoFar {
  std::int32_t k = 0;
  std::span<std::int64_t> id;            ///< queries x k; -1 where none yet
  std::span<double> distance2;           ///< queries x k; infinite where none yet
  std::span<const double> radius2 = {};  ///< of each query: what lies farther is of no interest; empty: all is
};

/// Consecutive queries, centred for the kernel.
struct QueryBlock {
  std::int64_t first = 0;  ///< local index
  std::int32_t size = 0;
  std::span<const float> rows;  ///< size x n_dims, row-major, as given
};

/// What one thread knows of one block of queries while it scans one piece of the points: which points may still be
/// among the k nearest. The kernel offers every point whose score reaches the query's threshold; from time to time
/// the threshold rises, and those that are left at the end are ranked by their exact distance.
class Candidates {
public:
  /// For blocks of up to `most` queries, a multiple of 8.
  Candidates(std::int32_t n_dims, std::int32_t k, std::int32_t most, const Centring& centring);

  /// Most queries of a block for speed: fewer where k is large, so that candidates stay in the cache.
  static std::int32_t most_queries(std::int32_t k) noexcept;

  /// `self` is the position in the piece of the block's first query, the others following, where queries are not
  /// their own neighbours; else beyond the piece.
  void begin(const QueryBlock& block, const Piece& piece, std::int64_t self, const NearestSoFar& nearest);
  /// The candidates' exact distances go into what begin() was given.
  void finish();

  std::int32_t n_tiles() const noexcept { return n_tiles_; }
  /// Coordinates of 8 queries, n_dims x 8.
  const float* tile(std::int32_t t) const noexcept { return tiles_.get() + std::int64_t{t} * n_dims_ * tile_width; }
  /// Scores that are of interest, a query each, in order of tile.
  const float* thresholds() const noexcept { return threshold_.data(); }
  /// A point, by its position in the piece, that reached the threshold of a query.
  void offer(std::int32_t query, std::int32_t position, float score);

private:
  struct Candidate {
    float score;
    std::int32_t position;
  };
  std::span<Candidate> pending(std::int32_t query) noexcept {
    return std::span(pending_).subspan(std::int64_t{query} * capacity_, n_pending_[query]);
  }
  void tighten(std::int32_t query);
  void rank_exactly(std::int32_t query);
  void raise_threshold(std::int32_t query, double distance2);

  std::int32_t n_dims_, k_, capacity_, n_tiles_ = 0;
  const Centring& centring_;
  ScoreMargin margin_;
  QueryBlock block_;
  Piece piece_;
  std::int64_t self_ = 0;
  NearestSoFar nearest_;
  hwy::AlignedFreeUniquePtr<float[]> tiles_;
  std::vector<float> threshold_;
  std::vector<double> norm2_;
  std::vector<Candidate> pending_;
  std::vector<std::int32_t> n_pending_;
  std::vector<std::pair<double, std::int64_t>> ranking_;
};

}  // namespace miura::knn
