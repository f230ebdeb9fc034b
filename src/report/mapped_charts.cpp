#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>

#include "report/chart_theme.hpp"
#include "report/charts.hpp"
#include "report/html.hpp"
#include "report/lots_shown.hpp"
#include "report/mapped_words.hpp"
#include "report/numbers.hpp"

namespace miura::report {

namespace {

using nlohmann::json;

constexpr const char* other_cells = "#E69F00";

/// Marks that differ by colour and by shape.
json told_apart_by(const char* channel, const char* field, const json& domain, const json& range) {
  json encoding = {{"field", field},
                   {"type", "nominal"},
                   {"scale", {{"domain", domain}, {"range", range}}},
                   {"legend", {{"orient", "top"}, {"title", nullptr}}}};
  return {{channel, encoding}};
}

struct Cells {
  std::map<std::int64_t, std::int64_t> in_bin;
  std::int64_t silent = 0, all = 0;
};

constexpr double bins_in_one = 10;  // of source_marker_density.tsv

/// Share of the cells in each bin as a smooth curve: the mean over neighbouring bins, weighted 1 2 3 2 1.
std::map<std::int64_t, double> smooth_shares(const Cells& cells) {
  constexpr std::array weight{1.0, 2.0, 3.0, 2.0, 1.0};
  std::map<std::int64_t, double> share;
  if (cells.in_bin.empty()) return share;
  const auto first = cells.in_bin.begin()->first, last = cells.in_bin.rbegin()->first;
  for (auto bin = std::max<std::int64_t>(0, first - 3); bin <= last + 3; ++bin) {
    double sum = 0;
    for (std::int64_t shift = -2; shift <= 2; ++shift)
      if (const auto found = cells.in_bin.find(bin + shift); found != cells.in_bin.end())
        sum += weight[static_cast<std::size_t>(shift + 2)] * static_cast<double>(found->second);
    share[bin] = sum / 9 / static_cast<double>(cells.all);
  }
  return share;
}

/// Names of the groups of lots, in their order; several sources together are left out, since they are drawn already.
std::vector<std::string> groups_of(const SourceMarkers& markers, std::string_view gene) {
  std::vector<std::string> groups;
  for (const auto& row : markers.rows) {
    const auto words = words_of_group(row.role, row.source);
    if (row.gene == gene && row.source != "all" && std::ranges::find(groups, words) == groups.end())
      groups.push_back(words);
  }
  return groups;
}

double high_from(const SourceMarkers& markers, std::string_view gene) {
  const auto row = std::ranges::find(markers.rows, gene, &SourceMarkers::Row::gene);
  return row == markers.rows.end() ? missing : row->high_from;
}

}  // namespace

json outside_chart(const std::vector<MappedLotRow>& lots) {
  const json kinds = {"mapped", "does not belong", "training, held out"};
  json data = json::array(), groups = json::array();
  double most = missing;
  for (const bool held_out : {true, false})
    for (const auto& lot : evenly(lots, most_points)) {
      if (lot.held_out != held_out || !std::isfinite(lot.share_outside)) continue;
      const auto group = valid_utf8(words_of_group(lot.role, lot.source));
      if (std::ranges::find(groups, json(group)) == groups.end()) groups.push_back(group);
      if (held_out) most = std::isnan(most) ? lot.share_outside : std::max(most, lot.share_outside);
      data.push_back({{"lot", valid_utf8(lot.lot)},
                      {"group", group},
                      {"kind", held_out           ? kinds[2]
                               : lot.is_foreign() ? kinds[1]
                                                  : kinds[0]},
                      {"share", lot.share_outside},
                      {"share_text", percent_text(lot.share_outside)},
                      {"cells", count_text(lot.n_cells)},
                      {"named", !held_out && !(lot.share_outside <= most)}});
    }
  const json y = {{"field", "group"}, {"type", "nominal"}, {"sort", groups}, {"title", nullptr}};
  const json x = {{"field", "share"},
                  {"type", "quantitative"},
                  {"title", "share of the lot's cells outside of the reference"},
                  {"axis", {{"format", "~%"}, {"tickCount", 5}}},
                  {"scale", {{"zero", true}, {"padding", 14}}}};
  json encoding = {{"y", y},
                   {"x", x},
                   {"tooltip", tooltip({{"lot", "lot"}, {"share_text", "outside"}, {"cells", "cells"}, {"kind", ""}})}};
  encoding.update(told_apart_by("color", "kind", kinds, {higher, lower, "#999999"}));
  encoding.update(told_apart_by("shape", "kind", kinds, {"circle", "triangle-up", "diamond"}));
  json layers = {
      {{"mark", {{"type", "point"}, {"filled", true}, {"size", 80}, {"opacity", 0.75}}}, {"encoding", encoding}}};
  if (std::ranges::any_of(data, [](const json& lot) { return lot["named"].get<bool>(); }))
    layers.push_back({{"transform", {{{"filter", "datum.named"}}}},
                      {"mark", {{"type", "text"}, {"align", "right"}, {"dx", -8}, {"fontSize", 11}}},
                      {"encoding", {{"y", y}, {"x", x}, {"text", {{"field", "lot"}, {"type", "nominal"}}}}}});
  if (std::isfinite(most)) layers.push_back(level_of("x", most, {{"strokeDash", {4, 3}}, {"opacity", 0.6}}));
  auto spec = layered_chart("Share of cells outside of the reference, a mark a lot", data, layers);
  spec["height"] = {{"step", 30}};
  return spec;
}

json density_chart(const SourceMarkers& markers, std::string_view gene) {
  const auto groups = groups_of(markers, gene);
  std::map<std::pair<std::size_t, bool>, Cells> halves;  // of a group the declared cluster, and others
  for (const auto& bin : markers.density) {
    const auto group = std::ranges::find(groups, words_of_group(bin.role, bin.source)) - groups.begin();
    if (bin.gene != gene || bin.group == "all" || group == std::ssize(groups)) continue;
    auto& cells = halves[{static_cast<std::size_t>(group), bin.group == "declared"}];
    cells.all += bin.cells;
    if (bin.to > 0)
      cells.in_bin[std::llround(bin.from * bins_in_one)] += bin.cells;
    else
      cells.silent += bin.cells;
  }
  const json kinds = {valid_utf8("cluster " + markers.cluster), "other cells"};
  json data = json::array();
  for (const auto& [half, cells] : halves) {
    const auto& [group, declared] = half;
    const auto share = smooth_shares(cells);
    double peak = 0;
    for (const auto& [bin, value] : share) peak = std::max(peak, value);
    for (const auto& [bin, value] : share) {
      const double height = 0.44 * value / peak * (declared ? -1 : 1);
      data.push_back({{"half", fmt::format("{}{}", group, declared ? "a" : "b")},
                      {"group", valid_utf8(groups[group])},
                      {"kind", kinds[declared ? 0 : 1]},
                      {"expression", (static_cast<double>(bin) + 0.5) / bins_in_one},
                      {"from", static_cast<double>(group)},
                      {"to", static_cast<double>(group) + height},
                      {"cells", count_text(cells.all)},
                      {"silent", percent_text(static_cast<double>(cells.silent) / static_cast<double>(cells.all))}});
    }
  }
  json names = json::array(), places = json::array();
  for (std::size_t g = 0; g < groups.size(); ++g) {
    names.push_back(valid_utf8(groups[g]));
    places.push_back(g);
  }
  const json y = {
      {"field", "from"},
      {"type", "quantitative"},
      {"title", nullptr},
      {"scale", {{"domain", {-0.5, static_cast<double>(groups.size()) - 0.5}}, {"reverse", true}}},
      {"axis",
       {{"values", places}, {"labelExpr", names.dump() + "[datum.value]"}, {"ticks", false}, {"domain", false}}}};
  json encoding = {
      {"x",
       {{"field", "expression"},
        {"type", "quantitative"},
        {"title", valid_utf8(gene) + " expression"},
        {"axis", {{"grid", false}, {"tickCount", 6}}}}},
      {"y", y},
      {"y2", {{"field", "to"}}},
      {"detail", {{"field", "half"}, {"type", "nominal"}}},
      {"tooltip", tooltip({{"group", "lots"}, {"kind", "cells of"}, {"cells", "cells"}, {"silent", "silent"}})}};
  encoding.update(told_apart_by("color", "kind", kinds, {higher, other_cells}));
  json layers = {{{"mark", {{"type", "area"}, {"opacity", 0.85}}}, {"encoding", encoding}}};
  if (const double high = high_from(markers, gene); std::isfinite(high))
    layers.push_back(level_of("x", high, {{"strokeDash", {4, 3}}, {"opacity", 0.6}}));
  auto spec = layered_chart("Cells by expression of " + valid_utf8(gene) + " in each source", data, layers);
  spec["height"] = 58 * std::max<std::size_t>(1, groups.size());
  return spec;
}

std::vector<SourceMarkers::Lot> lots_of(const SourceMarkers& markers, std::string_view gene) {
  std::vector<SourceMarkers::Lot> lots;
  std::ranges::copy_if(markers.lots, std::back_inserter(lots), [&](const auto& lot) { return lot.gene == gene; });
  return lots;
}

json high_cells_chart(const SourceMarkers& markers, std::string_view gene) {
  const auto groups = groups_of(markers, gene);
  const json kinds = {valid_utf8("cluster " + markers.cluster), "other cells"};
  json data = json::array(), order = json::array();
  for (const auto& group : groups) order.push_back(valid_utf8(group));
  for (const auto& lot : evenly(lots_of(markers, gene), most_points)) {
    for (const bool declared : {true, false}) {
      const double share = declared ? lot.share_high_declared : lot.share_high_other;
      if (!std::isfinite(share)) continue;
      data.push_back({{"lot", valid_utf8(lot.lot)},
                      {"group", valid_utf8(words_of_group(lot.role, lot.source))},
                      {"kind", kinds[declared ? 0 : 1]},
                      {"share", share},
                      {"share_text", percent_text(share)}});
    }
  }
  json encoding = {
      {"y", {{"field", "group"}, {"type", "nominal"}, {"sort", order}, {"title", nullptr}}},
      {"yOffset", {{"field", "kind"}, {"type", "nominal"}, {"scale", {{"domain", kinds}}}}},
      {"x",
       {{"field", "share"},
        {"type", "quantitative"},
        {"title", "share of high cells"},
        {"axis", {{"format", "~%"}, {"tickCount", 5}}},
        {"scale", {{"zero", true}, {"padding", 8}}}}},
      {"tooltip", tooltip({{"lot", "lot"}, {"group", "lots"}, {"kind", "cells of"}, {"share_text", "high"}})}};
  encoding.update(told_apart_by("color", "kind", kinds, {higher, other_cells}));
  encoding.update(told_apart_by("shape", "kind", kinds, {"circle", "diamond"}));
  auto spec = layered_chart(
      "Share of cells with high " + valid_utf8(gene) + ", a mark a lot", data,
      {{{"mark", {{"type", "point"}, {"filled", true}, {"size", 64}, {"opacity", 0.8}}}, {"encoding", encoding}}});
  spec["height"] = 58 * std::max<std::size_t>(1, groups.size());
  return spec;
}

}  // namespace miura::report
