#include "report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace miura::report {

namespace {

/// Whether a name or list takes more room than a column should have.
bool is_long(const TableCell& cell) {
  constexpr std::size_t longest = 45;  // bytes of markup
  return cell.content.markup.size() > longest;
}

const char* class_of(HtmlTable::Align align) { return align == HtmlTable::Align::number ? "number" : "text"; }

}  // namespace

HtmlTable::HtmlTable(std::string_view caption, std::vector<Column> columns)
    : caption_(caption), columns_(std::move(columns)) {}

void HtmlTable::add(const std::vector<TableCell>& row, std::string_view row_class) {
  assert(row.size() == columns_.size());
  Html cells;
  for (std::size_t c = 0; c < row.size(); ++c) {
    const std::string align = class_of(columns_[c].align);
    if (c == 0) {
      cells +=
          element("th", row[c].content, {{"scope", "row"}, {"class", is_long(row[c]) ? align + " long-name" : align}});
    } else if (row[c].shade >= 0) {
      const auto share = fmt::format("--share:{:.1f}%", 100 * std::clamp(row[c].shade, 0.0, 1.0));
      cells += element("td", row[c].content, {{"class", align + " bar"}, {"style", share}});
    } else if (columns_[c].align == Align::text && is_long(row[c])) {
      cells += element("td", row[c].content, {{"class", "text long-text"}});
    } else {
      cells += element("td", row[c].content, {{"class", align}});
    }
  }
  rows_ += (row_class.empty() ? element("tr", cells) : element("tr", cells, {{"class", std::string(row_class)}})) +
           Html{"\n"};
}

Html HtmlTable::html() const {
  Html head;
  for (const auto& column : columns_)
    head += element("th", text(column.title), {{"scope", "col"}, {"class", class_of(column.align)}});
  const auto table =
      element("caption", text(caption_)) + element("thead", element("tr", head)) + Html{"\n"} + element("tbody", rows_);
  constexpr std::size_t many = 8;  // more than paper holds in letters of the usual size
  const bool is_dense = columns_.size() >= many;
  return element("div", element("table", table),
                 {{"class", is_dense ? "wide dense" : "wide"},
                  {"tabindex", "0"},
                  {"role", "group"},
                  {"aria-label", caption_.empty() ? "Table" : caption_},
                  {"style", fmt::format("--columns:{}", columns_.size())}}) +
         Html{"\n"};
}

}  // namespace miura::report
