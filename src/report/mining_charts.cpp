#include "report/mining_charts.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "report/chart_theme.hpp"
#include "report/html.hpp"
#include "report/mining_words.hpp"
#include "report/numbers.hpp"

namespace miura::report {

namespace {

using nlohmann::json;

std::string name_of(const HitCountRow& count) {
  const auto where = count.measurement.empty() ? std::string() : ", " + count.measurement;
  const bool signs_are_short = count.rule.size() <= 6;
  return valid_utf8(count.name + where + (signs_are_short ? " " + count.rule : ""));
}

json quantity(const char* field, const char* title) {
  return {{"field", field}, {"type", "quantitative"}, {"title", title}};
}

json named(const char* field, const json& order) {
  return {{"field", field}, {"type", "nominal"}, {"sort", order}, {"title", nullptr}, {"axis", {{"labelLimit", 260}}}};
}

/// Blue above, red below, white between.
json diverging(double most) {
  return {{"domain", {-most, 0, most}}, {"range", {lower, "#f4f4f4", higher}}, {"clamp", true}};
}

json colours_of(const std::vector<std::string>& names) {
  json domain = json::array(), range = json::array();
  for (std::size_t i = 0; i < names.size(); ++i) {
    domain.push_back(valid_utf8(names[i]));
    range.push_back(palette[i % palette.size()].fill);
  }
  return {{"domain", domain}, {"range", range}};
}

/// Those of the panel, in the order of the page.
std::vector<std::string> outcomes_of(const RankPanel& panel, const std::vector<std::string>& all) {
  std::vector<std::string> shown;
  for (const auto& outcome : all)
    if (std::ranges::find(panel.outcomes, outcome, &RankPanel::Series::outcome) != panel.outcomes.end())
      shown.push_back(outcome);
  return shown;
}

}  // namespace

json count_chart(std::span<const HitCountRow> counts, double alpha) {
  json data = json::array(), order = json::array();
  for (const auto& count : counts) {
    if (std::isnan(count.p)) continue;
    order.push_back(name_of(count));
    data.push_back({{"rule", name_of(count)},
                    {"observed", count.observed},
                    {"mean", count.null_mean},
                    {"most", count.null_95},
                    {"mean_text", rounded_text(count.null_mean)},
                    {"p_text", p_text(count.p, alpha)},
                    {"more", is_more_than_chance(count, alpha)}});
  }
  if (data.empty()) return {};
  const json y = named("rule", order);
  const json tips = tooltip({{"rule", "rule"},
                             {"observed", "observed"},
                             {"mean_text", "mean of relabeled lines"},
                             {"most", "95 % of them at most"},
                             {"p_text", "p"}});
  auto spec = layered_chart(
      "Observed counts beside the mean and the 95 % point of relabeled lines", data,
      {{{"mark", {{"type", "bar"}, {"color", ink}, {"opacity", 0.14}}},
        {"encoding", {{"y", y}, {"x", quantity("most", "probes or genes")}, {"tooltip", tips}}}},
       {{"mark", {{"type", "tick"}, {"color", ink}, {"thickness", 2}}},
        {"encoding", {{"y", y}, {"x", quantity("mean", "probes or genes")}, {"tooltip", tips}}}},
       {{"mark", {{"type", "point"}, {"filled", true}, {"size", 90}, {"opacity", 1}}},
        {"encoding",
         {{"y", y},
          {"x", quantity("observed", "probes or genes")},
          {"color", {{"condition", {{"test", "datum.more"}, {"value", higher}}}, {"value", lower}}},
          {"tooltip", tips}}}},
       {{"mark", {{"type", "text"}, {"align", "left"}, {"dx", 8}}},
        {"encoding", {{"y", y}, {"x", {{"value", "width"}}}, {"text", {{"field", "p_text"}, {"type", "nominal"}}}}}}});
  spec["height"] = {{"step", 24}};
  return spec;
}

json rank_chart(const RankPanel& panel, const std::vector<std::string>& outcomes) {
  json data = json::array();
  for (const auto& series : panel.outcomes)
    for (std::size_t l = 0; l < panel.line.size(); ++l) {
      if (std::isnan(series.value_rank[l]) || std::isnan(series.outcome_rank[l])) continue;
      data.push_back({{"line", valid_utf8(panel.line[l])},
                      {"outcome", valid_utf8(series.outcome)},
                      {"x", series.value_rank[l]},
                      {"y", series.outcome_rank[l]}});
    }
  const auto axis = [](const char* field, const std::string& title) -> json {
    return {{"field", field},
            {"type", "quantitative"},
            {"title", title},
            {"axis", {{"tickMinStep", 1}, {"tickCount", 5}}},
            {"scale", {{"zero", false}, {"nice", false}, {"padding", 10}}}};
  };
  const json x = axis("x", valid_utf8("rank of " + panel.probe)), y = axis("y", "rank of the outcome");
  const json legend = panel.outcomes.size() > 1 ? json{{"orient", "top"}, {"title", nullptr}} : json(nullptr);
  const auto scale = colours_of(outcomes_of(panel, outcomes));
  const json colour = {{"field", "outcome"}, {"type", "nominal"}, {"scale", scale}, {"legend", legend}};
  const json shape = {
      {"field", "outcome"}, {"type", "nominal"}, {"scale", {{"domain", scale["domain"]}}}, {"legend", legend}};
  const json tips = tooltip({{"line", "line"}, {"outcome", "outcome"}, {"x", "rank of the probe"}, {"y", "rank"}});
  auto spec =
      layered_chart(valid_utf8(panel.probe + " in " + panel.measurement + ", rank against rank"), data,
                    {{{"transform", {{{"regression", "y"}, {"on", "x"}, {"groupby", {"outcome"}}}}},
                      {"mark", {{"type", "line"}, {"strokeWidth", 1}, {"opacity", 0.6}}},
                      {"encoding", {{"x", x}, {"y", y}, {"color", colour}}}},
                     {{"mark", {{"type", "point"}, {"filled", true}, {"size", 55}, {"opacity", 0.9}}},
                      {"encoding", {{"x", x}, {"y", y}, {"color", colour}, {"shape", shape}, {"tooltip", tips}}}}});
  spec["height"] = 230;
  return spec;
}

json propensity_chart(const PropensityPanel& panel) {
  auto points = panel.points;
  std::erase_if(points, [](const auto& point) { return std::isnan(point.score); });
  std::ranges::stable_sort(points, {}, &PropensityPanel::Point::score);
  json data = json::array(), order = json::array();
  for (const auto& point : points) {
    order.push_back(valid_utf8(point.line));
    data.push_back({{"line", valid_utf8(point.line)},
                    {"set", valid_utf8(point.set)},
                    {"score", point.score},
                    {"rank", point.rank},
                    {"score_text", rounded_text(point.score)}});
  }
  const json y = named("line", order), x = quantity("score", "first component of the markers");
  const json colour = {{"field", "set"},
                       {"type", "nominal"},
                       {"scale", colours_of({"train", "test"})},
                       {"legend", {{"orient", "top"}, {"title", nullptr}}}};
  auto spec = layered_chart(
      valid_utf8("Propensity of the lines for " + panel.outcome), data,
      {level_of("x", 0, {{"opacity", 0.45}}),
       {{"mark", {{"type", "point"}, {"filled", true}, {"size", 60}, {"opacity", 1}}},
        {"encoding",
         {{"y", y},
          {"x", x},
          {"color", colour},
          {"tooltip",
           tooltip({{"line", "line"}, {"set", "set"}, {"score_text", "score"}, {"rank", "rank in its set"}})}}}}});
  spec["height"] = {{"step", 14}};
  return spec;
}

json marker_chart(const MarkerPanel& panel) {
  json data = json::array(), markers = json::array();
  const auto n_lines = panel.line.size();
  for (std::size_t m = 0; m < panel.marker.size(); ++m) {
    markers.push_back(valid_utf8(panel.marker[m]));
    for (std::size_t l = 0; l < n_lines; ++l)
      if (const auto z = panel.z[m * n_lines + l]; !std::isnan(z))
        data.push_back({{"marker", markers.back()},
                        {"line", valid_utf8(panel.line[l])},
                        {"z", z},
                        {"value_text", rounded_text(panel.value[m * n_lines + l])}});
  }
  json order = json::array();
  for (const auto& line : panel.line) order.push_back(valid_utf8(line));
  json x = named("line", order);
  x["axis"]["labelAngle"] = -60;
  auto spec =
      layered_chart(valid_utf8("Markers of " + panel.outcome + " in " + panel.measurement), data,
                    {{{"mark", {{"type", "rect"}}},
                      {"encoding",
                       {{"x", x},
                        {"y", named("marker", markers)},
                        {"color",
                         {{"field", "z"},
                          {"type", "quantitative"},
                          {"title", "z"},
                          {"scale", diverging(2)},
                          {"legend", {{"gradientLength", 80}}}}},
                        {"tooltip", tooltip({{"marker", "marker"}, {"line", "line"}, {"value_text", "value"}})}}}}});
  spec["height"] = {{"step", 13}};
  return spec;
}

json outcome_chart(const std::vector<OutcomePair>& pairs) {
  std::vector<std::string> names;
  for (const auto& pair : pairs)
    for (const auto* name : {&pair.first, &pair.second})
      if (std::ranges::find(names, *name) == names.end()) names.push_back(*name);
  json data = json::array(), order = json::array();
  for (const auto& name : names) order.push_back(valid_utf8(name));
  for (const auto& pair : pairs) {
    if (std::isnan(pair.rho)) continue;
    for (const bool mirrored : {false, true})
      data.push_back({{"a", valid_utf8(mirrored ? pair.second : pair.first)},
                      {"b", valid_utf8(mirrored ? pair.first : pair.second)},
                      {"rho", pair.rho},
                      {"rho_text", rho_text(pair.rho)},
                      {"strong", std::abs(pair.rho) > 0.6}});
  }
  const json x = named("a", order), y = named("b", order);
  auto spec = layered_chart(
      "Spearman's rho of the outcomes among themselves", data,
      {{{"mark", {{"type", "rect"}}},
        {"encoding",
         {{"x", x},
          {"y", y},
          {"color", {{"field", "rho"}, {"type", "quantitative"}, {"title", "rho"}, {"scale", diverging(1)}}}}}},
       {{"mark", {{"type", "text"}, {"fontSize", 11}}},
        {"encoding",
         {{"x", x},
          {"y", y},
          {"text", {{"field", "rho_text"}, {"type", "nominal"}}},
          {"color", {{"condition", {{"test", "datum.strong"}, {"value", "white"}}}, {"value", "#111"}}}}}}});
  spec["height"] = {{"step", 30}};
  return spec;
}

}  // namespace miura::report
