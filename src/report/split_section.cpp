#include <fmt/format.h>

#include "miura/report/headline.hpp"
#include "report/chart_theme.hpp"
#include "report/charts.hpp"
#include "report/gene_words.hpp"
#include "report/html.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/sections.hpp"

namespace miura::report {

using nlohmann::json;

namespace {

constexpr const char* on_other = "cluster formed anew, on molecules that took no part in it";
constexpr const char* on_own = "the cluster it is most like, on the molecules that formed it";

/// The cluster of the composition that is most like it.
std::string counterpart(const SplitClusterRow& row) {
  return row.primary_cluster.empty() ? "\u2013" : fmt::format("{} ({:.2f})", row.primary_cluster, row.jaccard);
}

}  // namespace

json split_chart(const StudyReport& report) {
  json data = json::array();
  for (const auto& row : report.split_clusters) {
    const auto label = valid_utf8(row.cluster + ", like " + counterpart(row));
    const auto add = [&](const char* which, std::int64_t n_up, std::int64_t n_down) {
      data.push_back({{"cluster", label},
                      {"which", which},
                      {"genes", n_up + n_down},
                      {"count", count_text(n_up + n_down)},
                      {"up", count_text(n_up)},
                      {"down", count_text(n_down)},
                      {"cells", count_text(row.n_cells)}});
    };
    add(on_other, row.n_up, row.n_down);
    add(on_own, row.n_up_all, row.n_down_all);
  }
  const json which_domain = {on_other, on_own};
  const json y = {{"field", "cluster"},
                  {"type", "nominal"},
                  {"sort", nullptr},
                  {"title", nullptr},
                  {"axis", {{"labelLimit", 220}, {"ticks", false}}}};
  const json y_offset = {{"field", "which"}, {"type", "nominal"}, {"sort", which_domain}};
  const json x = {{"field", "genes"},
                  {"type", "quantitative"},
                  {"stack", nullptr},
                  {"title", "genes that differ over cells, FDR 0.05"},
                  {"axis", {{"tickCount", 6}}}};
  json layers = {
      {{"mark", {{"type", "bar"}}},
       {"encoding",
        {{"y", y},
         {"yOffset", y_offset},
         {"x", x},
         {"color",
          {{"field", "which"},
           {"type", "nominal"},
           {"title", nullptr},
           {"scale", {{"domain", which_domain}, {"range", {higher, "#b9c1c9"}}}},
           {"legend", {{"orient", "top"}, {"direction", "vertical"}, {"labelLimit", 480}}}}},
         {"tooltip", tooltip({{"cluster", "cluster"},
                              {"which", "tested"},
                              {"up", "genes higher"},
                              {"down", "genes lower"},
                              {"cells", "cells"}})}}}},
      {{"mark", {{"type", "text"}, {"align", "left"}, {"dx", 4}, {"fontSize", 10}}},
       {"encoding", {{"y", y}, {"yOffset", y_offset}, {"x", x}, {"text", {{"field", "count"}, {"type", "nominal"}}}}}}};
  auto spec = layered_chart("Genes that differ in each cluster, on its own molecules and on others", data, layers);
  spec["height"] = {{"step", 13}};
  return spec;
}

Section split_section(const StudyReport& report) {
  Section section{"count-splitting", "Do the clusters hold on other molecules", {}};
  if (report.split_clusters.empty()) return section;
  section.body += paragraph(
      "Count splitting: each molecule was dealt to one of two parts; clusters were formed anew on the first and their "
      "genes tested over cells on the second, which the clustering has not seen. A cluster of noise then has no more "
      "genes than chance gives, while on its own molecules it has many. Fewer molecules find fewer genes, so a shorter "
      "bar alone says little; a bar of nothing says that the cells differ in no more than what they were sorted by. "
      "The cells of a lot are no independent samples here either.");
  section.body += paragraph(words_on_split(report));
  section.body += chart("count-splitting", split_chart(report),
                        text("Genes that differ in each cluster; in brackets the Jaccard index with the primary one"),
                        "tables/markers_split_clusters.tsv");
  using Align = HtmlTable::Align;
  HtmlTable table("Clusters formed anew on some of the molecules, tested on the others", {{"cluster", Align::text},
                                                                                          {"most like", Align::text},
                                                                                          {"Jaccard"},
                                                                                          {"cells"},
                                                                                          {"genes tested"},
                                                                                          {"higher, FDR 0.05"},
                                                                                          {"lower, FDR 0.05"},
                                                                                          {"higher, own molecules"},
                                                                                          {"lower, own molecules"}});
  for (const auto& row : report.split_clusters)
    table.add({cell(row.cluster), cell(row.primary_cluster), cell(rho_text(row.jaccard)), cell(count_text(row.n_cells)),
               cell(count_text(row.n_tested)), cell(count_text(row.n_up)), cell(count_text(row.n_down)),
               cell(count_text(row.n_up_all)), cell(count_text(row.n_down_all))});
  section.body += element("details", element("summary", text("All numbers")) + table.html()) +
                  note("Their genes, with p over cells and over lots: tables/markers_split.tsv.");
  return section;
}

}  // namespace miura::report
