#include "miura/report/enrichment_report.hpp"

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

constexpr std::ptrdiff_t most_rows = 40;

double fdr_of(const SetAlongRanking& row) { return row.n_lots > 0 ? row.fdr_lots : row.fdr_genes; }

/// 10^x as text, also where it is below the smallest double.
std::string power_text(double log10) {
  if (!std::isfinite(log10)) return rounded_text(log10);
  if (log10 > -300) return p_text(std::pow(10.0, log10));
  const double whole = std::floor(log10);
  return fmt::format("{:.1f}e{:.0f}", std::pow(10.0, log10 - whole), whole);
}

std::string none_or(std::int64_t n) { return n == 0 ? "None" : count_text(n); }

/// The set and what it is, where its collection says more than a name or an address.
std::string name_of(const SetRow& row) {
  const bool says_more = !row.description.empty() && row.description != row.set && !row.description.starts_with("http");
  return says_more ? row.set + " " + row.description : row.set;
}

std::string with_blanks(std::string genes) {
  for (std::size_t at = 0; (at = genes.find(';', at)) != std::string::npos; at += 2) genes.replace(at, 1, ", ");
  return genes;
}

std::string directed(const std::string& name, const std::string& direction) {
  return direction.empty() || direction == "all" ? name : name + " (" + direction + ")";
}

Html claim_card(const EnrichmentReport& report) {
  const double bar = std::log10(report.alpha);
  std::vector<std::string> claims;
  const auto sets = std::ranges::count_if(report.sets, [&](const auto& row) { return row.log10_fdr <= bar; });
  const auto ranked =
      std::ranges::count_if(report.ranked, [&](const auto& row) { return fdr_of(row) <= report.alpha; });
  const auto more = std::ranges::count_if(
      report.overlaps, [&](const auto& row) { return row.count == "first" && row.fdr <= report.alpha; });
  const auto pairs = std::ranges::count(report.overlaps, "first", &OverlapRow::count);
  if (!report.sets.empty())
    claims.push_back(
        fmt::format("{} of {} gene sets with a picked gene are over-represented at a false discovery rate "
                    "of {:g} %.",
                    none_or(sets), count_text(std::ssize(report.sets)), 100 * report.alpha));
  if (!report.ranked.empty())
    claims.push_back(fmt::format("{} of {} gene sets lie towards an end of the ranking at that rate.", none_or(ranked),
                                 count_text(std::ssize(report.ranked))));
  if (pairs > 0)
    claims.push_back(
        fmt::format("{} of {} pairs of interval sets overlap more than chance puts them, at a false "
                    "discovery rate of {:g} %.",
                    none_or(more), count_text(pairs), 100 * report.alpha));
  if (claims.empty()) claims.push_back("Nothing was compared.");
  Html card;
  for (const auto& claim : claims) card += element("p", text(claim), {{"class", "claim"}}) + Html{"\n"};
  return element("section", card,
                 {{"id", "finding"}, {"class", sets + ranked + more > 0 ? "finding declared" : "finding"}}) +
         Html{"\n"};
}

json set_chart(const std::vector<const SetRow*>& rows, double alpha) {
  json data = json::array(), order = json::array();
  for (const auto* row : rows) {
    const auto label =
        valid_utf8(directed(name_of(*row), row->direction) + (row->group.empty() ? "" : ", " + row->group));
    order.push_back(label);
    data.push_back({{"set", label},
                    {"height", -row->log10_fdr},
                    {"overlap", fmt::format("{} of {}", row->k, row->in_set)},
                    {"fdr", power_text(row->log10_fdr)}});
  }
  const json y = {
      {"field", "set"}, {"type", "nominal"}, {"sort", order}, {"title", nullptr}, {"axis", axis_of_names(54, 340)}};
  auto spec = layered_chart(
      "Foremost gene sets by false discovery rate", data,
      {{{"mark", {{"type", "bar"}, {"color", higher}, {"opacity", 0.8}}},
        {"encoding",
         {{"y", y},
          {"x", {{"field", "height"}, {"type", "quantitative"}, {"title", "-log10 FDR"}}},
          {"tooltip", tooltip({{"set", "set"}, {"overlap", "picked"}, {"fdr", "FDR"}})}}}},
       level_of("x", -std::log10(alpha), {{"opacity", 0.8}, {"strokeDash", {4, 3}}}),
       {{"mark", {{"type", "text"}, {"align", "left"}, {"dx", 8}}},
        {"encoding", {{"y", y}, {"x", {{"value", "width"}}}, {"text", {{"field", "overlap"}, {"type", "nominal"}}}}}}});
  spec["height"] = {{"step", 20}};
  return spec;
}

