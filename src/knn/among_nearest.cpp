#include <algorithm>
#include <stdexcept>
#include <utility>

#include "knn/rank_count.hpp"
#include "knn/ring.hpp"
#include "knn/scan_blocks.hpp"
#include "miura/knn/search.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/moved_rows.hpp"
#include "miura/parallel/requested_rows.hpp"

namespace miura::knn {

namespace {

/// Queries with the points that are asked about, one list a query.
struct Questions {
  matrix::Embedding queries;
  std::vector<std::int64_t> start{0};  ///< of each query's points, queries + 1
  std::vector<std::int64_t> point;
};

Questions questions_of(const matrix::Embedding& queries, std::span<const QueryPoint> pairs) {
  if (!std::ranges::is_sorted(pairs, {}, &QueryPoint::query)) throw std::logic_error("pairs do not ascend by query");
  Questions questions{queries, {}, {}};
  questions.start.assign(queries.n_local() + 1, 0);
  for (const auto& pair : pairs) {
    ++questions.start[pair.query + 1];
    questions.point.push_back(pair.point);
  }
  for (std::int64_t q = 0; q < queries.n_local(); ++q) questions.start[q + 1] += questions.start[q];
  return questions;
}

/// The same in an even share a rank.
Questions evened(MPI_Comm comm, const Questions& mine) {
  const auto& owners = mine.queries.points;
  const auto even = parallel::Partition::even(owners.size(), parallel::size_of(comm));
  const auto n_dims = mine.queries.n_dims;
  Questions share{{even, n_dims, parallel::moved_rows<float>(comm, owners, even, mine.queries.value, n_dims)}, {0}, {}};
  std::vector<std::int64_t> length;
  for (std::size_t q = 0; q + 1 < mine.start.size(); ++q) length.push_back(mine.start[q + 1] - mine.start[q]);
  for (const auto n : parallel::moved_rows<std::int64_t>(comm, owners, even, length, 1))
    share.start.push_back(share.start.back() + n);
  share.point =
      parallel::moved_rows<std::int64_t>(comm, parallel::Partition::from_local(comm, std::ssize(mine.point)),
                                         parallel::Partition::from_local(comm, share.start.back()), mine.point, 1);
  return share;
}

/// Collective.
std::vector<Target> targets_of(MPI_Comm comm, const matrix::Embedding& points, const Questions& asked) {
  const parallel::RequestedRows<float> row(comm, points.points, points.value, points.n_dims, asked.point);
  std::vector<Target> targets;
  for (std::int64_t q = 0; q < asked.queries.n_local(); ++q)
    for (auto at = asked.start[q]; at < asked.start[q + 1]; ++at) {
      const auto id = asked.point[at];
      targets.push_back(
          {.id = id, .distance2 = squared_distance(asked.queries.row(q).data(), row[id].data(), points.n_dims)});
    }
  return targets;
}

std::vector<std::uint8_t> answers(MPI_Comm comm, const matrix::Embedding& points, const Questions& asked,
                                  const SearchOptions& options) {
  constexpr std::int32_t most_queries = 256;
  const auto centring = centring_of(comm, points, asked.queries);
  auto targets = targets_of(comm, points, asked);
  for_each_piece(comm, points, options, [&](const Piece& piece, auto&& progress) {
    scan_blocks(
        piece, asked.queries, most_queries, centring,
        [&](std::int32_t most) { return RankCount(points.n_dims, options.k, most, centring); },
        [&](RankCount& counts, const QueryBlock& block) { counts.begin(block, piece, asked.start, targets); },
        progress);
  });
  std::vector<std::uint8_t> among;
  for (const auto& target : targets) among.push_back(target.n_nearer < options.k ? 1 : 0);
  return among;
}

}  // namespace

std::vector<std::uint8_t> among_nearest(MPI_Comm comm, const matrix::Embedding& points,
                                        const matrix::Embedding& queries, std::span<const QueryPoint> pairs,
                                        const SearchOptions& options) {
  validate(points, queries, options);
  const auto mine = questions_of(queries, pairs);
  if (!queries.points.is_lopsided()) return answers(comm, points, mine, options);
  const auto share = evened(comm, mine);
  return parallel::moved_rows<std::uint8_t>(comm, parallel::Partition::from_local(comm, std::ssize(share.point)),
                                            parallel::Partition::from_local(comm, std::ssize(mine.point)),
                                            answers(comm, points, share, options), 1);
}

}  // namespace miura::knn
