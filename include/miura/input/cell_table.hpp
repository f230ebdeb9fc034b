#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "miura/matrix/lots.hpp"

namespace miura::input {

/// Makes sure that every lot named has a table of cells (column `cells` of the sample sheet) with the columns
/// `barcode` and `column`, or else comes from an h5ad file with this column of obs. InputError that names the table, or
/// the lot that has none. Not collective.
void check_cell_column(const matrix::Lots& lots, const std::string& column);

/// One column of the tables of cells, or of obs, read lot after lot; the obs that lots of one pooled file share is read
/// once. Not collective.
class CellColumn {
public:
  explicit CellColumn(std::string name) : name_(std::move(name)) {}
  /// Values of a lot's cells by barcode; what is_missing() is left out. InputError for a barcode that is there twice.
  std::unordered_map<std::string, std::string> of(const matrix::Lot& lot);

private:
  struct Obs {
    std::filesystem::path file;
    std::string lot_column;
    std::vector<std::string> barcode, value, lot;  ///< a cell each; `lot` is empty where the file has one only
  };
  std::unordered_map<std::string, std::string> from_obs(const matrix::Lot& lot);

  std::string name_;
  Obs obs_;  ///< of the file that was read last
};

}  // namespace miura::input
