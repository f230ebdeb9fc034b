#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/column_numbers.hpp"
#include "miura/parallel/partition.hpp"

namespace miura::matrix {

/// Real values are held on a grid of 2^-16, as integers, so that sums over cells are exact in any order.
inline constexpr double grid_steps = 65536.0;

/// Sparse cells x features matrix on the grid: log-normalised expression of selected genes, or z-scores of a table.
/// Each rank holds whole rows of its own cells; features ascend within a row; what is not stored is 0.
struct GridMatrix {
  parallel::Partition cells;
  std::int32_t n_features = 0;
  std::vector<std::int64_t> row_start{0};  ///< n_local + 1
  ColumnNumbers column;
  std::vector<std::int32_t> value;  ///< value x 2^16, rounded to nearest

  std::int64_t n_local() const noexcept { return std::ssize(row_start) - 1; }
};

}  // namespace miura::matrix
