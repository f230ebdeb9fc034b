#include "miura/input/measurements.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "miura/base/error.hpp"
#include "miura/input/delimited.hpp"

namespace miura::input {

namespace {

double value_of(const DelimitedText& text, std::string_view field, const std::string& sample,
                std::span<const std::string> missing_words) {
  if (is_missing(field) || std::ranges::find(missing_words, field) != missing_words.end())
    return std::numeric_limits<double>::quiet_NaN();
  const auto value = parse_number(field);
  if (!value || !std::isfinite(*value))
    throw InputError(text.where(sample),
                     "'" + std::string(field) + "' is not a " + (value ? "finite " : "") + "number");
  return *value;
}

void check_samples(const matrix::Measurements& table, const Where& where) {
  std::set<std::string> seen;
  for (const auto& sample : table.sample) {
    if (sample.empty()) throw InputError(where, "a sample has no name");
    if (!seen.insert(sample).second) throw InputError(where, "sample '" + sample + "' is there twice");
  }
  if (table.sample.empty()) throw InputError(where, "names no samples");
}

}  // namespace

matrix::Measurements read_measurements(const std::filesystem::path& path, std::span<const std::string> missing_words) {
  DelimitedText text({path});
  matrix::Measurements table;
  std::vector<std::string> header;
  if (const auto names = text.next())
    header.assign(names->begin(), names->end());
  else
    throw InputError({path}, "is empty");
  const auto header_place = text.where();
  while (const auto fields = text.next()) {
    if (table.sample.empty()) {  // the first row tells whether the first column has a name
      const auto first = std::ssize(*fields) == std::ssize(header) + 1 ? header.begin() : header.begin() + 1;
      table.sample.assign(first, header.end());
      check_samples(table, header_place);
    }
    if (std::ssize(*fields) != table.n_samples() + 1)
      throw InputError(text.where(), "has " + std::to_string(fields->size()) + " fields, a name and " +
                                         std::to_string(table.n_samples()) + " samples need " +
                                         std::to_string(table.n_samples() + 1));
    if (fields->front().empty()) throw InputError(text.where(), "the feature has no name");
    table.feature.emplace_back(fields->front());
    for (std::int32_t s = 0; s < table.n_samples(); ++s)
      table.value.push_back(value_of(text, (*fields)[s + 1], table.sample[s], missing_words));
  }
  if (table.feature.empty()) throw InputError({path}, "has no features below its header");
  return table;
}

}  // namespace miura::input
