#include "miura/sources/marker_expression.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "miura/stats/multiplicity.hpp"
#include "sources/contrasts.hpp"
#include "sources/lot_markers.hpp"
#include "sources/lot_sets.hpp"

namespace miura::sources {

namespace {

using association::not_computed;
using permutation::Side;

constexpr std::array groups{Group::all, Group::declared, Group::other};
constexpr std::array measures{Measure::log2_cpm, Measure::share_high};
constexpr std::array quantiles{0.05, 0.25, 0.5, 0.75, 0.95};

/// The bin from which on at most 1 - quantile of the cells lie.
std::int64_t first_high_bin(std::span<const std::int64_t> bins, double quantile) {
  std::int64_t all = 0, above = 0;
  for (const auto cells : bins) all += cells;
  const auto most = static_cast<std::int64_t>(std::floor((1.0 - quantile) * static_cast<double>(all) + 1e-9));
  auto bin = std::ssize(bins);
  while (bin > 0 && above + bins[bin - 1] <= most) above += bins[--bin];
  return bin;
}

double mean_depth(const matrix::Lots& lots, const MarkerCells& cells, Group group) {
  std::int64_t total = 0, n = 0;
  for (std::int32_t l = 0; l < cells.n_lots; ++l) {
    if (lots[l].role != "train" || cells.total[cells.at(group, l)] == 0) continue;
    total += cells.total[cells.at(group, l)];
    ++n;
  }
  return n > 0 ? static_cast<double>(total) / static_cast<double>(n) : 0.0;
}

/// Which of the values decide.
double value_of(const LotMarker& lot, Measure measure, Group group) {
  const auto g = static_cast<std::size_t>(group);
  return measure == Measure::log2_cpm ? lot.log2_cpm[g] : lot.share_high[g];
}

std::vector<double> values_of(std::span<const LotMarker> of_marker, const std::vector<std::int32_t>& lots,
                              Measure measure, Group group) {
  std::vector<double> values;
  for (const auto l : lots) values.push_back(value_of(of_marker[l], measure, group));
  return values;
}

double mean_over(std::span<const LotMarker> of_marker, const std::vector<std::int32_t>& lots, Group group,
                 std::array<double, n_groups> LotMarker::*value) {
  double sum = 0.0;
  for (const auto l : lots) sum += (of_marker[l].*value)[static_cast<std::size_t>(group)];
  return sum / static_cast<double>(std::ssize(lots));
}

/// The lots that a set is compared with: those of the reference source that no process was changed for, and of training
/// lots alone where the set is of that source itself. Unions are compared with none.
std::vector<std::int32_t> reference_lots(const matrix::Lots& lots, const LotSet& set, const std::string& source) {
  std::vector<std::int32_t> reference;
  for (std::int32_t l = 0; l < std::ssize(lots); ++l)
    if (lots[l].source == source && (lots[l].role == "train" || (lots[l].role == "test" && set.source != source)))
      reference.push_back(l);
  if (set.is_union || (set.source == source && set.trains())) reference.clear();
  return reference;
}

/// What the cells of the lots that take part show.
void describe(SourceMarker& row, const MarkerCells& cells, std::span<const LotMarker> of_marker,
              const std::vector<std::int32_t>& lots) {
  row.n_lots = static_cast<std::int32_t>(std::ssize(lots));
  row.quantile.fill(not_computed);
  if (lots.empty()) return;
  row.share_expressing = mean_over(of_marker, lots, row.group, &LotMarker::share_expressing);
  row.share_high = mean_over(of_marker, lots, row.group, &LotMarker::share_high);
  row.mean = mean_over(of_marker, lots, row.group, &LotMarker::mean);
  row.log2_cpm = mean_over(of_marker, lots, row.group, &LotMarker::log2_cpm);
  const auto pooled = pooled_cells(cells, row.marker, row.group, lots);
  row.n_cells = pooled.n_cells;
  for (std::size_t q = 0; q < quantiles.size(); ++q) row.quantile[q] = pooled.quantile(quantiles[q]);
}

/// Names lots that take no part; returns those that do.
std::vector<std::int32_t> taking_part(SourceMarker& row, const matrix::Lots& lots, const MarkerCells& cells,
                                      const std::vector<std::int32_t>& set, std::int64_t min_cells) {
  std::vector<std::int32_t> part, few_cells, not_measured;
  for (const auto l : set)
    (has_value(cells, row.marker, row.group, l, min_cells) ? part
     : cells.measured(row.marker, l)                       ? few_cells
                                                           : not_measured)
        .push_back(l);
  if (!few_cells.empty()) row.flags += "FEW_CELLS:" + ids_of(lots, few_cells);
  if (!not_measured.empty())
    row.flags += (row.flags.empty() ? "" : ";") + ("NOT_MEASURED:" + ids_of(lots, not_measured));
  row.status = !part.empty() ? "OK" : few_cells.empty() ? "NOT_MEASURED" : "FEW_CELLS";
  return part;
}

/// Why a contrast of this row says nothing, where that is not the number of lots.
std::string status_of(const SourceMarker& row, Measure measure, double high, std::string status) {
  if (row.status == "NOT_MEASURED") return row.status;
  return measure == Measure::share_high && std::isnan(high) ? "NO_THRESHOLD" : status;
}

/// The declared cluster less the other cells of the same lots, by every measure.
void compare_within(SourceMarker& row, std::span<const LotMarker> of_marker, const LotSet& set, const Marker& marker,
                    double high, const MarkerExpressionOptions& options) {
  for (const auto measure : measures) {
    auto& contrast = row.against_other[static_cast<std::size_t>(measure)];
    contrast = paired_contrast(values_of(of_marker, set.lots, measure, Group::declared),
                               values_of(of_marker, set.lots, measure, Group::other),
                               set.trains() ? Side::two_sided : marker.side, options);
    contrast.status = status_of(row, measure, high, contrast.status);
  }
}

/// Every row less the lots of the reference source, where it is not made of them. Rows are by marker, set and group.
/// Collective.
void compare_sources(MPI_Comm comm, const matrix::Lots& lots, std::span<const LotSet> sets,
                     const MarkerReference& reference, const MarkerExpressionOptions& options,
                     MarkerExpression& found) {
  std::vector<TwoSamples> samples;
  std::vector<std::pair<SourceMarker*, Measure>> asked;
  for (std::int64_t i = 0; i < std::ssize(found.sources); ++i) {
    const auto& set = sets[i / n_groups % std::ssize(sets)];
    const auto others = reference_lots(lots, set, options.reference_source);
    if (others.empty()) continue;
    auto& row = found.sources[i];
    const auto of_marker = std::span(found.lots).subspan(row.marker * std::ssize(lots), lots.size());
    for (const auto measure : measures) {
      samples.push_back(
          {values_of(of_marker, set.lots, measure, row.group), values_of(of_marker, others, measure, row.group)});
      asked.emplace_back(&row, measure);
    }
  }
  auto contrasts = two_sample_contrasts(comm, samples, options);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    auto& [row, measure] = asked[i];
    contrasts[i].status = status_of(*row, measure, reference.high[row->marker], contrasts[i].status);
    row->against_reference[static_cast<std::size_t>(measure)] = std::move(contrasts[i]);
  }
}

/// Holm's p over all tests of one kind in mapped lots.
void correct(std::vector<SourceMarker>& rows, std::array<Contrast, n_measures> SourceMarker::*kind) {
  std::vector<Contrast*> family;
  std::vector<double> p;
  for (auto& row : rows)
    for (auto& contrast : row.*kind) {
      if (row.role == "train" || contrast.status != "OK") continue;
      family.push_back(&contrast);
      p.push_back(contrast.p);
    }
  const auto adjusted = stats::holm(p);
  for (std::size_t i = 0; i < family.size(); ++i) family[i]->p_holm = adjusted[i];
}

}  // namespace

