#include "report/page_parts.hpp"

#include <algorithm>

namespace miura::report {

Html paragraph(std::string_view plain) { return element("p", text(plain)) + Html{"\n"}; }

Html note(std::string_view plain) { return element("p", text(plain), {{"class", "note"}}) + Html{"\n"}; }

TableCell cell(std::string_view plain) { return {text(plain)}; }

Html bullet_list(const std::vector<std::string>& lines) {
  Html items;
  for (const auto& line : lines) items += element("li", text(line)) + Html{"\n"};
  return element("ul", items);
}

std::string file_of_table(const std::vector<NamedText>& files, std::string_view table) {
  const auto stem = "tables/" + std::string(table) + ".";
  const auto found = std::ranges::find_if(files, [&](const NamedText& file) { return file.name.starts_with(stem); });
  return found == files.end() ? std::string() : found->name;
}

Html table_link(std::string_view table) {
  return text(" ") + element("a", text(table), {{"class", "numbers-of"}, {"href", std::string(table)}});
}

Html chart(std::string_view id, const nlohmann::json& spec, const Html& caption, std::string_view table) {
  const auto json = spec.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  const auto place = element("div", {}, {{"class", "drawing"}, {"data-spec", std::string(id) + "-spec"}});
  const auto words = table.empty() ? caption : caption + table_link(table);
  return element("figure", element("figcaption", words) + place, {{"class", "chart"}}) + Html{"\n"} +
         json_element(std::string(id) + "-spec", json);
}

Html figure_row(const Html& figures) { return element("div", figures, {{"class", "figures"}}) + Html{"\n"}; }

}  // namespace miura::report
