#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "miura/report/study_report.hpp"
#include "report/html.hpp"
#include "report/table.hpp"

namespace miura::report {

/// What sections are made of.
Html paragraph(std::string_view plain);
Html note(std::string_view plain);  ///< small print
Html bullet_list(const std::vector<std::string>& lines);
TableCell cell(std::string_view plain);

/// A place for a chart and its specification; page.js draws what it finds. `id` names the file it is saved to, `table`
/// the file beside the page that holds its numbers.
Html chart(std::string_view id, const nlohmann::json& spec, const Html& caption, std::string_view table = "");

/// The file of a table among those that stand beside the page, packed or not; empty: it is not there.
std::string file_of_table(const std::vector<NamedText>& files, std::string_view table);

/// Where the numbers of a figure stand.
Html table_link(std::string_view table);

/// Charts, or other blocks, side by side where the page is wide enough.
Html figure_row(const Html& figures);

}  // namespace miura::report
