#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "miura/report/headline.hpp"
#include "report/chart_theme.hpp"
#include "report/charts.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

namespace {

using nlohmann::json;
using Align = HtmlTable::Align;

/// What a person calls a set: its description where the name is a number of a database.
std::string set_label(const std::string& name, const std::string& description) {
  const bool describes = !description.empty() && description.find("://") == std::string::npos;
  return valid_utf8(describes && name.find(':') != std::string::npos ? description : name);
}

std::string log_text(double log10) { return std::isfinite(log10) ? fmt::format("{:.1f}", log10) : "\u2013"; }

}  // namespace

json enrichment_chart(const StudyReport& report, std::string_view shown) {
  json data = json::array();
  std::map<std::string, int> place;  // of a bar in its cluster: higher sets above, the strongest first
  for (const auto& row : report.enrichment) {
    const auto strength = std::round(-row.log10_fdr * 1e3) / 1e3;
    data.push_back({{"cluster", valid_utf8(row.cluster)},
                    {"place", place[row.cluster]++},
                    {"set", set_label(row.set, row.description)},
                    {"which", row.direction == "up" ? "higher in the cluster" : "lower in the cluster"},
                    {"value", row.direction == "up" ? strength : -strength},
                    {"found", row.log10_fdr <= std::log10(0.05)},
                    {"name", valid_utf8(row.set)},
                    {"genes", fmt::format("{} of {}", row.k, row.in_set)},
                    {"fold", fmt::format("{:.1f}", row.fold)},
                    {"fdr", log_text(row.log10_fdr)}});
  }
  const json y = {{"field", "set"},
                  {"type", "nominal"},
                  {"sort", {{"field", "place"}}},
                  {"title", nullptr},
                  {"axis", {{"labelLimit", 300}, {"ticks", false}, {"domain", false}}}};
  const json x = {{"field", "value"},
                  {"type", "quantitative"},
                  {"stack", nullptr},
                  {"title", "-log10 FDR: lower to the left, higher to the right"},
                  {"axis", {{"tickCount", 6}, {"labelExpr", "abs(datum.value)"}}}};
  const json which = {
      {"field", "which"},
      {"type", "nominal"},
      {"title", nullptr},
      {"scale", {{"domain", {"higher in the cluster", "lower in the cluster"}}, {"range", {higher, lower}}}},
      {"legend", {{"orient", "top"}}}};
  json layers = {
      {{"mark", {{"type", "bar"}, {"height", 13}}},
       {"encoding",
        {{"y", y},
         {"x", x},
         {"color", which},
         {"opacity", {{"condition", {{"test", "datum.found"}, {"value", 1}}}, {"value", 0.35}}},
         {"tooltip",
          tooltip({{"set", "set"}, {"name", "name"}, {"genes", "genes"}, {"fold", "fold"}, {"fdr", "log10 FDR"}})}}}},
      level_of("x", 0, {{"opacity", 0.45}})};
  auto spec = layered_chart("Gene sets of a cluster's markers, by their false discovery rate", data, layers);
  choose_cluster(spec, report.composition.clusters, shown);
  spec["height"] = {{"step", 20}};
  return spec;
}

namespace {

Html ranked_sets_table(const StudyReport& report) {
  HtmlTable table("Sets along all genes, ranked by how they go with the outcome over lots", {{"outcome", Align::text},
                                                                                             {"set", Align::text},
                                                                                             {"direction", Align::text},
                                                                                             {"genes"},
                                                                                             {"NES, lots relabeled"},
                                                                                             {"p, lots"},
                                                                                             {"FDR, lots"},
                                                                                             {"NES, genes permuted"},
                                                                                             {"FDR, genes"}});
  for (const auto& row : report.ranked_sets)
    table.add({cell(row.outcome), cell(set_label(row.set, row.description)), cell(row.direction),
               cell(count_text(row.size)), cell(rho_text(row.nes_lots)), cell(p_text(row.p_lots, report.alpha)),
               cell(p_text(row.fdr_lots, report.alpha)), cell(rho_text(row.nes_genes)),
               cell(p_text(row.fdr_genes, report.alpha))});
  return table.html();
}

}  // namespace

Section enrichment_section(const StudyReport& report) {
  Section section{"gene-sets", "What the genes of the clusters have in common", {}};
  if (!report.enrichment.empty()) {
    section.body += paragraph(fmt::format(
        "Gene sets that hold more of a cluster's markers than drawing as many of the {} tested genes would give "
        "(hypergeometric); the false discovery rate is over all sets of a fitting size. Pale bars stay above 0.05. "
        "Genes "
        "of a set vary together, so p orders the sets and proves little.",
        count_text(report.enrichment.front().universe)));
    section.body +=
        chart("gene-sets", enrichment_chart(report, cluster_of_claim(report)),
              element("strong", text("Gene sets")) + text(" of the markers of a cluster"), "tables/enrichment.tsv");
    HtmlTable table("Foremost sets of each cluster", {{"cluster", Align::text},
                                                      {"direction", Align::text},
                                                      {"set", Align::text},
                                                      {"genes"},
                                                      {"fold"},
                                                      {"log10 p"},
                                                      {"log10 FDR"},
                                                      {"markers in it", Align::text}});
    for (const auto& row : report.enrichment)
      table.add({cell(row.cluster), cell(row.direction), cell(set_label(row.set, row.description)),
                 cell(fmt::format("{} of {}", row.k, row.in_set)), cell(fmt::format("{:.1f}", row.fold)),
                 cell(log_text(row.log10_p)), cell(log_text(row.log10_fdr)), cell(row.genes)});
    section.body += element("details", element("summary", text("All numbers")) + table.html());
  }
  if (report.ranked_sets.empty()) return section;
  section.body += paragraph(
      "All genes of the lots, all cells together, ranked by Spearman's rho with the outcome: a set whose genes stand "
      "at "
      "one end goes with it. Two nulls: permuted genes take genes for independent, which they are not; relabeled lots "
      "keep what genes have in common, and are what to believe.");
  section.body += ranked_sets_table(report) + note("All sets: tables/enrichment_ranked.tsv.");
  return section;
}

}  // namespace miura::report
