#include "miura/report/comparison_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/chart_theme.hpp"
#include "report/numbers.hpp"
#include "report/page_parts.hpp"
#include "report/specification_section.hpp"
#include "report/table.hpp"
#include "report/whole_page.hpp"

namespace miura::report {

namespace {

using Align = HtmlTable::Align;
using nlohmann::json;

std::string range_text(double low, double high) {
  if (!std::isfinite(low) || !std::isfinite(high)) return "\u2013";
  return rounded_text(low) + " to " + rounded_text(high);
}

std::string name_of(const EndpointRow& row) {
  return row.final_use.empty() ? row.endpoint : row.final_use + ": " + row.endpoint;
}

Html verdict_card(const ComparisonReport& report) {
  Html card;
  for (const auto& verdict : report.verdicts)
    card += element("p", text(verdict.text), {{"class", "claim"}}) + Html{"\n"};
  const auto alarms = std::ranges::count_if(report.deviations, [](const DeviationRow& row) { return row.alarm; });
  card += paragraph(alarms == 0 ? std::string("No lot deviates beyond chance.")
                                : fmt::format("Deviations beyond chance: {}, of {} looks at {} lots.", alarms,
                                              std::ssize(report.deviations), report.n_lots));
  const bool passed = !report.verdicts.empty() && std::ranges::all_of(report.verdicts, [](const VerdictRow& verdict) {
    return verdict.result == "equivalent";
  });
  return element("section", card, {{"id", "finding"}, {"class", passed ? "finding declared" : "finding"}}) + Html{"\n"};
}

/// Every interval in units of its margin, so that all share one axis: equivalent is what lies between -1 and 1.
json interval_chart(const std::vector<EndpointRow>& endpoints) {
  json data = json::array(), order = json::array();
  for (const auto& row : endpoints) {
    if (!std::isfinite(row.margin) || !std::isfinite(row.ci_lo)) continue;
    order.push_back(valid_utf8(name_of(row)));
    data.push_back({{"endpoint", valid_utf8(name_of(row))},
                    {"difference", row.difference / row.margin},
                    {"lo", row.ci_lo / row.margin},
                    {"hi", row.ci_hi / row.margin},
                    {"equivalent", row.result == "equivalent"},
                    {"result", row.result},
                    {"interval", range_text(row.ci_lo, row.ci_hi)},
                    {"margin", rounded_text(row.margin)}});
  }
  if (data.empty()) return {};
  const json y = {
      {"field", "endpoint"}, {"type", "nominal"}, {"sort", order}, {"title", nullptr}, {"axis", {{"labelLimit", 300}}}};
  const auto x = [](const char* field) -> json {
    return {{"field", field}, {"type", "quantitative"}, {"title", "change, in margins"}};
  };
  const json colour = {{"condition", {{"test", "datum.equivalent"}, {"value", higher}}}, {"value", lower}};
  const json tips =
      tooltip({{"endpoint", "endpoint"}, {"interval", "90 % interval"}, {"margin", "margin"}, {"result", "result"}});
  const json edge = {{"opacity", 0.8}, {"strokeDash", {4, 3}}};
  auto spec = layered_chart(
      "Change of every endpoint with its 90 % interval, in units of the margin", data,
      {level_of("x", -1, edge),
       level_of("x", 1, edge),
       level_of("x", 0, {{"opacity", 0.45}}),
       {{"mark", {{"type", "rule"}, {"strokeWidth", 3}}},
        {"encoding", {{"y", y}, {"x", x("lo")}, {"x2", {{"field", "hi"}}}, {"color", colour}, {"tooltip", tips}}}},
       {{"mark", {{"type", "point"}, {"filled", true}, {"size", 90}, {"opacity", 1}}},
        {"encoding", {{"y", y}, {"x", x("difference")}, {"color", colour}, {"tooltip", tips}}}}});
  spec["height"] = {{"step", 26}};
  return spec;
}

Section comparability_section(const ComparisonReport& report) {
  Section section{"comparability", "Comparability before and after the change", {}};
  if (report.endpoints.empty()) return section;
  section.body += paragraph(
      "An endpoint is equivalent if its whole 90 % interval lies within the margin, between the dashed lines; those of "
      "one final use must all be. Not to see a difference shows nothing: false accept is the chance that so few lots "
      "declare a change as large as the margin equivalent, false reject that they do not declare it of no change.");
  if (const auto spec = interval_chart(report.endpoints); !spec.empty())
    section.body += figure_row(
        chart("endpoints", spec, element("strong", text("Change of every endpoint")), "tables/comparability.tsv"));
  HtmlTable table("Endpoints", {{"final use", Align::text},
                                {"endpoint", Align::text},
                                {"kind", Align::text},
                                {"test", Align::text},
                                {"lots before"},
                                {"lots after"},
                                {"change"},
                                {"90 % interval"},
                                {"margin"},
                                {"p, no change"},
                                {"result", Align::text},
                                {"false accept"},
                                {"false reject"},
                                {"flags", Align::text}});
  for (const auto& row : report.endpoints)
    table.add({cell(row.final_use), cell(row.endpoint), cell(row.kind), cell(row.test), cell(count_text(row.n_before)),
               cell(count_text(row.n_after)), cell(rounded_text(row.difference)),
               cell(range_text(row.ci_lo, row.ci_hi)), cell(rounded_text(row.margin)),
               cell(p_text(row.p_difference, report.alpha)), cell(row.result), cell(percent_text(row.false_accept)),
               cell(percent_text(row.false_reject)), cell(row.flags)});
  section.body += table.html();
  if (report.margins.empty()) return section;
  HtmlTable margins("Margins that come from an outcome", {{"final use", Align::text},
                                                          {"endpoint", Align::text},
                                                          {"outcome", Align::text},
                                                          {"acceptable change"},
                                                          {"lots"},
                                                          {"likely change of the endpoint"},
                                                          {"margin used"},
                                                          {"status", Align::text}});
  for (const auto& row : report.margins)
    margins.add({cell(row.final_use), cell(row.endpoint), cell(row.outcome), cell(rounded_text(row.amount)),
                 cell(count_text(row.n_lots)), cell(rounded_text(row.at_slope)), cell(rounded_text(row.margin)),
                 cell(row.status)});
  section.body += margins.html();
  return section;
}

Section deviation_section(const ComparisonReport& report) {
  Section section{"deviation", "Is a lot like the others", {}};
  if (report.deviations.empty()) return section;
  section.body += paragraph(
      "How far each lot lies from the reference lots, by composition, by where its cells lie, and by the share outside "
      "of the reference. The conformal p needs no assumption but cannot fall below one in the number of lots and one.");
  HtmlTable table("Lots by statistic", {{"lot", Align::text},
                                        {"source", Align::text},
                                        {"role", Align::text},
                                        {"statistic", Align::text},
                                        {"distance"},
                                        {"median of the reference"},
                                        {"lots"},
                                        {"conformal p"},
                                        {"p over all statistics"},
                                        {"", Align::text}});
  for (const auto& row : report.deviations)
    table.add({cell(row.lot), cell(row.source), cell(row.role), cell(row.statistic), cell(rounded_text(row.distance)),
               cell(rounded_text(row.median_reference)), cell(count_text(row.n_reference)),
               cell(p_text(row.p_conformal, report.alpha)), cell(p_text(row.p_bonferroni, report.alpha)),
               cell(row.alarm ? "deviates" : "")});
  section.body += table.html();
  return section;
}

}  // namespace

std::string render_comparison(const ComparisonReport& report) {
  return whole_page("Are these lots like the others", report.study, verdict_card(report),
                    {warnings_section(report.warnings), comparability_section(report), deviation_section(report),
                     specification_section(report.specification), method_section(report.method),
                     settings_section(report.settings), provenance_section(report.inputs), files_section(report.files)},
                    report.program_version);
}

}  // namespace miura::report
