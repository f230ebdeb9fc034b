#include "report/whole_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "report/embedded.hpp"
#include "report/numbers.hpp"
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
  if (method.empty()) return section;
  std::string words;
  for (const auto& step : method) {
    const auto title = std::string_view(step.title).substr(0, step.title.find_last_not_of('.') + 1);
    words += fmt::format("{}{}: {}", words.empty() ? "" : " ", title, step.text);
  }
  section.body = element("ol", steps, {{"class", "method"}}) +
                 element("details", element("summary", text("In one paragraph, for a paper")) + paragraph(words));
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

Section provenance_section(const std::vector<NamedText>& inputs, const std::string& labels) {
  Section section{"provenance", "Provenance", {}};
  if (inputs.empty()) return section;
  HtmlTable table("Inputs, by their paths below the folder that all of them are in",
                  {{"file", Align::text}, {"SHA-256", Align::text}});
  for (const auto& [name, digest] : inputs)
    table.add({{element("code", text(name))}, {element("code", text(digest), {{"class", "digest"}})}});
  section.body = paragraph(
      "What this result was made from, as it was read: a file with another SHA-256 is another file. Where it "
      "lay, who made it, with which versions and when, and the digests of all that was written, stand in "
      "provenance.json.");
  if (!labels.empty())
    section.body +=
        element("p", text("The clusters of the cells were on the disk before an outcome was read, with the SHA-256 ") +
                         element("code", text(labels), {{"class", "digest"}}) + text(".")) +
        Html{"\n"};
  constexpr std::size_t few = 12, more_than_paper_holds = 200;
  const auto words = count_text(std::ssize(inputs)) + " input files and their SHA-256";
  if (inputs.size() <= few)
    section.body += table.html();
  else
    section.body += element("details", element("summary", text(words)) + table.html(),
                            {{"class", inputs.size() > more_than_paper_holds ? "long screen-only" : "long"}});
  return section;
}

Section files_section(const std::vector<NamedText>& files, const std::vector<NamedText>& digests) {
  Section section{"files", "Files beside this page", {}};
  if (files.empty()) return section;
  std::vector<HtmlTable::Column> columns{{"file", Align::text}, {"holds", Align::text}};
  if (!digests.empty()) columns.push_back({"SHA-256", Align::text});
  HtmlTable table("", columns);
  for (const auto& [name, holds] : files) {
    std::vector<TableCell> row{{element("code", text(name))}, cell(holds)};
    const auto digest = std::ranges::find(digests, name, &NamedText::name);
    if (!digests.empty())
      row.push_back({digest == digests.end() ? Html{} : element("code", text(digest->text), {{"class", "digest"}})});
    table.add(row);
  }
  section.body = table.html();
  if (!digests.empty())
    section.body += note(
        "Digests of the other files are in provenance.json, which carries its own; miura inspect --verify checks every "
        "file against it.");
  return section;
}

}  // namespace miura::report
