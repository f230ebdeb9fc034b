#include "miura/input/sample_sheet.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "input/sheet.hpp"
#include "miura/base/sha256.hpp"

namespace miura::input {

namespace {

constexpr std::array<std::string_view, 12> lot_columns{"lot",       "path",       "format",    "source",
                                                       "role",      "donor",      "process",   "pair",
                                                       "chemistry", "obs_column", "obs_value", "cells"};
constexpr std::array<std::string_view, 4> known_roles{"train", "test", "query", "process"};
constexpr std::array<std::string_view, 4> known_formats{"mtx", "h5", "h5ad", "table"};

std::string listed(std::span<const std::string_view> words) {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

std::filesystem::path existing_path(const Sheet& sheet, const char* column, const std::string& lot) {
  const std::filesystem::path given = sheet.field(column);
  const auto path = (sheet.where().file.parent_path() / given).lexically_normal();  // keeps an absolute path
  std::error_code none;
  if (!std::filesystem::exists(path, none))
    throw NotFoundError(sheet.where(column, lot), "'" + path.string() + "' not found");
  return path;
}

void check_word(const Sheet& sheet, const char* column, const std::string& word,
                std::span<const std::string_view> known, const std::string& lot) {
  if (std::ranges::find(known, word) == known.end())
    throw InputError(sheet.where(column, lot), "'" + word + "' is not one of " + listed(known));
}

matrix::Lot read_lot(const Sheet& sheet) {
  matrix::Lot lot;
  lot.id = sheet.field("lot");
  lot.sheet_row = sheet.where().row;
  if (lot.id.empty()) throw InputError(sheet.where("lot"), "is empty");
  if (std::ranges::any_of(lot.id, [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
    throw InputError(sheet.where("lot"), "holds a control character (tab, line end ...)");
  if (sheet.field("path").empty()) throw InputError(sheet.where("path", lot.id), "is empty");
  lot.path = existing_path(sheet, "path", lot.id);
  lot.format = sheet.field("format");
  if (!lot.format.empty()) check_word(sheet, "format", lot.format, known_formats, lot.id);
  if (const auto role = sheet.field("role"); !role.empty()) {
    check_word(sheet, "role", role, known_roles, lot.id);
    lot.role = role;
  }
  lot.source = sheet.field("source");
  lot.donor = sheet.field("donor");
  lot.process = sheet.field("process");
  lot.pair = sheet.field("pair");
  lot.chemistry = sheet.field("chemistry");
  lot.obs_column = sheet.field("obs_column");
  lot.obs_value = sheet.field("obs_value");
  if (lot.obs_column.empty() != lot.obs_value.empty())
    throw InputError(sheet.where(lot.obs_column.empty() ? "obs_column" : "obs_value", lot.id),
                     "is empty; obs_column and obs_value go together");
  if (lot.role == "process" && lot.process != "before" && lot.process != "after")
    throw InputError(sheet.where("process", lot.id),
                     "a lot with role process needs 'before' or 'after' here, not '" + lot.process + "'");
  if (!sheet.field("cells").empty()) lot.cells = existing_path(sheet, "cells", lot.id);
  return lot;
}

/// Two lots may share a file only if each takes its own cells from it.
void check_shared_files(const Sheet& sheet, const matrix::Lots& lots) {
  struct File {
    const matrix::Lot* first = nullptr;
    std::map<std::pair<std::string_view, std::string_view>, const matrix::Lot*> by_value;  // of an obs column
  };
  std::map<std::filesystem::path, File> files;
  for (const auto& lot : lots) {
    auto& [first, by_value] = files[lot.path];
    const auto [same, is_new] = by_value.try_emplace({lot.obs_column, lot.obs_value}, &lot);
    const bool whole = first != nullptr && (lot.obs_column.empty() || first->obs_column.empty());
    if (const auto* const other = whole ? first : same->second; whole || !is_new)
      throw InputError({sheet.where().file, lot.sheet_row, "path", lot.id},
                       "the same cells are those of lot " + other->id + " in row " + std::to_string(other->sheet_row));
    if (first == nullptr) first = &lot;
  }
}

double outcome_value(const Sheet& sheet, const std::string& name, std::string_view text, const std::string& key) {
  if (is_missing(text)) return std::numeric_limits<double>::quiet_NaN();
  const auto value = parse_number(text);
  if (!value || !std::isfinite(*value))
    throw InputError(sheet.where(name, key),
                     "'" + std::string(text) + "' is not a " + (value ? "finite " : "") + "number");
  return *value;
}

std::vector<std::size_t> columns_of(const Sheet& sheet, std::span<const std::string> names) {
  std::vector<std::size_t> columns;
  for (const auto& name : names) columns.push_back(sheet.need(name));
  return columns;
}

}  // namespace

matrix::Lots read_sample_sheet(const std::filesystem::path& path) {
  Sheet sheet(path);
  sheet.need("lot");
  sheet.need("path");
  matrix::Lots lots;
  std::map<std::string, std::int64_t> row_of;
  while (sheet.next()) {
    lots.push_back(read_lot(sheet));
    const auto [earlier, is_new] = row_of.emplace(lots.back().id, lots.back().sheet_row);
    if (!is_new)
      throw InputError(sheet.where("lot", lots.back().id),
                       "this lot is in row " + std::to_string(earlier->second) + " already");
  }
  if (lots.empty()) throw InputError({path}, "has no lots below its header");
  check_shared_files(sheet, lots);
  std::ranges::sort(lots, {}, &matrix::Lot::id);
  return lots;
}

std::vector<std::string> outcome_columns(const std::filesystem::path& path) {
  auto names = Sheet(path).header();
  std::erase_if(names, [](const std::string& name) {
    return name.empty() || std::ranges::find(lot_columns, name) != lot_columns.end();
  });
  return names;
}

void check_outcomes(const std::filesystem::path& path, std::span<const std::string> names) {
  Sheet sheet(path);
  const auto columns = columns_of(sheet, names);
  while (sheet.next())
    for (std::size_t i = 0; i < columns.size(); ++i)
      outcome_value(sheet, names[i], sheet.at(columns[i]), sheet.field("lot"));
}

std::string digest_of_columns(const std::filesystem::path& path, std::span<const std::string> names) {
  Sheet sheet(path);
  const auto columns = columns_of(sheet, names);
  std::vector<std::vector<std::string>> rows;
  while (sheet.next()) {
    auto& row = rows.emplace_back(1, sheet.field("lot"));
    for (const auto column : columns) row.emplace_back(sheet.at(column));
  }
  std::ranges::sort(rows);
  Sha256 digest;
  const auto add = [&](const std::string& text) { digest.add(std::to_string(text.size()) + ":" + text); };
  std::ranges::for_each(names, add);
  for (const auto& row : rows) std::ranges::for_each(row, add);
  return digest.hex();
}

std::vector<Outcome> read_outcomes(const std::filesystem::path& path, const std::string& key_column,
                                   std::span<const std::string> keys, std::span<const std::string> names) {
  std::unordered_map<std::string, std::size_t> place;
  for (std::size_t i = 0; i < keys.size(); ++i) place.emplace(keys[i], i);
  std::vector<Outcome> outcomes;
  for (const auto& name : names)
    outcomes.push_back({name, std::vector<double>(keys.size(), std::numeric_limits<double>::quiet_NaN())});
  Sheet sheet(path);
  sheet.need(key_column);
  const auto columns = columns_of(sheet, names);
  std::set<std::string> seen;
  while (sheet.next()) {
    const auto key = sheet.field(key_column);
    const auto found = place.find(key);
    if (found == place.end()) continue;
    if (!seen.insert(key).second)
      throw InputError(sheet.where(key_column), "'" + key + "' is in an earlier row already");
    for (std::size_t i = 0; i < columns.size(); ++i)
      outcomes[i].value[found->second] = outcome_value(sheet, names[i], sheet.at(columns[i]), key);
  }
  for (const auto& key : keys)
    if (!seen.contains(key)) throw InputError({path, 0, key_column}, "has no row for '" + key + "'");
  return outcomes;
}

std::vector<Outcome> read_outcomes(const std::filesystem::path& path, const matrix::Lots& lots,
                                   std::span<const std::string> names) {
  std::vector<std::string> ids;
  for (const auto& lot : lots) ids.push_back(lot.id);
  return read_outcomes(path, "lot", ids, names);
}

}  // namespace miura::input
