#include "miura/report/study_report.hpp"

#include <numeric>

#include "report/embedded.hpp"
#include "report/html.hpp"
#include "report/sections.hpp"

namespace miura::report {

namespace {

std::vector<Section> sections_of(const StudyReport& report) {
  std::vector<Section> sections{
      warnings_section(report),   association_section(report), populations_section(report),
      stability_section(report),  integration_section(report), without_clusters_section(report),
      scatter_section(report),    composition_section(report), marker_section(report),
      confounder_section(report), lots_section(report),        variance_section(report),
      method_section(report),     settings_section(report),    files_section(report)};
  std::erase_if(sections, [](const Section& section) { return section.body.markup.empty(); });
  return sections;
}

Html header(const StudyReport& report) {
  auto title = element("h1", text(report.title)) + Html{"\n"};
  if (!report.study.empty()) title += element("p", text(report.study), {{"class", "study"}}) + Html{"\n"};
  return element("header", title) + Html{"\n"};
}

Html contents(const std::vector<Section>& sections) {
  Html links;
  for (const auto& section : sections)
    links += element("a", text(section.title), {{"href", "#" + section.id}}) + Html{"\n"};
  return element("nav", links, {{"aria-label", "Contents"}}) + Html{"\n"};
}

}  // namespace

std::int64_t Composition::lot_total(std::size_t lot) const {
  const auto row = cells.begin() + static_cast<std::ptrdiff_t>(lot * clusters.size());
  return std::accumulate(row, row + std::ssize(clusters), std::int64_t{0});
}

double Composition::share(std::size_t lot, std::size_t cluster) const {
  const auto total = lot_total(lot);
  return total > 0 ? static_cast<double>(count(lot, cluster)) / static_cast<double>(total) : missing;
}

std::string render_html(const StudyReport& report) {
  const auto sections = sections_of(report);
  Html head =
      Html{
          "<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"} +
      element("title", text(report.study.empty() ? report.title : report.study + ": " + report.title)) + Html{"\n"} +
      raw_element("style", page_css());
  Html page = header(report) + finding_card(report) + key_numbers(report) + contents(sections);
  page += element("noscript", element("p", text("The charts need JavaScript; every number they show is in the tables."),
                                      {{"class", "note"}}));
  for (const auto& section : sections)
    page += element("section", element("h2", text(section.title)) + Html{"\n"} + section.body, {{"id", section.id}}) +
            Html{"\n"};
  page +=
      element("footer", text("Made by miura " + report.program_version + ". This page loads nothing from a network."));
  return "<!DOCTYPE html>\n<html lang=\"en\">\n" + element("head", head).markup + "\n<body>\n" +
         element("main", page).markup + "\n" + raw_element("script", vega_js()).markup +
         raw_element("script", page_js()).markup + "</body>\n</html>\n";
}

}  // namespace miura::report
