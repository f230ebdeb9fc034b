#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/input/delimited.hpp"

namespace miura::input {

/// A table with a header, read row by row; fields are asked for by the name of their column.
class Sheet {
public:
  /// `lot` is named in messages if the table belongs to one.
  explicit Sheet(const std::filesystem::path& path, const std::string& lot = {});

  const std::vector<std::string>& header() const noexcept { return header_; }
  /// Index of a column that must be there.
  std::size_t need(const std::string& name) const;

  /// Goes on to the next row; false at the end. Rows are as wide as the header.
  bool next();
  /// A field of this row; empty if there is no such column.
  std::string field(std::string_view name) const;
  std::string_view at(std::size_t column) const { return fields_[column]; }

  Where where(std::string column = {}, std::string lot = {}) const;

private:
  DelimitedText text_;
  std::vector<std::string> header_;
  std::unordered_map<std::string, std::size_t> index_;
  std::span<const std::string_view> fields_;
};

}  // namespace miura::input
