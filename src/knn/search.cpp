#include "miura/knn/search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "knn/candidates.hpp"
#include "knn/ring.hpp"
#include "knn/scan_blocks.hpp"
#include "miura/matrix/moved_rows.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::knn {

namespace {

/// Each rank for the queries it has.
matrix::Neighbors search_for_own(MPI_Comm comm, const matrix::Embedding& points, const matrix::Embedding& queries,
                                 bool exclude_self, const SearchOptions& options) {
  const auto k = options.k;
  const auto centring = centring_of(comm, points, queries);
  const int rank = parallel::rank_of(comm);
  const auto n_queries = queries.points.n_local(rank);

  matrix::Neighbors result{queries.points, k, {}, {}};
  result.id.assign(n_queries * k, -1);
  result.distance.assign(n_queries * k, std::numeric_limits<float>::infinity());
  const auto n_eligible = points.points.size() - (exclude_self ? 1 : 0);
  if (n_eligible < 1) return result;

  const auto found = static_cast<std::int32_t>(std::min<std::int64_t>(k, n_eligible));
  std::vector<std::int64_t> id(found < k ? n_queries * found : 0, -1);
  std::vector<double> distance2(n_queries * found, std::numeric_limits<double>::infinity());
  const NearestSoFar nearest{found, found < k ? std::span(id) : std::span(result.id), distance2};
  for_each_piece(comm, points, options, [&](const Piece& piece, auto&& progress) {
    const auto self_of_first = exclude_self ? queries.points.begin(rank) - piece.first : piece.size;
    scan_blocks(
        piece, queries, Candidates::most_queries(found), centring,
        [&](std::int32_t most) { return Candidates(queries.n_dims, found, most, centring); },
        [&](Candidates& candidates, const QueryBlock& block) {
          candidates.begin(block, piece, self_of_first + (exclude_self ? block.first : 0), nearest);
        },
        progress);
  });

  for (std::int64_t q = 0; q < n_queries; ++q)
    for (std::int32_t i = 0; i < found; ++i) {
      result.id[q * k + i] = nearest.id[q * found + i];
      result.distance[q * k + i] = static_cast<float>(std::sqrt(distance2[q * found + i]));
    }
  return result;
}

/// Ranks share the work evenly, whoever has the queries: those of a lot are often of one rank.
matrix::Neighbors search(MPI_Comm comm, const matrix::Embedding& points, const matrix::Embedding& queries,
                         bool exclude_self, const SearchOptions& options) {
  validate(points, queries, options);
  const auto& owners = queries.points;
  if (!owners.is_lopsided()) return search_for_own(comm, points, queries, exclude_self, options);

  const auto even = parallel::Partition::even(owners.size(), parallel::size_of(comm));
  return moved(comm, search_for_own(comm, points, moved(comm, queries, even), exclude_self, options), owners);
}

}  // namespace

matrix::Neighbors nearest(MPI_Comm comm, const matrix::Embedding& points, const SearchOptions& options) {
  return search(comm, points, points, true, options);
}

matrix::Neighbors nearest(MPI_Comm comm, const matrix::Embedding& points, const matrix::Embedding& queries,
                          const SearchOptions& options) {
  return search(comm, points, queries, false, options);
}

}  // namespace miura::knn
