#include "report/whole_page.hpp"

#include "report/embedded.hpp"
#include "report/page_parts.hpp"
#include "report/table.hpp"

namespace miura::report {

namespace {

using Align = HtmlTable::Align;

Html header(const std::string& title, const std::string& study) {
  auto lines = element("h1", text(title)) + Html{"\n"};
  if (!study.empty()) lines += element("p", text(study), {{"class", "study"}}) + Html{"\n"};
  return element("header", lines) + Html{"\n"};
}

Html contents(const std::vector<Section>& sections) {
  Html links;
  for (const auto& section : sections)
    links += element("a", text(section.title), {{"href", "#" + section.id}}) + Html{"\n"};
  return element("nav", links, {{"aria-label", "Contents"}}) + Html{"\n"};
}

}  // namespace

std::string whole_page(const std::string& title, const std::string& study, const Html& top,
                       std::vector<Section> sections, const std::string& program_version) {
  std::erase_if(sections, [](const Section& section) { return section.body.markup.empty(); });
  Html head =
      Html{
          "<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"} +
      element("title", text(study.empty() ? title : study + ": " + title)) + Html{"\n"} +
      raw_element("style", page_css());
  Html page = header(title, study) + top + contents(sections);
  page += element("noscript", element("p", text("The charts need JavaScript; every number they show is in the tables."),
                                      {{"class", "note"}}));
  for (const auto& section : sections)
    page += element("section", element("h2", text(section.title)) + Html{"\n"} + section.body, {{"id", section.id}}) +
            Html{"\n"};
  page += element("footer", text("Made by miura " + program_version + ". This page loads nothing from a network."));
  return "<!DOCTYPE html>\n<html lang=\"en\">\n" + element("head", head).markup + "\n<body>\n" +
         element("main", page).markup + "\n" + raw_element("script", cells_js()).markup +
         raw_element("script", vega_js()).markup + raw_element("script", page_js()).markup + "</body>\n</html>\n";
}

Section warnings_section(const std::vector<std::string>& warnings) {
  Section section{"warnings", "Warnings", {}};
  if (!warnings.empty()) section.body = bullet_list(warnings);
  return section;
}

Section method_section(const std::vector<MethodStep>& method) {
  Section section{"method", "How it was computed", {}};
  Html steps;
  for (const auto& step : method)
    steps += element("li", element("strong", text(step.title)) + text(" ") + text(step.text)) + Html{"\n"};
  if (!method.empty()) section.body = element("ol", steps, {{"class", "method"}});
  return section;
}

Section settings_section(const std::vector<NamedText>& settings) {
  Section section{"settings", "Settings", {}};
  if (settings.empty()) return section;
  HtmlTable table(
      "Effective settings; the same settings and inputs give the same result on any number of ranks and threads",
      {{"setting", Align::text}, {"value", Align::text}});
  for (const auto& [name, value] : settings) table.add({cell(name), cell(value)});
  section.body = table.html();
  return section;
}

Section files_section(const std::vector<NamedText>& files) {
  Section section{"files", "Files beside this page", {}};
  if (files.empty()) return section;
  HtmlTable table("", {{"file", Align::text}, {"holds", Align::text}});
  for (const auto& [name, holds] : files) table.add({{element("code", text(name))}, cell(holds)});
  section.body = table.html();
  return section;
}

}  // namespace miura::report
