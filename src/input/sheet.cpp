#include "input/sheet.hpp"

#include <algorithm>

#include "miura/base/nearest_name.hpp"

namespace miura::input {

namespace {

/// The columns there are, of many the first.
std::string listed(const std::vector<std::string>& header) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, header.size()); ++i) text += (i == 0 ? "" : ", ") + header[i];
  return header.size() > most ? text + " and " + std::to_string(header.size() - most) + " more" : text;
}

}  // namespace

Sheet::Sheet(const std::filesystem::path& path, const std::string& lot) : text_({path, 0, {}, lot}) {
  const auto names = text_.next();
  if (!names) throw InputError({path, 0, {}, lot}, "is empty");
  header_.assign(names->begin(), names->end());
  for (std::size_t i = 0; i < header_.size(); ++i)
    if (!header_[i].empty() && !index_.emplace(header_[i], i).second)
      throw InputError(text_.where(header_[i]), "the header has this name twice");
}

std::size_t Sheet::need(const std::string& name) const {
  if (const auto found = index_.find(name); found != index_.end()) return found->second;
  const auto near = nearest_name(name, header_);
  auto place = where(name);
  place.row = 1;
  throw InputError(place,
                   "is missing" + (near.empty() ? "; there is " + listed(header_) : "; did you mean '" + near + "'?"));
}

bool Sheet::next() {
  const auto fields = text_.next();
  if (!fields) return false;
  if (fields->size() != header_.size())
    throw InputError(
        where(), "has " + std::to_string(fields->size()) + " fields, the header has " + std::to_string(header_.size()));
  fields_ = *fields;
  return true;
}

std::string Sheet::field(std::string_view name) const {
  const auto found = index_.find(std::string(name));
  return found == index_.end() ? std::string() : std::string(fields_[found->second]);
}

Where Sheet::where(std::string column, std::string lot) const {
  auto place = text_.where(std::move(column));
  if (!lot.empty()) place.lot = std::move(lot);
  return place;
}

}  // namespace miura::input