Section set_section(const EnrichmentReport& report) {
  constexpr std::ptrdiff_t most_bars = 20;
  Section section{"sets", "Gene sets over-represented among the picked genes", {}};
  if (report.sets.empty()) return section;
  std::vector<const SetRow*> rows;
  for (const auto& row : report.sets) rows.push_back(&row);
  std::ranges::stable_sort(rows, {}, &SetRow::log10_fdr);
  rows.resize(static_cast<std::size_t>(std::min(most_rows, std::ssize(rows))));
  section.body += figure_row(
      chart("sets", set_chart({rows.begin(), rows.begin() + std::min(most_bars, std::ssize(rows))}, report.alpha),
            element("strong", text("The foremost sets")) + text("; dashed: the false discovery rate that is declared"),
            file_of_table(report.files, "enrichment")));
  HtmlTable table("Hypergeometric tail over the genes that were tested", {{"set", Align::text},
                                                                          {"list", Align::text},
                                                                          {"collection", Align::text},
                                                                          {"p"},
                                                                          {"FDR"},
                                                                          {"overlap"},
                                                                          {"fold"},
                                                                          {"molecules", Align::text}});
  for (const auto* row : rows)
    table.add({cell(row->set),
               cell(directed(row->group.empty() ? "list" : row->group, row->direction)),
               cell(row->collection),
               cell(power_text(row->log10_p)),
               cell(power_text(row->log10_fdr)),
               {text(fmt::format("{} of {} ({})", row->k, row->in_set,
                                 percent_text(static_cast<double>(row->k) / static_cast<double>(row->in_set)))),
                static_cast<double>(row->k) / static_cast<double>(row->in_set)},
               cell(rounded_text(row->fold)),
               cell(with_blanks(row->genes))},
              row->log10_fdr <= std::log10(report.alpha) ? "declared" : "");
  section.body += table.html();
  return section;
}

Section ranked_section(const EnrichmentReport& report) {
  Section section{"ranked", "Gene sets along the ranking", {}};
  if (report.ranked.empty()) return section;
  section.body += paragraph(
      "Two nulls: genes that change places take genes for independent; lots that change labels keep what genes have in "
      "common, and are to be believed where they are there.");
  std::vector<const SetAlongRanking*> rows;
  for (const auto& row : report.ranked) rows.push_back(&row);
  std::ranges::stable_sort(rows, [](const auto* a, const auto* b) { return fdr_of(*a) < fdr_of(*b); });
  rows.resize(static_cast<std::size_t>(std::min(most_rows, std::ssize(rows))));
  HtmlTable table("Foremost sets", {{"set", Align::text},
                                    {"ranking", Align::text},
                                    {"direction", Align::text},
                                    {"genes"},
                                    {"ES"},
                                    {"NES, genes"},
                                    {"FDR, genes"},
                                    {"NES, lots"},
                                    {"p, lots"},
                                    {"FDR, lots"}});
  for (const auto* row : rows)
    table.add({cell(row->set), cell(row->group), cell(row->direction), cell(count_text(row->size)),
               cell(rho_text(row->es)), cell(rounded_text(row->nes_genes)), cell(p_text(row->fdr_genes, report.alpha)),
               cell(rounded_text(row->nes_lots)), cell(p_text(row->p_lots, report.alpha)),
               cell(p_text(row->fdr_lots, report.alpha))},
              fdr_of(*row) <= report.alpha ? "declared" : "");
  section.body += table.html();
  return section;
}

