#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "knn/query_tiles.hpp"

namespace miura::knn {

/// A point of which one wants to know how many others are nearer to a query.
struct Target {
  std::int64_t id = 0;
  double distance2 = 0;  ///< from the query
  std::int32_t n_nearer = 0;
};

/// What one thread knows of one block of queries while it scans one piece of the points: how many come before each
/// target. Scores tell it of nearly all; distances are taken of the few that lie about as far as a target.
class RankCount final : public QueryTiles {
public:
  /// For blocks of up to `most` queries, a multiple of 8. Counting ends at `enough`.
  RankCount(std::int32_t n_dims, std::int32_t enough, std::int32_t most, const Centring& centring);

  /// `target` holds those of all queries of the rank, `start` where they begin (queries + 1).
  void begin(const QueryBlock& block, const Piece& piece, std::span<const std::int64_t> start,
             std::span<Target> target);
  void finish();

private:
  void make_room(std::int32_t query) override { count(query); }
  std::span<Target> targets(std::int32_t query) noexcept {
    const auto from = start_[block_.first + query];
    return target_.subspan(from, start_[block_.first + query + 1] - from);
  }
  /// Counts the candidates and forgets them.
  void count(std::int32_t query);
  /// Nothing beyond the farthest target that is not settled is of interest.
  void look_no_farther(std::int32_t query);

  std::int32_t enough_;
  std::span<const std::int64_t> start_;
  std::span<Target> target_;
};

}  // namespace miura::knn
