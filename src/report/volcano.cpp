#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/chart_theme.hpp"
#include "report/charts.hpp"
#include "report/html.hpp"

namespace miura::report {

using nlohmann::json;

namespace {

constexpr int named_genes = 8;  // on either side

json axis_of(const char* field, const char* title) {
  return {{"field", field}, {"type", "quantitative"}, {"title", title}, {"axis", {{"tickCount", 6}}}};
}

}  // namespace

json volcano_chart(const StudyReport& report, std::string_view shown) {
  json data = json::array();
  std::map<std::pair<std::string, bool>, int> named;  // by cluster and side
  for (const auto& point : report.volcano) {
    const bool up = point.log2_fold > 0;
    data.push_back({{"cluster", valid_utf8(point.cluster)},
                    {"gene", valid_utf8(point.gene)},
                    {"fold", std::round(point.log2_fold * 1e3) / 1e3},
                    {"p", std::round(-point.log10_p * 10) / 10},
                    {"lots", fmt::format("{} of {}", up ? point.n_higher : point.n_lower, point.n_lots)},
                    {"which", !point.lots_agree ? "lots differ"
                              : up              ? "higher in the lots"
                                                : "lower in the lots"}});
    // the points of a cluster come by rank, highest first, so that the lowest stand at the end
    if (point.lots_agree && up && named[{point.cluster, true}]++ < named_genes) data.back()["named"] = true;
  }
  for (auto at = report.volcano.size(); at-- > 0;) {
    const auto& point = report.volcano[at];
    if (point.lots_agree && point.log2_fold < 0 && named[{point.cluster, false}]++ < named_genes)
      data[at]["named"] = true;
  }
  const auto x = axis_of("fold", "log2 fold against the other clusters"), y = axis_of("p", "-log10 p over cells");
  const json fill = {
      {"field", "which"},
      {"type", "nominal"},
      {"title", nullptr},
      {"scale",
       {{"domain", {"higher in the lots", "lower in the lots", "lots differ"}}, {"range", {higher, lower, "#9aa5b1"}}}},
      {"legend", {{"orient", "top"}, {"symbolOpacity", 1}}}};
  json layers = {
      {{"mark", {{"type", "point"}, {"filled", true}, {"size", 26}, {"opacity", 0.75}}},
       {"encoding",
        {{"x", x},
         {"y", y},
         {"color", fill},
         {"shape",
          {{"field", "which"},
           {"type", "nominal"},
           {"scale",
            {{"domain", {"higher in the lots", "lower in the lots", "lots differ"}},
             {"range", {"triangle-up", "triangle-down", "circle"}}}}}},
         {"tooltip",
          tooltip({{"gene", "gene"}, {"fold", "log2 fold"}, {"p", "-log10 p"}, {"lots", "lots in this direction"}})}}}},
      {{"transform", {{{"filter", "datum.named"}}}},
       {"mark", {{"type", "text"}, {"fontSize", 11}, {"dy", -8}}},
       {"encoding", {{"x", x}, {"y", y}, {"text", {{"field", "gene"}, {"type", "nominal"}}}}}},
      level_of("x", 0, {{"opacity", 0.45}})};
  auto spec = layered_chart("Genes of a cluster: log2 fold against the other clusters and p over cells", data, layers);
  choose_cluster(spec, report.composition.clusters, shown);
  spec["height"] = 380;
  return spec;
}

}  // namespace miura::report
