#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace miura::matrix {

/// One division of the cells into clusters, and the run that made it. A study has a grid of them.
struct Labeling {
  std::string integration = "none";  ///< none, lot or chemistry: what was integrated before clustering
  double resolution = 0;             ///< NaN for labels that were given, not found
  std::uint64_t seed = 0;
  std::int32_t n_clusters = 0;
  std::vector<std::int32_t> label;      ///< of this rank's cells, 0 .. n_clusters - 1; -1 for a cell without cluster
  std::vector<std::string> names = {};  ///< of the clusters where they are not their numbers; replicated

  std::string name_of(std::int32_t cluster) const { return names.empty() ? std::to_string(cluster) : names[cluster]; }
};

}  // namespace miura::matrix
