#pragma once

namespace miura::umap {

/// The low-dimensional similarity of two points at distance d: 1 / (1 + a d^(2b)).
struct Curve {
  double a = 0;
  double b = 0;
};

/// The curve nearest, in least squares over 300 distances in [0, 3 spread], to 1 below `min_dist` and
/// exp(-(d - min_dist) / spread) above: umap-learn's find_ab_params. Throws UsageError where `spread` is not positive,
/// or `min_dist` is negative or above `spread`.
Curve fit_curve(double min_dist, double spread);

}  // namespace miura::umap
