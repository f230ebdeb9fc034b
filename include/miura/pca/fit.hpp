#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/embedding.hpp"
#include "miura/matrix/grid.hpp"

namespace miura::pca {

enum class Method {
  gram,   ///< exact integer Gram matrix, dense eigensolver: up to some 5,000 features; n_features^2 x 4 bytes a thread
  krylov  ///< Krylov-Schur (SLEPc) on products with the cells: all genes; needs an initialised SLEPc
};

struct Options {
  std::int32_t components = 50;  ///< scanpy's and Seurat's default; fewer come out where the reference has fewer
  Method method = Method::gram;
  double clip = 10.0;  ///< z-scores above are cut to it, as by Seurat ScaleData and scanpy pp.scale(max_value=10)
  bool scale = true;   ///< divide by the standard deviation, then cut; false: values are centred only, nothing is cut
};

/// All that is needed to place further cells. Vectors over features have n_features entries. Replicated.
struct Model {
  std::int32_t n_features = 0;
  std::int32_t n_components = 0;
  std::vector<double> mean;  ///< of the uncut values over the reference
  std::vector<double> sd;    ///< same, n - 1; 0: a constant feature, which contributes 0; 1 for all if not scaled
  std::vector<std::int32_t> ceiling;  ///< grid value to which larger ones are cut: mean + clip x sd, rounded to nearest
  std::vector<double> center;         ///< mean of z after the cut, over the reference
  std::vector<double> loadings;       ///< n_features x n_components, row-major; orthonormal columns
  std::vector<double>
      singular_values;                 ///< of the centred reference z, descending; one a component, as are the next two
  std::vector<double> variance;        ///< of the scores over the reference, n - 1
  std::vector<double> variance_ratio;  ///< share of the total variance of z after the cut
};

struct Result {
  Model model;
  matrix::Embedding scores;
};

/// Principal components of the cells marked in `reference` (one mark for each cell of this rank). Takes the matrix, so
/// that a caller who moves it here has its memory back before the eigensolver needs some.
///
/// z = min((x - mean) / sd, clip) by feature, centred again by its mean after the cut: scanpy's pp.scale(max_value=10)
/// and pp.pca(zero_center=True). Never made dense: the cut is an integer ceiling on the grid, centring is implicit.
/// Loadings have the same bits for any number of ranks and threads: sums over cells are exact integers
/// (for krylov, of projections in fixed point), and one rank solves with one thread and broadcasts. The loading
/// largest in size, the first of equals, is positive.
///
/// Collective. n_components is the smallest of those asked for, reference cells - 1, features that vary, and the
/// components with a variance above 1e-12 of the first. Throws UsageError for options out of range; Error (bad_input)
/// if fewer than two cells are marked or no feature varies over them.
Model fit(MPI_Comm comm, matrix::GridMatrix x, std::span<const std::uint8_t> reference, const Options& options);

/// Scores of cells under a model: reference mean, sd, ceiling and centre. No communication; `x` is distributed over
/// `comm` and has the features of the model. The same bits on any layout and processor: features are added in order.
matrix::Embedding project(MPI_Comm comm, const matrix::GridMatrix& x, const Model& model);

}  // namespace miura::pca
