#include "knn/list_centers.hpp"

#include <algorithm>
#include <cmath>

#include "miura/knn/search.hpp"
#include "miura/matrix/moved_rows.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::knn {

namespace {

constexpr double steps = 1 << 20;  // sums of coordinates are in units of 2^-20

/// Centres moved to the means of the points that are nearest to them; one that has none stays. Collective.
void move_to_means(MPI_Comm comm, const matrix::Embedding& sample, std::span<float> centers) {
  const std::int64_t dims = sample.n_dims, n_lists = std::ssize(centers) / dims;
  const auto nearest = nearest_centers(comm, centers, sample, 1);
  std::vector<std::int64_t> sums(n_lists * (dims + 1));  // of each coordinate, and the number of points
  for (std::int64_t i = 0; i < sample.n_local(); ++i) {
    const auto sum = std::span(sums).subspan(nearest[i] * (dims + 1), dims + 1);
    const auto row = sample.row(i);
    for (std::int64_t d = 0; d < dims; ++d) sum[d] += std::llround(row[d] * steps);
    ++sum[dims];
  }
  parallel::sum_over_ranks(comm, std::span(sums));
  for (std::int64_t list = 0; list < n_lists; ++list) {
    const auto sum = std::span(sums).subspan(list * (dims + 1), dims + 1);
    for (std::int64_t d = 0; d < dims && sum[dims] > 0; ++d)
      centers[list * dims + d] =
          static_cast<float>(static_cast<double>(sum[d]) / steps / static_cast<double>(sum[dims]));
  }
}

}  // namespace

std::vector<std::int64_t> evenly_spaced(MPI_Comm comm, const parallel::Partition& rows, std::int64_t wanted) {
  const int rank = parallel::rank_of(comm);
  const auto n = rows.size(), some = std::min(n, wanted);
  std::vector<std::int64_t> mine;
  for (std::int64_t s = 0; s < some; ++s)
    if (const auto row = (2 * s + 1) * n / (2 * some); row >= rows.begin(rank) && row < rows.end(rank))
      mine.push_back(row - rows.begin(rank));
  return mine;
}

std::vector<float> list_centers(MPI_Comm comm, const matrix::Embedding& points, std::int32_t n_lists) {
  constexpr int rounds = 5;
  constexpr std::int64_t points_a_list = 64;
  auto centers = parallel::gather_everywhere<float>(
      comm, rows_of(comm, points, evenly_spaced(comm, points.points, n_lists)).value);
  const auto sample = rows_of(comm, points, evenly_spaced(comm, points.points, points_a_list * n_lists));
  for (int round = 0; round < rounds; ++round) move_to_means(comm, sample, centers);
  return centers;
}

std::vector<std::int64_t> nearest_centers(MPI_Comm comm, std::span<const float> centers,
                                          const matrix::Embedding& points, std::int32_t n_probed) {
  const std::int64_t dims = points.n_dims;
  const int rank = parallel::rank_of(comm);
  matrix::Embedding mine{
      parallel::Partition::even(std::ssize(centers) / dims, parallel::size_of(comm)), points.n_dims, {}};
  const auto share = centers.subspan(mine.points.begin(rank) * dims, mine.points.n_local(rank) * dims);
  mine.value.assign(share.begin(), share.end());
  return nearest(comm, mine, points, {.k = n_probed}).id;
}

}  // namespace miura::knn
