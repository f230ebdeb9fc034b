#include <algorithm>
#include <array>

#include "report/chart_theme.hpp"
#include "report/charts.hpp"
#include "report/html.hpp"
#include "report/numbers.hpp"

namespace miura::report {

using nlohmann::json;

json phase_chart(const StudyReport& report) {
  struct Part {
    const char* name;
    const char* fill;
    double CellStateRow::*share;
  };
  constexpr std::array parts{
      Part{"G1", "#999999", &CellStateRow::share_g1}, Part{"S", "#E69F00", &CellStateRow::share_s},
      Part{"G2/M", "#0072B2", &CellStateRow::share_g2m}, Part{"undecided", "#F0E442", &CellStateRow::share_undecided}};
  json data = json::array(), clusters = json::array(), phases = json::array(), fills = json::array();
  for (const auto& part : parts) {
    if (std::ranges::none_of(report.cell_states, [&](const auto& row) { return row.*part.share > 0; })) continue;
    phases.push_back(part.name);
    fills.push_back(part.fill);
  }
  for (const auto& row : report.cell_states) {
    clusters.push_back(valid_utf8(row.cluster));
    double left = 0;
    for (const auto& part : parts) {
      const double share = row.*part.share;
      if (!(share > 0)) continue;
      data.push_back({{"cluster", clusters.back()},
                      {"phase", part.name},
                      {"from", left},
                      {"to", left + share},
                      {"share_text", percent_text(share)},
                      {"cells", count_text(row.n_cells)}});
      left += share;
    }
  }
  json layers = {
      {{"name", "phases"},
       {"mark", {{"type", "bar"}, {"stroke", "white"}, {"strokeWidth", 1}}},
       {"encoding",
        {{"y", {{"field", "cluster"}, {"type", "nominal"}, {"sort", clusters}, {"title", "cluster"}}},
         {"x",
          {{"field", "from"},
           {"type", "quantitative"},
           {"title", "share of the cluster's cells"},
           {"scale", {{"domain", {0, 1}}}},
           {"axis", {{"format", ".0%"}, {"grid", false}, {"tickCount", 5}}}}},
         {"x2", {{"field", "to"}}},
         {"tooltip",
          tooltip({{"cluster", "cluster"}, {"phase", "phase"}, {"share_text", "share"}, {"cells", "cells"}})},
         {"color",
          {{"field", "phase"},
           {"type", "nominal"},
           {"sort", phases},
           {"scale", {{"domain", phases}, {"range", fills}}},
           {"legend", {{"orient", "top"}, {"title", "phase"}}}}}}}}};
  auto spec = layered_chart("Share of the phases of the cell cycle in each cluster", data, layers);
  spec["height"] = {{"step", 22}};
  return spec;
}

}  // namespace miura::report
