#pragma once

#include "miura/matrix/table.hpp"
#include "miura/report/whole_file.hpp"

namespace miura::app {

/// A header line and a line a row, separated by tabs. Rows are written as they are made, so that a large table is not
/// in memory a second time.
void write_table(const matrix::Table& table, report::WholeFile& file);

}  // namespace miura::app
