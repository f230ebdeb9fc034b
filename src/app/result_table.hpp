#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/input/delimited.hpp"

namespace miura::app {

/// A table of a result folder, read row after row, its cells asked for by the name of their column.
class ResultTable {
public:
  explicit ResultTable(const std::filesystem::path& path)
      : text_({path}, {.separator = '\t', .quotes = false}), path_(path) {
    const auto header = text_.next();
    if (!header) throw InputError({path}, "is empty");
    for (std::size_t i = 0; i < header->size(); ++i) column_[std::string((*header)[i])] = i;
  }

  bool next() {
    const auto row = text_.next();
    if (!row) return false;
    if (row->size() != column_.size()) throw InputError(text_.where(), "does not have a cell for each column");
    cells_.assign(row->begin(), row->end());
    return true;
  }
  bool has(const std::string& name) const { return column_.contains(name); }
  std::string text(const std::string& name) const {
    const auto at = column_.find(name);
    if (at == column_.end()) throw InputError({path_, 1}, "has no column " + name);
    return std::string(cells_[at->second]);
  }
  double number(const std::string& name) const {
    const auto cell = text(name);
    const auto value = input::parse_number(cell);
    if (!value) throw InputError(text_.where(name), "'" + cell + "' is not a number");
    return *value;
  }

private:
  input::DelimitedText text_;
  std::filesystem::path path_;
  std::map<std::string, std::size_t> column_;
  std::vector<std::string_view> cells_;
};

}  // namespace miura::app
