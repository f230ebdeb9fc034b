#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace miura::stats {

struct LoessOptions {
  double span = 0.75;  ///< share of the points in a neighborhood, in (0, 1], as in R; Seurat and scanpy take 0.3 for
                       ///< variable genes
  double cell = 0.2;   ///< a cell of the k-d tree is cut while it holds more than n x span x cell points, as in R
};

/// Smooths y over x: the fitted value at each x, in the order of the input.
///
/// Local quadratic regression with tricube weights (Cleveland & Devlin 1988, J. Am. Stat. Assoc. 83:596), fitted at
/// the vertices of a k-d tree and blended between them by cubic Hermite polynomials of value and slope (Cleveland &
/// Grosse 1991, Stat. Comput. 1:47): what R's loess() and skmisc.loess do with family = "gaussian", degree = 2,
/// surface = "interpolate" and one predictor.
///
/// Those programs stop, or answer from a pseudoinverse, where a neighborhood has fewer than three distinct x within its
/// radius or fewer than four points. Here it is widened until it has, and where there are no more the local polynomial
/// loses degrees: so every input of finite numbers has an answer. Cost: a sort, and n x span a vertex, with about
/// 2 / (span x cell) vertices. The same bits for the same input. Not collective.
std::vector<double> loess(std::span<const double> x, std::span<const double> y, const LoessOptions& options);

}  // namespace miura::stats
