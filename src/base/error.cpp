#include "miura/base/error.hpp"

namespace miura {

namespace {

std::string describe(const Where& where, std::string_view problem) {
  std::string text = where.file.string();
  if (where.row > 0) text += ":" + std::to_string(where.row);
  if (!where.column.empty()) text += ": column " + where.column;
  if (!text.empty()) text += ": ";
  text += problem;
  if (!where.lot.empty()) text += " (lot " + where.lot + ")";
  return text;
}

}  // namespace

InputError::InputError(Where where, std::string_view problem, ExitCode code)
    : Error(code, describe(where, problem)), where_(std::move(where)), problem_(problem) {}

InputError InputError::of_lot(const std::string& lot) const {
  auto where = where_;
  if (where.lot.empty()) where.lot = lot;
  return {std::move(where), problem_, code()};
}

InputError InputError::of_file(const std::filesystem::path& file) const {
  auto where = where_;
  if (where.file.empty()) where.file = file;
  return {std::move(where), problem_, code()};
}

}  // namespace miura
