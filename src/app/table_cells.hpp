#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "miura/matrix/table.hpp"

namespace miura::app {

/// Cells of a table by the name of their column.
class Cells {
public:
  explicit Cells(const matrix::Table& table) : table_(table) {}
  std::string text(const char* column, std::int64_t row) const { return table_.column<std::string>(column)[row]; }
  double real(const char* column, std::int64_t row) const { return table_.column<double>(column)[row]; }
  std::int64_t integer(const char* column, std::int64_t row) const { return table_.column<std::int64_t>(column)[row]; }

private:
  const matrix::Table& table_;
};

}  // namespace miura::app
