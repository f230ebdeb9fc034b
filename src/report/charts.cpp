#include "report/charts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "miura/report/headline.hpp"
#include "report/chart_theme.hpp"
#include "report/html.hpp"
#include "report/lots_shown.hpp"
#include "report/numbers.hpp"

namespace miura::report {

namespace {

using nlohmann::json;

/// The rows of an outcome that are drawn: the primary partition's, and the strongest of populations that it lacks.
std::vector<const AssociationRow*> drawn_rows(const StudyReport& report, std::string_view outcome) {
  constexpr std::ptrdiff_t others = 8;
  std::vector<const AssociationRow*> rows, elsewhere;
  for (const auto family : {Family::primary, Family::secondary})
    for (const auto* row : distinct_rows(report, family)) {
      if (row->outcome != outcome || !std::isfinite(row->rho)) continue;
      (row->partition == report.composition.partition ? rows : elsewhere).push_back(row);
    }
  std::ranges::stable_sort(elsewhere, [](const auto* a, const auto* b) { return std::abs(a->rho) > std::abs(b->rho); });
  elsewhere.resize(static_cast<std::size_t>(std::min(others, std::ssize(elsewhere))));
  const auto place = [&](const AssociationRow* row) {
    return std::ranges::find(report.composition.clusters, row->cluster) - report.composition.clusters.begin();
  };
  std::ranges::stable_sort(rows, {}, place);
  rows.insert(rows.end(), elsewhere.begin(), elsewhere.end());
  return rows;
}

std::string row_label(const StudyReport& report, const AssociationRow& row) {
  return valid_utf8(row.partition == report.composition.partition ? row.cluster : row.cluster + " of " + row.partition);
}

/// Text colour for the labels inside the bars.
json readable_on(const std::vector<std::string>& clusters) {
  json on_dark = json::array();
  for (std::size_t c = 0; c < clusters.size(); ++c)
    if (palette[c % palette.size()].dark) on_dark.push_back(valid_utf8(clusters[c]));
  return {{"condition", {{"test", {{"field", "cluster"}, {"oneOf", on_dark}}}, {"value", "white"}}}, {"value", "#111"}};
}

}  // namespace

std::vector<std::string> outcomes_of(const StudyReport& report) {
  std::vector<std::string> outcomes;
  for (const auto family : {Family::primary, Family::secondary})
    for (const auto& row : report.association)
      if (row.family == family && std::ranges::find(outcomes, row.outcome) == outcomes.end())
        outcomes.push_back(row.outcome);
  return outcomes;
}

std::vector<std::size_t> lots_in_order(const Composition& composition, const std::vector<double>& value) {
  std::vector<std::size_t> order(composition.lots.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (value.size() == order.size())
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
      return std::isnan(value[b]) ? !std::isnan(value[a]) : value[a] < value[b];
    });
  return evenly(std::move(order), most_lots);
}

std::string cluster_of_claim(const StudyReport& report) {
  const auto& clusters = report.composition.clusters;
  for (const auto* row : ranked_tests(report, Family::primary))
    if (row->partition == report.composition.partition && std::ranges::find(clusters, row->cluster) != clusters.end())
      return row->cluster;
  return clusters.empty() ? std::string() : clusters.front();
}

json association_chart(const StudyReport& report, std::string_view outcome) {
  json data = json::array(), order = json::array();
  for (const auto* row : drawn_rows(report, outcome)) {
    const auto label = row_label(report, *row);
    order.push_back(label);
    data.push_back({{"cluster", label},
                    {"rho", row->rho},
                    {"lo", row->ci_lo},
                    {"hi", row->ci_hi},
                    {"declared", is_declared(report, *row)},
                    {"rho_text", rho_text(row->rho)},
                    {"interval", rho_text(row->ci_lo) + " to " + rho_text(row->ci_hi)},
                    {"p_text", p_text(row->p_step, report.alpha)},
                    {"p_exact", p_text(row->p_exact, report.alpha)},
                    {"lots", row->n_lots},
                    {"status", valid_utf8(row->status)}});
  }
  const json y = {{"field", "cluster"}, {"type", "nominal"}, {"sort", order}, {"title", "cluster"}};
  const json x = {{"field", "rho"},
                  {"type", "quantitative"},
                  {"title", "Spearman's rho"},
                  {"scale", {{"domain", {-1, 1}}}},
                  {"axis", {{"tickCount", 5}}}};
  const json colour = {{"condition", {{"test", "datum.rho < 0"}, {"value", lower}}}, {"value", higher}};
  const json tips = tooltip({{"cluster", "cluster"},
                             {"rho_text", "rho"},
                             {"interval", "95 % interval"},
                             {"p_text", "family-wise p"},
                             {"p_exact", "p of this test alone"},
                             {"lots", "lots"},
                             {"status", "status"}});
  const auto points = [&](const char* name, const char* which, const json& fill) -> json {
    return {{"name", name},
            {"transform", {{{"filter", which}}}},
            {"mark", {{"type", "point"}, {"shape", "circle"}, {"size", 90}, {"opacity", 1}, {"strokeWidth", 2}}},
            {"encoding", {{"y", y}, {"x", x}, {"stroke", colour}, {"fill", fill}, {"tooltip", tips}}}};
  };
  auto spec = layered_chart(
      fmt::format("Spearman's rho of every cluster's share with {}, with 95 % intervals", valid_utf8(outcome)), data,
      {level_of("x", 0, {{"opacity", 0.45}}),
       {{"mark", {{"type", "rule"}, {"strokeWidth", 2}, {"opacity", 0.75}}},
        {"encoding",
         {{"y", y},
          {"x", {{"field", "lo"}, {"type", "quantitative"}, {"title", "Spearman's rho"}}},
          {"x2", {{"field", "hi"}}},
          {"color", colour},
          {"tooltip", tips}}}},
       points("open", "!datum.declared", {{"value", "white"}}),
       points("declared", "datum.declared", colour),
       {{"mark", {{"type", "text"}, {"align", "left"}, {"dx", 8}}},
        {"encoding", {{"y", y}, {"x", {{"value", "width"}}}, {"text", {{"field", "p_text"}, {"type", "nominal"}}}}}}});
  spec["height"] = {{"step", 26}};
  return spec;
}

