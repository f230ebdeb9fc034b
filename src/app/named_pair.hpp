#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace miura::app {

/// Places of two different names, as FIRST:SECOND; names may hold colons too. Nothing where these are no two of them.
std::optional<std::pair<std::int32_t, std::int32_t>> named_pair(const std::string& typed,
                                                                std::span<const std::string> names);

/// Whether it may be a pair, before names are known.
bool may_be_pair(const std::string& typed);

}  // namespace miura::app
