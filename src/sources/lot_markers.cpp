#include "sources/lot_markers.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "miura/matrix/grid.hpp"
#include "miura/matrix/pseudobulk.hpp"
#include "miura/pseudobulk/lot_expression.hpp"

namespace miura::sources {

namespace {

using association::not_computed;

std::int64_t cells_from(std::span<const std::int64_t> bins, double expression) {
  const auto first =
      std::clamp<std::int64_t>(std::llround(expression * MarkerCells::bins_per_unit), 0, std::ssize(bins));
  return std::reduce(bins.begin() + first, bins.end());
}

/// log2 counts per million of a group: markers x lots.
std::vector<double> log2_cpm_of(const MarkerCells& cells, Group group, const MarkerReference& reference,
                                const MarkerExpressionOptions& options) {
  const matrix::Pseudobulk sums{.genes = parallel::Partition::even(cells.n_markers, 1),
                                .n_lots = cells.n_lots,
                                .n_groups = n_groups,
                                .sum = cells.count,
                                .total = cells.total,
                                .cells = cells.cells};
  return pseudobulk::lot_expression(
             sums, static_cast<std::int32_t>(group), std::vector<std::uint8_t>(cells.n_lots, 1),
             {.prior_count = options.prior_count, .depth = reference.depth, .min_cells = options.min_cells})
      .value;
}

}  // namespace

bool has_value(const MarkerCells& cells, std::int64_t marker, Group group, std::int64_t lot, std::int64_t min_cells) {
  const auto at = cells.at(group, lot);
  return cells.measured(marker, lot) && cells.cells[at] >= min_cells && cells.total[at] > 0;
}

double PooledCells::quantile(double share) const {
  if (n_cells == 0) return not_computed;
  const auto wanted = static_cast<std::int64_t>(std::ceil(share * static_cast<double>(n_cells) - 1e-9));
  std::int64_t below = n_silent;
  for (std::size_t bin = 0; bin < bins.size() && below < wanted; ++bin) {
    below += bins[bin];
    if (below >= wanted) return static_cast<double>(bin) / MarkerCells::bins_per_unit;
  }
  return 0.0;
}

PooledCells pooled_cells(const MarkerCells& cells, std::int32_t marker, Group group,
                         std::span<const std::int32_t> lots) {
  PooledCells pooled{.bins = std::vector<std::int64_t>(MarkerCells::n_bins)};
  for (const auto l : lots) {
    if (!cells.measured(marker, l)) continue;
    const auto n = cells.cells[cells.at(group, l)];
    pooled.n_cells += n;
    pooled.n_silent += n - cells.expressing[cells.at(marker, group, l)];
    std::ranges::transform(pooled.bins, cells.bins(marker, group, l), pooled.bins.begin(), std::plus{});
  }
  return pooled;
}

std::vector<LotMarker> lot_markers(const MarkerCells& cells, const MarkerReference& reference,
                                   const MarkerExpressionOptions& options) {
  std::vector<LotMarker> rows;
  for (std::int32_t m = 0; m < cells.n_markers; ++m)
    for (std::int32_t l = 0; l < cells.n_lots; ++l) {
      auto& row = rows.emplace_back();
      row.marker = m;
      row.lot = l;
      for (auto* value : {&row.share_expressing, &row.share_high, &row.mean, &row.log2_cpm}) value->fill(not_computed);
      row.status = "OK";
      if (cells.cells[cells.at(Group::declared, l)] < options.min_cells) row.status = "FEW_CELLS";
      if (!cells.measured(m, l)) row.status = "NOT_MEASURED";
    }
  for (const auto group : {Group::all, Group::declared, Group::other}) {
    const auto g = static_cast<std::size_t>(group);
    const auto log2_cpm = log2_cpm_of(cells, group, reference, options);
    for (auto& row : rows) {
      const auto n = row.cells[g] = cells.cells[cells.at(group, row.lot)];
      if (!has_value(cells, row.marker, group, row.lot, options.min_cells)) continue;
      const auto at = cells.at(row.marker, group, row.lot);
      const auto of_cells = [n](std::int64_t sum) { return static_cast<double>(sum) / static_cast<double>(n); };
      row.share_expressing[g] = of_cells(cells.expressing[at]);
      row.mean[g] = of_cells(cells.expression[at]) / matrix::grid_steps;
      row.log2_cpm[g] = log2_cpm[std::int64_t{row.marker} * cells.n_lots + row.lot];
      if (!std::isnan(reference.high[row.marker]))
        row.share_high[g] = of_cells(cells_from(cells.bins(row.marker, group, row.lot), reference.high[row.marker]));
    }
  }
  return rows;
}

}  // namespace miura::sources
