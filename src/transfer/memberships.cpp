#include "transfer/memberships.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

#include "miura/parallel/communicator.hpp"

namespace miura::transfer {

namespace {

/// Exponent of the grid step so that `n` values of at most `largest` in size sum to less than 2^62 steps.
int grid_exponent(std::int64_t n, double largest) {
  int exponent = 0;
  std::frexp(largest, &exponent);  // largest < 2^exponent
  return 62 - static_cast<int>(std::bit_width(static_cast<std::uint64_t>(n))) - exponent;
}

std::vector<double> off_grid(std::span<const std::int64_t> sums, int exponent) {
  std::vector<double> values;
  for (const auto sum : sums) values.push_back(std::ldexp(static_cast<double>(sum), -exponent));
  return values;
}

}  // namespace

Memberships::Memberships(std::span<const float> direction, std::int32_t n_dims, double sigma)
    : k_(static_cast<std::int32_t>(std::ssize(direction) / n_dims)),
      n_dims_(n_dims),
      steepness_(2 / sigma),
      direction_(direction.size()) {
  for (std::int32_t c = 0; c < k_; ++c)
    for (std::int32_t d = 0; d < n_dims; ++d) direction_[d * k_ + c] = direction[c * n_dims + d];
}

void Memberships::of(std::span<const float> scores, std::span<double> membership) const {
  std::ranges::fill(membership, 0.0);
  double square = 0;
  for (std::int32_t d = 0; d < n_dims_; ++d) {
    const double x = scores[d];
    square += x * x;
    const double* const direction = direction_.data() + std::int64_t{d} * k_;
    for (std::int32_t c = 0; c < k_; ++c) membership[c] += x * direction[c];
  }
  const double unit = square > 0 ? 1 / std::sqrt(square) : 0.0;
  const double nearest = *std::ranges::max_element(membership);
  double total = 0;
  for (auto& m : membership) {
    m = std::exp((m - nearest) * unit * steepness_);
    total += m;
  }
  for (auto& m : membership) m /= total;
}

MembershipSums sum_memberships(MPI_Comm comm, const Memberships& memberships, const matrix::Embedding& scores) {
  const std::int64_t k = memberships.k(), n_dims = memberships.n_dims(), n = scores.n_local();
  double largest = 1;
  for (std::int64_t i = 0; i < n; ++i)
    for (const float x : scores.row(i).first(n_dims)) largest = std::max(largest, static_cast<double>(std::abs(x)));
  largest = parallel::max_over_ranks(comm, largest);
  const auto n_cells = scores.points.size();
  const int size_exponent = grid_exponent(n_cells, 1.0), sum_exponent = grid_exponent(n_cells, largest);
  const double size_steps = std::ldexp(1.0, size_exponent), sum_steps = std::ldexp(1.0, sum_exponent);

  std::vector<std::int64_t> size(k), sum(k * n_dims);
#pragma omp parallel
  {
    std::vector<std::int64_t> my_size(k), my_sum(k * n_dims);
    std::vector<double> membership(k);
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < n; ++i) {
      const auto row = scores.row(i);
      memberships.of(row, membership);
      for (std::int64_t c = 0; c < k; ++c) {
        my_size[c] += static_cast<std::int64_t>(membership[c] * size_steps);
        const double weight = membership[c] * sum_steps;
        for (std::int64_t d = 0; d < n_dims; ++d) my_sum[c * n_dims + d] += static_cast<std::int64_t>(weight * row[d]);
      }
    }
#pragma omp critical
    {
      std::ranges::transform(size, my_size, size.begin(), std::plus<>());
      std::ranges::transform(sum, my_sum, sum.begin(), std::plus<>());
    }
  }
  parallel::sum_over_ranks(comm, size);
  parallel::sum_over_ranks(comm, sum);
  return {off_grid(size, size_exponent), off_grid(sum, sum_exponent)};
}

}  // namespace miura::transfer
