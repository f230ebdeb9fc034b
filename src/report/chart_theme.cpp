#include "report/chart_theme.hpp"

#include <fmt/format.h>

#include <utility>

#include "report/html.hpp"

namespace miura::report {

using nlohmann::json;

namespace {

json theme() {
  const json words = {{"labelColor", ink},
                      {"titleColor", ink},
                      {"labelFontSize", 12},
                      {"titleFontSize", 12},
                      {"titleFontWeight", "normal"}};
  json axis = words;
  axis["labelLimit"] = 110;  // a long name must not push the panel off a phone
  axis.update({{"domainColor", ink},
               {"domainOpacity", 0.35},
               {"tickColor", ink},
               {"tickOpacity", 0.35},
               {"gridColor", ink},
               {"gridOpacity", 0.1},
               {"titlePadding", 8}});
  json legend = words;
  legend["labelLimit"] = 260;
  return {{"background", "transparent"},
          {"font", "system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"},
          {"axis", axis},
          {"legend", legend},
          {"text", {{"color", ink}, {"fontSize", 12}}},
          {"rule", {{"color", ink}}},
          {"view", {{"stroke", nullptr}}}};
}

}  // namespace

json layered_chart(std::string_view description, json data, json layers) {
  return {{"description", description},
          {"width", "container"},
          {"config", theme()},
          {"data", {{"values", std::move(data)}}},
          {"layer", std::move(layers)}};
}

void choose(json& spec, const std::string& field, const std::vector<std::string>& choices, std::string_view shown,
            std::string_view label) {
  json options = json::array();
  for (const auto& choice : choices) options.push_back(valid_utf8(choice));
  spec["params"] = {{{"name", "chosen"},
                     {"value", valid_utf8(shown)},
                     {"bind", {{"input", "select"}, {"options", options}, {"name", valid_utf8(label) + " "}}}}};
  spec["transform"] = {{{"filter", "datum." + field + " === chosen"}}};
}

void choose_cluster(json& spec, const std::vector<std::string>& clusters, std::string_view shown) {
  choose(spec, "cluster", clusters, shown, "cluster");
}

json axis_of_names(int most_letters, int most_pixels) {
  return {{"labelExpr", fmt::format("truncate(datum.label, {}, 'center')", most_letters)}, {"labelLimit", most_pixels}};
}

json level_of(const char* channel, double value, json mark) {
  mark["type"] = "rule";
  return {{"data", {{"values", {json::object()}}}},
          {"mark", std::move(mark)},
          {"encoding", {{channel, {{"datum", value}}}}}};
}

json along_chromosome(const char* field, std::string_view chromosome, std::int64_t start, std::int64_t end) {
  return {{"field", field},
          {"type", "quantitative"},
          {"title", valid_utf8(chromosome)},
          {"scale", {{"domain", {start, end}}, {"nice", false}, {"zero", false}}},
          {"axis", {{"tickCount", 5}, {"format", ",d"}}}};
}

json tooltip(std::initializer_list<std::array<const char*, 2>> fields) {
  json list = json::array();
  for (const auto& [field, title] : fields) list.push_back({{"field", field}, {"type", "nominal"}, {"title", title}});
  return list;
}

}  // namespace miura::report
