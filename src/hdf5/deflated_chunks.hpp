#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "miura/hdf5/handle.hpp"

namespace miura::hdf5 {

/// The values of a vector that is stored in chunks which are deflated, shuffled before or not, as Cell Ranger and
/// anndata store counts. libdeflate inflates them, on all threads; HDF5 itself would use zlib, on one.
class DeflatedChunks {
public:
  /// Nothing for a dataset that is stored in any other way. `dataset` must stay open.
  static std::optional<DeflatedChunks> of(const Dataset& dataset);

  /// Values [first, first + count) as they are stored, value_bytes() each. False if a chunk is not there, was written
  /// without one of the filters or is damaged: HDF5 knows what to do or say.
  bool read(std::int64_t first, std::int64_t count, std::byte* into);
  /// The same of integers of 8 bytes each, to such of 4. False also if one of them is negative or does not fit.
  bool read_narrowed(std::int64_t first, std::int64_t count, std::int32_t* into);
  std::int64_t value_bytes() const noexcept { return value_bytes_; }

private:
  DeflatedChunks() = default;
  bool read_packed(std::int64_t chunk, std::vector<std::byte>& packed) const;
  bool inflate(std::span<const std::byte> packed, std::vector<std::byte>& bytes) const;
  /// Inflates the chunks that hold values [first, first + count) and calls use(bytes, from, n, at) for each: its
  /// values [from, from + n) are those that are wanted from the one numbered `at` on. False where use says so.
  template <class Use>
  bool for_each_chunk(std::int64_t first, std::int64_t count, Use&& use);
  /// Copies values [from, from + count) of a chunk.
  void take(std::span<const std::byte> bytes, std::int64_t from, std::int64_t count, std::byte* into) const;
  /// Narrows them to 4 bytes; false where one is negative or does not fit.
  bool take_narrowed(std::span<const std::byte> bytes, std::int64_t from, std::int64_t count, std::int32_t* into) const;

  hid_t dataset_ = H5I_INVALID_HID;
  std::int64_t chunk_values_ = 0, value_bytes_ = 0;
  bool shuffled_ = false;
  std::int64_t last_chunk_ = -1;       ///< the next slab begins with it, mostly
  std::vector<std::byte> last_bytes_;  ///< inflated
};

}  // namespace miura::hdf5