MarkerReference marker_reference(const matrix::Lots& lots, std::span<const Marker> markers, const MarkerCells& cells,
                                 const MarkerExpressionOptions& options) {
  MarkerReference reference{.high = {}, .depth = mean_depth(lots, cells, Group::declared)};
  if (reference.depth == 0.0) reference.depth = mean_depth(lots, cells, Group::all);
  std::vector<std::int32_t> training;
  for (std::int32_t l = 0; l < cells.n_lots; ++l)
    if (lots[l].role == "train") training.push_back(l);
  for (std::int32_t m = 0; m < cells.n_markers; ++m) {
    const auto pooled = pooled_cells(cells, m, Group::other, training);
    const auto bin = !std::isnan(markers[m].high) ? std::llround(markers[m].high * MarkerCells::bins_per_unit)
                                                  : first_high_bin(pooled.bins, options.high_quantile);
    const bool known = !std::isnan(markers[m].high) || pooled.n_cells > pooled.n_silent;
    reference.high.push_back(known ? static_cast<double>(bin) / MarkerCells::bins_per_unit : not_computed);
  }
  return reference;
}

MarkerExpression marker_expression(MPI_Comm comm, const matrix::Lots& lots, std::span<const Marker> markers,
                                   const MarkerCells& cells, const MarkerReference& reference,
                                   const MarkerExpressionOptions& options) {
  if (std::ssize(lots) != cells.n_lots || std::ssize(markers) != cells.n_markers ||
      std::ssize(reference.high) != cells.n_markers)
    throw std::logic_error("markers, lots and what was counted of them do not fit together");
  const auto sets = lot_sets(lots);
  MarkerExpression found{.sources = {}, .lots = lot_markers(cells, reference, options)};
  for (std::int32_t m = 0; m < cells.n_markers; ++m) {
    const auto of_marker = std::span(found.lots).subspan(std::int64_t{m} * cells.n_lots, cells.n_lots);
    for (const auto& set : sets)
      for (const auto group : groups) {
        auto& row = found.sources.emplace_back();
        row.marker = m;
        row.role = set.role;
        row.source = set.source;
        row.group = group;
        describe(row, cells, of_marker, taking_part(row, lots, cells, set.lots, options.min_cells));
        if (group == Group::declared) compare_within(row, of_marker, set, markers[m], reference.high[m], options);
      }
  }
  compare_sources(comm, lots, sets, reference, options, found);
  correct(found.sources, &SourceMarker::against_other);
  correct(found.sources, &SourceMarker::against_reference);
  return found;
}

}  // namespace miura::sources
