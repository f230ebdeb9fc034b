#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "report/chart_theme.hpp"
#include "report/charts.hpp"
#include "report/html.hpp"
#include "report/numbers.hpp"

namespace miura::report {

using nlohmann::json;

namespace {

/// Symbols of genes, with their ids where two genes of the plot share a symbol.
std::map<std::string, std::string> labels_by_id(const std::vector<MarkerDot>& dots) {
  std::map<std::string, std::set<std::string>> ids;
  for (const auto& dot : dots) ids[dot.gene].insert(dot.gene_id);
  std::map<std::string, std::string> label;
  for (const auto& dot : dots)
    label[dot.gene_id] = valid_utf8(ids[dot.gene].size() > 1 ? dot.gene + " " + dot.gene_id : dot.gene);
  return label;
}

}  // namespace

json dot_plot(const StudyReport& report) {
  const auto& dots = report.marker_dots;
  const auto label = labels_by_id(dots);
  json data = json::array(), genes = json::array(), clusters = json::array();
  for (const auto& cluster : report.composition.clusters) clusters.push_back(valid_utf8(cluster));
  double largest = 0;
  for (const auto& dot : dots) {
    if (genes.empty() || genes.back() != label.at(dot.gene_id)) genes.push_back(label.at(dot.gene_id));
    if (!std::isfinite(dot.share) || !std::isfinite(dot.log2_fold)) continue;
    largest = std::max(largest, std::abs(dot.log2_fold));
    data.push_back({{"gene", genes.back()},
                    {"marker_of", valid_utf8(dot.marker_of)},
                    {"cluster", valid_utf8(dot.cluster)},
                    {"own", dot.marker_of == dot.cluster},
                    {"share", dot.share},
                    {"log2_fold", dot.log2_fold},
                    {"share_text", percent_text(dot.share)},
                    {"fold_text", fmt::format("{:+.2f}", dot.log2_fold)}});
  }
  const json legend = {{"orient", "top"}, {"direction", "horizontal"}};
  json share_legend = legend, fold_legend = legend;
  share_legend.update({{"title", "cells that express it"},
                       {"format", ".0%"},
                       {"values", {0.25, 0.5, 1}},
                       {"symbolFillColor", "#888888"},
                       {"symbolStrokeWidth", 0}});
  fold_legend.update({{"title", "log2 fold against the others"}, {"gradientLength", 110}, {"tickCount", 3}});
  json layers = {
      {{"mark", {{"type", "point"}, {"filled", true}, {"opacity", 1}}},
       {"encoding",
        {{"x",
          {{"field", "cluster"},
           {"type", "nominal"},
           {"sort", clusters},
           {"scale", {{"domain", clusters}}},
           {"title", "cluster"},
           {"axis", {{"orient", "top"}, {"labelAngle", 0}, {"grid", true}, {"ticks", false}}}}},
         {"y",
          {{"field", "gene"},
           {"type", "nominal"},
           {"sort", genes},
           {"title", nullptr},
           {"axis", {{"ticks", false}, {"labelFontSize", 11}}}}},
         {"size",
          {{"field", "share"},
           {"type", "quantitative"},
           {"scale", {{"domain", {0, 1}}, {"range", {0, 170}}}},
           {"legend", share_legend}}},
         {"color",
          {{"field", "log2_fold"},
           {"type", "quantitative"},
           {"scale",
            {{"domain", {-largest, 0, largest}}, {"range", {lower, "#c4cad0", higher}}, {"interpolate", "rgb"}}},
           {"legend", fold_legend}}},
         {"stroke", {{"condition", {{"test", "datum.own"}, {"value", ink}}}, {"value", nullptr}}},
         {"strokeWidth", {{"value", 1.5}}},
         {"tooltip", tooltip({{"gene", "gene"},
                              {"marker_of", "marker of cluster"},
                              {"cluster", "in cluster"},
                              {"share_text", "cells that express it"},
                              {"fold_text", "log2 fold"}})}}}}};
  auto spec =
      layered_chart("Genes that mark the clusters: share of the cells that express them, and log2 fold", data, layers);
  spec["height"] = {{"step", 17}};
  spec["config"]["legend"]["layout"] = {{"top", {{"anchor", "start"}, {"margin", 28}}}};
  return spec;
}

}  // namespace miura::report
