#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "miura/report/whole_file.hpp"

namespace miura::report {

/// Appends a number so that reading it back gives the same bits: the shortest such digits (std::to_chars). Missing is
/// the literal NaN, infinities are Inf and -Inf: pandas and R read all three as numbers.
template <class Number>
requires std::integral<Number> || std::floating_point<Number>
void append_cell(std::string& line, Number value) {
  if constexpr (std::floating_point<Number>) {
    if (!std::isfinite(value)) {
      line += std::isnan(value) ? "NaN" : value > 0 ? "Inf" : "-Inf";
      return;
    }
  }
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  line.append(digits.data(), end);
}

/// Appends text; tabs, line breaks and other control characters become a blank each, since these tables quote nothing.
void append_cell(std::string& line, std::string_view text);
inline void append_cell(std::string& line, const char* text) { append_cell(line, std::string_view(text)); }
inline void append_cell(std::string& line, const std::string& text) { append_cell(line, std::string_view(text)); }
void append_cell(std::string& line, bool) = delete;  ///< say what true means

/// One line of a table with its line feed. Ranks may format their own rows and send them to the one that writes.
template <class... Cells>
void append_line(std::string& lines, const Cells&... cells) {
  bool first = true;
  const auto add = [&](const auto& cell) {
    if (!std::exchange(first, false)) lines += '\t';
    append_cell(lines, cell);
  };
  (add(cells), ...);
  lines += '\n';
}

/// A table of tab-separated values with one header line, as in tables/*.tsv; packed if its name ends in .gz.
/// Read it with pandas.read_csv(file, sep="\t", quoting=3) or R's read.delim(file, quote = "").
/// Published whole; errors as of WholeFile.
class TextTable {
public:
  TextTable(const std::filesystem::path& path, std::vector<std::string> columns);

  /// A row; throws std::logic_error unless there is a cell for each column.
  template <class... Cells>
  void add(const Cells&... cells) {
    check_width(sizeof...(cells));
    line_.clear();
    append_line(line_, cells...);
    file_.write(line_);
  }

  /// Whole lines made by append_line, with the columns of this table.
  void add_lines(std::string_view lines) { file_.write(lines); }

  void publish() { file_.publish(); }

private:
  void check_width(std::size_t cells) const;

  WholeFile file_;
  std::size_t n_columns_;
  std::string line_;
};

}  // namespace miura::report
