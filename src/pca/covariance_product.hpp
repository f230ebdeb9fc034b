#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "pca/exact.hpp"
#include "pca/reference.hpp"

namespace miura::pca {

/// Products of the covariance of z with vectors, without forming it: one rank asks, all ranks answer for their cells.
///
/// A cell's projection t = z . x is a double, summed within the cell; t is rounded to a fixed point, whose exponent
/// comes from the bound |t| <= |x| max |z|, and the sums over cells of t x grid value are exact integers. So a product
/// has the same bits however the cells are split, and the asking rank may run a serial solver.
class CovarianceProduct {
public:
  /// Collective.
  CovarianceProduct(MPI_Comm comm, const ScaledReference& z);

  /// y = covariance x over the varying features. On rank 0, while the others serve.
  void multiply(std::span<const double> x, std::span<double> y);
  /// Answers until rank 0 says stop. On all ranks but 0.
  void serve();
  /// On rank 0: lets the others go.
  void stop();

private:
  /// What stands beside a feature's weight while a cell is read.
  struct Weight {
    double of_step;  ///< x / (grid steps x sd): weight of a grid step in the projection
    std::int32_t ceiling;
    std::int32_t at_zero;  ///< what a value that is not stored is cut to
  };
  /// What rank 0 sends before the weights.
  struct Request {
    double more = 0;   ///< 0: stop
    double shift = 0;  ///< projection of the mean of the cells
    double scale = 1;  ///< power of two that makes a projection an integer
  };

  void ask();
  void add_my_cells();

  MPI_Comm comm_;
  const ScaledReference& z_;
  double longest_;  ///< bound of the length of the centred z of a cell
  Request request_;
  std::vector<double> weight_;  ///< as sent: one a feature
  std::vector<Weight> beside_;
  std::vector<Int128> sums_;  ///< a thread: one a feature, then that of the projections themselves
};

}  // namespace miura::pca
