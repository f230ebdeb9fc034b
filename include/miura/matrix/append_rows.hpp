#pragma once

#include <algorithm>
#include <iterator>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "miura/matrix/table.hpp"

namespace miura::matrix {

/// Puts the rows of a table of the same columns behind those of another; one without columns becomes the other.
inline void append_rows(Table& table, Table&& more) {
  if (table.columns.empty()) {
    table = std::move(more);
    return;
  }
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    std::visit(
        [&](auto& values) {
          auto& added = std::get<std::decay_t<decltype(values)>>(more.columns[c].values);
          std::ranges::move(added, std::back_inserter(values));
        },
        table.columns[c].values);
}

}  // namespace miura::matrix
