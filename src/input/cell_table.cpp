#include "miura/input/cell_table.hpp"

#include "input/sheet.hpp"

namespace miura::input {

void check_cell_column(const matrix::Lots& lots, const std::string& column) {
  for (const auto& lot : lots) {
    if (lot.cells.empty())
      throw InputError({lot.path, 0, {}, lot.id},
                       "has no table of cells (column cells of the sample sheet) to take '" + column + "' from");
    const Sheet table(lot.cells, lot.id);
    table.need("barcode");
    table.need(column);
  }
}

std::unordered_map<std::string, std::string> read_cell_column(const matrix::Lot& lot, const std::string& column) {
  Sheet table(lot.cells, lot.id);
  const auto barcode = table.need("barcode"), wanted = table.need(column);
  std::unordered_map<std::string, std::string> value_of;
  while (table.next()) {
    const std::string key(table.at(barcode)), value(table.at(wanted));
    if (is_missing(value)) continue;
    if (!value_of.emplace(key, value).second)
      throw InputError(table.where("barcode"), "'" + key + "' is in an earlier row already");
  }
  return value_of;
}

}  // namespace miura::input
