#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace miura::integrate {

/// Rows scaled to unit length; a row of zeros stays one. Clusters form on these, so that distances are cosines.
void to_unit_length(std::span<const float> rows, std::int32_t n_dims, std::span<float> directions);

/// Centers of unit length, one a column: n_dims x stride, zeros behind the last cluster.
struct Centers {
  std::int32_t n_dims = 0, n_clusters = 0, stride = 0;
  std::vector<float> value;

  Centers(std::int32_t dims, std::int32_t clusters);
  /// Gives a cluster the direction of a vector of n_dims; keeps the old where the vector is zero.
  void point(std::int32_t cluster, std::span<const double> towards);
};

}  // namespace miura::integrate
