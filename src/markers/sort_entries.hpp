#pragma once

#include <span>
#include <vector>

#include "gene_columns.hpp"

namespace miura::markers {

/// Sorts entries by expression; entries of equal expression end in any order. `scratch` grows to the size of `entries`.
void sort_entries(std::span<Entry> entries, std::vector<Entry>& scratch);

}  // namespace miura::markers
