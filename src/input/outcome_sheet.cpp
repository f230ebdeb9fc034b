#include "miura/input/outcome_sheet.hpp"

#include <algorithm>
#include <map>

#include "input/sheet.hpp"

namespace miura::input {

OutcomeSheet survey_outcomes(const std::filesystem::path& path) {
  Sheet sheet(path);
  OutcomeSheet found;
  const auto has = [&](const char* name) { return std::ranges::find(sheet.header(), name) != sheet.header().end(); };
  found.key_column = has("sample") ? "sample" : has("lot") ? "lot" : has("line") ? "line" : "sample";
  const auto key = sheet.need(found.key_column);
  std::vector<std::int64_t> numbers(sheet.header().size()), texts(sheet.header().size());
  std::map<std::string, std::int64_t> row_of;
  while (sheet.next()) {
    const std::string sample(sheet.at(key));
    if (sample.empty()) throw InputError(sheet.where(found.key_column), "is empty");
    const auto [earlier, is_new] = row_of.emplace(sample, sheet.where().row);
    if (!is_new)
      throw InputError(sheet.where(found.key_column),
                       "'" + sample + "' is in row " + std::to_string(earlier->second) + " already");
    found.sample.push_back(sample);
    for (std::size_t c = 0; c < numbers.size(); ++c)
      if (!is_missing(sheet.at(c))) ++(parse_number(sheet.at(c)) ? numbers : texts)[c];
  }
  if (found.sample.empty()) throw InputError({path}, "has no samples below its header");
  for (std::size_t c = 0; c < numbers.size(); ++c) {
    if (c == key || sheet.header()[c].empty()) continue;
    found.columns.push_back(sheet.header()[c]);
    if (numbers[c] > 0 && texts[c] == 0) found.numeric.push_back(sheet.header()[c]);
  }
  return found;
}

std::vector<std::string> read_labels(const std::filesystem::path& path, const OutcomeSheet& sheet,
                                     std::span<const std::string> samples, const std::string& column) {
  Sheet rows(path);
  const auto key = rows.need(sheet.key_column), wanted = rows.need(column);
  std::map<std::string, std::string, std::less<>> label;
  while (rows.next())
    label.emplace(rows.at(key), is_missing(rows.at(wanted)) ? std::string() : std::string(rows.at(wanted)));
  std::vector<std::string> labels;
  for (const auto& sample : samples) labels.push_back(label.at(sample));
  return labels;
}

}  // namespace miura::input
