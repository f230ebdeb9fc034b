#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "miura/matrix/grid.hpp"
#include "pca/exact.hpp"

namespace miura::pca {

/// How values become z-scores, by feature.
struct Scaling {
  std::vector<double> mean;           ///< of the values, not of the grid
  std::vector<double> sd;             ///< 0: constant
  std::vector<std::int32_t> ceiling;  ///< on the grid; the largest integer where nothing is cut

  /// A stored grid value after the cut, minus the same of a value that is not stored (a 0, itself cut where the ceiling
  /// is negative). So what is not stored stays 0, and a shift by feature leaves covariances alone.
  std::int32_t cut(std::int32_t feature, std::int32_t value) const noexcept {
    return std::min(value, ceiling[feature]) - std::min(0, ceiling[feature]);
  }
  /// z of a value that is not stored.
  double z_of_zero(std::int32_t feature) const noexcept {
    return sd[feature] > 0 ? (std::min(0, ceiling[feature]) / matrix::grid_steps - mean[feature]) / sd[feature] : 0.0;
  }
};

/// Exact sums over the reference cells of all ranks, by feature.
struct Moments {
  std::int64_t n_cells = 0;
  std::vector<Int128> sum;
  std::vector<Int128> sum_of_squares;
  std::int64_t largest = 0;  ///< size of the largest value of all

  /// n x sum of squares - square of the sum = n (n - 1) x variance: exact, so nothing cancels.
  Int128 spread(std::int32_t feature) const noexcept {
    return n_cells * sum_of_squares[feature] - sum[feature] * sum[feature];
  }
  double mean(std::int32_t feature) const noexcept {
    return static_cast<double>(sum[feature]) / static_cast<double>(n_cells);
  }
  /// n (n - 1), by which a spread becomes a variance.
  double pairs() const noexcept { return static_cast<double>(n_cells) * static_cast<double>(n_cells - 1); }
};

/// The reference cells, scaled and cut: what both solvers work on.
struct ScaledReference {
  const matrix::GridMatrix& x;
  std::vector<std::int64_t> row;  ///< of this rank
  Scaling scaling;
  Moments cut;                        ///< of the values after the cut
  std::vector<std::int32_t> varying;  ///< features that vary after the cut; the others contribute nothing

  /// From a cut grid value to z.
  double unit(std::int32_t feature) const noexcept { return 1.0 / (matrix::grid_steps * scaling.sd[feature]); }
  /// Variance of z after the cut.
  double variance(std::int32_t feature) const noexcept {
    return static_cast<double>(cut.spread(feature)) / cut.pairs() * unit(feature) * unit(feature);
  }
};

/// Eigenvalues, descending, and eigenvectors of the covariance of z over the varying features.
struct Spectrum {
  std::vector<double> value;
  std::vector<double> vector;  ///< varying features x components, column-major
};

/// Threads worth waking for so many nonzeros: never more than OpenMP allows. No result depends on it.
int threads_for(std::int64_t n_nonzeros) noexcept;

/// Collective. `clip` is infinite where nothing is cut. Throws Error (bad_input) if there are fewer than two reference
/// cells or nothing varies.
ScaledReference scale_reference(MPI_Comm comm, const matrix::GridMatrix& x, std::span<const std::uint8_t> reference,
                                bool scale, double clip);

}  // namespace miura::pca
