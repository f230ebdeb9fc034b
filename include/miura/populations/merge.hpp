#pragma once

#include <cstdint>
#include <vector>

#include "miura/populations/overlap.hpp"

namespace miura::populations {

struct MergeOptions {
  double same = 0.5;  ///< clusters are one population above this Jaccard index with its central cluster; 0.5 to 1. From
                      ///< one half on, a labeling has at most one such cluster; at one half and below a cluster counts
                      ///< as dissolved (Hennig 2008)
};

/// Clusters of a grid that are one population. By falling number of clusters, then of cells. Replicated.
struct Merged {
  std::vector<std::int32_t> population;  ///< of each cluster of the grid
  std::vector<std::int32_t> centre;      ///< of each population: the cluster that the others are like

  std::int32_t n() const noexcept { return static_cast<std::int32_t>(centre.size()); }
};

/// Merges clusters that are the same cells, whatever their number in their labeling. Outcomes have no part in it.
///
/// Stars, not chains: the cluster that is most like the others (largest sum of Jaccard indices above `same`) becomes a
/// centre and takes them; then the same among what is left. At last every cluster goes to the centre it is most like.
/// So all clusters of a population share more than half with one and the same cluster, and no two of them are of one
/// labeling, neither of which holds for connected components (docs/methods/populations.md).
///
/// Not collective: `overlaps` is the same everywhere, and so is the result. UsageError for `same` below 0.5 or from 1.
Merged merge(const Overlaps& overlaps, const MergeOptions& options = {});

}  // namespace miura::populations
