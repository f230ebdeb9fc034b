#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/report/study_report.hpp"

namespace miura::report {

/// All that a page shows, as bytes (CBOR, RFC 8949) from which it can be rendered again. The same content gives the same
/// bytes.
std::vector<std::uint8_t> stored(const StudyReport& report);

/// The content of those bytes. std::invalid_argument if they are none, or of another version of the format.
StudyReport restored(std::span<const std::uint8_t> bytes);

}  // namespace miura::report
