#pragma once

#include <string>
#include <unordered_map>

#include "miura/matrix/lots.hpp"

namespace miura::input {

/// Makes sure that every lot named has a table of cells (column `cells` of the sample sheet) with the columns
/// `barcode` and `column`, or else comes from an h5ad file with this column of obs. InputError that names the table, or
/// the lot that has none. Not collective.
void check_cell_column(const matrix::Lots& lots, const std::string& column);

/// One column of the table of cells of a lot, or of obs, by barcode; what is_missing() is left out. InputError for a barcode
/// that is there twice. Not collective.
std::unordered_map<std::string, std::string> read_cell_column(const matrix::Lot& lot, const std::string& column);

}  // namespace miura::input
