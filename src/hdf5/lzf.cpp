#include "hdf5/lzf.hpp"

#include <hdf5.h>

namespace miura::hdf5 {

std::optional<std::size_t> unpack_lzf(std::span<const unsigned char> packed, std::span<unsigned char> out) {
  std::size_t in = 0, to = 0;
  while (in < packed.size()) {
    const unsigned control = packed[in++];
    if (control < 32) {  // a run of control + 1 literal bytes
      const std::size_t length = control + 1;
      if (in + length > packed.size()) return 0;
      if (to + length > out.size()) return std::nullopt;
      for (std::size_t i = 0; i < length; ++i) out[to++] = packed[in++];
      continue;
    }
    // A copy of what was written before: length in the upper 3 bits (7: one more byte), distance in 5 + 8 bits.
    std::size_t length = control >> 5;
    if (length == 7) {
      if (in >= packed.size()) return 0;
      length += packed[in++];
    }
    length += 2;
    if (in >= packed.size()) return 0;
    const std::size_t distance = ((control & 31u) << 8 | packed[in++]) + 1;
    if (distance > to) return 0;
    if (to + length > out.size()) return std::nullopt;
    for (std::size_t i = 0; i < length; ++i, ++to) out[to] = out[to - distance];  // may overlap: byte by byte
  }
  return to;
}

namespace {

constexpr H5Z_filter_t lzf_filter = 32000;

/// H5Z_func_t: replaces *buffer by its unpacked bytes; 0 tells HDF5 that it failed. Only reading is served.
std::size_t read_lzf(unsigned flags, std::size_t n_parameters, const unsigned parameters[], std::size_t n_bytes,
                     std::size_t* buffer_bytes, void** buffer) {
  if (!(flags & H5Z_FLAG_REVERSE)) return 0;
  std::size_t capacity =
      n_parameters >= 3 && parameters[2] > 0 ? parameters[2] : *buffer_bytes;  // [2]: bytes of a chunk
  const std::span packed(static_cast<const unsigned char*>(*buffer), n_bytes);
  for (;; capacity *= 2) {
    auto* const out = static_cast<unsigned char*>(H5allocate_memory(capacity, false));
    if (!out) return 0;
    const auto written = unpack_lzf(packed, {out, capacity});
    if (written && *written > 0) {
      H5free_memory(*buffer);
      *buffer = out;
      *buffer_bytes = capacity;
      return *written;
    }
    H5free_memory(out);
    if (written || capacity > n_bytes * 300) return 0;  // damaged: a byte unpacks to 132 at most
  }
}

}  // namespace

void register_lzf() {
  if (H5Zfilter_avail(lzf_filter) > 0) return;
  const H5Z_class2_t filter{H5Z_CLASS_T_VERS, lzf_filter, 0, 1, "lzf", nullptr, nullptr, read_lzf};
  H5Zregister(&filter);
}

}  // namespace miura::hdf5
