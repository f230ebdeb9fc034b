#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/hdf5/reader.hpp"
#include "miura/hdf5/writer.hpp"
#include "miura/matrix/table.hpp"
#include "miura/parallel/partition.hpp"

namespace miura::app {

/// How checkpoints keep rows of cells and tables. None of these is collective unless it says so.

/// Rows of this rank from one data set of an open file.
class RowsReader {
public:
  RowsReader(const hdf5::File& file, std::int64_t first, std::int64_t count)
      : file_(file), first_(first), count_(count) {}
  template <class T>
  std::vector<T> operator()(const std::string& name) const {
    const hdf5::StoredArray array(file_.get(), name);
    std::vector<T> values(count_ * array.width());
    if (count_ > 0) array.read_rows<T>(first_, count_, std::span(values));
    return values;
  }
  std::vector<std::string> texts(const std::string& name) const {
    return hdf5::StoredArray(file_.get(), name).read_texts(first_, count_);
  }
  /// `count` of them from the `first` one on.
  RowsReader part(std::int64_t first, std::int64_t count) const { return {file_, first_ + first, count}; }

private:
  const hdf5::File& file_;
  std::int64_t first_, count_;
};

template <class T>
std::vector<T> read_all(const hdf5::File& file, const std::string& name) {
  return hdf5::StoredArray(file.get(), name).read<T>();
}

std::string read_text(const hdf5::File& file, const std::string& name);

/// This rank's rows.
RowsReader my_rows(MPI_Comm comm, const hdf5::File& file, const parallel::Partition& rows);

/// Where each of this rank's rows ends among the entries of all ranks. Collective.
std::vector<std::int64_t> row_ends(MPI_Comm comm, std::span<const std::int64_t> local_start);

/// The same read back for rows [first, first + count): where they start, counted from the first of them, and their
/// entries.
struct Rows {
  std::vector<std::int64_t> local_start;
  RowsReader entries;
};
Rows rows_of(const hdf5::File& file, std::int64_t first, std::int64_t count);

/// A table as a group: a data set a column, and the names in their order. Collective, as all writing.
void write_table(const hdf5::ParallelFile& file, const std::string& name, const matrix::Table& table);
matrix::Table read_table(const hdf5::File& file, const std::string& name);

/// Tables by their own names, and a list of these.
void write_tables(const hdf5::ParallelFile& file, const std::string& list, std::span<const matrix::Table> tables);
std::vector<matrix::Table> read_tables(const hdf5::File& file, const std::string& list);

}  // namespace miura::app
