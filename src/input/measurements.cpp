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
  if (table.sample.empty())
    throw InputError(where, "has one column: names of samples are to follow between commas, semicolons or tabs");
}

/// A row of `sample.size()` values behind its name and `n_between` further fields.
void append_feature(const DelimitedText& text, std::span<const std::string_view> fields, std::ptrdiff_t n_between,
                    std::span<const std::string> missing_words, matrix::Measurements& table) {
  const auto before = 1 + n_between;
  if (std::ssize(fields) != table.n_samples() + before)
    throw InputError(text.where(), "has " + std::to_string(fields.size()) + " fields, a name and " +
                                       std::to_string(table.n_samples()) + " samples need " +
                                       std::to_string(table.n_samples() + before));
  if (fields.front().empty()) throw InputError(text.where(), "the feature has no name");
  table.feature.emplace_back(fields.front());
  for (std::int32_t s = 0; s < table.n_samples(); ++s)
    table.value.push_back(value_of(text, fields[s + before], table.sample[s], missing_words));
}

bool is_gct(std::string_view first_field) { return first_field == "#1.2" || first_field == "#1.3"; }

/// A number of the second line of a GCT, which must be there.
std::int64_t gct_number(const DelimitedText& text, std::span<const std::string_view> fields, std::size_t at) {
  const auto number = at < fields.size() ? parse_number(fields[at]) : std::nullopt;
  if (!number || *number < 0 || *number != std::floor(*number))
    throw InputError(text.where(), "is to tell the numbers of rows and columns of a GCT");
  return static_cast<std::int64_t>(*number);
}

/// Gene Cluster Text of Broad's GenePattern: version, numbers of rows and columns (1.3: and of fields that describe
/// each), header, (1.3: rows that describe the samples,) features.
matrix::Measurements read_gct(const std::filesystem::path& path, std::span<const std::string> missing_words) {
  DelimitedText text({path}, {.separator = '\t', .quotes = false});
  const bool describes_samples = text.next()->front() == "#1.3";
  const auto sizes = text.next();
  if (!sizes) throw InputError({path}, "ends behind the version of a GCT");
  const auto n_features = gct_number(text, *sizes, 0), n_samples = gct_number(text, *sizes, 1);
  const auto n_between = describes_samples ? gct_number(text, *sizes, 2) : 1;
  const auto n_descriptions = describes_samples ? gct_number(text, *sizes, 3) : 0;
  const auto header = text.next();
  if (!header || std::ssize(*header) != n_samples + n_between + 1)
    throw InputError(text.where(), "the header of a GCT of " + std::to_string(n_samples) + " samples has " +
                                       std::to_string(n_samples + n_between + 1) + " fields");
  matrix::Measurements table;
  table.sample.assign(header->begin() + n_between + 1, header->end());
  check_samples(table, text.where());
  for (std::int64_t i = 0; i < n_descriptions; ++i) text.next();
  while (const auto fields = text.next()) append_feature(text, *fields, n_between, missing_words, table);
  if (table.n_features() != n_features)
    throw InputError({path}, "holds " + std::to_string(table.n_features()) + " features, its second line says " +
                                 std::to_string(n_features));
  if (table.feature.empty()) throw InputError({path}, "has no features below its header");
  return table;
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
  if (is_gct(header.front())) return read_gct(path, missing_words);
  const auto header_place = text.where();
  while (const auto fields = text.next()) {
    if (table.sample.empty()) {  // the first row tells whether the first column has a name
      const auto first = std::ssize(*fields) == std::ssize(header) + 1 ? header.begin() : header.begin() + 1;
      table.sample.assign(first, header.end());
      check_samples(table, header_place);
    }
    append_feature(text, *fields, 0, missing_words, table);
  }
  if (table.feature.empty()) throw InputError({path}, "has no features below its header");
  return table;
}

}  // namespace miura::input
