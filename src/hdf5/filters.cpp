#include "hdf5/filters.hpp"

#include <cstddef>

namespace miura::hdf5 {

std::vector<Filter> filters_of(const Properties& creation) {
  std::vector<Filter> filters;
  for (int i = 0, n = H5Pget_nfilters(creation.get()); i < n; ++i) {
    std::size_t no_parameters = 0;
    unsigned flags = 0, about = 0;
    char name[80] = "";
    const auto id = H5Pget_filter2(creation.get(), static_cast<unsigned>(i), &flags, &no_parameters, nullptr,
                                   sizeof name, name, &about);
    filters.push_back({id, name});
  }
  return filters;
}

}  // namespace miura::hdf5
