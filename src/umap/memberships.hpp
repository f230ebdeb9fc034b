#pragma once

#include <span>

namespace miura::umap {

/// To what degree a point belongs to the neighbourhoods of its nearest others, in (0, 1]: exp(-max(0, d - rho) /
/// sigma). `distance` ascends, the point itself is not in it; as many degrees are written. rho is the smallest distance
/// above 0; sigma makes the degrees sum to log2(k), k = size + 1, to 1e-5, but is at least 1e-3 of the mean distance
/// (the point itself counted). umap-learn's smooth_knn_dist and compute_membership_strengths, local_connectivity = 1.
void memberships(std::span<const float> distance, std::span<double> degree);

/// How many of a row of neighbours exist: those whose id is not -1; all that follow do not.
template <class Ids>
auto existing(const Ids& ids) {
  std::ptrdiff_t n = 0;
  while (n < std::ssize(ids) && ids[n] >= 0) ++n;
  return n;
}

}  // namespace miura::umap
