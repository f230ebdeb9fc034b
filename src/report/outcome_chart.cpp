#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>
#include <unordered_map>

#include "report/chart_theme.hpp"
#include "report/charts.hpp"
#include "report/html.hpp"
#include "report/lots_shown.hpp"
#include "report/numbers.hpp"

namespace miura::report {

using nlohmann::json;

namespace {

/// The lot as a row is labelled; one that was mapped says so.
std::string label_of(const OutcomeRow& row) {
  return valid_utf8(row.role.empty() || row.role == "train" ? row.lot : row.lot + " (" + row.role + ")");
}

/// A row for every lot, also where it has no mark, so that figures side by side have the same rows.
json rows_of(const std::vector<std::string>& labels) {
  auto axis = axis_of_names(18, 210);
  const std::string role = "lastindexof(datum.label, ' (')";  // of a mapped lot it stays whole
  axis["labelExpr"] =
      fmt::format("{0} > 0 ? truncate(slice(datum.label, 0, {0}), 14, 'center') + slice(datum.label, {0}) : {1}", role,
                  axis["labelExpr"].get<std::string>());
  return {{"field", "lot"}, {"type", "nominal"}, {"title", nullptr}, {"axis", axis}, {"scale", {{"domain", labels}}}};
}

/// Share of a cluster in each lot; empty where the composition does not have it.
std::unordered_map<std::string_view, double> shares_of(const Composition& composition, std::string_view cluster) {
  std::unordered_map<std::string_view, double> shares;
  const auto column = std::ranges::find(composition.clusters, cluster) - composition.clusters.begin();
  if (column == std::ssize(composition.clusters)) return shares;
  for (std::size_t l = 0; l < composition.lots.size(); ++l)
    shares.emplace(composition.lots[l], composition.share(l, static_cast<std::size_t>(column)));
  return shares;
}

json height_of(std::size_t n_lots) { return {{"step", n_lots <= 40 ? 20 : 13}}; }

}  // namespace

std::vector<Measure> measures_of(const std::vector<std::string>& outcomes) {
  std::map<std::string, int> sharing;
  const auto stem_of = [](const std::string& name) { return name.substr(0, name.rfind('_')); };
  for (const auto& name : outcomes) ++sharing[stem_of(name)];
  std::vector<Measure> measures;
  for (std::size_t o = 0; o < outcomes.size(); ++o) {
    const auto stem = stem_of(outcomes[o]);
    const bool shared = sharing[stem] > 1 && stem.size() + 1 < outcomes[o].size();
    const auto name = shared ? stem : outcomes[o];
    auto measure = std::ranges::find(measures, name, &Measure::name);
    if (measure == measures.end()) measure = measures.insert(measure, {name, {}});
    measure->conditions.push_back({o, shared ? outcomes[o].substr(stem.size() + 1) : outcomes[o]});
  }
  return measures;
}

std::vector<const OutcomeRow*> lots_by_outcome(const StudyReport& report) {
  std::vector<const OutcomeRow*> lots;
  for (const auto& row : report.outcomes) lots.push_back(&row);
  const auto primary = static_cast<std::size_t>(std::ranges::find(report.outcome_names, report.primary_outcome) -
                                                report.outcome_names.begin());
  std::ranges::stable_sort(lots, {}, [&](const OutcomeRow* lot) {
    const double value = primary < lot->value.size() ? lot->value[primary] : missing;
    return std::tuple(lot->role != "train", std::isnan(value), std::isnan(value) ? 0.0 : value);
  });
  return evenly(std::move(lots), most_lots);
}

json outcome_chart(const StudyReport& report, const Measure& measure) {
  json data = json::array(), conditions = json::array(), fills = json::array();
  std::vector<std::string> labels;
  for (std::size_t c = 0; c < measure.conditions.size(); ++c) {
    conditions.push_back(valid_utf8(measure.conditions[c].name));
    fills.push_back(palette[c % palette.size()].fill);
  }
  for (const auto* lot : lots_by_outcome(report)) {
    labels.push_back(label_of(*lot));
    double low = INFINITY, high = -INFINITY;
    for (const auto& condition : measure.conditions)
      if (const double value = lot->value.at(condition.outcome); std::isfinite(value)) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
    for (std::size_t c = 0; c < measure.conditions.size(); ++c) {
      const double value = lot->value.at(measure.conditions[c].outcome);
      if (!std::isfinite(value)) continue;
      data.push_back({{"lot", labels.back()},
                      {"source", valid_utf8(lot->source)},
                      {"condition", conditions[c]},
                      {"value", value},
                      {"value_text", rounded_text(value)},
                      {"low", low},
                      {"high", high}});
    }
  }
  const auto y = rows_of(labels);
  const json x = {{"field", "value"},
                  {"type", "quantitative"},
                  {"title", valid_utf8(measure.name)},
                  {"axis", {{"tickCount", 4}}},
                  {"scale", {{"zero", false}, {"padding", 10}}}};
  json from = x;
  from["field"] = "low";
  const json legend = measure.conditions.size() > 1 ? json{{"orient", "bottom"}, {"title", nullptr}} : json(nullptr);
  const auto by_condition = [&](const json& range) -> json {
    json scale = {{"domain", conditions}};
    if (!range.is_null()) scale["range"] = range;
    return {{"field", "condition"}, {"type", "nominal"}, {"legend", legend}, {"scale", scale}};
  };
  auto spec = layered_chart(
      fmt::format("{} of each lot in its conditions", valid_utf8(measure.name)), data,
      {{{"mark", {{"type", "rule"}, {"opacity", 0.35}, {"strokeWidth", 2}}},
        {"encoding", {{"y", y}, {"x", from}, {"x2", {{"field", "high"}}}}}},
       {{"mark", {{"type", "point"}, {"filled", true}, {"size", 75}, {"opacity", 1}}},
        {"encoding",
         {{"y", y},
          {"x", x},
          {"color", by_condition(fills)},
          {"shape", by_condition(nullptr)},
          {"tooltip",
           tooltip({{"lot", "lot"}, {"source", "source"}, {"condition", "condition"}, {"value_text", "value"}})}}}}});
  spec["height"] = height_of(labels.size());
  return spec;
}

json share_chart(const StudyReport& report, std::string_view cluster) {
  json data = json::array();
  std::vector<std::string> labels;
  const auto trained = shares_of(report.composition, cluster), mapped = shares_of(report.mapped_composition, cluster);
  for (const auto* lot : lots_by_outcome(report)) {
    labels.push_back(label_of(*lot));
    const bool trains = lot->role == "train";
    const auto& shares = trains ? trained : mapped;
    const auto found = shares.find(lot->lot);
    if (found == shares.end() || !std::isfinite(found->second)) continue;
    const double share = found->second;
    data.push_back({{"lot", labels.back()},
                    {"share", share},
                    {"share_text", percent_text(share)},
                    {"which", trains ? "training" : "mapped"}});
  }
  const auto y = rows_of(labels);
  const json x = {{"field", "share"},
                  {"type", "quantitative"},
                  {"title", "share of cluster " + valid_utf8(cluster)},
                  {"axis", {{"format", ".0%"}, {"tickCount", 4}}}};
  const json colour = {{"field", "which"},
                       {"type", "nominal"},
                       {"legend", nullptr},
                       {"scale", {{"domain", {"training", "mapped"}}, {"range", {higher, "#9aa5b1"}}}}};
  auto spec = layered_chart(
      fmt::format("Share of cluster {} in each lot", valid_utf8(cluster)), data,
      {{{"mark", {{"type", "bar"}}},
        {"encoding",
         {{"y", y}, {"x", x}, {"color", colour}, {"tooltip", tooltip({{"lot", "lot"}, {"share_text", "share"}})}}}}});
  spec["height"] = height_of(labels.size());
  return spec;
}

}  // namespace miura::report
