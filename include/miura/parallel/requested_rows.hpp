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
  /// come, negative ones (no such neighbour) are passed over.
  RequestedRows(MPI_Comm comm, const Partition& rows, std::span<const T> mine, std::int64_t width,
                std::vector<std::int64_t> wanted)
      : id_(std::move(wanted)), width_(width) {
    std::erase_if(id_, [](std::int64_t row) { return row < 0; });
    std::ranges::sort(id_);
    const auto repeated = std::ranges::unique(id_);
    id_.erase(repeated.begin(), repeated.end());
    value_ = fetch_rows<T>(comm, rows, mine, width, id_);
  }

  /// A row that was wanted.
  std::span<const T> operator[](std::int64_t row) const noexcept {
    const auto place = std::ranges::lower_bound(id_, row) - id_.begin();
    return std::span(value_).subspan(place * width_, width_);
  }

private:
  std::vector<std::int64_t> id_;
  std::int64_t width_;
  std::vector<T> value_;
};

}  // namespace miura::parallel
