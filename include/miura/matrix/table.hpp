#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace miura::matrix {

/// One column of a result table. Missing reals are NaN, missing texts are empty.
struct Column {
  std::string name;
  std::variant<std::vector<std::string>, std::vector<double>, std::vector<std::int64_t>> values;
};

/// A result table, replicated: what becomes tables/<name>.tsv and a data frame in study.h5ad. All columns are equally
/// long.
struct Table {
  std::string name;
  std::vector<Column> columns;

  std::int64_t n_rows() const {
    if (columns.empty()) return 0;
    return std::visit([](const auto& values) { return std::ssize(values); }, columns[0].values);
  }
  template <class T>
  const std::vector<T>& column(const std::string& wanted) const {
    for (const auto& c : columns)
      if (c.name == wanted) return std::get<std::vector<T>>(c.values);
    throw std::out_of_range("table " + name + " has no column " + wanted);
  }
  template <class T>
  std::vector<T>& column(const std::string& wanted) {
    return const_cast<std::vector<T>&>(std::as_const(*this).column<T>(wanted));
  }
};

}  // namespace miura::matrix