Section overlap_section(const EnrichmentReport& report) {
  Section section{"overlap", "Intervals that overlap", {}};
  if (report.overlaps.empty()) return section;
  section.body += paragraph(
      "Intervals of the first set that touch one of the second, the reverse, and bases in both, beside sets that "
      "chance "
      "puts elsewhere inside the background.");
  HtmlTable table("Counts beside chance", {{"first", Align::text},
                                           {"second", Align::text},
                                           {"background", Align::text},
                                           {"counted", Align::text},
                                           {"of"},
                                           {"observed"},
                                           {"by chance"},
                                           {"95 % point"},
                                           {"p, more"},
                                           {"p, fewer"},
                                           {"FDR"}});
  for (const auto& row : report.overlaps)
    table.add({cell(directed(row.first, row.direction_first)), cell(directed(row.second, row.direction_second)),
               cell(row.background), cell(row.count == "bases" ? "bases in both" : row.count + " that overlap"),
               cell(row.count == "bases" ? "" : count_text(row.count == "first" ? row.n_first : row.n_second)),
               cell(count_text(row.observed)), cell(rounded_text(row.null_mean)), cell(count_text(row.null_95)),
               cell(p_text(row.p_more, report.alpha)), cell(p_text(row.p_fewer, report.alpha)),
               cell(p_text(row.fdr, report.alpha))},
              row.fdr <= report.alpha ? "declared" : "");
  section.body += table.html();
  return section;
}

/// A row a track, along the bases of the window; what has a score is blue above 0 and red below.
json track_chart(const GeneTrack& track) {
  json data = json::array(), order = json::array();
  for (const auto& piece : track.pieces) {
    const auto name = valid_utf8(piece.track == "gene" ? track.gene : piece.track);
    if (std::ranges::find(order, json(name)) == order.end()) order.push_back(name);
    data.push_back({{"track", name},
                    {"start", std::max(piece.start, track.start)},
                    {"end", std::min(piece.end, track.end)},
                    {"middle", (std::max(piece.start, track.start) + std::min(piece.end, track.end)) / 2},
                    {"name", valid_utf8(piece.name)},
                    {"where", fmt::format("{} to {}", count_text(piece.start), count_text(piece.end))},
                    {"score", rounded_text(piece.score)},
                    {"kind", piece.track == "gene" ? "gene"
                             : piece.score < 0     ? "falls"
                                                   : "rises"}});
  }
  const json y = {
      {"field", "track"}, {"type", "nominal"}, {"sort", order}, {"title", nullptr}, {"axis", {{"labelLimit", 200}}}};
  const auto x = [&](const char* field) { return along_chromosome(field, track.chromosome, track.start, track.end); };
  const json colour = {{"field", "kind"},
                       {"type", "nominal"},
                       {"legend", nullptr},
                       {"scale", {{"domain", {"gene", "rises", "falls"}}, {"range", {"#999999", higher, lower}}}}};
  const json tips = tooltip({{"track", "track"}, {"name", "name"}, {"where", "bases"}, {"score", "score"}});
  auto spec = layered_chart(
      valid_utf8("What lies round " + track.gene), data,
      {{{"mark", {{"type", "bar"}, {"height", 12}}},
        {"encoding", {{"y", y}, {"x", x("start")}, {"x2", {{"field", "end"}}}, {"color", colour}, {"tooltip", tips}}}},
       {{"mark", {{"type", "tick"}, {"thickness", 2}, {"height", 12}}},  // what is narrower than a pixel
        {"encoding", {{"y", y}, {"x", x("middle")}, {"color", colour}, {"tooltip", tips}}}}});
  spec["height"] = {{"step", 26}};
  return spec;
}

Section track_section(const EnrichmentReport& report) {
  constexpr std::size_t most = 24;
  Section section{"tracks", "Round chosen genes", {}};
  if (report.tracks.empty()) return section;
  section.body += paragraph("Blue: a score above 0 or none; vermilion: below.");
  for (std::size_t i = 0; i < std::min(most, report.tracks.size()); ++i) {
    const auto& track = report.tracks[i];
    section.body += figure_row(chart("track" + std::to_string(i), track_chart(track),
                                     element("strong", text(track.gene)) +
                                         text(fmt::format(" {}, strand {}: {} to {}", track.chromosome, track.strand,
                                                          count_text(track.start), count_text(track.end))),
                                     file_of_table(report.files, "gene_tracks")));
  }
  return section;
}

}  // namespace

std::string render_enrichment(const EnrichmentReport& report) {
  return whole_page("What genes and peaks have in common", report.study, claim_card(report),
                    {warnings_section(report.warnings), set_section(report), ranked_section(report),
                     track_section(report), overlap_section(report), method_section(report.method),
                     settings_section(report.settings), provenance_section(report.inputs), files_section(report.files)},
                    report.program_version);
}

}  // namespace miura::report
