#include "integrate/first_centers.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "integrate/kernels.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace miura::integrate {

namespace {

constexpr std::int64_t sampled_per_cluster = 50;
constexpr int lloyd_rounds = 10;

/// Sampled rows, in order of global index.
std::vector<float> sample(MPI_Comm comm, const parallel::Partition& cells, std::span<const float> directions,
                          std::int32_t n_dims, std::int32_t n_clusters, std::uint64_t seed) {
  const auto wanted = sampled_per_cluster * n_clusters;
  const bool all = cells.size() <= 2 * wanted;
  const double share = static_cast<double>(wanted) / static_cast<double>(std::max<std::int64_t>(1, cells.size()));
  const auto below = static_cast<std::uint64_t>(std::ldexp(std::min(share, 0.5), 64));
  const int rank = parallel::rank_of(comm);
  std::vector<float> mine;
  for (std::int64_t i = 0; i < cells.n_local(rank); ++i) {
    const auto global = static_cast<std::uint64_t>(cells.begin(rank) + i);
    if (!all && stats::mix(stats::mix(seed) ^ global) >= below) continue;
    const auto row = directions.subspan(i * n_dims, n_dims);
    mine.insert(mine.end(), row.begin(), row.end());
  }
  return parallel::gather_everywhere<float>(comm, mine);
}

/// Positions in the sample of the first centers: each next one with a chance that grows with its squared distance
/// 2 - 2 cos from the nearest so far. Fewer where the sample has fewer directions.
std::vector<std::int64_t> spread_out(std::span<const float> rows, std::int32_t n_dims, std::int32_t n_clusters,
                                     stats::RandomStream& random) {
  const auto n = std::ssize(rows) / n_dims;
  std::vector<float> by_dim(rows.size()), similarity(n);
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int32_t c = 0; c < n_dims; ++c) by_dim[c * n + i] = rows[i * n_dims + c];
  std::vector<double> distance2(n, 2.0);
  std::vector<std::int64_t> chosen;
  for (std::int32_t k = 0; k < n_clusters; ++k) {
    double total = 0;
    for (const double d : distance2) total += d;
    if (total <= 0) break;
    double left = random.uniform() * total;
    std::int64_t at = 0;
    for (; at + 1 < n && left >= distance2[at]; ++at) left -= distance2[at];
    chosen.push_back(at);
    std::ranges::fill(similarity, 0.0F);
    for (std::int32_t c = 0; c < n_dims; ++c)
      for (std::int64_t i = 0; i < n; ++i) similarity[i] += by_dim[c * n + i] * rows[at * n_dims + c];
    for (std::int64_t i = 0; i < n; ++i)
      distance2[i] = std::min(distance2[i], std::max(0.0, 2.0 - 2.0 * similarity[i] - 1e-6));  // itself: exactly 0
  }
  return chosen;
}

/// The most similar center of each row; the first of equals.
std::vector<std::int32_t> nearest_center(std::span<const float> rows, const Centers& centers) {
  const auto n = std::ssize(rows) / centers.n_dims;
  std::vector<std::int32_t> nearest(n);
  std::vector<float> similarity(rows_at_once * centers.stride);
  for (std::int64_t i = 0; i < n; i += rows_at_once) {
    std::array<const float*, rows_at_once> row{};
    for (int r = 0; r < rows_at_once; ++r) row[r] = rows.data() + std::min(i + r, n - 1) * centers.n_dims;
    similarities(row.data(), centers.value.data(), centers.n_dims, centers.stride, similarity.data());
    for (int r = 0; r < rows_at_once && i + r < n; ++r) {
      const auto of_row = std::span(similarity).subspan(r * centers.stride, centers.n_clusters);
      nearest[i + r] = static_cast<std::int32_t>(std::ranges::max_element(of_row) - of_row.begin());
    }
  }
  return nearest;
}

void lloyd(std::span<const float> rows, Centers& centers) {
  const auto n_dims = centers.n_dims;
  std::vector<std::int32_t> before;
  for (int round = 0; round < lloyd_rounds; ++round) {
    auto nearest = nearest_center(rows, centers);
    if (nearest == before) return;
    std::vector<double> sum(std::int64_t{centers.n_clusters} * n_dims);
    for (std::int64_t i = 0; i < std::ssize(nearest); ++i)
      for (std::int32_t c = 0; c < n_dims; ++c) sum[nearest[i] * n_dims + c] += rows[i * n_dims + c];
    for (std::int32_t k = 0; k < centers.n_clusters; ++k) centers.point(k, std::span(sum).subspan(k * n_dims, n_dims));
    before = std::move(nearest);
  }
}

}  // namespace

Centers first_centers(MPI_Comm comm, const parallel::Partition& cells, std::span<const float> directions,
                      std::int32_t n_dims, std::int32_t n_clusters, std::uint64_t seed) {
  const auto rows = sample(comm, cells, directions, n_dims, n_clusters, seed);
  Centers centers(n_dims, n_clusters);
  if (parallel::rank_of(comm) == 0) {
    stats::RandomStream random(seed, stats::Purpose::integrate, 0);
    const auto chosen = spread_out(rows, n_dims, n_clusters, random);
    for (std::int32_t k = 0; k < std::ssize(chosen); ++k) {
      const auto row = std::span(rows).subspan(chosen[k] * n_dims, n_dims);
      centers.point(k, std::vector<double>(row.begin(), row.end()));
    }
    lloyd(rows, centers);
  }
  parallel::broadcast(comm, centers.value);
  return centers;
}

}  // namespace miura::integrate
