#include "miura/transfer/centroids.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "miura/knn/search.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"
#include "miura/transfer/anchors.hpp"
#include "transfer/memberships.hpp"

namespace miura::transfer {

namespace {

/// The row of `unit` with the smallest key over all ranks, of equal keys the first; empty if no key is finite.
/// Collective.
std::vector<float> row_of_smallest(MPI_Comm comm, const matrix::Embedding& unit, std::span<const double> key) {
  const auto smallest = std::ranges::min_element(key);
  const double mine = smallest == key.end() ? std::numeric_limits<double>::infinity() : *smallest;
  const auto all = parallel::gather_everywhere<double>(comm, std::span(&mine, 1));
  const auto winner = std::ranges::min_element(all);
  if (*winner == std::numeric_limits<double>::infinity()) return {};
  std::span<const float> row;
  if (winner - all.begin() == parallel::rank_of(comm)) row = unit.row(smallest - key.begin());
  return parallel::gather_everywhere<float>(comm, row);
}

/// k-means++ (Arthur & Vassilvitskii 2007): each next centre is a cell drawn with chance ~ squared distance to the
/// centres so far. Drawn by a race: the smallest of exponential variates divided by those chances, which needs no sum
/// over cells. Stops early where all cells lie on centres.
std::vector<float> first_centres(MPI_Comm comm, const matrix::Embedding& unit, const CentroidOptions& options) {
  const auto n = unit.n_local();
  const auto first = unit.points.begin(parallel::rank_of(comm));
  std::vector<double> chance(n, 1.0), key(n);
  std::vector<float> centres;
  for (std::int32_t c = 0; c < options.k; ++c) {
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < n; ++i) {
      stats::RandomStream random(options.seed, stats::Purpose::mapping, (first + i) * options.k + c);
      const double variate = -std::log1p(-random.uniform());
      key[i] = chance[i] > 0 ? variate / chance[i] : std::numeric_limits<double>::infinity();
    }
    const auto centre = row_of_smallest(comm, unit, key);
    if (centre.empty()) break;
    centres.insert(centres.end(), centre.begin(), centre.end());
#pragma omp parallel for schedule(static)
    for (std::int64_t i = 0; i < n; ++i) {
      double distance2 = 0;
      for (std::int32_t d = 0; d < unit.n_dims; ++d) {
        const double difference = double{unit.row(i)[d]} - double{centre[d]};
        distance2 += difference * difference;
      }
      chance[i] = c == 0 ? distance2 : std::min(chance[i], distance2);
    }
  }
  return centres;
}

/// Moves each centre to the direction of its cells' sum; one without cells, or whose cells cancel, stays. Collective.
void move_centres(MPI_Comm comm, const matrix::Embedding& unit, std::span<const std::int64_t> centre_of_cell,
                  std::vector<float>& centres) {
  const std::int64_t n_dims = unit.n_dims;
  const double steps =
      std::ldexp(1.0, 61 - static_cast<int>(std::bit_width(static_cast<std::uint64_t>(unit.points.size()))));
  std::vector<std::int64_t> sum(centres.size());
  for (std::int64_t i = 0; i < unit.n_local(); ++i)
    for (std::int64_t d = 0; d < n_dims; ++d)
      sum[centre_of_cell[i] * n_dims + d] += static_cast<std::int64_t>(steps * unit.row(i)[d]);
  parallel::sum_over_ranks(comm, sum);
  for (std::size_t from = 0; from < centres.size(); from += n_dims) {
    double square = 0;
    for (std::int64_t d = 0; d < n_dims; ++d) square += std::pow(static_cast<double>(sum[from + d]), 2);
    if (square == 0) continue;
    for (std::int64_t d = 0; d < n_dims; ++d)
      centres[from + d] = static_cast<float>(static_cast<double>(sum[from + d]) / std::sqrt(square));
  }
}

/// Lloyd's rounds until no cell changes its centre. Every rank holds all centres, so each searches for itself.
void settle(MPI_Comm comm, const matrix::Embedding& unit, std::int32_t rounds, std::vector<float>& centres) {
  const matrix::Embedding mine{parallel::Partition::even(unit.n_local(), 1), unit.n_dims, unit.value};
  std::vector<std::int64_t> before;
  for (std::int32_t round = 0; round < rounds; ++round) {
    const matrix::Embedding points{parallel::Partition::even(std::ssize(centres) / unit.n_dims, 1), unit.n_dims,
                                   centres};
    auto now = knn::nearest(MPI_COMM_SELF, points, mine, {.k = 1}).id;
    if (parallel::sum_over_ranks(comm, now == before ? 0 : 1) == 0) break;
    move_centres(comm, unit, now, centres);
    before = std::move(now);
  }
}

}  // namespace

Centroids summarize(MPI_Comm comm, const matrix::Embedding& scores, std::int32_t dims, const CentroidOptions& options) {
  const auto unit = unit_rows(scores, dims);
  auto centres = first_centres(comm, unit, options);
  settle(comm, unit, options.rounds, centres);
  Centroids centroids{.n_dims = unit.n_dims, .direction = std::move(centres), .size = {}, .sum = {}};
  const Memberships memberships(centroids.direction, unit.n_dims, options.sigma);
  auto sums = sum_memberships(comm, memberships, scores);
  centroids.size = std::move(sums.size);
  centroids.sum = std::move(sums.sum);
  return centroids;
}

Centroids without_cells(MPI_Comm comm, Centroids centroids, const matrix::Embedding& scores,
                        const CentroidOptions& options) {
  if (centroids.k() == 0) return centroids;
  const Memberships memberships(centroids.direction, centroids.n_dims, options.sigma);
  const auto theirs = sum_memberships(comm, memberships, scores);
  for (std::size_t c = 0; c < centroids.size.size(); ++c)
    centroids.size[c] = std::max(0.0, centroids.size[c] - theirs.size[c]);
  for (std::size_t at = 0; at < centroids.sum.size(); ++at) centroids.sum[at] -= theirs.sum[at];
  return centroids;
}

matrix::Embedding shifted(MPI_Comm comm, const Centroids& centroids, const matrix::Embedding& scores,
                          const CentroidOptions& options) {
  const std::int64_t k = centroids.k(), n_dims = centroids.n_dims;
  auto moved = scores;
  if (k == 0) return moved;
  const Memberships memberships(centroids.direction, centroids.n_dims, options.sigma);
  const auto lot = sum_memberships(comm, memberships, scores);
  std::vector<double> shift(k * n_dims);
  for (std::int64_t c = 0; c < k; ++c) {
    const double n_reference = centroids.size[c], n_lot = lot.size[c];
    const double determinant = n_reference * n_lot + options.ridge * (n_reference + n_lot);
    for (std::int64_t d = 0; d < n_dims && determinant > 0; ++d)
      shift[c * n_dims + d] =
          (n_reference * lot.sum[c * n_dims + d] - n_lot * centroids.sum[c * n_dims + d]) / determinant;
  }
#pragma omp parallel
  {
    std::vector<double> membership(k), x(n_dims);
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < moved.n_local(); ++i) {
      const auto row = scores.row(i);
      memberships.of(row, membership);
      std::ranges::copy(row, x.begin());
      for (std::int64_t c = 0; c < k; ++c)
        for (std::int64_t d = 0; d < n_dims; ++d) x[d] -= membership[c] * shift[c * n_dims + d];
      for (std::int64_t d = 0; d < n_dims; ++d) moved.value[i * n_dims + d] = static_cast<float>(x[d]);
    }
  }
  return moved;
}

}  // namespace miura::transfer
