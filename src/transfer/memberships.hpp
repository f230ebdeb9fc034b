#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/embedding.hpp"

namespace miura::transfer {

/// Soft assignment of cells to directions: exp(-2 (1 - cos) / sigma), summing to 1 over the directions.
class Memberships {
public:
  /// `direction` is k x n_dims, rows of length 1.
  Memberships(std::span<const float> direction, std::int32_t n_dims, double sigma);

  std::int32_t k() const noexcept { return k_; }
  std::int32_t n_dims() const noexcept { return n_dims_; }
  /// Fills `membership` (k) by the first n_dims of a cell's scores, of any length; equal shares for a length of 0.
  void of(std::span<const float> scores, std::span<double> membership) const;

private:
  std::int32_t k_, n_dims_;
  double steepness_;
  std::vector<double> direction_;  // n_dims x k, so that directions lie side by side
};

/// Over all cells of all ranks, by the first n_dims of their scores. k, and k x n_dims.
struct MembershipSums {
  std::vector<double> size;
  std::vector<double> sum;  ///< of membership x scores
};

/// Sums in integers: memberships and products are cut to a grid fine enough for 62 bits of all cells, so the order of
/// cells does not matter. Collective.
MembershipSums sum_memberships(MPI_Comm comm, const Memberships& memberships, const matrix::Embedding& scores);

}  // namespace miura::transfer
