#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "knn/query_tiles.hpp"

namespace miura::knn {

/// The nearest points that each of this rank's queries has found so far, ascending by (squared distance, id).
struct NearestSoFar {
  std::int32_t k = 0;
  std::span<std::int64_t> id;   ///< queries x k; -1 where none yet
  std::span<double> distance2;  ///< queries x k; infinite where none yet
};

/// What one thread knows of one block of queries while it scans one piece of the points: which points may still be
/// among the k nearest. From time to time the threshold rises, and those that are left at the end are ranked by their
/// exact distance.
class Candidates final : public QueryTiles {
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

private:
  void make_room(std::int32_t query) override;
  void rank_exactly(std::int32_t query);

  std::int32_t k_, n_needed_ = 0;  ///< the k nearest, and the query itself where it is among the points of the piece
  std::int64_t self_ = 0;
  NearestSoFar nearest_;
  std::vector<std::pair<double, std::int64_t>> ranking_;
};

}  // namespace miura::knn
