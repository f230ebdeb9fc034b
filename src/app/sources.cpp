#include "app/sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/configuration.hpp"
#include "app/stages.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/base/nearest_name.hpp"
#include "miura/input/delimited.hpp"
#include "miura/sources/share_association.hpp"

namespace miura::app {

namespace {

using permutation::Side;

/// Rows of the association that are about the labels: of their partition, or of the primary one for core cells.
std::vector<std::int64_t> rows_about(const matrix::Table& association, const std::string& transferred) {
  std::vector<std::int64_t> rows;
  const auto& integration = association.column<std::string>("integration");
  const auto& resolution = association.column<double>("resolution");
  const auto& seed = association.column<std::int64_t>("seed");
  const auto id = [&](std::int64_t i) {
    return partition_id({.integration = integration[i],
                         .resolution = resolution[i],
                         .seed = static_cast<std::uint64_t>(seed[i]),
                         .label = {}});
  };
  const bool of_core = transferred.starts_with("core of ");
  for (std::int64_t i = 0; i < association.n_rows(); ++i)
    if (id(i) == (of_core ? id(0) : transferred)) rows.push_back(i);
  return rows;
}

/// Marks the lots whose status is FAR.
std::vector<std::uint8_t> far_lots(const matrix::Lots& lots, const matrix::Table& mapped_lots) {
  std::vector<std::uint8_t> far(lots.size());
  if (mapped_lots.columns.empty()) return far;
  const auto& id = mapped_lots.column<std::string>("lot");
  const auto& status = mapped_lots.column<std::string>("status");
  for (std::size_t row = 0; row < id.size(); ++row)
    if (const auto lot = std::ranges::find(lots, id[row], &matrix::Lot::id); lot != lots.end() && status[row] == "FAR")
      far[lot - lots.begin()] = 1;
  return far;
}

}  // namespace

Declaration declare(const matrix::Table& association, const std::string& transferred,
                    std::span<const std::string> label_name, const std::string& wanted, double alpha) {
  Declaration found;
  const auto rows = rows_about(association, transferred);
  const auto& cluster = association.column<std::string>("cluster");
  const auto& family = association.column<std::string>("family");
  const auto& p = association.column<double>("p_maxT_step");
  const auto& rho = association.column<double>("rho");
  constexpr std::string_view core = "core of ";
  const bool of_core = transferred.starts_with(core);
  auto named = of_core ? transferred.substr(core.size()) : wanted;
  if (named.empty()) {
    std::int64_t best = -1;
    for (const auto i : rows) {
      if (family[i] != "primary" || std::isnan(p[i])) continue;
      if (best < 0 || std::pair(p[i], -std::abs(rho[i])) < std::pair(p[best], -std::abs(rho[best]))) best = i;
    }
    if (best < 0) return found;
    named = cluster[best];
  }
  const auto label = std::ranges::find(label_name, of_core ? "core" : named);
  if (label == label_name.end())
    throw UsageError(fmt::format("sources.cluster is one of {}, not '{}'", fmt::join(label_name, ", "), named));
  found.cluster = *label;
  found.label = static_cast<std::int32_t>(label - label_name.begin());
  for (const auto i : rows) {
    if (cluster[i] != named || std::isnan(rho[i]) || rho[i] == 0) continue;
    found.hypothesis[association.column<std::string>("outcome")[i]] = rho[i] > 0 ? Side::greater : Side::less;
    found.significant = found.significant || (family[i] == "primary" && p[i] <= alpha);
  }
  return found;
}

std::vector<sources::Marker> chosen_markers(const RunOptions& o) {
  std::vector<sources::Marker> markers;
  for (const auto& text : split_list(o.sources_markers)) {
    const auto equals = text.find('=');
    sources::Marker marker{.symbol = text.substr(0, equals), .id = {}};
    if (equals != std::string::npos) {
      const auto high = input::parse_number(text.substr(equals + 1));
      if (!high || !(*high > 0)) throw UsageError(fmt::format("sources.markers: '{}' is not GENE=EXPRESSION", text));
      marker.high = *high;
    }
    markers.push_back(std::move(marker));
  }
  return markers;
}

namespace {

/// Place of a gene that is called by its symbol, or else its id; -1 where there is none.
std::int32_t place_of(const std::string& name, const matrix::Features& features) {
  for (const auto* names : {&features.symbol, &features.id})
    if (const auto at = std::ranges::find(*names, name); at != names->end())
      return static_cast<std::int32_t>(at - names->begin());
  return -1;
}

}  // namespace

std::vector<sources::Marker> chosen_markers(const RunOptions& o, const matrix::Features& features) {
  auto markers = chosen_markers(o);
  for (auto& marker : markers)
    if (const auto place = place_of(marker.symbol, features); place >= 0) marker.id = features.id[place];
  return markers;
}

void check_markers(const RunOptions& o, const CellsStage& cells) {
  if (cells.is_table) return;
  const auto config = o.common.config.empty() ? std::string() : o.common.config + ": ";
  for (const auto& marker : chosen_markers(o)) {
    if (place_of(marker.symbol, cells.features) >= 0) continue;
    if (place_of(marker.symbol, cells.dropped) >= 0) {
      log::warn(fmt::format("sources.markers: fewer than {} training cells have {}, so nothing is said of it",
                            o.qc.min_cells, marker.symbol));
      continue;
    }
    const auto nearest = nearest_name(marker.symbol, cells.features.symbol);
    throw UsageError(fmt::format("{}sources.markers: the study has no gene {}{}", config, marker.symbol,
                                 nearest.empty() ? std::string() : fmt::format("; did you mean {}?", nearest)));
  }
}

sources::MarkerCells count_markers_of(MPI_Comm comm, const Study& study, std::span<const std::int32_t> label,
                                      std::int32_t declared, std::span<const sources::Marker> markers,
                                      const RunOptions& o) {
  std::vector<std::int32_t> columns;
  for (const auto& marker : markers) columns.push_back(place_of(marker.symbol, study.cells.features));
  const auto n_own = static_cast<std::int32_t>(std::ssize(study.lots));
  auto counted = sources::count_markers(comm, study.cells.cells, label, declared, columns, n_own, {.scale = o.scale});
  for (std::size_t m = 0; m < columns.size(); ++m)
    for (std::size_t lot = 0; lot < study.cells.missing.size(); ++lot)
      if (std::ranges::binary_search(study.cells.missing[lot], columns[m]))
        counted.missing[m * static_cast<std::size_t>(n_own) + lot] = 1;
  return counted;
}

std::string source_of_training(const matrix::Lots& lots) {
  std::map<std::string, int> n_lots;
  for (const auto& lot : lots)
    if (lot.role == "train") ++n_lots[lot.source];
  const auto most = std::ranges::max_element(n_lots, {}, [](const auto& entry) { return entry.second; });
  return most == n_lots.end() ? std::string() : most->first;
}

std::vector<matrix::Table> source_tables(MPI_Comm comm, const MappedLots& mapped, const Declaration& declaration,
                                         std::span<const sources::Marker> markers, const RunOptions& o) {
  std::vector<matrix::Table> tables;
  if (declaration.cluster.empty()) return tables;
  const auto& of = mapped.composition;
  sources::DeclaredCluster cluster{declaration.cluster, {}, of.lot_size, far_lots(mapped.lots, mapped.mapped_lots)};
  for (std::int32_t l = 0; l < of.n_lots; ++l)
    cluster.share.push_back(static_cast<double>(of.cells(declaration.label, l)) / static_cast<double>(of.lot_size[l]));
  std::vector<sources::ShareRow> rows;
  for (const auto& outcome : mapped.outcomes) {
    const auto side = declaration.hypothesis.find(outcome.name);
    if (side == declaration.hypothesis.end()) continue;
    cluster.hypothesis = side->second;
    auto found = share_association(comm, mapped.lots, cluster, outcome,
                                   {.min_cells_per_lot = o.association.min_cells_per_lot,
                                    .alpha = o.association.alpha,
                                    .relabelings = o.association.relabelings});
    rows.insert(rows.end(), found.rows.begin(), found.rows.end());
  }
  if (!rows.empty()) tables.push_back(share_association_table(rows));
  if (!mapped.outcomes.empty()) tables.push_back(mapped_share_table(mapped.lots, cluster, mapped.outcomes));
  if (markers.empty()) return tables;
  const sources::MarkerExpressionOptions options{.cluster = declaration.cluster,
                                                 .reference_source = mapped.reference_source,
                                                 .alpha = o.association.alpha,
                                                 .relabelings = o.association.relabelings};
  const auto reference = marker_reference(mapped.lots, markers, mapped.markers, options);
  const auto found = marker_expression(comm, mapped.lots, markers, mapped.markers, reference, options);
  tables.push_back(source_marker_table(markers, reference, found, options));
  tables.push_back(source_marker_test_table(markers, found, options));
  tables.push_back(source_marker_density_table(mapped.lots, markers, mapped.markers, options));
  tables.push_back(source_marker_lot_table(mapped.lots, markers, found, mapped.outcomes, options));
  return tables;
}

}  // namespace miura::app
