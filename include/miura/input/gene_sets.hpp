#pragma once

#include <filesystem>

#include "miura/matrix/gene_sets.hpp"

namespace miura::input {

/// Reads gene sets in GMT format: a set a row, with its name, a description and its genes between tabs (plain or gzip,
/// any line ends). A gene that stands twice in a row counts once; a set may be empty. InputError, with file and row,
/// for a row without description and for a name that an earlier row has. Not collective.
matrix::GeneSets read_gene_sets(const std::filesystem::path& path);

}  // namespace miura::input
