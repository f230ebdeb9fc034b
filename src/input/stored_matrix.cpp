#include "input/stored_matrix.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>

#include "input/count_rows.hpp"
#include "miura/hdf5/reader.hpp"

namespace miura::input {

namespace {

/// What is read at once: of a dense matrix so much that chunks of many rows are not inflated again for every few ...
constexpr std::int64_t slab_values = std::int64_t{1} << 21;
/// ... of the long axis of a sparse one, a cacheful a thread.
std::int64_t sparse_slab_values() { return std::min(slab_values, (std::int64_t{1} << 18) * omp_get_max_threads()); }

/// Values in the type that is read fastest without loss: floats stay floats, integers int32 if that holds them, all
/// else int64 or double.
template <class Use>
void with_value_type(const hdf5::StoredArray& values, Use&& use) {
  if (values.kind() == hdf5::Kind::real)
    values.element_bytes() <= 4 ? use(float{}) : use(double{});
  else if (values.fits_int32())
    use(std::int32_t{});
  else
    use(std::int64_t{});
}

/// indptr, indices and data of a compressed sparse matrix, whose long axis is cut into slabs.
class SparseParts {
public:
  SparseParts(hid_t at, const StoredMatrix& matrix, std::int64_t n_major, std::int64_t n_minor)
      : file_(hdf5::file_of(at)),
        path_(matrix.path),
        n_minor_(n_minor),
        start_(hdf5::StoredArray(at, matrix.path + "/indptr").read<std::int64_t>()),
        index_(at, matrix.path + "/indices"),
        value_(at, matrix.path + "/data") {
    if (std::ssize(start_) != n_major + 1)
      refuse("indptr has " + std::to_string(start_.size()) + " entries, not " + std::to_string(n_major + 1));
    if (start_[0] != 0 || !std::ranges::is_sorted(start_)) refuse("indptr does not ascend from 0");
    if (start_.back() > std::min(index_.n_rows(), value_.n_rows()))
      refuse("indptr promises " + std::to_string(start_.back()) + " entries, there are " +
             std::to_string(std::min(index_.n_rows(), value_.n_rows())));
  }

  const hdf5::StoredArray& value() const noexcept { return value_; }
  std::int64_t start(std::int64_t major) const noexcept { return start_[major]; }
  std::int64_t n_entries() const noexcept { return start_.back(); }

  /// Minor indices of entries [from, from + count), checked. Index is int64, or int32 where the minor axis fits that.
  template <class Index>
  void read_indices(std::int64_t from, std::int64_t count, std::vector<Index>& into) const {
    into.resize(count);
    index_.read_rows<Index>(from, count, into);
    const auto n_minor = static_cast<Index>(n_minor_);
    bool all_inside = true;
    for (const auto index : into) all_inside &= (index >= 0) & (index < n_minor);
    if (all_inside) return;
    std::vector<std::int64_t> as_stored(count);  // whatever became of it in 4 bytes
    index_.read_rows<std::int64_t>(from, count, as_stored);
    const auto outside = std::ranges::find_if(as_stored, [&](auto index) { return index < 0 || index >= n_minor_; });
    refuse("index " + std::to_string(*outside) + " is outside 0 to " + std::to_string(n_minor_ - 1));
  }

  [[noreturn]] void refuse(const std::string& fault) const { throw InputError({file_}, "'" + path_ + "': " + fault); }

private:
  std::filesystem::path file_;
  std::string path_;
  std::int64_t n_minor_;
  std::vector<std::int64_t> start_;
  hdf5::StoredArray index_, value_;
};

class Reading {
public:
  Reading(hid_t at, const StoredMatrix& matrix, const WantedCells& wanted, const JoinedColumns& columns)
      : at_(at), matrix_(matrix), wanted_(wanted), columns_(columns) {}

  std::vector<matrix::CountRows> by_cell();
  std::vector<matrix::CountRows> by_feature();
  std::vector<matrix::CountRows> dense();

private:
  template <class T>
  std::uint32_t count(T value, std::int64_t cell, std::int64_t feature) const {
    if (const auto whole = as_count(value)) return *whole;
    auto where = wanted_.where[wanted_.block[cell]];
    where.column.clear();
    refuse_count(where, static_cast<double>(value), columns_.name(feature), wanted_.barcode[cell]);
  }

