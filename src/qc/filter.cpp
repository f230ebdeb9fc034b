#include "miura/qc/filter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/qc/metrics.hpp"

namespace miura::qc {

namespace {

/// The columns of the table in which lots are counted before they are summed over ranks.
enum Column : std::int64_t {
  read,
  missing,
  few_counts,
  few_genes,
  much_mito,
  kept,
  counts_twice,
  genes_twice,
  n_columns
};

/// Twice the median, which is an integer.
template <class T>
std::int64_t twice_median(std::vector<T> values) {
  const auto middle = values.begin() + std::ssize(values) / 2;
  std::ranges::nth_element(values, middle);
  const std::int64_t upper = *middle;
  return upper + (std::ssize(values) % 2 == 1 ? upper : std::int64_t{*std::max_element(values.begin(), middle)});
}

/// Drops cells of one lot and counts them in `row`, this lot's row of the table.
void filter_counts(matrix::CellBlock& lot, std::span<const std::uint8_t> mitochondrial, const FilterOptions& o,
                   std::span<std::int64_t> row) {
  const auto metrics = cell_metrics(lot, mitochondrial);
  std::vector<std::uint8_t> keep(lot.n_cells());
  std::vector<std::int64_t> kept_counts;
  std::vector<std::int32_t> kept_genes;
  for (std::int64_t i = 0; i < lot.n_cells(); ++i) {
    if (metrics.n_counts[i] < o.min_counts) {
      ++row[few_counts];
    } else if (metrics.n_genes[i] < o.min_genes) {
      ++row[few_genes];
    } else if (metrics.pct_mito[i] > o.max_pct_mito) {
      ++row[much_mito];
    } else {
      keep[i] = 1;
      kept_counts.push_back(metrics.n_counts[i]);
      kept_genes.push_back(metrics.n_genes[i]);
    }
  }
  row[kept] = std::ssize(kept_counts);
  if (row[kept] > 0) {
    row[counts_twice] = twice_median(std::move(kept_counts));
    row[genes_twice] = twice_median(std::move(kept_genes));
  }
  lot.keep_cells(keep, 0);
}

void filter_table(matrix::CellBlock& lot, std::int32_t n_features, std::span<std::int64_t> row) {
  std::vector<std::uint8_t> keep(lot.n_cells());
  for (std::int64_t i = 0; i < lot.n_cells(); ++i)
    keep[i] = std::ranges::all_of(std::span(lot.table).subspan(i * n_features, n_features),
                                  [](double value) { return std::isfinite(value); });
  row[kept] = std::ranges::count(keep, 1);
  row[missing] = lot.n_cells() - row[kept];
  lot.keep_cells(keep, n_features);
}

std::int64_t total(const std::vector<std::int64_t>& values) {
  return std::accumulate(values.begin(), values.end(), std::int64_t{0});
}

std::string nothing_left(const Attrition& a, const FilterOptions& o) {
  if (total(a.cells_read) == 0) return "no cell passes the quality control: no lot holds a cell";
  if (total(a.missing_values) > 0)
    return fmt::format("no cell passes the quality control: all {} rows have missing values", total(a.missing_values));
  return fmt::format(
      "no cell passes the quality control: of {} cells, {} have fewer than {} counts (min_counts), {} fewer than {} "
      "genes "
      "(min_genes), {} more than {} % mitochondrial counts (max_pct_mito)",
      total(a.cells_read), total(a.too_few_counts), o.min_counts, total(a.too_few_genes), o.min_genes,
      total(a.too_much_mito), o.max_pct_mito);
}

/// From the table, lots x n_columns, to its columns.
Attrition attrition_from(std::span<const std::int64_t> table, bool has_counts) {
  const auto n_lots = std::ssize(table) / n_columns;
  const auto column = [&](Column c) {
    std::vector<std::int64_t> values(n_lots);
    for (std::int64_t l = 0; l < n_lots; ++l) values[l] = table[l * n_columns + c];
    return values;
  };
  Attrition a{
      column(read), column(missing), column(few_counts), column(few_genes), column(much_mito), column(kept), {}, {}};
  const auto median = [&](Column c) {
    std::vector<double> values(n_lots, std::numeric_limits<double>::quiet_NaN());
    for (std::int64_t l = 0; l < n_lots; ++l)
      if (has_counts && a.kept[l] > 0) values[l] = static_cast<double>(table[l * n_columns + c]) / 2;
    return values;
  };
  a.median_counts = median(counts_twice);
  a.median_genes = median(genes_twice);
  return a;
}

}  // namespace

Attrition filter_cells(MPI_Comm comm, std::vector<matrix::CellBlock>& lots, std::int32_t n_lots,
                       const matrix::Features& features, const FilterOptions& options) {
  const auto mitochondrial = mitochondrial_genes(features);
  std::vector<std::int64_t> table(n_lots * n_columns + 1);  // the last entry: lots with counts rather than a table
  for (auto& lot : lots) {
    if (lot.n_cells() == 0) continue;
    const auto row = std::span(table).subspan(lot.lot[0] * std::int64_t{n_columns}, n_columns);
    row[read] = lot.n_cells();
    if (lot.table.empty()) {
      ++table.back();
      filter_counts(lot, mitochondrial, options, row);
    } else {
      filter_table(lot, features.size(), row);
    }
  }
  parallel::sum_over_ranks(comm, table);
  auto attrition = attrition_from(std::span(table).first(n_lots * n_columns), table.back() > 0);
  if (total(attrition.kept) == 0) throw InputError({}, nothing_left(attrition, options));
  return attrition;
}

std::vector<std::int32_t> filter_genes(MPI_Comm comm, matrix::CellBlock& mine, matrix::Features& features,
                                       const FilterOptions& options, std::span<const std::uint8_t> counted) {
  std::vector<std::int64_t> seen_in(features.size() + 1);  // the last entry: cells with a table rather than counts
  for (std::int64_t i = 0; i < mine.counts.n_rows(); ++i)
    if (counted.empty() || counted[i]) mine.counts.for_each_column(i, [&](std::int32_t gene) { ++seen_in[gene]; });
  seen_in.back() = mine.table.empty() ? 0 : mine.n_cells();
  parallel::sum_over_ranks(comm, seen_in);

  std::vector<std::int32_t> kept;
  std::vector<std::int32_t> new_column(features.size(), -1);
  for (std::int32_t g = 0; g < features.size(); ++g)
    if (seen_in.back() > 0 || seen_in[g] >= options.min_cells) {
      new_column[g] = static_cast<std::int32_t>(std::ssize(kept));
      kept.push_back(g);
    }
  if (kept.empty())
    throw InputError({}, fmt::format("no gene is seen in at least {} cells (min_cells)", options.min_cells));
  if (std::ssize(kept) == features.size()) return kept;
  mine.counts.map_columns(new_column);
  matrix::Features left;
  for (const auto g : kept) {
    left.id.push_back(std::move(features.id[g]));
    left.symbol.push_back(std::move(features.symbol[g]));
  }
  features = std::move(left);
  return kept;
}

}  // namespace miura::qc
