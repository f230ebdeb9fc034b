#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/parallel/partition.hpp"

namespace miura::matrix {

/// Sparse rows of counts, 3 bytes a nonzero: a column (gene) in 16 bits and a count in 8. Where the columns of a row
/// pass a multiple of 65,536 (peaks of chromatin) that place is kept aside, as are the few counts that do not fit.
/// Columns ascend within a row; zeros are not stored.
class CountRows {
public:
  std::int64_t n_rows() const noexcept { return std::ssize(row_start_) - 1; }
  std::int64_t n_nonzeros() const noexcept { return std::ssize(column_); }
  std::int64_t n_nonzeros(std::int64_t row) const noexcept { return row_start_[row + 1] - row_start_[row]; }

  struct Nonzero {
    std::int32_t column;
    std::uint32_t count;
  };

  /// Appends an entry to the row that is being built. `count` > 0.
  void push(std::int32_t column, std::uint32_t count);
  void end_row() { row_start_.push_back(std::ssize(column_)); }
  /// Appends a row; the same as to push its entries and end it.
  void push_row(std::span<const Nonzero> row);
  /// Appends the rows [begin, end) of others.
  void append_rows(const CountRows& rows, std::int64_t begin, std::int64_t end);
  /// A row as bytes, two a nonzero for most: of each how far its column lies beyond the one before (of the first,
  /// beyond 0) and its count, in groups of 7 bits, the lowest first, all but the last with the eighth bit set (LEB128).
  std::int64_t packed_size(std::int64_t row) const noexcept;
  void pack_row(std::int64_t row, std::vector<std::uint8_t>& bytes) const;
  /// Appends a row that was packed.
  void push_packed(std::span<const std::uint8_t> row);
  void reserve(std::int64_t rows, std::int64_t nonzeros);
  /// Gives back the memory that growing row by row has taken in advance.
  void shrink();

  std::int64_t sum(std::int64_t row) const noexcept;
  /// Calls visit(column, count) for every nonzero of a row, in order of column.
  template <class Visit>
  void for_each(std::int64_t row, Visit&& visit) const {
    for_each_stretch(row, [&](std::int64_t begin, std::int64_t end, std::int32_t offset) {
      visit_entries(begin, end, offset, visit);
    });
  }
  /// Calls visit(column) likewise, without a look at the counts.
  template <class Visit>
  void for_each_column(std::int64_t row, Visit&& visit) const {
    for_each_stretch(row, [&](std::int64_t begin, std::int64_t end, std::int32_t offset) {
      for (auto at = begin; at < end; ++at) visit(offset + column_[at]);
    });
  }
  /// for_each for the columns [begin, end) alone; finds the first by bisection.
  template <class Visit>
  void for_each(std::int64_t row, std::int32_t begin, std::int32_t end, Visit&& visit) const {
    for_each_stretch(row, [&](std::int64_t from, std::int64_t to, std::int32_t offset) {
      const auto stretch = std::span(column_).subspan(from, to - from);
      const auto first = std::ranges::lower_bound(stretch, begin - offset);
      const auto last = std::lower_bound(first, stretch.end(), end - offset);
      visit_entries(from + (first - stretch.begin()), from + (last - stretch.begin()), offset, visit);
    });
  }
  /// for_each from a row's nonzero number `from` on, for columns below `end` alone; returns the number of the next one.
  /// With rising ends a row is walked through once.
  template <class Visit>
  std::int64_t for_each_below(std::int64_t row, std::int64_t from, std::int32_t end, Visit&& visit) const {
    auto next = row_start_[row] + from;
    for_each_stretch(row, [&](std::int64_t begin, std::int64_t to, std::int32_t offset) {
      if (next < begin || next >= to) return;  // what comes first lies in another stretch
      const auto start = next;
      while (next < to && offset + column_[next] < end) ++next;
      visit_entries(start, next, offset, visit);
    });
    return next - row_start_[row];
  }

  /// Begins to fetch a row's nonzeros from number `from` on into the cache.
  void prefetch(std::int64_t row, std::int64_t from) const noexcept {
    const auto at = row_start_[row] + from;
    __builtin_prefetch(column_.data() + at);
    __builtin_prefetch(column_.data() + at + 32);
    __builtin_prefetch(small_.data() + at);
  }

