#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "miura/report/headline.hpp"
#include "report/chart_theme.hpp"
#include "report/charts.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/ranked_sets.hpp"
#include "report/sections.hpp"

namespace miura::report {

namespace {

using nlohmann::json;
using Align = HtmlTable::Align;

std::string log_text(double log10) { return std::isfinite(log10) ? fmt::format("{:.1f}", log10) : "\u2013"; }

}  // namespace

json enrichment_chart(const StudyReport& report, std::string_view shown) {
  json data = json::array();
  for (const auto& row : report.enrichment) {
    const auto strength = std::round(-row.log10_fdr * 1e3) / 1e3;
    data.push_back({{"cluster", valid_utf8(row.cluster)},
                    {"set", set_label(row.set, row.description)},
                    {"which", row.direction == "up" ? "higher in the cluster" : "lower in the cluster"},
                    {"value", row.direction == "up" ? strength : -strength},
                    {"found", row.log10_fdr <= std::log10(0.05)},
                    {"name", valid_utf8(row.set)},
                    {"genes", fmt::format("{} of {}", row.k, row.in_set)},
                    {"fold", fmt::format("{:.1f}", row.fold)},
                    {"fdr", log_text(row.log10_fdr)}});
  }
  auto axis = axis_of_names(50, 320);
  axis.update({{"ticks", false}, {"domain", false}});
  const json y = {{"field", "set"},
                  {"type", "nominal"},
                  {"sort", {{"field", "value"}, {"op", "sum"}, {"order", "descending"}}},
                  {"title", nullptr},
                  {"axis", axis}};
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

Html sets_of_clusters(const StudyReport& report) {
  const auto rankings = distinct(report.cluster_sets, &RankedSetRow::ranked_by);
  const auto claimed = cluster_of_claim(report);
  const bool has_claimed = std::ranges::find(rankings, claimed) != rankings.end();
  return paragraph(fmt::format(
             "All tested genes of a cluster, ranked by how firmly the lots agree that they are higher or lower in "
             "it: a set whose genes stand at one end is higher, or lower, as a whole. Bars are scores against "
             "permuted genes, which takes genes for independent; pale ones have a false discovery rate above {} "
             "where the signs of the lots' differences are flipped instead, which keeps what genes have in common. "
             "Few lots have few signs, and then p cannot be small.",
             report.alpha)) +
         chart("cluster-sets",
               ranked_sets_chart(report.cluster_sets, {.label = "cluster",
                                                       .shown = has_claimed ? claimed : rankings.front(),
                                                       .up = "higher in the cluster",
                                                       .down = "lower in the cluster",
                                                       .alpha = report.alpha}),
               element("strong", text("Gene sets")) + text(" along all genes of a cluster"),
               "tables/enrichment_ranked_clusters.tsv") +
         element("details", element("summary", text("All numbers")) +
                                ranked_sets_table("Foremost sets along all genes of each cluster", "cluster",
                                                  report.cluster_sets, report.alpha));
}

Html sets_of_outcomes(const StudyReport& report) {
  const auto rankings = distinct(report.ranked_sets, &RankedSetRow::ranked_by);
  return paragraph(fmt::format(
             "All genes of the lots, all cells together, ranked by Spearman's rho with the outcome: a set whose genes "
             "stand at one end goes with it. Two nulls: permuted genes take genes for independent, which they are not; "
             "relabeled lots keep what genes have in common, and are what to believe. Bars are scores against "
             "relabeled lots; pale ones have a false discovery rate above {}.",
             report.alpha)) +
         chart("outcome-sets",
               ranked_sets_chart(report.ranked_sets, {.label = "outcome",
                                                      .shown = rankings.front(),
                                                      .up = "rises with the outcome",
                                                      .down = "falls with the outcome",
                                                      .nes = &RankedSetRow::nes_lots,
                                                      .alpha = report.alpha}),
               element("strong", text("Gene sets")) + text(" along genes ranked by an outcome"),
               "tables/enrichment_ranked.tsv") +
         element("details",
                 element("summary", text("All numbers")) +
                     ranked_sets_table("Sets along all genes, ranked by how they go with the outcome over lots",
                                       "outcome", report.ranked_sets, report.alpha));
}

}  // namespace

Section enrichment_section(const StudyReport& report) {
  Section section{"gene-sets", "What the genes of the clusters have in common", {}};
  if (!report.enrichment.empty()) {
    section.body += paragraph(fmt::format(
        "Gene sets that hold more of a cluster's markers than drawing as many of the {} tested genes would give "
        "(hypergeometric); the false discovery rate is over all sets of a fitting size. Pale bars stay above 0.05. "
        "Genes of a set vary together, so p orders the sets and proves little.",
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
  if (!report.cluster_sets.empty()) section.body += sets_of_clusters(report);
  if (!report.ranked_sets.empty()) section.body += sets_of_outcomes(report);
  return section;
}

}  // namespace miura::report
