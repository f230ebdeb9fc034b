#pragma once

#include <mpi.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "miura/hdf5/handle.hpp"

namespace miura::hdf5 {

class UnfinishedFile;
class WriteBehind;

/// Everything here is collective over the communicator of the file: all ranks make the same calls with the same names.
/// Failures (disk full ...) are thrown on every rank as Error(io) that names the file.

/// The HDF5 type of an arithmetic C++ type, as held in memory.
template <class T>
hid_t native_type();

/// A file that all ranks write together, replacing one of the same name. Error(cannot_create) if that is impossible.
/// The disk's space is reserved before anything is written. Unless close() is reached, the file is removed.
class ParallelFile {
public:
  ParallelFile(MPI_Comm comm, const std::filesystem::path& path);
  ~ParallelFile();
  ParallelFile(const ParallelFile&) = delete;
  ParallelFile& operator=(const ParallelFile&) = delete;
  MPI_Comm comm() const noexcept { return comm_; }
  const std::filesystem::path& path() const noexcept { return path_; }
  hid_t get() const noexcept { return file_.get(); }

  Group group(hid_t at, const std::string& name) const;

  /// Attributes, as h5py and anndata write them: variable-length UTF-8 text, h5py booleans, little-endian numbers.
  void attribute(hid_t at, const char* name, std::string_view value) const;
  void attribute(hid_t at, const char* name, const std::vector<std::string>& values) const;
  void attribute(hid_t at, const char* name, const std::vector<std::int64_t>& values) const;
  void attribute(hid_t at, const char* name, bool value) const;
  /// The pair that anndata asks for.
  void encoding(hid_t at, const char* type, const char* version) const;

  /// Rows of a vector (width 0) or matrix: this rank's rows stand after those of all lower ranks. Row-major,
  /// contiguous.
  template <class T>
  Dataset rows(hid_t at, const std::string& name, std::span<const T> mine, std::int64_t width = 0) const;
  /// A vector as Cell Ranger stores one: in chunks, shuffled and deflated. This rank's values stand after those of all
  /// lower ranks.
  template <class T>
  Dataset deflated(hid_t at, const std::string& name, std::span<const T> mine) const;
  /// Booleans (0 or 1), as h5py writes numpy.bool_.
  Dataset flags(hid_t at, const std::string& name, std::span<const std::uint8_t> mine) const;
  /// Texts of fixed length (that of the longest), UTF-8; this rank's after those of all lower ranks.
  Dataset texts(hid_t at, const std::string& name, const std::vector<std::string>& mine) const;
  /// What every rank holds alike; rank 0 writes it.
  template <class T>
  Dataset replicated(hid_t at, const std::string& name, std::span<const T> values, std::int64_t width = 0) const;
  Dataset replicated_texts(hid_t at, const std::string& name, const std::vector<std::string>& values) const;
  template <class T>
  Dataset scalar(hid_t at, const std::string& name, T value) const;
  Dataset scalar_text(hid_t at, const std::string& name, std::string_view value) const;

  /// Reserves the disk's space for the file as far as the end of a new dataset. Error(io) if the disk is too small.
  void reserve_space(const Dataset& dataset) const;

  /// This rank has written these bytes, which nobody needs in memory any more.
  void wrote(std::int64_t offset, std::int64_t bytes) const;

  /// Flushes and closes; throws where the destructor could not.
  void close();

private:
  MPI_Comm comm_;
  std::filesystem::path path_;
  std::unique_ptr<UnfinishedFile> unfinished_;  // on rank 0; outlives file_, which is closed first
  std::unique_ptr<WriteBehind> behind_;
  File file_;
};

/// A vector that is written in several portions, each by all ranks together, so that no rank needs the whole of its
/// part in memory at once.
template <class T>
class RowsInPortions {
public:
  /// This rank will write `n_mine` values, which stand after those of all lower ranks.
  RowsInPortions(const ParallelFile& file, hid_t at, const std::string& name, std::int64_t n_mine);
  /// Appends to this rank's part; a rank that has nothing left passes an empty span. Collective.
  void write(std::span<const T> portion);
  const Dataset& dataset() const noexcept { return dataset_; }

private:
  const ParallelFile& file_;
  std::string name_;
  Dataset dataset_;
  std::int64_t at_;
};

/// Renames `part` to `whole` on one rank once its bytes are on the disk, and makes the rename lasting. Collective.
void publish(MPI_Comm comm, const std::filesystem::path& part, const std::filesystem::path& whole);

}  // namespace miura::hdf5
