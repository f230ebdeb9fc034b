#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/html.hpp"

namespace miura::report {

/// A cell of an HTML table.
struct TableCell {
  Html content;
  double shade = -1;  ///< in [0, 1]: a bar behind the number; negative: none
};

/// An HTML table that reads well without style or script; wide ones scroll inside their own box.
class HtmlTable {
public:
  enum class Align { text, number };
  struct Column {
    std::string title;
    Align align = Align::number;
  };

  HtmlTable(std::string_view caption, std::vector<Column> columns);
  void add(const std::vector<TableCell>& row, std::string_view row_class = "");
  Html html() const;

private:
  std::string caption_;
  std::vector<Column> columns_;
  Html rows_;
};

}  // namespace miura::report
