#include "app/table_file.hpp"

#include <string>
#include <variant>

#include "miura/report/text_table.hpp"

namespace miura::app {

void write_table(const matrix::Table& table, report::WholeFile& file) {
  std::string line;
  const auto separate = [&](const matrix::Column& column) {
    if (&column != &table.columns.front()) line += '\t';
  };
  for (const auto& column : table.columns) {
    separate(column);
    report::append_cell(line, column.name);
  }
  file.write(line += '\n');
  for (std::int64_t row = 0; row < table.n_rows(); ++row) {
    line.clear();
    for (const auto& column : table.columns) {
      separate(column);
      std::visit([&](const auto& values) { report::append_cell(line, values[row]); }, column.values);
    }
    file.write(line += '\n');
  }
}

}  // namespace miura::app
