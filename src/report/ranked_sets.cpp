#include "report/ranked_sets.hpp"

#include <algorithm>
#include <cmath>

#include "report/chart_theme.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/table.hpp"

namespace miura::report {

using nlohmann::json;

std::string set_label(const std::string& name, const std::string& description) {
  const bool describes = !description.empty() && description.find("://") == std::string::npos;
  return valid_utf8(describes && name.find(':') != std::string::npos ? description : name);
}

json ranked_sets_chart(std::span<const RankedSetRow> rows, const RankedSetsChart& words) {
  json data = json::array();
  for (const auto* direction : {"up", "down"})  // the rows of a ranking come by strength, up and down mixed
    for (const auto& row : rows) {
      const double nes = row.*words.nes;
      if (row.direction != direction || !std::isfinite(nes)) continue;
      data.push_back({{"ranked_by", valid_utf8(row.ranked_by)},
                      {"set", set_label(row.set, row.description)},
                      {"name", valid_utf8(row.set)},
                      {"which", valid_utf8(row.direction == "up" ? words.up : words.down)},
                      {"value", std::round(nes * 1e3) / 1e3},
                      {"found", row.fdr_lots <= words.alpha},
                      {"genes", count_text(row.size)},
                      {"nes_genes", rho_text(row.nes_genes)},
                      {"fdr_genes", p_text(row.fdr_genes, words.alpha)},
                      {"p_lots", p_text(row.p_lots, words.alpha)},
                      {"fdr_lots", p_text(row.fdr_lots, words.alpha)}});
    }
  auto axis = axis_of_names(50, 320);
  axis.update({{"ticks", false}, {"domain", false}});
  const json y = {{"field", "set"}, {"type", "nominal"}, {"sort", nullptr}, {"title", nullptr}, {"axis", axis}};
  const json x = {{"field", "value"},
                  {"type", "quantitative"},
                  {"stack", nullptr},
                  {"title", "normalized enrichment score"},
                  {"axis", {{"tickCount", 6}}}};
  const json which = {
      {"field", "which"},
      {"type", "nominal"},
      {"title", nullptr},
      {"scale", {{"domain", {valid_utf8(words.up), valid_utf8(words.down)}}, {"range", {higher, lower}}}},
      {"legend", {{"orient", "top"}}}};
  json layers = {{{"mark", {{"type", "bar"}, {"height", 13}}},
                  {"encoding",
                   {{"y", y},
                    {"x", x},
                    {"color", which},
                    {"opacity", {{"condition", {{"test", "datum.found"}, {"value", 1}}}, {"value", 0.35}}},
                    {"tooltip", tooltip({{"set", "set"},
                                         {"name", "name"},
                                         {"genes", "genes"},
                                         {"p_lots", "p, lots"},
                                         {"fdr_lots", "FDR, lots"},
                                         {"nes_genes", "NES, genes permuted"},
                                         {"fdr_genes", "FDR, genes"}})}}}},
                 level_of("x", 0, {{"opacity", 0.45}})};
  auto spec = layered_chart("Gene sets along ranked genes, by their normalized enrichment score", data, layers);
  choose(spec, "ranked_by", distinct(rows, &RankedSetRow::ranked_by), words.shown, words.label);
  spec["height"] = {{"step", 20}};
  return spec;
}

Html ranked_sets_table(std::string_view caption, const std::string& ranked_by, std::span<const RankedSetRow> rows,
                       double alpha) {
  using Align = HtmlTable::Align;
  HtmlTable table(caption, {{ranked_by, Align::text},
                            {"set", Align::text},
                            {"direction", Align::text},
                            {"genes"},
                            {"NES, lots"},
                            {"p, lots"},
                            {"FDR, lots"},
                            {"NES, genes permuted"},
                            {"FDR, genes"}});
  for (const auto& row : rows)
    table.add({cell(row.ranked_by), cell(set_label(row.set, row.description)), cell(row.direction),
               cell(count_text(row.size)), cell(rho_text(row.nes_lots)), cell(p_text(row.p_lots, alpha)),
               cell(p_text(row.fdr_lots, alpha)), cell(rho_text(row.nes_genes)), cell(p_text(row.fdr_genes, alpha))});
  return table.html();
}

}  // namespace miura::report
