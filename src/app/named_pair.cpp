#include "app/named_pair.hpp"

#include <algorithm>

namespace miura::app {

std::optional<std::pair<std::int32_t, std::int32_t>> named_pair(const std::string& typed,
                                                                std::span<const std::string> names) {
  const auto place_of = [&](const std::string& name) {
    return static_cast<std::int32_t>(std::ranges::find(names, name) - names.begin());
  };
  const auto n = static_cast<std::int32_t>(std::ssize(names));
  for (auto colon = typed.find(':'); colon != std::string::npos; colon = typed.find(':', colon + 1)) {
    const auto first = place_of(typed.substr(0, colon)), second = place_of(typed.substr(colon + 1));
    if (first < n && second < n && first != second) return std::pair{first, second};
  }
  return std::nullopt;
}

bool may_be_pair(const std::string& typed) { return typed.find(':') != std::string::npos; }

}  // namespace miura::app
