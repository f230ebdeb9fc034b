#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace miura::matrix {

/// One partition of the cells into clusters: where it comes from, and the cluster of each of this rank's cells.
struct Labels {
  std::string integration = "none";  ///< none, lot or chemistry: what was integrated before clustering
  double resolution = std::numeric_limits<double>::quiet_NaN();  ///< NaN for labels that were given, not found
  std::uint64_t seed = 0;
  std::int32_t n_clusters = 0;
  std::vector<std::int32_t> label;      ///< 0 .. n_clusters - 1 by falling size; -1 for a cell without a cluster
  std::vector<std::string> names = {};  ///< of the clusters where they are not their numbers; replicated

  std::string name_of(std::int32_t cluster) const { return names.empty() ? std::to_string(cluster) : names[cluster]; }
};

}  // namespace miura::matrix
