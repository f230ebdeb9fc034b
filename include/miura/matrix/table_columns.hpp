#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "miura/matrix/table.hpp"

namespace miura::matrix {

/// Builds a table column by column from rows of one kind, so that a column's name stands beside its value.
template <class Row>
class TableColumns {
public:
  TableColumns(std::string name, std::span<const Row> rows) : rows_(rows), table_{std::move(name), {}} {}

  /// A column of value_of(row): text, real, or whole number of any width (a bool becomes 0 or 1).
  template <class ValueOf>
  void add(const char* name, ValueOf&& value_of) {
    using Value = std::remove_cvref_t<decltype(value_of(rows_.front()))>;
    using Stored = std::conditional_t<std::is_integral_v<Value>, std::int64_t,
                                      std::conditional_t<std::is_floating_point_v<Value>, double, std::string>>;
    std::vector<Stored> values;
    values.reserve(rows_.size());
    for (const auto& row : rows_) values.push_back(static_cast<Stored>(value_of(row)));
    table_.columns.push_back({name, std::move(values)});
  }
  template <class Field, class Owner>
  void add(const char* name, Field Owner::*field) {
    add(name, [=](const Row& row) -> const Field& { return row.*field; });
  }

  Table take() { return std::move(table_); }

private:
  std::span<const Row> rows_;
  Table table_;
};

}  // namespace miura::matrix