json composition_chart(const Composition& composition, const std::vector<double>& value, std::string_view outcome) {
  json data = json::array(), lots = json::array(), clusters = json::array(), fills = json::array();
  for (std::size_t c = 0; c < composition.clusters.size(); ++c) {
    clusters.push_back(valid_utf8(composition.clusters[c]));
    fills.push_back(palette[c % palette.size()].fill);
  }
  const bool known = value.size() == composition.lots.size();
  for (const auto l : lots_in_order(composition, value)) {
    const auto lot = valid_utf8(composition.lots[l]);
    lots.push_back(lot);
    double left = 0;
    for (std::size_t c = 0; c < composition.clusters.size(); ++c) {
      const double share = composition.share(l, c);
      if (!(share > 0)) continue;
      data.push_back({{"lot", lot},
                      {"cluster", clusters[c]},
                      {"from", left},
                      {"to", left + share},
                      {"middle", left + share / 2},
                      {"share", share},
                      {"share_text", percent_text(share)},
                      {"cells", count_text(composition.count(l, c))}});
      if (known) data.back()["outcome"] = rounded_text(value[l]);
      left += share;
    }
  }
  const json y = {{"field", "lot"},
                  {"type", "nominal"},
                  {"sort", lots},
                  {"title", nullptr},
                  {"axis", axis_of_names(18, 170)},
                  {"scale", {{"paddingInner", 0.18}}}};
  const json quantity = {{"type", "quantitative"},
                         {"title", "share of the lot's cells"},
                         {"scale", {{"domain", {0, 1}}}},
                         {"axis", {{"format", ".0%"}, {"grid", false}, {"tickCount", 5}}}};
  json x = quantity, middle = quantity;
  x["field"] = "from";
  middle["field"] = "middle";
  auto tips = tooltip({{"lot", "lot"}, {"cluster", "cluster"}, {"share_text", "share"}, {"cells", "cells"}});
  if (known) tips.push_back({{"field", "outcome"}, {"type", "nominal"}, {"title", valid_utf8(outcome)}});
  json layers = {{{"name", "segments"},
                  {"mark", {{"type", "bar"}, {"stroke", "white"}, {"strokeWidth", 1}}},
                  {"encoding",
                   {{"y", y},
                    {"x", x},
                    {"x2", {{"field", "to"}}},
                    {"tooltip", tips},
                    {"color",
                     {{"field", "cluster"},
                      {"type", "nominal"},
                      {"sort", clusters},
                      {"scale", {{"domain", clusters}, {"range", fills}}},
                      {"legend", {{"orient", "top"}, {"title", "cluster"}, {"columns", 8}}}}}}}},
                 {{"transform", {{{"filter", "datum.share > 0.045"}}}},
                  {"mark", {{"type", "text"}, {"fontSize", 11}}},
                  {"encoding",
                   {{"y", y},
                    {"x", middle},
                    {"text", {{"field", "cluster"}, {"type", "nominal"}}},
                    {"color", readable_on(composition.clusters)}}}}};
  if (known)
    layers.push_back(
        {{"transform", {{{"filter", "datum.from == 0"}}}},
         {"mark", {{"type", "text"}, {"align", "left"}, {"dx", 8}}},
         {"encoding", {{"y", y}, {"x", {{"value", "width"}}}, {"text", {{"field", "outcome"}, {"type", "nominal"}}}}}});
  auto spec = layered_chart("Share of each cluster in each lot", data, layers);
  spec["height"] = {{"step", lots.size() <= 40 ? 26 : 16}};
  return spec;
}

json variance_chart(const std::vector<double>& variance_ratio) {
  json data = json::array();
  double sum = 0;
  for (std::size_t c = 0; c < variance_ratio.size(); ++c) {
    sum += variance_ratio[c];
    data.push_back({{"component", c + 1},
                    {"share", variance_ratio[c]},
                    {"share_text", fmt::format("{:.2f} %", 100 * variance_ratio[c])},
                    {"sum_text", fmt::format("{:.1f} %", 100 * sum)}});
  }
  auto spec = layered_chart(
      "Share of the variance by principal component", data,
      {{{"mark",
         {{"type", "line"}, {"color", higher}, {"strokeWidth", 2}, {"point", {{"color", higher}, {"size", 36}}}}},
        {"encoding",
         {{"x",
           {{"field", "component"},
            {"type", "quantitative"},
            {"title", "component"},
            {"axis", {{"grid", false}, {"tickMinStep", 1}}},
            {"scale", {{"zero", false}, {"nice", false}, {"padding", 8}}}}},
          {"y",
           {{"field", "share"},
            {"type", "quantitative"},
            {"title", "share of the variance"},
            {"axis", {{"format", ".1~%"}, {"tickCount", 5}}}}},
          {"tooltip", tooltip({{"component", "component"}, {"share_text", "share"}, {"sum_text", "up to here"}})}}}}});
  spec["height"] = 220;
  return spec;
}

}  // namespace miura::report
