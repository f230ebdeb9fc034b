#include <cmath>

#include "report/chart_theme.hpp"
#include "report/charts.hpp"
#include "report/html.hpp"
#include "report/numbers.hpp"

namespace miura::report {

using nlohmann::json;

json stability_chart(const StudyReport& report) {
  json data = json::array(), clusters = json::array(), fills = json::array();
  for (std::size_t c = 0; c < report.stability.size(); ++c) {
    const auto& row = report.stability[c];
    clusters.push_back(valid_utf8(row.cluster));
    fills.push_back(palette[c % palette.size()].fill);
    for (const auto& point : row.by_lots)
      if (std::isfinite(point.jaccard))
        data.push_back({{"cluster", clusters.back()},
                        {"lots", point.n_lots},
                        {"jaccard", point.jaccard},
                        {"jaccard_text", rho_text(point.jaccard)}});
  }
  const json dashed = {{"strokeDash", {4, 4}}, {"opacity", 0.45}};
  json layers = {
      level_of("y", 0.5, dashed),
      level_of("y", 0.75, dashed),
      {{"mark", {{"type", "line"}, {"strokeWidth", 2}, {"point", {{"size", 36}}}}},
       {"encoding",
        {{"x",
          {{"field", "lots"},
           {"type", "quantitative"},
           {"title", "lots that were clustered"},
           {"axis", {{"grid", false}, {"tickMinStep", 1}}},
           {"scale", {{"zero", false}, {"nice", false}, {"padding", 8}}}}},
         {"y",
          {{"field", "jaccard"},
           {"type", "quantitative"},
           {"title", "mean best Jaccard index"},
           {"scale", {{"domain", {0, 1}}}},
           {"axis", {{"tickCount", 5}}}}},
         {"color",
          {{"field", "cluster"},
           {"type", "nominal"},
           {"sort", clusters},
           {"scale", {{"domain", clusters}, {"range", fills}}},
           {"legend", {{"orient", "top"}, {"title", "cluster"}, {"columns", 8}}}}},
         {"shape", {{"field", "cluster"}, {"type", "nominal"}, {"sort", clusters}, {"scale", {{"domain", clusters}}}}},
         {"tooltip", tooltip({{"cluster", "cluster"}, {"lots", "lots"}, {"jaccard_text", "Jaccard index"}})}}}}};
  auto spec = layered_chart("How well each cluster is found again, by the number of lots", data, layers);
  spec["height"] = 300;
  return spec;
}

}  // namespace miura::report
