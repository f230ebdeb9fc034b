#pragma once

#include <filesystem>
#include <string>

#include "miura/matrix/cells.hpp"
#include "miura/matrix/features.hpp"

namespace miura::simulate {

// Each file is written by one rank alone, for a lot is one rank's; no call is collective over the study.

/// Cell Ranger's filtered_feature_bc_matrix.h5, version 3: genes x cells, compressed by column.
void write_10x_h5(const std::filesystem::path& path, const matrix::Features& genes, const matrix::CellBlock& cells);

/// AnnData 0.8 and later: X holds counts as CSR of float32, symbols are the index of var, Ensembl ids its column
/// gene_ids.
void write_h5ad(const std::filesystem::path& path, const std::string& lot, const matrix::Features& genes,
                const matrix::CellBlock& cells);

}  // namespace miura::simulate