  [[noreturn]] void refuse_twice(std::int64_t cell, std::int32_t column) const {
    const auto feature = std::ranges::find(columns_.column, column) - columns_.column.begin();
    throw InputError(wanted_.where[wanted_.block[cell]],
                     "gene " + columns_.name(feature) + " is given twice for cell " + wanted_.barcode[cell]);
  }

  std::vector<RowBuilder> builders() const {
    return std::vector<RowBuilder>(wanted_.n_rows.size(), RowBuilder(columns_.n_columns));
  }
  std::vector<matrix::CountRows> taken(std::vector<RowBuilder>& builders) const {
    std::vector<matrix::CountRows> rows;
    for (auto& builder : builders) rows.push_back(builder.take());
    return rows;
  }

  /// The last cell that still fits a slab that begins with cell `from`.
  template <class Wanted>
  static std::int64_t slab_end(const SparseParts& parts, std::int64_t from, std::int64_t n, Wanted&& wanted) {
    const auto most = sparse_slab_values();
    auto to = from + 1;
    while (to < n && wanted(to) && parts.start(to + 1) - parts.start(from) <= most) ++to;
    return to;
  }

  hid_t at_;
  const StoredMatrix& matrix_;
  const WantedCells& wanted_;
  const JoinedColumns& columns_;
};

std::vector<matrix::CountRows> Reading::by_cell() {
  const SparseParts parts(at_, matrix_, matrix_.n_cells, matrix_.n_features);
  auto rows = builders();
  std::vector<std::int32_t> index;
  const auto is_wanted = [&](std::int64_t cell) { return wanted_.block[cell] >= 0; };
  std::vector<std::int64_t> n_cells(rows.size()), n_values(rows.size());
  for (std::int64_t cell = 0; cell < matrix_.n_cells; ++cell) {
    if (!is_wanted(cell)) continue;
    ++n_cells[wanted_.block[cell]];
    n_values[wanted_.block[cell]] += parts.start(cell + 1) - parts.start(cell);
  }
  for (std::size_t b = 0; b < rows.size(); ++b) rows[b].reserve(n_cells[b], n_values[b]);
  with_value_type(parts.value(), [&]<class T>(T) {
    std::vector<T> value;
    for (std::int64_t from = 0, to = 0; from < matrix_.n_cells; from = to) {
      to = from + 1;
      if (!is_wanted(from)) continue;  // pooled files: what others have is not even read
      to = slab_end(parts, from, matrix_.n_cells, is_wanted);
      const auto first = parts.start(from), n = parts.start(to) - first;
      parts.read_indices(first, n, index);
      value.resize(n);
      parts.value().template read_rows<T>(first, n, value);
      for (auto cell = from; cell < to; ++cell) {
        const auto begin = parts.start(cell) - first;
        const auto twice = rows[wanted_.block[cell]].add_row(
            parts.start(cell + 1) - first - begin, [&](std::int64_t e) -> matrix::CountRows::Nonzero {
              const auto feature = index[begin + e];
              return {columns_.column[feature], count(value[begin + e], cell, feature)};
            });
        if (twice) refuse_twice(cell, *twice);
      }
    }
  });
  return taken(rows);
}

std::vector<matrix::CountRows> Reading::by_feature() {
  const SparseParts parts(at_, matrix_, matrix_.n_features, matrix_.n_cells);
  std::vector<std::int64_t> first_row{0};  // the blocks one below the other
  for (const auto n : wanted_.n_rows) first_row.push_back(first_row.back() + n);
  std::vector<std::int64_t> cell_of(first_row.back());
  for (std::int64_t cell = 0; cell < matrix_.n_cells; ++cell)
    if (const auto block = wanted_.block[cell]; block >= 0) cell_of[first_row[block] + wanted_.row[cell]] = cell;

  std::vector<std::int64_t> index;
  const auto for_each_entry = [&](auto&& visit) {
    with_value_type(parts.value(), [&]<class T>(T) {
      std::vector<T> value;
      for (std::int64_t from = 0, to = 0; from < matrix_.n_features; from = to) {
        to = slab_end(parts, from, matrix_.n_features, [](std::int64_t) { return true; });
        const auto first = parts.start(from), n = parts.start(to) - first;
        parts.read_indices(first, n, index);
        value.resize(n);
        parts.value().template read_rows<T>(first, n, value);
        for (auto feature = from; feature < to; ++feature)
          for (auto e = parts.start(feature) - first; e < parts.start(feature + 1) - first; ++e) {
            const auto cell = index[e];
            if (wanted_.block[cell] < 0) continue;
            const auto n_counted = count(value[e], cell, feature);
            if (const auto column = columns_.column[feature]; column >= 0 && n_counted > 0)
              visit(first_row[wanted_.block[cell]] + wanted_.row[cell], column, n_counted);
          }
      }
    });
  };
  auto all = rows_of_unordered(first_row.back(), columns_.n_columns, for_each_entry,
                               [&](std::int64_t row, std::int32_t column) { refuse_twice(cell_of[row], column); });
  std::vector<matrix::CountRows> only;
  only.push_back(std::move(all));
  if (wanted_.n_rows.size() == 1) return only;
  auto rows = builders();
  for (std::size_t block = 0; block < rows.size(); ++block)
    for (auto row = first_row[block]; row < first_row[block + 1]; ++row) {
      only[0].for_each(row, [&](std::int32_t column, std::uint32_t n_counted) { rows[block].add(column, n_counted); });
      rows[block].end_row();
    }
  return taken(rows);
}

std::vector<matrix::CountRows> Reading::dense() {
  const hdf5::StoredArray values(at_, matrix_.path);
  auto rows = builders();
  const auto slab_rows = std::max<std::int64_t>(1, slab_values / std::max<std::int64_t>(1, matrix_.n_features));
  with_value_type(values, [&]<class T>(T) {
    std::vector<T> value;
    for (std::int64_t from = 0; from < matrix_.n_cells; from += slab_rows) {
      const auto n = std::min(slab_rows, matrix_.n_cells - from);
      if (std::all_of(wanted_.block.begin() + from, wanted_.block.begin() + from + n, [](auto b) { return b < 0; }))
        continue;
      value.resize(n * matrix_.n_features);
      values.read_rows<T>(from, n, value);
      for (auto cell = from; cell < from + n; ++cell) {
        if (wanted_.block[cell] < 0) continue;
        auto& builder = rows[wanted_.block[cell]];
        for (std::int64_t feature = 0; feature < matrix_.n_features; ++feature) {
          const auto n_counted = count(value[(cell - from) * matrix_.n_features + feature], cell, feature);
          if (const auto column = columns_.column[feature]; column >= 0 && n_counted > 0)
            builder.add(column, n_counted);
        }
        builder.end_row();
      }
    }
  });
  return taken(rows);
}

/// The first 100,000 stored values, or one row if that is longer.
std::vector<double> first_values(const hdf5::StoredArray& values) {
  const auto rows =
      std::min(values.n_rows(), std::max<std::int64_t>(1, 100'000 / std::max<std::int64_t>(1, values.width())));
  std::vector<double> first(rows * values.width());
  values.read_rows<double>(0, rows, first);
  return first;
}

hdf5::StoredArray values_of(hid_t at, const StoredMatrix& matrix) {
  const bool dense = matrix.layout == StoredMatrix::Layout::dense;
  return {at, dense ? matrix.path : matrix.path + "/data"};
}

}  // namespace

bool looks_like_counts(hid_t at, const StoredMatrix& matrix) {
  return std::ranges::all_of(first_values(values_of(at, matrix)),
                             [](double value) { return as_count(value).has_value(); });
}

std::int64_t expected_entries(hid_t at, const StoredMatrix& matrix) {
  const auto values = values_of(at, matrix);
  if (matrix.layout != StoredMatrix::Layout::dense) return values.n_rows();
  const auto first = first_values(values);
  if (first.empty()) return 0;
  const auto share = static_cast<double>(std::ranges::count_if(first, [](double value) { return value != 0; })) /
                     static_cast<double>(first.size());
  return std::llround(share * static_cast<double>(matrix.n_cells) * static_cast<double>(matrix.n_features));
}

std::vector<matrix::CountRows> read_stored_matrix(hid_t at, const StoredMatrix& matrix, const WantedCells& wanted,
                                                  const JoinedColumns& columns) {
  Reading reading(at, matrix, wanted, columns);
  switch (matrix.layout) {
    case StoredMatrix::Layout::by_cell:
      return reading.by_cell();
    case StoredMatrix::Layout::by_feature:
      return reading.by_feature();
    case StoredMatrix::Layout::dense:
      break;
  }
  return reading.dense();
}

}  // namespace miura::input
