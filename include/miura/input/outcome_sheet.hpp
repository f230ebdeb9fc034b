#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace miura::input {

/// What a sheet of outcomes holds: a row a sample.
struct OutcomeSheet {
  std::string key_column;            ///< `sample`, else `lot`, else `line`
  std::vector<std::string> sample;   ///< ids, in the order of the rows
  std::vector<std::string> columns;  ///< all others that have a name
  std::vector<std::string> numeric;  ///< those of them that hold numbers or nothing, and at least one number
};

/// Reads what can be asked of the sheet. InputError for a sheet without column `sample` (or `lot` or `line`), without
/// rows, or with a sample that is empty or there twice. Not collective.
OutcomeSheet survey_outcomes(const std::filesystem::path& path);

/// A column of words, e.g. the source, in the order of `samples`, each of which has a row; what is_missing() is empty.
/// InputError for an unknown column tells the nearest. Not collective.
std::vector<std::string> read_labels(const std::filesystem::path& path, const OutcomeSheet& sheet,
                                     std::span<const std::string> samples, const std::string& column);

}  // namespace miura::input
