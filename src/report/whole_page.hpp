#pragma once

#include <string>
#include <vector>

#include "miura/report/study_report.hpp"
#include "report/html.hpp"

namespace miura::report {

/// A part of the page; `body` is empty where there is nothing to show.
struct Section {
  std::string id, title;
  Html body;
};

/// The frame of a page: style, title, what stands at its top, a table of contents and the sections that show something.
std::string whole_page(const std::string& title, const std::string& study, const Html& top,
                       std::vector<Section> sections, const std::string& program_version);

/// Sections that all pages have.
Section warnings_section(const std::vector<std::string>& warnings);
Section method_section(const std::vector<MethodStep>& method);
Section settings_section(const std::vector<NamedText>& settings);
/// Inputs with their SHA-256, and `labels`, that of the labels of the cells; empty: there are none.
Section provenance_section(const std::vector<NamedText>& inputs, const std::string& labels = "");
/// `digests`: SHA-256 of some of the files.
Section files_section(const std::vector<NamedText>& files, const std::vector<NamedText>& digests = {});

}  // namespace miura::report
