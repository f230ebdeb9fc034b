#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "miura/parallel/fetch.hpp"

namespace miura::parallel {

/// Rows of a partitioned table that this rank wants to look up again and again, each fetched once.
template <class T>
class RequestedRows {
public:
  /// Collective. `mine` holds this rank's rows x width; `wanted` are global rows in any order and as often as they
  /// come, negative ones (no such neighbour) are passed over. Memory, for a moment: a byte for every row of the table.
  RequestedRows(MPI_Comm comm, const Partition& rows, std::span<const T> mine, std::int64_t width,
                std::span<const std::int64_t> wanted)
      : id_(each_once(wanted, rows.size())), width_(width), value_(fetch_rows<T>(comm, rows, mine, width, id_)) {}

  /// A row that was wanted.
  std::span<const T> operator[](std::int64_t row) const noexcept {
    const auto place = std::ranges::lower_bound(id_, row) - id_.begin();
    return std::span(value_).subspan(place * width_, width_);
  }

private:
  /// Ascending. They are many, and the same again and again: to mark them takes less time than to sort them.
  static std::vector<std::int64_t> each_once(std::span<const std::int64_t> wanted, std::int64_t n_rows) {
    std::vector<std::uint8_t> is_wanted(n_rows);
    for (const auto row : wanted)
      if (row >= 0) is_wanted[row] = 1;
    std::vector<std::int64_t> once;
    once.reserve(std::ranges::count(is_wanted, 1));
    for (std::int64_t row = 0; row < n_rows; ++row)
      if (is_wanted[row] != 0) once.push_back(row);
    return once;
  }

  std::vector<std::int64_t> id_;
  std::int64_t width_;
  std::vector<T> value_;
};

}  // namespace miura::parallel
