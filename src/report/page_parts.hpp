#pragma once

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <ranges>
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

/// The texts that `text_of` finds in the rows, each once, as they come.
template <std::ranges::input_range Rows, class TextOf>
std::vector<std::string> distinct(const Rows& rows, TextOf text_of) {
  std::vector<std::string> texts;
  for (const auto& row : rows)
    if (std::ranges::find(texts, std::invoke(text_of, row)) == texts.end()) texts.push_back(std::invoke(text_of, row));
  return texts;
}

/// Charts, or other blocks, side by side where the page is wide enough.
Html figure_row(const Html& figures);

}  // namespace miura::report
