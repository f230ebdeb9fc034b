#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "miura/report/headline.hpp"
#include "report/chart_theme.hpp"
#include "report/charts.hpp"
#include "report/html.hpp"
#include "report/numbers.hpp"

namespace miura::report {

using nlohmann::json;

namespace {

/// What the test takes the largest of: rho in the direction that was asked for, else its size.
double statistic_of(const AssociationRow& row) {
  if (row.flags.find("ONE_SIDED_GREATER") != std::string::npos) return row.rho;
  if (row.flags.find("ONE_SIDED_LESS") != std::string::npos) return -row.rho;
  return std::abs(row.rho);
}

}  // namespace

json null_chart(const StudyReport& report, std::string_view outcome) {
  std::vector<const AssociationRow*> rows;
  for (const auto* row : ranked_tests(report, Family::primary))
    if (row->outcome == outcome && row->p_exact > 0 && row->p_single > 0) rows.push_back(row);
  if (rows.empty()) return nullptr;
  const auto alone = std::string("this test alone");
  const auto best =
      fmt::format("the best of all {} tests", count_text(std::ssize(ranked_tests(report, Family::primary))));
  double least = report.alpha;
  json data = json::array();
  for (const auto* row : rows)
    for (const auto& [null, p] : {std::pair{&alone, row->p_exact}, {&best, row->p_single}}) {
      least = std::min(least, p);
      data.push_back({{"null", *null},
                      {"rho", statistic_of(*row)},
                      {"p", p},
                      {"p_text", p_text(p, report.alpha)},
                      {"rho_text", rho_text(row->rho)},
                      {"cluster", valid_utf8(row->cluster)}});
    }
  const auto& first = *rows.front();
  const json y = {{"field", "p"},
                  {"type", "quantitative"},
                  {"title", "share of relabelings that do as well"},
                  {"scale", {{"type", "log"}, {"domain", {std::pow(10, std::floor(std::log10(least))), 1}}}},
                  {"axis", {{"format", "~g"}, {"tickCount", 5}}}};
  const json x = {{"field", "rho"},
                  {"type", "quantitative"},
                  {"title", "Spearman's rho, in size"},
                  {"scale", {{"domain", {0, 1}}, {"clamp", true}}},
                  {"axis", {{"tickCount", 5}}}};
  const json colour = {{"field", "null"},
                       {"type", "nominal"},
                       {"sort", {alone, best}},
                       {"legend", {{"orient", "top"}, {"title", nullptr}}},
                       {"scale", {{"domain", {alone, best}}, {"range", {"#9aa5b1", higher}}}}};
  const auto tips = tooltip({{"null", "chance of"}, {"cluster", "cluster"}, {"rho_text", "rho"}, {"p_text", "p"}});
  const json observed = {
      {{"rho", statistic_of(first)}, {"words", fmt::format("observed: cluster {}", valid_utf8(first.cluster))}}};
  auto spec = layered_chart(
      fmt::format("How often relabeled lots reach a rho with {}, and the observed one", valid_utf8(outcome)), data,
      {level_of("y", report.alpha, {{"strokeDash", {4, 4}}, {"opacity", 0.6}}),
       {{"mark", {{"type", "line"}, {"strokeWidth", 2}, {"interpolate", "monotone"}}},
        {"encoding", {{"x", x}, {"y", y}, {"color", colour}}}},
       {{"mark", {{"type", "point"}, {"filled", true}, {"size", 30}, {"opacity", 0.9}}},
        {"encoding", {{"x", x}, {"y", y}, {"color", colour}, {"tooltip", tips}}}},
       {{"data", {{"values", observed}}},
        {"mark", {{"type", "rule"}, {"strokeWidth", 2}, {"color", lower}}},
        {"encoding", {{"x", x}}}},
       {{"data", {{"values", observed}}},
        {"mark", {{"type", "text"}, {"align", "right"}, {"baseline", "top"}, {"dx", -6}, {"dy", 4}}},
        {"encoding", {{"x", x}, {"y", {{"value", 0}}}, {"text", {{"field", "words"}, {"type", "nominal"}}}}}}});
  spec["height"] = 260;
  return spec;
}

}  // namespace miura::report
