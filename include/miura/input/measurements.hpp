#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "miura/matrix/measurements.hpp"

namespace miura::input {

/// Reads a table of features x samples (CSV or TSV, plain or gzip): a header with the ids of the samples after the name
/// of the first column, then a feature a row. The name of the first column may be anything, also missing, as R writes
/// it. A file that begins with #1.2 or #1.3 is a GCT; what describes its features and samples is passed over. Empty, NA
/// and NaN are missing values, and so are `missing_words`, such as qPCR's Undetermined. InputError, with file, row and
/// column, for text and infinities, rows of another width, samples that are there twice and a table without features.
/// Not collective.
matrix::Measurements read_measurements(const std::filesystem::path& path,
                                       std::span<const std::string> missing_words = {});

}  // namespace miura::input
