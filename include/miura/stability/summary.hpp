#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/table.hpp"
#include "miura/stability/resampling.hpp"

namespace miura::stability {

/// What the replicates say of one primary cluster.
struct ClusterStability {
  struct AtLots {
    std::int32_t n_lots = 0;
    double mean = 0;  ///< NaN: no replicate has a cell of the cluster
  };
  std::int32_t cluster = 0;
  double cells = 0, lots = 0;                            ///< mean best Jaccard index; NaN without replicates
  std::int32_t dissolved_cells = 0, dissolved_lots = 0;  ///< replicates with an index of at most one half
  std::int32_t lots_to_hold_still =
      0;                        ///< fewest lots from which on the mean index is 0.75 or more; 0: all are too few
  std::vector<AtLots> by_lots;  ///< mean best Jaccard index, rising n_lots
};

std::vector<ClusterStability> summarize(std::span<const Row> rows, std::int32_t n_clusters);

/// `stability`: a row a Row (docs/methods/stability.md).
matrix::Table table(std::span<const Row> rows);

/// The rows that such a table was made of.
std::vector<Row> rows_of(const matrix::Table& table);

}  // namespace miura::stability
