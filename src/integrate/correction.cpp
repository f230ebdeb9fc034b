#include "integrate/correction.hpp"

#include <algorithm>
#include <cmath>

#include "integrate/weighted_sums.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::integrate {

namespace {

/// A power of two that brings all coordinates to at most 1 in size.
double scale_of(MPI_Comm comm, std::span<const float> coordinates) {
  float largest = 0;
  for (const float x : coordinates) largest = std::max(largest, std::abs(x));
  largest = parallel::max_over_ranks(comm, largest);
  return largest > 0 ? std::exp2(-std::ceil(std::log2(largest))) : 1.0;
}

/// One batch in one cluster: its cells there, and the penalty on its shift.
struct Group {
  double n, lambda;
};

/// Solves one cluster. With n_b cells of batch b, coordinates summing to s_b, the normal equations of
///   sum_i R_i |z_i - a - shift_b(i)|^2 + sum_b lambda_b |shift_b|^2
/// are an arrow, and give, with w_b = lambda_b / (n_b + lambda_b),
///   a = sum_b w_b s_b / sum_b w_b n_b   and   shift_b = (s_b - n_b a) / (n_b + lambda_b).
/// `s` is turned into the shifts: batches of n_dims, `pitch` apart.
void solve(std::span<const Group> batches, std::int32_t n_dims, std::int64_t pitch, double* s) {
  double total = 0;
  for (const auto& [n, lambda] : batches)
    if (n > 0) total += lambda * n / (n + lambda);
  for (std::int32_t c = 0; c < n_dims; ++c) {
    double intercept = 0;
    for (std::int64_t b = 0; b < std::ssize(batches); ++b)
      if (const auto [n, lambda] = batches[b]; n > 0) intercept += lambda * s[b * pitch + c] / (n + lambda);
    if (total > 0) intercept /= total;
    for (std::int64_t b = 0; b < std::ssize(batches); ++b) {
      const auto [n, lambda] = batches[b];
      s[b * pitch + c] = n > 0 ? (s[b * pitch + c] - n * intercept) / (n + lambda) : 0.0;
    }
  }
}

std::vector<Group> groups_of(const SoftClusters& clusters, std::int32_t cluster, const HarmonyOptions& options) {
  std::vector<Group> groups;
  double total = 0;
  for (std::int32_t b = 0; b < clusters.n_batches(); ++b) {
    groups.push_back({static_cast<double>(clusters.counts()[b * clusters.n_clusters() + cluster]) / weight_steps, 0});
    total += groups.back().n;
  }
  for (std::int32_t b = 0; b < clusters.n_batches(); ++b)
    groups[b].lambda = options.lambda > 0 ? options.lambda : options.alpha * total * clusters.batch_share(b);
  return groups;
}

/// Shifts by batch and cluster, n_dims each.
std::vector<double> shifts(MPI_Comm comm, const matrix::Embedding& original, const SoftClusters& clusters,
                           const HarmonyOptions& options) {
  const std::int32_t n_clusters = clusters.n_clusters(), n_dims = original.n_dims;
  auto shift = weighted_sums(comm, original.value, n_dims, std::int64_t{clusters.n_batches()} * n_clusters,
                             scale_of(comm, original.value), [&](std::int64_t cell, std::vector<Share>& shares) {
                               clusters.shares_of(cell, shares);
                               for (auto& share : shares) share.cluster += clusters.batch()[cell] * n_clusters;
                             });
  for (auto& sum : shift) sum /= weight_steps;
  for (std::int32_t k = 0; k < n_clusters; ++k)
    solve(groups_of(clusters, k, options), n_dims, std::int64_t{n_clusters} * n_dims,
          shift.data() + std::int64_t{k} * n_dims);
  return shift;
}

}  // namespace

void correct(MPI_Comm comm, const matrix::Embedding& original, const SoftClusters& clusters,
             const HarmonyOptions& options, std::span<float> corrected) {
  const auto shift = shifts(comm, original, clusters, options);
  const std::int64_t n_dims = original.n_dims, n = original.n_local();
#pragma omp parallel if (n > 4096)
  {
    std::vector<Share> shares;
    std::vector<double> row(n_dims);
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < n; ++i) {
      clusters.shares_of(i, shares);
      std::ranges::fill(row, 0.0);
      for (const auto& share : shares) {
        const auto group = std::int64_t{clusters.batch()[i]} * clusters.n_clusters() + share.cluster;
        const double* const of_group = shift.data() + group * n_dims;
        for (std::int64_t c = 0; c < n_dims; ++c) row[c] += share.weight * of_group[c];
      }
      for (std::int64_t c = 0; c < n_dims; ++c)
        corrected[i * n_dims + c] = static_cast<float>(original.value[i * n_dims + c] - row[c] / weight_steps);
    }
  }
}

}  // namespace miura::integrate
