#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/sources/marker_expression.hpp"

namespace miura::sources {

/// Whether a lot has a value of a marker in one group: its file knows the gene, and there are enough cells with counts.
bool has_value(const MarkerCells& cells, std::int64_t marker, Group group, std::int64_t lot, std::int64_t min_cells);

/// What each lot shows of each marker: by marker, lot.
std::vector<LotMarker> lot_markers(const MarkerCells& cells, const MarkerReference& reference,
                                   const MarkerExpressionOptions& options);

/// The cells of some lots in one group, as they express one marker.
struct PooledCells {
  std::int64_t n_cells = 0, n_silent = 0;  ///< all of them, and those without a count
  std::vector<std::int64_t> bins;          ///< the others by expression

  /// The lowest expression, down to 0.01, that at least this share of the cells do not exceed; NaN without cells.
  double quantile(double share) const;
};
PooledCells pooled_cells(const MarkerCells& cells, std::int32_t marker, Group group,
                         std::span<const std::int32_t> lots);

}  // namespace miura::sources
