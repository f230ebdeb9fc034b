#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace miura::hdf5 {

/// Unpacks one block of LibLZF (Marc Lehmann), the format of h5py's filter. Gives the number of bytes written, or
/// nothing if they do not fit; throws nothing. A block that refers to bytes before its start gives 0.
std::optional<std::size_t> unpack_lzf(std::span<const unsigned char> packed, std::span<unsigned char> out);

/// Lets HDF5 read what h5py wrote with compression="lzf" (registered filter 32000).
void register_lzf();

}  // namespace miura::hdf5
