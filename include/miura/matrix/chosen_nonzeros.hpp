#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/cells.hpp"

namespace miura::matrix {

/// Finds the nonzeros of rows whose columns are marked. Scratch of a thread: 8 bytes a column.
class ChosenNonzeros {
public:
  /// `is_chosen` has a 1 or 0 for every column, and must outlive this.
  explicit ChosenNonzeros(std::span<const std::uint8_t> is_chosen)
      : is_chosen_(is_chosen.data()), found_(is_chosen.size() + 1) {}

  /// Those of a row, in order of column; until the next row is asked for.
  std::span<const CountRows::Nonzero> of(const CountRows& counts, std::int64_t row) {
    std::int64_t n = 0;
    counts.for_each(row, [&n, is_chosen = is_chosen_, found = found_.data()](std::int32_t column, std::uint32_t count) {
      found[n] = {column, count};  // which columns are marked no processor can guess: no branch
      n += is_chosen[column];
    });
    return std::span(found_).first(n);
  }

private:
  const std::uint8_t* is_chosen_;
  std::vector<CountRows::Nonzero> found_;
};

}  // namespace miura::matrix
