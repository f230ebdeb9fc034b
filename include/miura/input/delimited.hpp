#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "miura/base/error.hpp"

namespace miura::input {

class WholeText;

struct DelimitedOptions {
  char separator = 0;  ///< 0: the one of tab, comma, semicolon that the first line has most of
  bool quotes = true;  ///< RFC 4180: "a, b" is one field, "" inside is a quote
};

/// The records of a text table (CSV, TSV; UTF-8; plain or gzip), one after the other. Knows byte order marks, Windows
/// line ends and quoted line ends; trims spaces round unquoted fields; skips blank lines. Errors name file and line.
class DelimitedText {
public:
  /// `where` names the file, and the lot if it belongs to one. NotFoundError, or InputError for what is no text table.
  explicit DelimitedText(Where where, const DelimitedOptions& options = {});
  ~DelimitedText();

  /// The next record, or nothing at the end. The fields live as long as this object.
  std::optional<std::span<const std::string_view>> next();
  /// Where the last record began; `column` for a message about one field.
  Where where(std::string column = {}) const;

private:
  std::string_view take_field();
  std::string_view take_quoted_field();

  Where where_;
  DelimitedOptions options_;
  std::unique_ptr<WholeText> text_;
  char* at_;
  char* end_;
  std::int64_t line_ = 1;  // of the next record
  bool record_ended_ = true;
  std::vector<std::string_view> fields_;
};

/// A number as users write it: 3, -1.5e3, +2; surrounding text makes it none. Inf and NaN are read as such.
std::optional<double> parse_number(std::string_view text);
/// What stands for a missing value: empty, NA or NaN.
bool is_missing(std::string_view text);

}  // namespace miura::input
