#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "miura/input/outcome_sheet.hpp"

namespace miura::app {

/// The samples of a table that have a row in the sheet `path`, in their order. InputError, with a name of each, where
/// none has.
std::vector<std::string> samples_in_sheet(const std::filesystem::path& path, const input::OutcomeSheet& sheet,
                                          std::span<const std::string> samples, const std::string& table);

/// Numbers of labels: of equal ones the same, in the order in which they come first.
std::vector<std::int32_t> numbered(std::span<const std::string> labels);

}  // namespace miura::app
