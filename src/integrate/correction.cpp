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

/// Solves one cluster. With n_b cells of batch b, coordinates summing to s_b, the normal equations of
///   sum_i R_i |z_i - a - shift_b(i)|^2 + lambda sum_b |shift_b|^2
/// are an arrow, and give  a = sum_b s_b / (n_b + lambda)  /  sum_b n_b / (n_b + lambda),
/// shift_b = (s_b - n_b a) / (n_b + lambda).  `s` is turned into the shifts: batches of n_dims, `pitch` apart.
void solve(std::span<const double> n, double lambda, std::int32_t n_dims, std::int64_t pitch, double* s) {
  double total = 0;
  for (const double of_batch : n)
    if (of_batch > 0) total += of_batch / (of_batch + lambda);
  for (std::int32_t c = 0; c < n_dims; ++c) {
    double intercept = 0;
    for (std::int64_t b = 0; b < std::ssize(n); ++b)
      if (n[b] > 0) intercept += s[b * pitch + c] / (n[b] + lambda);
    if (total > 0) intercept /= total;
    for (std::int64_t b = 0; b < std::ssize(n); ++b)
      s[b * pitch + c] = n[b] > 0 ? (s[b * pitch + c] - n[b] * intercept) / (n[b] + lambda) : 0.0;
  }
}

/// Shifts by batch and cluster, n_dims each.
std::vector<double> shifts(MPI_Comm comm, const matrix::Embedding& original, const SoftClusters& clusters,
                           double lambda) {
  const std::int32_t n_clusters = clusters.n_clusters(), n_batches = clusters.n_batches(), n_dims = original.n_dims;
  auto shift = weighted_sums(comm, original.value, n_dims, std::int64_t{n_batches} * n_clusters,
                             scale_of(comm, original.value), [&](std::int64_t cell, std::vector<Share>& shares) {
                               clusters.shares_of(cell, shares);
                               for (auto& share : shares) share.cluster += clusters.batch()[cell] * n_clusters;
                             });
  for (auto& sum : shift) sum /= weight_steps;
  std::vector<double> n(n_batches);
  for (std::int32_t k = 0; k < n_clusters; ++k) {
    for (std::int32_t b = 0; b < n_batches; ++b)
      n[b] = static_cast<double>(clusters.counts()[b * n_clusters + k]) / weight_steps;
    solve(n, lambda, n_dims, std::int64_t{n_clusters} * n_dims, shift.data() + std::int64_t{k} * n_dims);
  }
  return shift;
}

}  // namespace

void correct(MPI_Comm comm, const matrix::Embedding& original, const SoftClusters& clusters, double lambda,
             std::span<float> corrected) {
  const auto shift = shifts(comm, original, clusters, lambda);
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
