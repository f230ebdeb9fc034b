#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/configuration.hpp"

namespace miura::app {

// Settings of `miura mine` that cannot stand: InputError (exit 64) with the row of the file.

[[noreturn]] void refuse(const std::filesystem::path& file, std::int64_t row, const std::string& problem);

/// "; did you mean ...?", or what there is.
std::string suggestion(const std::string& typed, const std::vector<std::string>& known);

double number(const std::filesystem::path& file, const Setting& setting);

/// The p of a hit.
void check_threshold(const std::filesystem::path& file, std::int64_t row, double threshold);

}  // namespace miura::app
