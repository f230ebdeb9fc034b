#include "miura/input/cell_table.hpp"

#include <algorithm>

#include "input/anndata_frame.hpp"
#include "input/sheet.hpp"
#include "miura/hdf5/reader.hpp"

namespace miura::input {

namespace {

namespace fs = std::filesystem;

/// Whether the counts come with a table of cells of their own that has this column.
bool annotated(const matrix::Lot& lot, const std::string& column) {
  if (!fs::is_regular_file(lot.path) || H5Fis_hdf5(lot.path.c_str()) <= 0) return false;
  const auto file = hdf5::open_to_read(lot.path);
  if (!hdf5::exists(file.get(), "obs")) return false;
  const auto columns = frame_columns(file.get(), "obs");
  return std::ranges::find(columns, column) != columns.end();
}

}  // namespace

void check_cell_column(const matrix::Lots& lots, const std::string& column) {
  for (const auto& lot : lots) {
    if (!lot.cells.empty()) {
      const Sheet table(lot.cells, lot.id);
      table.need("barcode");
      table.need(column);
    } else if (!annotated(lot, column)) {
      throw InputError(
          {lot.path, 0, {}, lot.id},
          "has no table of cells (column cells of the sample sheet) and no obs column to take '" + column + "' from");
    }
  }
}

std::unordered_map<std::string, std::string> CellColumn::from_obs(const matrix::Lot& lot) {
  if (obs_.file != lot.path || obs_.lot_column != lot.obs_column) {
    const auto file = hdf5::open_to_read(lot.path);
    obs_ = {.file = lot.path,
            .lot_column = lot.obs_column,
            .barcode = frame_index(file.get(), "obs"),
            .value = frame_texts(file.get(), "obs", name_),
            .lot = {}};
    if (!lot.obs_column.empty()) obs_.lot = frame_texts(file.get(), "obs", lot.obs_column);
  }
  std::unordered_map<std::string, std::string> value_of;
  for (std::size_t cell = 0; cell < obs_.barcode.size(); ++cell)
    if ((obs_.lot.empty() || obs_.lot[cell] == lot.obs_value) && !is_missing(obs_.value[cell]))
      value_of.emplace(obs_.barcode[cell], obs_.value[cell]);
  return value_of;
}

std::unordered_map<std::string, std::string> CellColumn::of(const matrix::Lot& lot) {
  if (lot.cells.empty()) return from_obs(lot);
  std::unordered_map<std::string, std::string> value_of;
  Sheet table(lot.cells, lot.id);
  const auto barcode = table.need("barcode"), wanted = table.need(name_);
  while (table.next()) {
    const std::string key(table.at(barcode)), value(table.at(wanted));
    if (is_missing(value)) continue;
    if (!value_of.emplace(key, value).second)
      throw InputError(table.where("barcode"), "'" + key + "' is in an earlier row already");
  }
  return value_of;
}

}  // namespace miura::input
