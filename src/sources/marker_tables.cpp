#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "miura/matrix/table_columns.hpp"
#include "miura/sources/marker_expression.hpp"
#include "sources/lot_markers.hpp"
#include "sources/lot_sets.hpp"

namespace miura::sources {

namespace {

constexpr auto log2_cpm = static_cast<std::size_t>(Measure::log2_cpm),
               share_high = static_cast<std::size_t>(Measure::share_high);
constexpr std::array measure_names{"log2_cpm", "share_high"};
constexpr std::int32_t bins_drawn_as_one = 10;  // 0.1 of expression

const char* word_for(permutation::Side side) {
  return side == permutation::Side::two_sided ? "two-sided" : side == permutation::Side::greater ? "greater" : "less";
}

/// Columns that say which marker, and of which lots and cells, a row of any of the tables by source is.
template <class Row, class MarkerOf>
void add_marker(matrix::TableColumns<Row>& columns, std::span<const Marker> markers, MarkerOf marker_of,
                const MarkerExpressionOptions& options) {
  columns.add("gene", [=](const Row& row) { return markers[marker_of(row)].symbol; });
  columns.add("gene_id", [=](const Row& row) { return markers[marker_of(row)].id; });
  columns.add("cluster", [&options](const Row&) { return options.cluster; });
}

/// One bin of a violin.
struct Bin {
  std::int32_t marker;
  std::string role, source;
  Group group;
  double low, high;
  std::int64_t cells;
};

void add_bins(std::vector<Bin>& rows, const Bin& first, const PooledCells& pooled) {
  if (pooled.n_silent > 0) {
    rows.push_back(first);
    rows.back().cells = pooled.n_silent;
  }
  constexpr auto drawn_per_unit = MarkerCells::bins_per_unit / bins_drawn_as_one;
  for (std::int32_t drawn = 0; drawn * bins_drawn_as_one < std::ssize(pooled.bins); ++drawn) {
    std::int64_t cells = 0;
    for (std::int32_t k = 0; k < bins_drawn_as_one; ++k) cells += pooled.bins[drawn * bins_drawn_as_one + k];
    if (cells == 0) continue;
    auto& bin = rows.emplace_back(first);
    bin.low = static_cast<double>(drawn) / drawn_per_unit;
    bin.high = static_cast<double>(drawn + 1) / drawn_per_unit;
    bin.cells = cells;
  }
}

}  // namespace

matrix::Table source_marker_table(std::span<const Marker> markers, const MarkerReference& reference,
                                  const MarkerExpression& found, const MarkerExpressionOptions& options) {
  matrix::TableColumns<SourceMarker> columns("source_markers", found.sources);
  add_marker(
      columns, markers, [](const SourceMarker& row) { return row.marker; }, options);
  columns.add("role", &SourceMarker::role);
  columns.add("source", &SourceMarker::source);
  columns.add("group", [](const SourceMarker& row) { return std::string(name_of(row.group)); });
  columns.add("n_lots", &SourceMarker::n_lots);
  columns.add("n_cells", &SourceMarker::n_cells);
  columns.add("share_expressing", &SourceMarker::share_expressing);
  columns.add("high_from", [&](const SourceMarker& row) { return reference.high[row.marker]; });
  columns.add("share_high", &SourceMarker::share_high);
  columns.add("mean", &SourceMarker::mean);
  constexpr std::array quantile_names{"q05", "q25", "median", "q75", "q95"};
  for (std::size_t q = 0; q < quantile_names.size(); ++q)
    columns.add(quantile_names[q], [q](const SourceMarker& row) { return row.quantile[q]; });
  columns.add("log2_cpm", &SourceMarker::log2_cpm);
  const auto add = [&](const char* difference, const char* p, auto kind, std::size_t measure) {
    columns.add(difference, [=](const SourceMarker& row) { return (row.*kind)[measure].difference; });
    columns.add(p, [=](const SourceMarker& row) { return (row.*kind)[measure].p; });
  };
  add("log2_cpm_minus_other", "p_log2_cpm_minus_other", &SourceMarker::against_other, log2_cpm);
  add("share_high_minus_other", "p_share_high_minus_other", &SourceMarker::against_other, share_high);
  add("log2_cpm_minus_reference", "p_log2_cpm_minus_reference", &SourceMarker::against_reference, log2_cpm);
  add("share_high_minus_reference", "p_share_high_minus_reference", &SourceMarker::against_reference, share_high);
  columns.add("status", &SourceMarker::status);
  columns.add("flags", &SourceMarker::flags);
  return columns.take();
}

matrix::Table source_marker_test_table(std::span<const Marker> markers, const MarkerExpression& found,
                                       const MarkerExpressionOptions& options) {
  struct Row {
    const SourceMarker* of;
    const Contrast* contrast;
    std::string against;
    const char* measure;
  };
  std::vector<Row> rows;
  for (const auto& source : found.sources)
    for (const auto& [contrasts, against] : {std::pair(&source.against_other, std::string("other cells")),
                                             std::pair(&source.against_reference, options.reference_source)})
      for (std::size_t m = 0; m < n_measures; ++m)
        if (!(*contrasts)[m].status.empty()) rows.push_back({&source, &(*contrasts)[m], against, measure_names[m]});
  matrix::TableColumns<Row> columns("source_marker_tests", rows);
  add_marker(
      columns, markers, [](const Row& row) { return row.of->marker; }, options);
  columns.add("role", [](const Row& row) { return row.of->role; });
  columns.add("source", [](const Row& row) { return row.of->source; });
  columns.add("group", [](const Row& row) { return std::string(name_of(row.of->group)); });
  columns.add("against", &Row::against);
  columns.add("measure", [](const Row& row) { return std::string(row.measure); });
  columns.add("side", [](const Row& row) { return std::string(word_for(row.contrast->side)); });
  columns.add("n", [](const Row& row) { return row.contrast->n; });
  columns.add("n_against", [](const Row& row) { return row.contrast->n_against; });
  columns.add("difference", [](const Row& row) { return row.contrast->difference; });
  columns.add("p", [](const Row& row) { return row.contrast->p; });
  columns.add("p_min_attainable", [](const Row& row) { return row.contrast->p_min_attainable; });
  columns.add("p_holm", [](const Row& row) { return row.contrast->p_holm; });
  columns.add("n_perm", [](const Row& row) { return row.contrast->n_perm; });
  columns.add("perm_type", [](const Row& row) { return row.contrast->perm_type; });
  columns.add("status", [](const Row& row) { return row.contrast->status; });
  return columns.take();
}

matrix::Table source_marker_density_table(const matrix::Lots& lots, std::span<const Marker> markers,
                                          const MarkerCells& cells, const MarkerExpressionOptions& options) {
  std::vector<Bin> rows;
  const auto sets = lot_sets(lots);
  for (std::int32_t m = 0; m < cells.n_markers; ++m)
    for (const auto& set : sets)
      for (const auto group : {Group::all, Group::declared, Group::other}) {
        std::vector<std::int32_t> part;
        std::ranges::copy_if(set.lots, std::back_inserter(part),
                             [&](auto l) { return has_value(cells, m, group, l, options.min_cells); });
        add_bins(rows, {m, set.role, set.source, group, 0.0, 0.0, 0}, pooled_cells(cells, m, group, part));
      }
  matrix::TableColumns<Bin> columns("source_marker_density", rows);
  add_marker(
      columns, markers, [](const Bin& bin) { return bin.marker; }, options);
  columns.add("role", &Bin::role);
  columns.add("source", &Bin::source);
  columns.add("group", [](const Bin& bin) { return std::string(name_of(bin.group)); });
  columns.add("from", &Bin::low);
  columns.add("to", &Bin::high);
  columns.add("cells", &Bin::cells);
  return columns.take();
}

matrix::Table source_marker_lot_table(const matrix::Lots& lots, std::span<const Marker> markers,
                                      const MarkerExpression& found, std::span<const association::Outcome> outcomes,
                                      const MarkerExpressionOptions& options) {
  constexpr auto all = static_cast<std::size_t>(Group::all), declared = static_cast<std::size_t>(Group::declared),
                 other = static_cast<std::size_t>(Group::other);
  struct Row : LotMarker {
    const association::Outcome* outcome;
  };
  std::vector<Row> rows;
  for (const auto& lot : found.lots) {
    if (outcomes.empty()) rows.push_back({lot, nullptr});
    for (const auto& outcome : outcomes) rows.push_back({lot, &outcome});
  }
  matrix::TableColumns<Row> columns("source_marker_lots", rows);
  add_marker(
      columns, markers, [](const Row& row) { return row.marker; }, options);
  columns.add("lot", [&](const Row& row) { return lots[row.lot].id; });
  columns.add("role", [&](const Row& row) { return lots[row.lot].role; });
  columns.add("source", [&](const Row& row) { return lots[row.lot].source; });
  columns.add("outcome", [](const Row& row) { return row.outcome ? row.outcome->name : std::string(); });
  columns.add("outcome_value",
              [](const Row& row) { return row.outcome ? row.outcome->value[row.lot] : association::not_computed; });
  columns.add("n_cells", [](const Row& row) { return row.cells[all]; });
  columns.add("n_declared", [](const Row& row) { return row.cells[declared]; });
  columns.add("share_declared", [](const Row& row) {
    return row.cells[all] > 0 ? static_cast<double>(row.cells[declared]) / static_cast<double>(row.cells[all])
                              : association::not_computed;
  });
  const auto add = [&](std::array<const char*, n_groups> names, auto value) {
    for (const auto group : {all, declared, other})
      columns.add(names[group], [=](const Row& row) { return (row.*value)[group]; });
  };
  add({"share_expressing", "share_expressing_declared", "share_expressing_other"}, &LotMarker::share_expressing);
  add({"share_high", "share_high_declared", "share_high_other"}, &LotMarker::share_high);
  add({"mean", "mean_declared", "mean_other"}, &LotMarker::mean);
  add({"log2_cpm", "log2_cpm_declared", "log2_cpm_other"}, &LotMarker::log2_cpm);
  columns.add("status", &LotMarker::status);
  return columns.take();
}

}  // namespace miura::sources
