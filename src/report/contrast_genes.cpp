#include "report/contrast_genes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "report/chart_theme.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/table.hpp"

namespace miura::report {

using nlohmann::json;

namespace {

std::string fold_text(double value) { return std::isfinite(value) ? fmt::format("{:+.2f}", value) : "\u2013"; }

/// How many lots go in the direction of the row.
std::string agreement(const ContrastGene& row) {
  return fmt::format("{} of {}", row.direction == "up" ? row.n_higher : row.n_lower, row.n_lots);
}

json drawn_genes(std::span<const ContrastGene> rows, const ContrastWords& words) {
  std::map<std::pair<std::string, std::string>, int> of_symbol;  // rows of a contrast
  for (const auto& row : rows) ++of_symbol[{row.contrast, row.gene}];
  json data = json::array();
  for (const auto& row : rows) {
    if (!std::isfinite(row.difference)) continue;
    const bool shared = of_symbol[{row.contrast, row.gene}] > 1;
    data.push_back({{"contrast", valid_utf8(row.contrast)},
                    {"gene", valid_utf8(shared ? row.gene + " " + row.gene_id : row.gene)},
                    {"which", valid_utf8(row.direction == "up" ? words.up : words.down)},
                    {"value", std::round(row.difference * 1e3) / 1e3},
                    {"least", std::isfinite(row.effect) ? std::round(row.effect * 1e3) / 1e3 : 0},
                    {"ratio", fold_text(row.difference)},
                    {"at_least", fold_text(row.effect)},
                    {"lots", agreement(row)},
                    {"p", p_text(row.p)}});
  }
  return data;
}

}  // namespace

json contrast_chart(std::span<const ContrastGene> rows, const ContrastWords& words) {
  const auto up = valid_utf8(words.up), down = valid_utf8(words.down);
  const json y = {{"field", "gene"},
                  {"type", "nominal"},
                  {"sort", nullptr},
                  {"title", nullptr},
                  {"axis", {{"ticks", false}, {"domain", false}, {"labelFontSize", 11}}}};
  const auto x = [](const char* field) -> json {
    return {{"field", field},
            {"type", "quantitative"},
            {"stack", nullptr},
            {"title", "log2 ratio: bar to its cautious end, dot at its mean"},
            {"axis", {{"tickCount", 6}}}};
  };
  const json colour = {{"field", "which"},
                       {"type", "nominal"},
                       {"title", nullptr},
                       {"scale", {{"domain", {up, down}}, {"range", {higher, lower}}}},
                       {"legend", {{"orient", "top"}}}};
  const json tips = tooltip({{"gene", "gene"},
                             {"ratio", "log2 ratio"},
                             {"at_least", "at least"},
                             {"lots", "in this direction"},
                             {"p", "p of this gene alone"}});
  json layers = {{{"mark", {{"type", "bar"}, {"height", 11}}},
                  {"encoding", {{"y", y}, {"x", x("least")}, {"color", colour}, {"tooltip", tips}}}},
                 {{"mark", {{"type", "point"}, {"filled", true}, {"size", 42}, {"opacity", 1}}},
                  {"encoding", {{"y", y}, {"x", x("value")}, {"color", colour}, {"tooltip", tips}}}},
                 level_of("x", 0, {{"opacity", 0.45}})};
  auto spec = layered_chart("Genes that differ between two sides: log2 ratio, and its cautious end over lots",
                            drawn_genes(rows, words), layers);
  choose(spec, "contrast", distinct(rows, &ContrastGene::contrast), words.shown, words.label);
  spec["height"] = {{"step", 18}};
  return spec;
}

Html contrast_table(std::string_view caption, const std::string& contrast, std::span<const ContrastGene> rows,
                    const ContrastWords& words, double alpha) {
  using Align = HtmlTable::Align;
  HtmlTable table(caption, {{contrast, Align::text},
                            {"direction", Align::text},
                            {"gene", Align::text},
                            {"log2 ratio"},
                            {"at least"},
                            {words.of_lots + " in this direction"},
                            {"p over " + words.of_lots},
                            {"p, family-wise"},
                            {"smallest p they can give"}});
  for (const auto& row : rows)
    table.add({cell(row.contrast), cell(row.direction), cell(row.gene), cell(fold_text(row.difference)),
               cell(fold_text(row.effect)), cell(agreement(row)), cell(p_text(row.p, alpha)),
               cell(p_text(row.p_max_t, alpha)), cell(p_text(row.p_min, alpha))});
  return table.html();
}

}  // namespace miura::report
