#pragma once

#include <span>
#include <string>
#include <string_view>

namespace miura {

/// The known name with the smallest edit distance (Levenshtein 1966) to what somebody typed; empty if none is near,
/// that is, if more than about a third of the letters differ. A name without its section, or its beginning, is near.
/// Serves "did you mean".
std::string nearest_name(std::string_view typed, std::span<const std::string> known);

}  // namespace miura
