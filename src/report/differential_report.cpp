#include "miura/report/differential_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/chart_theme.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/table.hpp"
#include "report/whole_page.hpp"

namespace miura::report {

namespace {

using Align = HtmlTable::Align;
using nlohmann::json;

bool is_up(const std::string& direction) { return direction == "up" || direction == "hyper"; }

/// The counts over all features, up then down.
std::vector<RegionHitRow> of_all(const DifferentialReport& report) {
  std::vector<RegionHitRow> rows;
  for (const auto& row : report.regions)
    if (row.region == "all") rows.push_back(row);
  return rows;
}

std::string claim(const DifferentialReport& report) {
  const auto versus = fmt::format("between {} and {}", report.compared, report.reference);
  if (!report.times.empty()) {
    const auto hits = std::ranges::count_if(report.times, [](const auto& row) { return !row.direction.empty(); });
    return fmt::format("{} of {} comparisons {} at single times, their average or their change are hits.",
                       count_text(hits), count_text(std::ssize(report.times)), versus);
  }
  std::int64_t n_hits = 0;
  std::string parts;
  for (const auto& row : of_all(report)) {
    n_hits += row.n_hits;
    parts += fmt::format("{}{} {}", parts.empty() ? "" : ", ", count_text(row.n_hits), row.direction);
  }
  if (n_hits == 0) return fmt::format("No feature differs {} at the threshold of the settings.", versus);
  return fmt::format("{} of {} features differ {}: {}.", count_text(n_hits), count_text(report.n_features), versus,
                     parts);
}

Html claim_card(const DifferentialReport& report) {
  auto card = element("p", text(claim(report)), {{"class", "claim"}}) + Html{"\n"};
  bool more = false;
  for (const auto& row : of_all(report)) {
    if (std::isnan(row.p_count)) continue;
    more = more || (row.n_hits > 0 && row.p_count <= report.alpha);
    card += paragraph(fmt::format("{}: {}; relabeled samples give {} on average, 95 % of them at most {} (p {}).",
                                  row.direction, count_text(row.n_hits), rounded_text(row.null_mean),
                                  rounded_text(row.null_95), p_text(row.p_count, report.alpha)));
  }
  return element("section", card, {{"id", "finding"}, {"class", more ? "finding declared" : "finding"}}) + Html{"\n"};
}

/// Difference against -log10 p.
json volcano_chart(const DifferentialReport& report) {
  json data = json::array();
  for (const auto& row : report.features) {
    if (!std::isfinite(row.difference) || !(row.p > 0)) continue;
    data.push_back({{"feature", valid_utf8(row.feature)},
                    {"gene", valid_utf8(row.gene)},
                    {"difference", row.difference},
                    {"height", -std::log10(row.p)},
                    {"kind", row.direction.empty()  ? "none"
                             : is_up(row.direction) ? "up"
                                                    : "down"},
                    {"p_text", p_text(row.p, report.alpha)},
                    {"q_text", p_text(row.q, report.alpha)}});
  }
  if (data.empty()) return {};
  const json x = {{"field", "difference"},
                  {"type", "quantitative"},
                  {"title", valid_utf8(report.compared + " less " + report.reference)}};
  const json y = {{"field", "height"}, {"type", "quantitative"}, {"title", "-log10 p"}};
  const json colour = {{"field", "kind"},
                       {"type", "nominal"},
                       {"legend", nullptr},
                       {"scale", {{"domain", {"up", "down", "none"}}, {"range", {higher, lower, "#999999"}}}}};
  auto spec = layered_chart(
      "Difference of means against the p-value of every feature", data,
      {level_of("x", 0, {{"opacity", 0.45}}),
       {{"mark", {{"type", "point"}, {"filled", true}, {"size", 22}, {"opacity", 0.7}}},
        {"encoding",
         {{"x", x},
          {"y", y},
          {"color", colour},
          {"tooltip", tooltip({{"feature", "feature"}, {"gene", "gene"}, {"p_text", "p"}, {"q_text", "q"}})}}}}});
  spec["height"] = 380;
  return spec;
}

/// Observed hits of each class beside what relabeled samples give.
json region_chart(const DifferentialReport& report) {
  json data = json::array(), order = json::array();
  for (const auto& row : report.regions) {
    const auto label = valid_utf8(row.region + " " + row.direction);
    order.push_back(label);
    data.push_back({{"region", label}, {"hits", row.n_hits}, {"up", is_up(row.direction)}});
    if (!std::isnan(row.null_95)) {
      data.back()["most"] = row.null_95;
      data.back()["mean"] = row.null_mean;
    }
  }
  const json y = {{"field", "region"}, {"type", "nominal"}, {"sort", order}, {"title", nullptr}};
  const auto x = [](const char* field) -> json {
    return {{"field", field}, {"type", "quantitative"}, {"title", "hits"}};
  };
  auto spec =
      layered_chart("Hits by class of region beside relabeled samples", data,
                    {{{"mark", {{"type", "bar"}, {"opacity", 0.85}}},
                      {"encoding",
                       {{"y", y},
                        {"x", x("hits")},
                        {"color", {{"condition", {{"test", "datum.up"}, {"value", higher}}}, {"value", lower}}}}}},
                     {{"transform", {{{"filter", "isValid(datum.most)"}}}},
                      {"mark", {{"type", "tick"}, {"color", ink}, {"thickness", 2}}},
                      {"encoding", {{"y", y}, {"x", x("most")}}}}});
  spec["height"] = {{"step", 20}};
  return spec;
}

Section feature_section(const DifferentialReport& report) {
  constexpr std::ptrdiff_t most = 30;
  Section section{"features", "Features", {}};
  if (report.features.empty()) return section;
  if (const auto spec = volcano_chart(report); !spec.empty())
    section.body +=
        figure_row(chart("volcano", spec,
                         element("strong", text("Difference and p of every feature")) +
                             text("; of those that are no hits some are drawn"),
                         file_of_table(report.files, report.times.empty() ? "differential" : "differential_times")));
  auto features = report.features;
  std::ranges::stable_sort(features, [](const auto& a, const auto& b) { return a.p < b.p; });
  HtmlTable table("The foremost by p",
                  {{"feature", Align::text}, {"gene", Align::text}, {"difference"}, {"p"}, {"q"}, {"", Align::text}});
  for (std::ptrdiff_t i = 0; i < std::min(most, std::ssize(features)); ++i) {
    const auto& row = features[i];
    table.add({cell(row.feature), cell(row.gene), cell(rounded_text(row.difference)), cell(p_text(row.p, report.alpha)),
               cell(p_text(row.q, report.alpha)), cell(row.direction)},
              row.direction.empty() ? "" : "declared");
  }
  section.body += table.html();
  return section;
}

Section region_section(const DifferentialReport& report) {
  Section section{"regions", "Hits by class of region", {}};
  if (report.regions.size() <= 2) return section;  // nothing but `all`
  section.body += paragraph(
      "How many features of each class are hits, and how many are when the samples are relabeled (tick: 95 % of them "
      "stay below). Enriched: whether the class has more of the hits than its share of features, hypergeometric as if "
      "features were independent, and among as many foremost features of relabeled samples, which keeps that they are "
      "not.");
  section.body += figure_row(chart("regions", region_chart(report), element("strong", text("Hits by class")),
                                   file_of_table(report.files, "region_classes")));
  HtmlTable table("Classes of regions", {{"class", Align::text},
                                         {"direction", Align::text},
                                         {"tested"},
                                         {"hits"},
                                         {"expected"},
                                         {"odds ratio"},
                                         {"log10 p, enriched"},
                                         {"p, enriched, relabeled"},
                                         {"relabeled: mean"},
                                         {"95 % point"},
                                         {"p of the count"}});
  for (const auto& row : report.regions)
    table.add({cell(row.region), cell(row.direction), cell(count_text(row.n_tested)), cell(count_text(row.n_hits)),
               cell(rounded_text(row.expected)), cell(rounded_text(row.odds_ratio)),
               cell(rounded_text(row.log10_p_enriched)), cell(p_text(row.p_top_enriched, report.alpha)),
               cell(rounded_text(row.null_mean)), cell(rounded_text(row.null_95)),
               cell(p_text(row.p_count, report.alpha))});
  section.body += table.html();
  return section;
}

Section gene_section(const DifferentialReport& report) {
  constexpr std::ptrdiff_t most = 30;
  Section section{"genes", "Genes with hits in their promoter", {}};
  if (report.genes.empty()) return section;
  HtmlTable table("Most promoter hits first; p: share of relabelings with as many in this gene, not corrected",
                  {{"gene", Align::text},
                   {"tested"},
                   {"in the promoter"},
                   {"up"},
                   {"p"},
                   {"down"},
                   {"p"},
                   {"mean difference"},
                   {"best feature", Align::text}});
  for (std::ptrdiff_t i = 0; i < std::min(most, std::ssize(report.genes)); ++i) {
    const auto& row = report.genes[i];
    table.add({cell(row.gene), cell(count_text(row.n_tested)), cell(count_text(row.n_promoter)),
               cell(count_text(row.promoter_up)), cell(p_text(row.p_promoter_up, report.alpha)),
               cell(count_text(row.promoter_down)), cell(p_text(row.p_promoter_down, report.alpha)),
               cell(rounded_text(row.mean_difference)), cell(row.best_feature)});
  }
  section.body += table.html();
  return section;
}

/// The difference of every feature of a gene where it lies, by class of region.
json gene_chart(const DifferentialReport& report, const GeneProbes& gene) {
  json data = json::array();
  for (const auto& probe : gene.probes) {
    if (!std::isfinite(probe.difference)) continue;
    data.push_back({{"feature", valid_utf8(probe.feature)},
                    {"region", valid_utf8(probe.region.empty() ? "none" : probe.region)},
                    {"position", probe.position},
                    {"difference", probe.difference},
                    {"kind", probe.direction.empty()  ? "no hit"
                             : is_up(probe.direction) ? "up"
                                                      : "down"},
                    {"where", count_text(probe.position)},
                    {"change", rounded_text(probe.difference)},
                    {"p_text", p_text(probe.p, report.alpha)},
                    {"q_text", p_text(probe.q, report.alpha)}});
  }
  const auto first = gene.probes.front().position, last = gene.probes.back().position;
  const auto margin = std::max<std::int64_t>((last - first) / 30, 50);
  const json x = along_chromosome("position", gene.chromosome, first - margin, last + margin);
  const json y = {{"field", "difference"},
                  {"type", "quantitative"},
                  {"title", valid_utf8(report.compared + " less " + report.reference)}};
  const json colour = {{"field", "kind"},
                       {"type", "nominal"},
                       {"legend", nullptr},
                       {"scale", {{"domain", {"up", "down", "no hit"}}, {"range", {higher, lower, "#999999"}}}}};
  auto spec = layered_chart(valid_utf8("Difference of every feature along " + gene.gene), data,
                            {level_of("y", 0, {{"opacity", 0.45}}),
                             {{"mark", {{"type", "rule"}, {"opacity", 0.6}}},
                              {"encoding", {{"x", x}, {"y", y}, {"y2", {{"datum", 0}}}, {"color", colour}}}},
                             {{"mark", {{"type", "point"}, {"filled", true}, {"size", 60}}},
                              {"encoding",
                               {{"x", x},
                                {"y", y},
                                {"color", colour},
                                {"shape", {{"field", "region"}, {"type", "nominal"}, {"title", "region"}}},
                                {"tooltip", tooltip({{"feature", "feature"},
                                                     {"region", "region"},
                                                     {"where", "base"},
                                                     {"change", "difference"},
                                                     {"p_text", "p"},
                                                     {"q_text", "q"}})}}}}});
  spec["height"] = 220;
  return spec;
}

Section gene_probe_section(const DifferentialReport& report) {
  constexpr std::size_t most = 24;
  Section section{"along-genes", "Along chosen genes", {}};
  if (report.gene_probes.empty()) return section;
  section.body += paragraph("Blue: up, vermilion: down, grey: no hit; the shape is the class of region.");
  for (std::size_t i = 0; i < std::min(most, report.gene_probes.size()); ++i) {
    const auto& gene = report.gene_probes[i];
    section.body += figure_row(chart(
        "gene" + std::to_string(i), gene_chart(report, gene),
        element("strong", text(gene.gene)) +
            text(fmt::format(" {}: {} features from {} to {}", gene.chromosome, count_text(std::ssize(gene.probes)),
                             count_text(gene.probes.front().position), count_text(gene.probes.back().position))),
        "tables/gene_probes.tsv"));
  }
  return section;
}

Section time_section(const DifferentialReport& report) {
  constexpr std::ptrdiff_t most = 200;
  Section section{"times", "Groups over time", {}};
  if (report.times.empty()) return section;
  section.body += paragraph(
      "The difference at each time, its average over times, and whether it changes (interaction), the last two by "
      "relabeling whole units.");
  HtmlTable table("Features by time",
                  {{"feature", Align::text}, {"time", Align::text}, {"difference"}, {"p"}, {"q"}, {"", Align::text}});
  for (std::ptrdiff_t i = 0; i < std::min(most, std::ssize(report.times)); ++i) {
    const auto& row = report.times[i];
    table.add({cell(row.feature), cell(row.time), cell(rounded_text(row.difference)), cell(p_text(row.p, report.alpha)),
               cell(p_text(row.q, report.alpha)), cell(row.direction)},
              row.direction.empty() ? "" : "declared");
  }
  section.body += table.html();
  return section;
}

}  // namespace

std::string render_differential(const DifferentialReport& report) {
  return whole_page(
      "What differs between two groups", report.study, claim_card(report),
      {warnings_section(report.warnings), time_section(report), feature_section(report), region_section(report),
       gene_section(report), gene_probe_section(report), method_section(report.method),
       settings_section(report.settings), provenance_section(report.inputs), files_section(report.files)},
      report.program_version);
}

}  // namespace miura::report
