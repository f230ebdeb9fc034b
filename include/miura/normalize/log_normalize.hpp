#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/cells.hpp"
#include "miura/matrix/grid.hpp"

namespace miura::normalize {

struct LogNormalizeOptions {
  double scale = 1e4;  ///< counts of a cell are brought to this sum; Seurat's LogNormalize, scanpy's target_sum = 1e4
};

/// The expression of one count in a cell with n_counts counts: log(1 + scale x count / n_counts) in single precision,
/// bit for bit what stands in X of study.h5ad.
float log_normalized(std::uint32_t count, std::int64_t n_counts, const LogNormalizeOptions& options);

/// The expression of one cell's counts, as log_normalized() before it is rounded to single precision. Most counts are
/// small, so their logarithms are taken once a cell.
class CellExpression {
public:
  /// Of a cell that has n_counts counts in all.
  CellExpression(std::int64_t n_counts, const LogNormalizeOptions& options);
  CellExpression(const matrix::CountRows& counts, std::int64_t cell, const LogNormalizeOptions& options);
  double of(std::uint32_t count) const { return count < few_.size() ? few_[count] : value(count); }

private:
  double value(std::uint32_t count) const;

  double scale_, n_counts_;
  std::array<double, 16> few_{};
};

/// The expression of the cells [begin, end) of a block: log(1 + scale x count / n_counts), natural logarithm, a value
/// for each nonzero, in the order of CountRows::for_each. n_counts is the cell's sum over the columns of `counts`, so
/// over the genes that passed the filter. For output: X of study.h5ad, slab by slab. Not collective.
std::vector<float> log_normalize(const matrix::CountRows& counts, std::int64_t begin, std::int64_t end,
                                 const LogNormalizeOptions& options);

/// The same values for the `selected` columns (ascending) alone, on the grid of 2^-16: column j of the result is
/// selected[j]. n_counts is of all columns. A cell without counts is an empty row. `n_columns` is the width of the
/// counts. Every rank its own cells; not collective. OpenMP over cells.
matrix::GridMatrix log_normalize_on_grid(const matrix::DistributedCells& cells, std::int32_t n_columns,
                                         std::span<const std::int32_t> selected, const LogNormalizeOptions& options);

/// The same of these local rows alone, each of which is a row of the result, distributed as `partition` says.
matrix::GridMatrix log_normalize_on_grid(const matrix::DistributedCells& cells, std::span<const std::int64_t> rows,
                                         const parallel::Partition& partition, std::int32_t n_columns,
                                         std::span<const std::int32_t> selected, const LogNormalizeOptions& options);

/// The same for counts of chosen columns alone, all of which are taken: `n_counts` has the sum of each row over the
/// columns that were not chosen too. `n_columns` is the width of the counts.
matrix::GridMatrix log_normalize_on_grid(const matrix::DistributedCells& chosen, std::int32_t n_columns,
                                         std::span<const std::int64_t> n_counts, const LogNormalizeOptions& options);

}  // namespace miura::normalize
