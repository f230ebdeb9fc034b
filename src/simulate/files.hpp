#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "miura/matrix/cells.hpp"
#include "miura/matrix/features.hpp"

namespace miura::simulate {

/// One gzip member without name and time stamp, so that the same text gives the same bytes.
std::string gzip(std::string_view text);

/// Throws Error(cannot_create) or Error(io).
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// As Cell Ranger lays out its matrix folder: 2 has genes.tsv and plain files, 3 has features.tsv.gz and gzipped ones.
enum class CellRanger { v2, v3 };
void write_matrix_folder(const std::filesystem::path& folder, CellRanger layout, const matrix::Features& genes,
                         const matrix::CellBlock& cells);

/// A row a cell, gzipped CSV with six significant digits: barcode, then the features.
void write_feature_table(const std::filesystem::path& path, const matrix::Features& features,
                         const matrix::CellBlock& cells);

}  // namespace miura::simulate
