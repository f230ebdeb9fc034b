#include "transfer/rest.hpp"

#include <algorithm>
#include <limits>

#include "miura/knn/search.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::transfer {

NeighborhoodsOfRest::NeighborhoodsOfRest(MPI_Comm comm, const matrix::Embedding& points,
                                         std::span<const std::int32_t> part, std::int32_t k,
                                         void (*safe_point)(MPI_Comm))
    : k_(k),
      first_(points.points.begin(parallel::rank_of(comm))),
      longer_(knn::nearest(comm, points, {.k = 2 * k, .safe_point = safe_point})),
      part_(parallel::gather_everywhere<std::int32_t>(comm, part)) {}

std::vector<std::int64_t> NeighborhoodsOfRest::places_without(std::int32_t left_out) const {
  std::vector<std::int64_t> place(part_.size());
  std::int64_t next = 0;
  for (std::size_t i = 0; i < part_.size(); ++i) place[i] = part_[i] == left_out ? -1 : next++;
  return place;
}

matrix::Neighbors NeighborhoodsOfRest::without(MPI_Comm comm, std::int32_t left_out,
                                               const matrix::Embedding& rest) const {
  const auto place = places_without(left_out);
  const auto n_rest = rest.n_local();
  matrix::Neighbors found{rest.points, k_, std::vector<std::int64_t>(n_rest * k_, -1),
                          std::vector<float>(n_rest * k_, std::numeric_limits<float>::infinity())};
  std::vector<std::int64_t> again;  // local rows of the rest
  matrix::Embedding asking{{}, rest.n_dims, {}};
  for (std::int64_t i = 0, row = 0; i < longer_.n_local(); ++i) {
    if (place[first_ + i] < 0) continue;
    auto* const id = &found.id[row * k_];
    auto* const distance = &found.distance[row * k_];
    id[0] = place[first_ + i];
    distance[0] = 0;
    std::int32_t n = 1;
    for (auto at = i * longer_.k; at < (i + 1) * longer_.k && n < k_; ++at) {
      if (longer_.id[at] < 0 || place[longer_.id[at]] < 0) continue;
      id[n] = place[longer_.id[at]];
      distance[n++] = longer_.distance[at];
    }
    const bool saw_all = longer_.id[(i + 1) * longer_.k - 1] < 0;
    if (n < k_ && !saw_all) {
      again.push_back(row);
      const auto x = rest.row(row);
      asking.value.insert(asking.value.end(), x.begin(), x.end());
    }
    ++row;
  }
  asking.points = parallel::Partition::from_local(comm, std::ssize(again));
  if (asking.points.size() == 0) return found;
  const auto searched = knn::nearest(comm, rest, asking, {.k = k_});  // the point itself among them, mostly
  for (std::size_t a = 0; a < again.size(); ++a) {
    const auto row = again[a];
    const auto itself = found.id[row * k_];
    std::int32_t n = 1;
    for (std::int32_t j = 0; j < k_ && n < k_; ++j) {
      const auto at = static_cast<std::int64_t>(a) * k_ + j;
      if (searched.id[at] == itself) continue;
      found.id[row * k_ + n] = searched.id[at];
      found.distance[row * k_ + n++] = searched.distance[at];
    }
  }
  return found;
}

}  // namespace miura::transfer
