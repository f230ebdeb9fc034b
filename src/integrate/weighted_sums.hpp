#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "integrate/kernels.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::integrate {

/// More cells could overflow a sum of weight x coordinate in 64 bits: 2^15 x 2^20 x 2^27 = 2^62.
inline constexpr std::int64_t most_cells = std::int64_t{1} << 27;

inline constexpr double coordinate_steps = 1 << 20;  ///< of a coordinate at most 1 in size

/// Sums over all cells of their coordinates times their weights, by group. Exact integers: the same for any number of
/// ranks and threads. `shares_of(cell, shares)` names the groups, below `n_groups`, to which a cell adds. `rows`: this
/// rank's cells x n_dims, at most 1 / `scale` in size. Result: n_groups x n_dims, in weight steps x coordinates.
/// Collective.
template <class SharesOf>
std::vector<double> weighted_sums(MPI_Comm comm, std::span<const float> rows, std::int32_t n_dims,
                                  std::int64_t n_groups, double scale, SharesOf&& shares_of) {
  constexpr std::int64_t chunk = std::int64_t{1} << 18;  // so many terms of at most 2^35 are exact in a double
  const auto n = std::ssize(rows) / n_dims, size = n_groups * n_dims;
  const double steps = scale * coordinate_steps;
  std::vector<std::int64_t> total(size);
#pragma omp parallel if (n > 4096)
  {
    std::vector<double> sum(size);
    std::vector<std::int64_t> mine(size);
    std::vector<Share> shares;
    for (std::int64_t from = 0; from < n; from += chunk) {
#pragma omp for schedule(static) nowait
      for (std::int64_t i = from; i < std::min(from + chunk, n); ++i) {
        shares_of(i, shares);
        add_weighted(rows.data() + i * n_dims, n_dims, steps, shares, sum.data());
      }
      for (std::int64_t e = 0; e < size; ++e) mine[e] += static_cast<std::int64_t>(sum[e]);
      std::fill(sum.begin(), sum.end(), 0.0);
    }
#pragma omp critical(weighted_sums)
    for (std::int64_t e = 0; e < size; ++e) total[e] += mine[e];
  }
  parallel::sum_over_ranks(comm, total);
  std::vector<double> sums(size);
  for (std::int64_t e = 0; e < size; ++e) sums[e] = static_cast<double>(total[e]) / steps;
  return sums;
}

}  // namespace miura::integrate