  /// Keeps the rows that are marked.
  void keep_rows(std::span<const std::uint8_t> keep);
  /// Renumbers columns: column j becomes new_column[j], dropped where negative. The mapping must be monotone over what
  /// stays.
  void map_columns(std::span<const std::int32_t> new_column);

private:
  static constexpr std::uint8_t overflow = 0xFF;
  static constexpr int column_bits = 16;

  /// From this entry on, to the next such place or the end of the row, columns lie `offset` above what is stored.
  struct Passing {
    std::int64_t at;
    std::int32_t offset;
  };
  struct LargeCount {
    std::int64_t at;
    std::uint32_t count;
  };

  static std::int32_t offset_of(std::int32_t column) noexcept { return column >> column_bits << column_bits; }
  static std::uint8_t small_of(std::uint32_t count) noexcept {
    return static_cast<std::uint8_t>(count < overflow ? count : overflow);
  }
  /// The first of the large counts that stands at this entry or behind it.
  const LargeCount* large_from(std::int64_t at) const noexcept;
  /// Calls use(large) for the large counts among the entries [begin, end).
  template <class Use>
  void for_each_large(std::int64_t begin, std::int64_t end, Use&& use) const {
    for (auto large = std::ranges::lower_bound(large_, begin, {}, &LargeCount::at);
         large != large_.end() && large->at < end; ++large)
      use(*large);
  }
  /// Calls use(begin, end, offset) for the entries of a row, as they share what is to be added to their columns; such a
  /// stretch has 65,536 entries at most.
  template <class Use>
  void for_each_stretch(std::int64_t row, Use&& use) const {
    auto begin = row_start_[row];
    const auto end = row_start_[row + 1];
    std::int32_t offset = 0;
    for (auto passing = std::ranges::lower_bound(passings_, begin, {}, &Passing::at);
         passing != passings_.end() && passing->at < end; ++passing) {
      use(begin, passing->at, offset);
      begin = passing->at;
      offset = passing->offset;
    }
    use(begin, end, offset);
  }
  template <class Visit>
  void visit_entries(std::int64_t begin, std::int64_t end, std::int32_t offset, Visit& visit) const {
    const LargeCount* large = nullptr;
    for (auto at = begin; at < end; ++at) {
      std::uint32_t count = small_[at];
      if (count == overflow) {
        large = large == nullptr ? large_from(at) : large + 1;
        count = large->count;
      }
      visit(offset + column_[at], count);
    }
  }

  std::vector<std::int64_t> row_start_{0};
  std::vector<std::uint16_t> column_;  // the lower 16 bits
  std::vector<std::uint8_t> small_;
  std::vector<Passing> passings_;  // ascending
  std::vector<LargeCount> large_;  // ascending
};

/// Cells with what was measured in them: counts (sparse), or a table (dense, row-major), never both.
struct CellBlock {
  std::vector<std::int32_t> lot;     ///< index into Lots
  std::vector<std::string> barcode;  ///< unique within a lot
  CountRows counts;                  ///< cells x genes; no rows for a table
  std::vector<double> table;         ///< cells x features; empty for counts

  std::int64_t n_cells() const noexcept { return std::ssize(lot); }
  /// Keeps the cells that are marked. `n_features` is the width of `table`.
  void keep_cells(std::span<const std::uint8_t> keep, std::int32_t n_features);
};

/// All cells of a study in canonical order (lot id, barcode), in contiguous parts over ranks.
struct DistributedCells {
  parallel::Partition partition;
  CellBlock mine;
};

/// Sends the cells of whole lots to where they belong: canonical order, an even share a rank. Collective.
/// `lots` are the lots that this rank has read, each with its cells in ascending order of barcode, consumed one by one;
/// every lot is read by one rank. Peak memory: the result and about one lot.
DistributedCells distribute(MPI_Comm comm, std::vector<CellBlock> lots, std::int32_t n_lots, std::int32_t n_features);

}  // namespace miura::matrix
