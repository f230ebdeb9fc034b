#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace miura::matrix {

/// Cells of each lot in each cluster of one partition. Replicated.
struct Composition {
  std::string integration = "none";  ///< none, lot or chemistry: what was integrated before clustering
  double resolution = 0;
  std::uint64_t seed = 0;
  std::int32_t n_lots = 0, n_clusters = 0;
  std::vector<std::int64_t> count;     ///< n_clusters x n_lots, row-major
  std::vector<std::int64_t> lot_size;  ///< cells of each lot over all clusters; 0 for a lot without labelled cells

  std::int64_t cells(std::int32_t cluster, std::int32_t lot) const noexcept { return count[cluster * n_lots + lot]; }
};

}  // namespace miura::matrix
