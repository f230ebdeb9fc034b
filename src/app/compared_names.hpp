#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace miura::app {

/// Shows by an example why names of two files do not meet: another spelling, a prefix, another kind of name.
inline std::string compared_names(std::string_view first, std::string_view second) {
  return fmt::format("names are compared as they stand, e.g. '{}' with '{}'", first, second);
}

}  // namespace miura::app
