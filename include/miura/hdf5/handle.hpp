#pragma once

#include <hdf5.h>

#include <string>
#include <string_view>
#include <utility>

#include "miura/base/error.hpp"

namespace miura::hdf5 {

/// Sole owner of one HDF5 identifier; closes it with the closer of its own kind. Moves, never copies.
/// Closing a parallel file is collective: let it leave scope on all ranks.
template <herr_t (*Close)(hid_t)>
class Handle {
public:
  Handle() noexcept = default;
  /// Takes over `id`; throws Error(io) "cannot <doing>" if HDF5 gave none.
  Handle(hid_t id, std::string_view doing) : id_(id) {
    if (id_ < 0) throw Error(ExitCode::io, "HDF5 cannot " + std::string(doing));
  }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) Close(id_);
  }
  hid_t get() const noexcept { return id_; }
  explicit operator bool() const noexcept { return id_ >= 0; }
  hid_t release() noexcept { return std::exchange(id_, H5I_INVALID_HID); }

private:
  hid_t id_ = H5I_INVALID_HID;
};

using File = Handle<H5Fclose>;
using Group = Handle<H5Gclose>;
using Object = Handle<H5Oclose>;
using Dataset = Handle<H5Dclose>;
using Dataspace = Handle<H5Sclose>;
using Datatype = Handle<H5Tclose>;
using Attribute = Handle<H5Aclose>;
using Properties = Handle<H5Pclose>;

}  // namespace miura::hdf5
