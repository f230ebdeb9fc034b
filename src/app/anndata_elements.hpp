#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/hdf5/writer.hpp"
#include "miura/matrix/table.hpp"
#include "miura/parallel/communicator.hpp"

/// The elements of an AnnData file, as anndata 0.12 writes them. All functions are collective over the file's ranks.
namespace miura::app {

/// A group of type "dict".
hdf5::Group dictionary(const hdf5::ParallelFile& file, hid_t at, const std::string& name);
void array_encoding(const hdf5::ParallelFile& file, const hdf5::Dataset& dataset, const char* type = "array");
void write_text(const hdf5::ParallelFile& file, hid_t at, const std::string& name, const std::string& value);

/// A data frame of anndata that is being written: an index and then columns, in order.
class FrameWriter {
public:
  FrameWriter(const hdf5::ParallelFile& file, hid_t at, const std::string& name)
      : file_(file), group_(file.group(at, name)) {
    file.encoding(group_.get(), "dataframe", "0.2.0");
    file.attribute(group_.get(), "_index", std::string_view("_index"));
  }
  ~FrameWriter() = default;
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  template <class T>
  void column(const std::string& name, std::span<const T> mine) {
    names_.push_back(name);
    array_encoding(file_, file_.rows(group_.get(), name, mine));
  }
  void index(const std::vector<std::string>& mine) {
    array_encoding(file_, file_.texts(group_.get(), "_index", mine), "string-array");
  }
  void texts(const std::string& name, const std::vector<std::string>& mine) {
    names_.push_back(name);
    array_encoding(file_, file_.texts(group_.get(), name, mine), "string-array");
  }
  /// Flags, as h5py writes numpy.bool_.
  void flags(const std::string& name, std::span<const std::uint8_t> mine) {
    names_.push_back(name);
    array_encoding(file_, file_.flags(group_.get(), name, mine));
  }
  /// Codes index `categories`; -1 is missing.
  void categorical(const std::string& name, std::span<const std::int32_t> codes,
                   const std::vector<std::string>& categories) {
    names_.push_back(name);
    const auto group = file_.group(group_.get(), name);
    file_.encoding(group.get(), "categorical", "0.2.0");
    file_.attribute(group.get(), "ordered", false);
    array_encoding(file_, file_.rows(group.get(), "codes", codes));
    array_encoding(file_, file_.replicated_texts(group.get(), "categories", categories), "string-array");
  }
  void finish() { file_.attribute(group_.get(), "column-order", names_); }

private:
  const hdf5::ParallelFile& file_;
  hdf5::Group group_;
  std::vector<std::string> names_;
};

/// A table that every rank holds, or rank 0 alone: its rows are taken from rank 0.
void write_frame(const hdf5::ParallelFile& file, hid_t at, const matrix::Table& table);

/// Rank 0's share of something that all ranks hold alike.
template <class T>
std::span<const T> on_first(MPI_Comm comm, const std::vector<T>& values) {
  return parallel::rank_of(comm) == 0 ? std::span<const T>(values) : std::span<const T>{};
}

}  // namespace miura::app
