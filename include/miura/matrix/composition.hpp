#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace miura::matrix {

/// Cells of each lot in each cluster of one partition. Replicated.
struct Composition {
  std::string integration = "none";  ///< what the partition was made on: none, or the column integrated over
  double resolution = 0.0;
  std::uint64_t seed = 0;
  std::int32_t n_lots = 0, n_clusters = 0;
  std::vector<std::int64_t> count;     ///< n_clusters x n_lots, row-major
  std::vector<std::int64_t> lot_size;  ///< cells of each lot, all clusters
};

}  // namespace miura::matrix
