#include "miura/normalize/log_normalize.hpp"

#include <cmath>
#include <numeric>

#include "miura/matrix/chosen_nonzeros.hpp"

namespace miura::normalize {

namespace {

double expression_of(std::uint32_t count, double n_counts, double scale) {
  return std::log1p(scale * count / n_counts);
}

std::int32_t on_grid(double expression) {
  return static_cast<std::int32_t>(std::lrint(expression * matrix::grid_steps));
}

}  // namespace

CellExpression::CellExpression(std::int64_t n_counts, const LogNormalizeOptions& options)
    : scale_(options.scale), n_counts_(static_cast<double>(n_counts)) {
  for (std::uint32_t c = 1; c < few_.size() && n_counts > 0; ++c) few_[c] = value(c);
}

CellExpression::CellExpression(const matrix::CountRows& counts, std::int64_t cell, const LogNormalizeOptions& options)
    : CellExpression(counts.sum(cell), options) {}

double CellExpression::value(std::uint32_t count) const { return expression_of(count, n_counts_, scale_); }

float log_normalized(std::uint32_t count, std::int64_t n_counts, const LogNormalizeOptions& options) {
  return static_cast<float>(expression_of(count, static_cast<double>(n_counts), options.scale));
}

std::vector<float> log_normalize(const matrix::CountRows& counts, std::int64_t begin, std::int64_t end,
                                 const LogNormalizeOptions& options) {
  std::vector<std::int64_t> start(end - begin + 1);
  for (std::int64_t i = 0; i < end - begin; ++i) start[i + 1] = start[i] + counts.n_nonzeros(begin + i);
  std::vector<float> values(start.back());
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < end - begin; ++i) {
    const CellExpression expression(counts, begin + i, options);
    auto at = start[i];
    counts.for_each(
        begin + i, [&](std::int32_t, std::uint32_t count) { values[at++] = static_cast<float>(expression.of(count)); });
  }
  return values;
}

matrix::GridMatrix log_normalize_on_grid(const matrix::DistributedCells& cells, std::int32_t n_columns,
                                         std::span<const std::int32_t> selected, const LogNormalizeOptions& options) {
  std::vector<std::int64_t> all(cells.mine.counts.n_rows());
  std::iota(all.begin(), all.end(), 0);
  return log_normalize_on_grid(cells, all, cells.partition, n_columns, selected, options);
}

matrix::GridMatrix log_normalize_on_grid(const matrix::DistributedCells& cells, std::span<const std::int64_t> rows,
                                         const parallel::Partition& partition, std::int32_t n_columns,
                                         std::span<const std::int32_t> selected, const LogNormalizeOptions& options) {
  std::vector<std::int32_t> new_column(n_columns, -1);
  std::vector<std::uint8_t> is_selected(n_columns);  // small enough for the first cache
  for (std::int32_t j = 0; j < std::ssize(selected); ++j) {
    new_column[selected[j]] = j;
    is_selected[selected[j]] = 1;
  }

  const auto& counts = cells.mine.counts;
  const auto n = std::ssize(rows);
  matrix::GridMatrix grid{partition, static_cast<std::int32_t>(std::ssize(selected)), {}, {}, {}};
  grid.row_start.assign(n + 1, 0);
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < n; ++i)
    counts.for_each_column(rows[i], [&](std::int32_t gene) { grid.row_start[i + 1] += is_selected[gene]; });
  for (std::int64_t i = 0; i < n; ++i) grid.row_start[i + 1] += grid.row_start[i];

  grid.column = matrix::ColumnNumbers(grid.n_features, grid.row_start.back());
  grid.value.resize(grid.row_start.back());
#pragma omp parallel
  {
    matrix::ChosenNonzeros chosen(is_selected);
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < n; ++i) {
      const CellExpression expression(counts, rows[i], options);
      auto at = grid.row_start[i];
      for (const auto& [gene, count] : chosen.of(counts, rows[i])) {
        grid.column.set(at, new_column[gene]);
        grid.value[at++] = on_grid(expression.of(count));
      }
    }
  }
  return grid;
}

matrix::GridMatrix log_normalize_on_grid(const matrix::DistributedCells& chosen, std::int32_t n_columns,
                                         std::span<const std::int64_t> n_counts, const LogNormalizeOptions& options) {
  const auto& counts = chosen.mine.counts;
  matrix::GridMatrix grid{chosen.partition, n_columns, {0}, {}, {}};
  grid.column.reserve(counts.n_nonzeros());
  grid.value.reserve(counts.n_nonzeros());
  for (std::int64_t i = 0; i < counts.n_rows(); ++i) {
    const CellExpression expression(n_counts[i], options);
    counts.for_each(i, [&](std::int32_t gene, std::uint32_t count) {
      grid.column.push_back(gene);
      grid.value.push_back(on_grid(expression.of(count)));
    });
    grid.row_start.push_back(std::ssize(grid.column));
  }
  return grid;
}

}  // namespace miura::normalize
