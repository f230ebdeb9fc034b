#pragma once

#include <string>
#include <vector>

#include "miura/hdf5/handle.hpp"

namespace miura::hdf5 {

/// One of the steps by which values are packed before they are stored.
struct Filter {
  H5Z_filter_t id = 0;
  std::string name;
};

/// Of a dataset's creation properties, in the order in which they are applied on writing.
std::vector<Filter> filters_of(const Properties& creation);

}  // namespace miura::hdf5
