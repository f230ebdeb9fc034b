#pragma once

#include <mpi.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "miura/parallel/partition.hpp"

namespace miura::matrix {

/// Sparse rows of counts, 6 bytes a nonzero: a column (gene) in 32 bits and a count in 16; the few counts that do not
/// fit are kept aside. Columns ascend within a row; zeros are not stored.
class CountRows {
public:
  std::int64_t n_rows() const noexcept { return std::ssize(row_start_) - 1; }
  std::int64_t n_nonzeros() const noexcept { return std::ssize(column_); }

  /// Appends an entry to the row that is being built. `count` > 0.
  void push(std::int32_t column, std::uint32_t count);
  void end_row() { row_start_.push_back(std::ssize(column_)); }
  void reserve(std::int64_t rows, std::int64_t nonzeros);
  /// Gives back the memory that growing row by row has taken in advance.
  void shrink();

  std::span<const std::int32_t> columns(std::int64_t row) const noexcept;

  /// Calls visit(column, count) for every nonzero of a row, in order of column.
  template <class Visit>
  void for_each(std::int64_t row, Visit&& visit) const {
    visit_entries(row_start_[row], row_start_[row + 1], visit);
  }
  /// The same for the columns [begin, end) alone; finds the first by bisection.
  template <class Visit>
  void for_each(std::int64_t row, std::int32_t begin, std::int32_t end, Visit&& visit) const {
    const auto all = columns(row);
    const auto from = std::ranges::lower_bound(all, begin), to = std::lower_bound(from, all.end(), end);
    visit_entries(row_start_[row] + (from - all.begin()), row_start_[row] + (to - all.begin()), visit);
  }

  /// Keeps the rows that are marked.
  void keep_rows(std::span<const std::uint8_t> keep);
  /// Renumbers columns: column j becomes new_column[j], dropped where negative. The mapping must be monotone over what
  /// stays.
  void map_columns(std::span<const std::int32_t> new_column);

private:
  static constexpr std::uint16_t overflow = 0xFFFF;
  std::uint32_t large_count(std::int64_t at) const noexcept;
  template <class Visit>
  void visit_entries(std::int64_t begin, std::int64_t end, Visit& visit) const {
    for (auto at = begin; at < end; ++at)
      visit(column_[at], small_[at] != overflow ? std::uint32_t{small_[at]} : large_count(at));
  }

  std::vector<std::int64_t> row_start_{0};
  std::vector<std::int32_t> column_;
  std::vector<std::uint16_t> small_;
  std::vector<std::pair<std::int64_t, std::uint32_t>> large_;  // position and count, ascending position
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
