#include "stability/neighbors.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "miura/knn/search.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::stability {
namespace {

/// Index of every point of the whole set among the marked ones; -1 for the others. Collective.
std::vector<std::int64_t> index_among_marked(MPI_Comm comm, std::span<const std::uint8_t> marked) {
  const auto everywhere = parallel::gather_everywhere<std::uint8_t>(comm, marked);
  std::vector<std::int64_t> index;
  index.reserve(everywhere.size());
  std::int64_t next = 0;
  for (const auto mark : everywhere) index.push_back(mark ? next++ : -1);
  return index;
}

/// Searches for the neighbours of some points of a set; `rows` are their places among this rank's. Collective.
void search_for(MPI_Comm comm, const matrix::Embedding& points, std::span<const std::int64_t> rows,
                matrix::Neighbors& result) {
  matrix::Embedding queries{parallel::Partition::from_local(comm, std::ssize(rows)), points.n_dims, {}};
  for (const auto row : rows) queries.value.insert(queries.value.end(), points.row(row).begin(), points.row(row).end());
  const auto k = result.k;
  const auto found = knn::nearest(comm, points, queries, {.k = k + 1});  // the point itself is among them, or its
  const auto first = points.points.begin(parallel::rank_of(comm));       // duplicates with smaller indices are
  for (std::int64_t q = 0; q < std::ssize(rows); ++q)
    for (std::int32_t from = 0, to = 0; from <= k && to < k; ++from) {
      const auto id = found.id[q * (k + 1) + from];
      if (id == first + rows[q]) continue;
      result.id[rows[q] * k + to] = id;
      result.distance[rows[q] * k + to++] = found.distance[q * (k + 1) + from];
    }
}

}  // namespace

matrix::Embedding marked_points(MPI_Comm comm, const matrix::Embedding& all, std::span<const std::uint8_t> marked) {
  matrix::Embedding part{{}, all.n_dims, {}};
  const auto n = std::ranges::count(marked, 1);
  part.value.reserve(n * all.n_dims);
  for (std::int64_t i = 0; i < std::ssize(marked); ++i)
    if (marked[i]) part.value.insert(part.value.end(), all.row(i).begin(), all.row(i).end());
  part.points = parallel::Partition::from_local(comm, n);
  return part;
}

matrix::Neighbors nearest_marked(MPI_Comm comm, const matrix::Embedding& all, const matrix::Neighbors& among_all,
                                 std::span<const std::uint8_t> marked, std::int32_t k) {
  const auto points = marked_points(comm, all, marked);
  const auto index = index_among_marked(comm, marked);
  const auto n = points.n_local();
  matrix::Neighbors nearest{points.points, k, std::vector<std::int64_t>(n * k, -1),
                            std::vector<float>(n * k, std::numeric_limits<float>::infinity())};
  std::vector<std::int64_t> unfilled;
  for (std::int64_t i = 0, row = 0; i < std::ssize(marked); ++i) {
    if (!marked[i]) continue;
    std::int32_t to = 0;
    for (auto at = i * among_all.k; at < (i + 1) * among_all.k && to < k && among_all.id[at] >= 0; ++at) {
      const auto id = index[among_all.id[at]];
      if (id < 0) continue;
      nearest.id[row * k + to] = id;
      nearest.distance[row * k + to++] = among_all.distance[at];
    }
    if (to < k) unfilled.push_back(row);
    ++row;
  }
  search_for(comm, points, unfilled, nearest);
  return nearest;
}

}  // namespace miura::stability
