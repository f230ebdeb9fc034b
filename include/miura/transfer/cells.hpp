#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/embedding.hpp"
#include "miura/matrix/grid.hpp"
#include "miura/pca/fit.hpp"

namespace miura::transfer {

/// Cells onto which lots are mapped: the reference cells of a study, this rank's part. Vectors have an entry a cell.
struct Reference {
  matrix::Embedding scores;      ///< principal components, cells x n_dims
  matrix::Embedding expression;  ///< of `filter_features`, cells x features; n_dims 0: anchors are not filtered by it
  std::vector<std::int32_t> label;  ///< what is transferred, 0 .. n_labels - 1
  std::vector<std::int32_t> lot;    ///< 0 .. n_lots - 1; for the calibration alone
  std::int32_t n_labels = 0;
  std::int32_t n_lots = 0;
};

/// Cells of ONE lot that is mapped, this rank's part: placed by the reference's model, same features, same order.
struct Query {
  matrix::Embedding scores;
  matrix::Embedding expression;
};

/// The model without the features that a lot's file lacks (present 0), which then add nothing to a score: Seurat drops
/// them from the loadings, whereas a stored 0 would count as "not expressed".
pca::Model without_missing(pca::Model model, std::span<const std::uint8_t> present);

/// Features by which anchors are checked, ascending: those with the largest loadings, as many of either sign, on the
/// first `dims` components. Of y = 1 .. 100 a component the y with the most features in all, below max(200, 2 dims)
/// (Seurat 4.3.0, FindTransferAnchors and TopDimFeatures). Features of constant expression or without any loading are
/// not taken.
std::vector<std::int32_t> filter_features(const pca::Model& model, std::int32_t dims);

/// Chosen features (ascending columns of `x`) as dense rows, in the unit of the values. Not collective.
matrix::Embedding dense_features(const matrix::GridMatrix& x, std::span<const std::int32_t> features);

}  // namespace miura::transfer
