#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "miura/report/headline.hpp"
#include "report/chart_theme.hpp"
#include "report/charts.hpp"
#include "report/html.hpp"
#include "report/label_places.hpp"
#include "report/lots_shown.hpp"
#include "report/numbers.hpp"

namespace miura::report {

using nlohmann::json;

namespace {

/// The points that have a place, at most `most_points`.
json points_of(Scatter scatter) {
  std::erase_if(scatter.points,
                [](const auto& point) { return !std::isfinite(point.share) || !std::isfinite(point.outcome); });
  scatter.points = evenly(std::move(scatter.points), most_points);
  json data = json::array();
  const auto side = label_places(scatter);
  for (std::size_t i = 0; i < scatter.points.size(); ++i) {
    const auto& point = scatter.points[i];
    data.push_back({{"cluster", valid_utf8(scatter.cluster)},
                    {"lot", valid_utf8(point.lot)},
                    {"label", short_label(point.lot)},
                    {"source", valid_utf8(point.source)},
                    {"share", point.share},
                    {"outcome", point.outcome},
                    {"share_text", percent_text(point.share)},
                    {"outcome_text", rounded_text(point.outcome)},
                    {"side", word_of(side[i])}});
  }
  return data;
}

/// Points by source, and their names where they cover nothing.
json layers_of(const json& data, const std::string& share, const std::string& outcome) {
  const json x = {{"field", "share"},
                  {"type", "quantitative"},
                  {"title", share},
                  {"axis", {{"format", ".0%"}, {"tickCount", 5}}},
                  {"scale", {{"nice", true}, {"zero", false}, {"padding", 14}}}};
  const json y = {{"field", "outcome"},
                  {"type", "quantitative"},
                  {"title", outcome},
                  {"axis", {{"tickCount", 5}}},
                  {"scale", {{"zero", false}, {"padding", 14}}}};
  std::set<std::string> sources;
  for (const auto& point : data) sources.insert(point["source"].get<std::string>());
  json fills = json::array();
  for (std::size_t s = 0; s < sources.size(); ++s) fills.push_back(palette[s % palette.size()].fill);
  const json legend = sources.size() > 1 ? json{{"orient", "top"}, {"title", nullptr}} : json(nullptr);
  json layers = {
      {{"mark", {{"type", "point"}, {"filled", true}, {"size", 80}, {"opacity", 0.95}}},
       {"encoding",
        {{"x", x},
         {"y", y},
         {"color",
          {{"field", "source"},
           {"type", "nominal"},
           {"legend", legend},
           {"scale", {{"domain", sources}, {"range", fills}}}}},
         {"shape", {{"field", "source"}, {"type", "nominal"}, {"legend", legend}, {"scale", {{"domain", sources}}}}},
         {"tooltip",
          tooltip({{"lot", "lot"}, {"source", "source"}, {"share_text", "share"}, {"outcome_text", "outcome"}})}}}}};
  for (const auto& place : all_label_places) {
    if (std::ranges::none_of(data, [&](const json& point) { return point["side"] == place.word; })) continue;
    // a layer of no rows at all, as of another cluster, would leave Vega without an extent: other names are empty
    const json label = {
        {"condition",
         {{"test", fmt::format("datum.side === '{}'", place.word)}, {"field", "label"}, {"type", "nominal"}}},
        {"value", ""}};
    layers.push_back({{"mark",
                       {{"type", "text"},
                        {"align", place.align},
                        {"baseline", place.baseline},
                        {"dx", place.dx},
                        {"dy", place.dy},
                        {"fontSize", 11}}},
                      {"encoding", {{"x", x}, {"y", y}, {"text", label}}}});
  }
  return layers;
}

/// Lots by their share of a cluster of the primary partition and the primary outcome.
Scatter scatter_of(const StudyReport& report, std::size_t cluster) {
  const auto& composition = report.composition;
  std::unordered_map<std::string_view, std::string_view> source;
  for (const auto& lot : report.lots) source.emplace(lot.lot, lot.source);
  Scatter scatter{composition.partition, composition.clusters[cluster], report.primary_outcome, {}};
  for (std::size_t l = 0; l < composition.lots.size(); ++l)
    scatter.points.push_back({composition.lots[l], std::string(source[composition.lots[l]]),
                              composition.share(l, cluster), report.primary_value.at(l)});
  return scatter;
}

}  // namespace

std::string test_text(const AssociationRow& row, double alpha) {
  auto words = "rho " + rho_text(row.rho);
  if (std::isfinite(row.ci_lo) && std::isfinite(row.ci_hi))
    words += fmt::format(" (95 % interval {} to {})", rho_text(row.ci_lo), rho_text(row.ci_hi));
  return fmt::format("{}, p = {} alone, {} family-wise", words, p_text(row.p_exact, alpha), p_text(row.p_step, alpha));
}

json scatter_chart(const Scatter& scatter) {
  const auto data = points_of(scatter);
  const auto outcome = valid_utf8(scatter.outcome), cluster = valid_utf8(scatter.cluster);
  auto spec = layered_chart("Share of cluster " + cluster + " against " + outcome + ", a point a lot", data,
                            layers_of(data, "share of cluster " + cluster + " in the lot", outcome));
  spec["height"] = 300;
  return spec;
}

json cluster_scatter_chart(const StudyReport& report, std::string_view shown) {
  const auto& clusters = report.composition.clusters;
  json data = json::array();
  for (std::size_t c = 0; c < clusters.size(); ++c) {
    const auto row = std::ranges::find_if(report.association, [&](const AssociationRow& test) {
      return test.partition == report.composition.partition && test.cluster == clusters[c] &&
             test.outcome == report.primary_outcome;
    });
    const auto words = row == report.association.end() ? std::string("not tested") : test_text(*row, report.alpha);
    bool first = true;  // of the cluster: it carries the words
    for (auto& point : points_of(scatter_of(report, c))) {
      if (std::exchange(first, false)) point["words"] = words;
      data.push_back(std::move(point));
    }
  }
  auto layers = layers_of(data, "share of the cluster in the lot", valid_utf8(report.primary_outcome));
  constexpr int room = 22;  // for the words between legend and panel
  for (const auto* channel : {"color", "shape"})
    if (auto& legend = layers[0]["encoding"][channel]["legend"]; !legend.is_null()) legend["offset"] = room;
  layers.push_back(
      {{"transform", {{{"filter", "isValid(datum.words)"}}}},
       {"mark", {{"type", "text"}, {"align", "left"}, {"baseline", "bottom"}, {"dy", -4}, {"fontSize", 12}}},
       {"encoding",
        {{"x", {{"value", 0}}}, {"y", {{"value", 0}}}, {"text", {{"field", "words"}, {"type", "nominal"}}}}}});
  auto spec = layered_chart("Share of a cluster against " + valid_utf8(report.primary_outcome) + ", a point a lot",
                            std::move(data), std::move(layers));
  choose_cluster(spec, clusters, shown);
  spec["height"] = 320;
  return spec;
}

}  // namespace miura::report
