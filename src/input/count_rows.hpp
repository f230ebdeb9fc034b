#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/matrix/cells.hpp"

namespace miura::input {

/// The value as a count, or nothing where it is negative, fractional, NaN or beyond 32 bits. 3.0 is a count.
template <class T>
std::optional<std::uint32_t> as_count(T value) {
  if (!(value >= T{0})) return std::nullopt;
  if constexpr (std::is_floating_point_v<T>) {
    if (!(value < static_cast<T>(4294967296.0))) return std::nullopt;
  } else if constexpr (sizeof(T) > 4) {
    if (value > T{std::numeric_limits<std::uint32_t>::max()}) return std::nullopt;
  }
  const auto count = static_cast<std::uint32_t>(value);
  if (static_cast<T>(count) != value) return std::nullopt;
  return count;
}

/// Throws what is wrong with a value that is no count. `where` tells the file, row and lot.
[[noreturn]] void refuse_count(const Where& where, double value, const std::string& gene, const std::string& barcode);

/// Builds sparse rows whose entries come row by row, in any order within a row.
class RowBuilder {
public:
  explicit RowBuilder(std::int32_t n_columns) : row_count_(n_columns), present_((n_columns + 63) / 64) {}

  void reserve(std::int64_t rows, std::int64_t nonzeros) { rows_.reserve(rows, nonzeros); }
  void add(std::int32_t column, std::uint32_t count) {
    ascending_ = ascending_ && column > last_column_;
    last_column_ = column;
    entries_.push_back({column, count});
  }
  /// Ends the row. Gives the column that came twice, if one did; the row is then not stored.
  std::optional<std::int32_t> end_row();
  /// A whole row of at most `n` entries: entry(i) gives them, with a negative column or count 0 what is to be left out.
  /// The same as to add() the others and end_row().
  template <class Entry>
  std::optional<std::int32_t> add_row(std::int64_t n, Entry&& entry) {
    entries_.resize(n);
    auto* to = entries_.data();
    for (std::int64_t i = 0; i < n; ++i) {
      *to = entry(i);
      to += (to->column >= 0) & (to->count > 0);
    }
    entries_.resize(to - entries_.data());
    for (std::size_t i = 1; i < entries_.size(); ++i) ascending_ &= entries_[i - 1].column < entries_[i].column;
    return end_row();
  }
  matrix::CountRows take() { return std::move(rows_); }

private:
  /// Brings the entries into order; gives the column that came twice, if one did.
  std::optional<std::int32_t> sort_entries();

  matrix::CountRows rows_;
  std::vector<matrix::CountRows::Nonzero> entries_;  // of the row that is being built
  std::vector<std::uint32_t> row_count_;             // by column, valid where present_
  std::vector<std::uint64_t> present_;               // a bit a column
  std::int32_t last_column_ = -1;
  bool ascending_ = true;
};

/// Builds rows from entries that come in no order of rows: `for_each_entry(visit)` calls visit(row, column, count) for
/// all, and is called twice, first to see how long rows are. `refuse_twice(row, column)` throws for an entry given
/// twice.
template <class ForEachEntry, class RefuseTwice>
matrix::CountRows rows_of_unordered(std::int64_t n_rows, std::int32_t n_columns, ForEachEntry&& for_each_entry,
                                    RefuseTwice&& refuse_twice) {
  std::vector<std::int64_t> next(n_rows + 1);
  for_each_entry([&](std::int64_t row, std::int32_t, std::uint32_t) { ++next[row + 1]; });
  for (std::int64_t row = 0; row < n_rows; ++row) next[row + 1] += next[row];
  std::vector<matrix::CountRows::Nonzero> entries(next[n_rows]);
  for_each_entry([&](std::int64_t row, std::int32_t column, std::uint32_t count) {
    entries[next[row]++] = {column, count};
  });
  RowBuilder builder(n_columns);
  for (std::int64_t row = 0, at = 0; row < n_rows; ++row) {  // next[row] is the end of the row by now
    for (; at < next[row]; ++at) builder.add(entries[at].column, entries[at].count);
    if (const auto twice = builder.end_row()) refuse_twice(row, *twice);
  }
  return builder.take();
}

/// The cells of one lot, put into ascending order of barcode. `rows` or `table` (n_features wide) stand in the order of
/// `barcode`. InputError if a barcode occurs twice or is empty.
matrix::CellBlock sorted_block(std::int32_t lot, std::vector<std::string> barcode, matrix::CountRows rows,
                               std::vector<double> table, std::int32_t n_features, const Where& where);

}  // namespace miura::input
