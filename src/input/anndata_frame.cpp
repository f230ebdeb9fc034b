#include "input/anndata_frame.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "miura/base/error.hpp"
#include "miura/base/nearest_name.hpp"
#include "miura/hdf5/reader.hpp"

namespace miura::input {

namespace {

std::string written(double value) {
  if (std::isnan(value)) return {};
  char digits[32];
  const auto [end, trouble] =
      std::to_chars(digits, digits + sizeof digits, value);  // the shortest that reads back the same
  return {digits, end};
}

std::vector<std::string> plain_texts(const hdf5::StoredArray& values) {
  if (values.kind() == hdf5::Kind::text) return values.read_texts();
  std::vector<std::string> texts;
  if (values.kind() == hdf5::Kind::boolean)
    for (const auto value : values.read<std::int8_t>()) texts.emplace_back(value ? "True" : "False");
  else if (values.kind() == hdf5::Kind::integer)
    for (const auto value : values.read<std::int64_t>()) texts.push_back(std::to_string(value));
  else
    for (const auto value : values.read<double>()) texts.push_back(written(value));
  return texts;
}

std::vector<std::string> of_codes(const std::vector<std::int64_t>& codes, const std::vector<std::string>& categories,
                                  const std::string& column, hid_t at) {
  std::vector<std::string> texts(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] >= std::ssize(categories))
      throw InputError({hdf5::file_of(at)}, "column '" + column + "' has a code beyond its categories");
    if (codes[i] >= 0) texts[i] = categories[codes[i]];  // -1: missing
  }
  return texts;
}

/// A column that is a group: categorical (0.8 and later), nullable integer, boolean or string.
std::vector<std::string> group_texts(hid_t at, const std::string& path) {
  if (hdf5::exists(at, path + "/codes")) {
    const auto categories = plain_texts(hdf5::StoredArray(at, path + "/categories"));
    return of_codes(hdf5::StoredArray(at, path + "/codes").read<std::int64_t>(), categories, path, at);
  }
  auto texts = plain_texts(hdf5::StoredArray(at, path + "/values"));
  if (hdf5::exists(at, path + "/mask")) {
    const auto missing = hdf5::StoredArray(at, path + "/mask").read<std::int8_t>();
    for (std::size_t i = 0; i < std::min(texts.size(), missing.size()); ++i)
      if (missing[i]) texts[i].clear();
  }
  return texts;
}

bool is_compound(hid_t at, const std::string& frame) { return !hdf5::is_group(at, frame); }

std::string index_name(hid_t at, const std::string& frame) {
  if (is_compound(at, frame)) {
    const auto fields = hdf5::StoredArray(at, frame).fields();
    if (std::ranges::find(fields, "index") != fields.end()) return "index";
    if (fields.empty()) throw InputError({hdf5::file_of(at)}, "'" + frame + "' has no columns");
    return fields[0];
  }
  const auto name = hdf5::text_attribute(at, frame, "_index");
  return name.empty() ? "_index" : name;
}

}  // namespace

std::vector<std::string> frame_columns(hid_t at, const std::string& frame) {
  auto names = is_compound(at, frame) ? hdf5::StoredArray(at, frame).fields() : hdf5::names_in(at, frame);
  std::erase(names, "__categories");
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> frame_index(hid_t at, const std::string& frame) {
  if (!hdf5::exists(at, frame)) throw InputError({hdf5::file_of(at)}, "holds no '" + frame + "'");
  return frame_texts(at, frame, index_name(at, frame));
}

std::vector<std::string> frame_texts(hid_t at, const std::string& frame, const std::string& column) {
  const auto columns = frame_columns(at, frame);
  if (std::ranges::find(columns, column) == columns.end()) {
    const auto near = nearest_name(column, columns);
    throw InputError({hdf5::file_of(at)}, "'" + frame + "' has no column '" + column + "'" +
                                              (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  if (is_compound(at, frame)) {
    const hdf5::StoredArray values(at, frame, column);
    const auto categories = "uns/" + column + "_categories";  // where 0.6 and earlier kept them
    if (values.kind() == hdf5::Kind::integer && hdf5::exists(at, categories))
      return of_codes(values.read<std::int64_t>(), plain_texts(hdf5::StoredArray(at, categories)), column, at);
    return plain_texts(values);
  }
  const auto path = frame + "/" + column;
  if (hdf5::is_group(at, path)) return group_texts(at, path);
  const auto categories = frame + "/__categories/" + column;  // 0.7
  const hdf5::StoredArray values(at, path);
  if (values.kind() == hdf5::Kind::integer && hdf5::exists(at, categories))
    return of_codes(values.read<std::int64_t>(), plain_texts(hdf5::StoredArray(at, categories)), column, at);
  return plain_texts(values);
}

}  // namespace miura::input
