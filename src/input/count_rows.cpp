#include "input/count_rows.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace miura::input {

void refuse_count(const Where& where, double value, const std::string& gene, const std::string& barcode) {
  std::string number = std::to_string(value);
  if (number.find('.') != std::string::npos) {
    number.erase(number.find_last_not_of('0') + 1);
    if (number.ends_with('.')) number.pop_back();
  }
  const char* const fault = !std::isfinite(value) ? "is not a count"
                            : value < 0           ? "is negative: give raw counts, or the layer that holds them"
                            : value != std::floor(value)
                                ? "is fractional: these look normalised, give raw counts or the layer that holds them"
                                : "is too large for a count";
  throw InputError(where, number + " for gene " + gene + " in cell " + barcode + " " + fault);
}

std::optional<std::int32_t> RowBuilder::end_row() {
  const auto twice = ascending_ ? std::nullopt : sort_entries();
  rows_.push_row(twice ? std::span<const matrix::CountRows::Nonzero>{} : entries_);
  entries_.clear();
  ascending_ = true;
  last_column_ = -1;
  return twice;
}

/// By scattering into a bitmap of columns: about as fast as copying, where a comparison sort takes most of the time.
std::optional<std::int32_t> RowBuilder::sort_entries() {
  std::optional<std::int32_t> twice;
  for (const auto& [column, count] : entries_) {
    auto& word = present_[column / 64];
    const auto bit = std::uint64_t{1} << (column % 64);
    if (word & bit) twice = column;
    word |= bit;
    row_count_[column] = count;
  }
  entries_.clear();
  for (std::size_t w = 0; w < present_.size(); ++w)
    for (auto& word = present_[w]; word != 0; word &= word - 1) {
      const auto column = static_cast<std::int32_t>(w * 64) + std::countr_zero(word);
      entries_.push_back({column, row_count_[column]});
    }
  return twice;
}

namespace {

matrix::CountRows reordered(const matrix::CountRows& rows, std::span<const std::int64_t> order) {
  matrix::CountRows sorted;
  sorted.reserve(rows.n_rows(), rows.n_nonzeros());
  for (const auto row : order) sorted.append_rows(rows, row, row + 1);
  return sorted;
}

std::vector<double> reordered(const std::vector<double>& table, std::span<const std::int64_t> order,
                              std::int32_t width) {
  std::vector<double> sorted;
  sorted.reserve(table.size());
  for (const auto row : order)
    sorted.insert(sorted.end(), table.begin() + row * width, table.begin() + (row + 1) * width);
  return sorted;
}

}  // namespace

matrix::CellBlock sorted_block(std::int32_t lot, std::vector<std::string> barcode, matrix::CountRows rows,
                               std::vector<double> table, std::int32_t n_features, const Where& where) {
  std::vector<std::int64_t> order(barcode.size());
  std::iota(order.begin(), order.end(), 0);
  const auto barcode_of = [&](std::int64_t i) -> const std::string& { return barcode[i]; };
  if (!std::ranges::is_sorted(order, {}, barcode_of)) std::ranges::sort(order, {}, barcode_of);
  const auto twice = std::ranges::adjacent_find(order, {}, barcode_of);
  if (twice != order.end()) throw InputError(where, "cell '" + barcode[*twice] + "' is there twice");
  for (const auto& name : barcode)
    if (name.empty() || name.find_first_of("\n\t") != std::string::npos)
      throw InputError(where, name.empty() ? "a cell has no name" : "a cell's name holds a tab or a line end");

  matrix::CellBlock block;
  block.lot.assign(barcode.size(), lot);
  if (std::ranges::is_sorted(order)) {
    block.barcode = std::move(barcode);
    block.counts = std::move(rows);
    block.counts.shrink();
    block.table = std::move(table);
    return block;
  }
  if (rows.n_rows() > 0) block.counts = reordered(rows, order);
  if (!table.empty()) block.table = reordered(table, order, n_features);
  for (const auto i : order) block.barcode.push_back(std::move(barcode[i]));
  return block;
}

}  // namespace miura::input
