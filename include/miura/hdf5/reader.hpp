#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "miura/hdf5/handle.hpp"

namespace miura::hdf5 {

/// Reading by one rank alone: nothing here is collective. What cannot be read is an InputError that names the file and
/// the object in it. `at` is a file or a group, `path` leads from there ("obs/_index").

/// NotFoundError if it is not there, InputError if it is no HDF5 file or cut off. Knows h5py's LZF filter.
File open_to_read(const std::filesystem::path& path);
Group open_group(hid_t at, const std::string& path);

/// The file that an object lies in, for messages.
std::filesystem::path file_of(hid_t at);

/// Whether every step of the path is there.
bool exists(hid_t at, const std::string& path);
bool is_group(hid_t at, const std::string& path);
/// Names of the members of a group, ascending.
std::vector<std::string> names_in(hid_t at, const std::string& path);

/// A text attribute of an object, or "" where it has none of that name.
std::string text_attribute(hid_t at, const std::string& path, const char* name);
/// An attribute of integers, or nothing.
std::vector<std::int64_t> integer_attribute(hid_t at, const std::string& path, const char* name);

class DeflatedChunks;

enum class Kind { integer, real, boolean, text, compound, other };

/// A vector or row-major matrix in a file, read whole or by slabs of rows; or one field of a vector of compounds.
class StoredArray {
public:
  StoredArray(hid_t at, const std::string& path, const std::string& field = {});
  StoredArray(StoredArray&&) noexcept;
  ~StoredArray();

  const std::string& path() const noexcept { return path_; }
  Kind kind() const noexcept { return kind_; }
  std::int64_t element_bytes() const noexcept { return element_bytes_; }
  bool fits_int32() const noexcept;                                           ///< integers, whatever their values are
  const std::vector<std::int64_t>& shape() const noexcept { return shape_; }  ///< empty for a scalar
  std::int64_t n_rows() const noexcept { return shape_.empty() ? 1 : shape_[0]; }
  std::int64_t width() const noexcept { return shape_.size() < 2 ? 1 : shape_[1]; }
  std::vector<std::string> fields() const;  ///< of a compound, in their order

  /// Rows [first, first + count), row-major, converted to T (float, double, int8, int32, int64). `into` holds count x
  /// width().
  template <class T>
  void read_rows(std::int64_t first, std::int64_t count, std::span<T> into) const;
  template <class T>
  std::vector<T> read() const;
  /// Texts of fixed or variable length.
  std::vector<std::string> read_texts() const;
  std::vector<std::string> read_texts(std::int64_t first, std::int64_t count) const;

private:
  Datatype in_memory(hid_t element) const;
  void read_slab(hid_t element, std::int64_t first, std::int64_t count, void* into) const;
  template <class T>
  bool read_deflated(std::int64_t first, std::int64_t count, std::span<T> into) const;
  [[noreturn]] void refuse() const;

  std::filesystem::path file_;
  std::string path_, field_;
  Dataset dataset_;
  std::unique_ptr<DeflatedChunks> deflated_;  // null if stored in another way
  Datatype element_;                          // as stored
  Kind kind_;
  std::int64_t element_bytes_;
  std::vector<std::int64_t> shape_;
};

}  // namespace miura::hdf5
