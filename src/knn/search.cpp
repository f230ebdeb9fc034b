#include "miura/knn/search.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "knn/candidates.hpp"
#include "knn/panels.hpp"
#include "knn/ring.hpp"
#include "knn/scan.hpp"
#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/moved_rows.hpp"

namespace miura::knn {

namespace {

/// Small enough that every thread has work, large enough that a panel is used often once it is in the cache.
std::int32_t queries_per_block(std::int64_t n_queries, std::int32_t k) {
  const auto share = (n_queries + omp_get_max_threads() - 1) / omp_get_max_threads();
  const auto whole_tiles = (share + tile_width - 1) / tile_width * tile_width;
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(whole_tiles, 2 * tile_width, Candidates::most_queries(k)));
}

/// All of this rank's queries against one piece of the points.
template <class Progress>
void scan_piece(const Piece& piece, const matrix::Embedding& queries, std::int64_t first_query, bool exclude_self,
                const Centring& centring, const NearestSoFar& nearest, Progress&& progress) {
  const auto n_queries = std::ssize(nearest.id) / nearest.k;
  if (n_queries == 0) return;
  const auto n_dims = queries.n_dims;
  const auto per_block = queries_per_block(n_queries, nearest.k);
  const auto n_blocks = (n_queries + per_block - 1) / per_block;
  const Panels panels(piece.rows, piece.size, n_dims, centring);
#pragma omp parallel if (n_blocks > 1)
  {
    Candidates candidates(n_dims, nearest.k, per_block, centring);
#pragma omp for schedule(dynamic)
    for (std::int64_t b = 0; b < n_blocks; ++b) {
      const auto from = b * per_block, to = std::min(n_queries, from + per_block);
      const auto rows = std::span(queries.value).subspan(from * n_dims, (to - from) * n_dims);
      const auto self = exclude_self ? first_query + from - piece.first : piece.size;
      candidates.begin({from, static_cast<std::int32_t>(to - from), rows}, piece, self, nearest);
      for (std::int64_t p = 0; p < panels.size(); ++p)
        scan_panel(panels[p], n_dims, static_cast<std::int32_t>(p * panel_width), candidates);
      candidates.finish();
      if (omp_get_thread_num() == 0) progress();
    }
  }
}

/// Each rank for the queries it has.
matrix::Neighbors search_for_own(MPI_Comm comm, const matrix::Embedding& points, const matrix::Embedding& queries,
                                 bool exclude_self, std::span<const double> radius2, const SearchOptions& options) {
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
  const NearestSoFar nearest{found, found < k ? std::span(id) : std::span(result.id), distance2, radius2};
  for_each_piece(comm, points, options, [&](const Piece& piece, auto&& progress) {
    scan_piece(piece, queries, queries.points.begin(rank), exclude_self, centring, nearest, progress);
  });

  for (std::int64_t q = 0; q < n_queries; ++q)
    for (std::int32_t i = 0; i < found; ++i) {
      if (!radius2.empty() && distance2[q * found + i] > radius2[q]) {
        result.id[q * k + i] = -1;
        continue;
      }
      result.id[q * k + i] = nearest.id[q * found + i];
      result.distance[q * k + i] = static_cast<float>(std::sqrt(distance2[q * found + i]));
    }
  return result;
}

/// Ranks share the work evenly, whoever has the queries: those of a lot are often of one rank.
matrix::Neighbors search(MPI_Comm comm, const matrix::Embedding& points, const matrix::Embedding& queries,
                         bool exclude_self, std::span<const double> radius2, const SearchOptions& options) {
  const auto k = options.k;
  if (k < 1) throw UsageError("the number of nearest neighbours must be at least 1, not " + std::to_string(k));
  if (points.n_dims != queries.n_dims) throw std::logic_error("points and queries differ in their dimensions");
  const auto& owners = queries.points;
  if (!owners.is_lopsided()) return search_for_own(comm, points, queries, exclude_self, radius2, options);

  const auto even = parallel::Partition::even(owners.size(), parallel::size_of(comm));
  const matrix::Embedding mine{even, queries.n_dims,
                               parallel::moved_rows<float>(comm, owners, even, queries.value, queries.n_dims)};
  const bool limited = parallel::sum_over_ranks(comm, std::ssize(radius2)) > 0;
  const auto limits = limited ? parallel::moved_rows<double>(comm, owners, even, radius2, 1) : std::vector<double>();
  const auto found = search_for_own(comm, points, mine, exclude_self, limits, options);
  return {owners, k, parallel::moved_rows<std::int64_t>(comm, even, owners, found.id, k),
          parallel::moved_rows<float>(comm, even, owners, found.distance, k)};
}

}  // namespace

matrix::Neighbors nearest(MPI_Comm comm, const matrix::Embedding& points, const SearchOptions& options) {
  return search(comm, points, points, true, {}, options);
}

matrix::Neighbors nearest(MPI_Comm comm, const matrix::Embedding& points, const matrix::Embedding& queries,
                          const SearchOptions& options) {
  return search(comm, points, queries, false, {}, options);
}

matrix::Neighbors nearest_within(MPI_Comm comm, const matrix::Embedding& points, const matrix::Embedding& queries,
                                 std::span<const double> radius2, const SearchOptions& options) {
  return search(comm, points, queries, false, radius2, options);
}

}  // namespace miura::knn
