#pragma once

#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "miura/matrix/embedding.hpp"
#include "miura/matrix/graph.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace miura::knn::test {

/// How points are dealt to ranks.
enum class Cut { even, first_rank_empty, all_on_last };

inline parallel::Partition cut(MPI_Comm comm, std::int64_t n, Cut how) {
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  const bool last = rank == ranks - 1;
  if (how == Cut::all_on_last || (how == Cut::first_rank_empty && ranks == 2))
    return parallel::Partition::from_local(comm, last ? n : 0);
  const bool skip_first = how == Cut::first_rank_empty && ranks > 1;
  const auto shares = parallel::Partition::even(n, skip_first ? ranks - 1 : ranks);
  if (!skip_first) return shares;
  return parallel::Partition::from_local(comm, rank == 0 ? 0 : shares.n_local(rank - 1));
}

/// This rank's rows of a table that every rank knows whole.
inline matrix::Embedding mine(MPI_Comm comm, const std::vector<float>& all, std::int64_t n, std::int32_t dims,
                              Cut how) {
  matrix::Embedding points{cut(comm, n, how), dims, {}};
  const int rank = parallel::rank_of(comm);
  points.value.assign(all.begin() + points.points.begin(rank) * dims, all.begin() + points.points.end(rank) * dims);
  return points;
}

/// Uniform coordinates in [-1, 1).
inline std::vector<float> uniform_points(std::int64_t n, std::int32_t dims, std::uint64_t seed) {
  std::vector<float> all;
  for (std::int64_t i = 0; i < n; ++i) {
    stats::RandomStream random(seed, stats::Purpose::simulate, i);
    for (std::int32_t d = 0; d < dims; ++d) all.push_back(static_cast<float>(2 * random.uniform() - 1));
  }
  return all;
}

/// The definition: distances in double, all of them, sorted with their ids. Queries [from, to).
inline matrix::Neighbors by_definition(const std::vector<float>& points, const std::vector<float>& queries,
                                       std::int32_t dims, std::int32_t k, bool exclude_self, std::int64_t from,
                                       std::int64_t to) {
  matrix::Neighbors result;
  result.k = k;
  const auto n = std::ssize(points) / dims;
  for (auto q = from; q < to; ++q) {
    std::vector<std::pair<double, std::int64_t>> all;
    for (std::int64_t i = 0; i < n; ++i) {
      if (exclude_self && i == q) continue;
      double sum = 0;
      for (std::int32_t d = 0; d < dims; ++d) {
        const double difference = double{queries[q * dims + d]} - double{points[i * dims + d]};
        sum += difference * difference;
      }
      all.emplace_back(sum, i);
    }
    std::sort(all.begin(), all.end());
    all.resize(k, {std::numeric_limits<double>::infinity(), -1});
    for (const auto& [distance2, id] : all) {
      result.id.push_back(id);
      result.distance.push_back(static_cast<float>(std::sqrt(distance2)));
    }
  }
  return result;
}

}  // namespace miura::knn::test
