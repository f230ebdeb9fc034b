#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/cells.hpp"
#include "miura/matrix/features.hpp"

namespace miura::qc {

/// What is known of a cell from its counts alone; an entry per cell, in the order of the block.
struct CellMetrics {
  std::vector<std::int64_t> n_counts;  ///< sum of all counts (UMIs)
  std::vector<std::int32_t> n_genes;   ///< genes with a count
  std::vector<double> pct_mito;  ///< share of the counts in mitochondrial genes, 0 to 100; 0 for a cell without counts
};

/// 1 for every gene of the mitochondrial genome, else 0. A gene is known by its symbol, `MT-...` (human) or `mt-...`
/// (mouse), or by its human Ensembl id (13 protein-coding, 2 rRNA and 22 tRNA genes; a version such as `.2` is
/// ignored), so that tables without symbols are served too.
std::vector<std::uint8_t> mitochondrial_genes(const matrix::Features& genes);

/// The metrics of every cell of a block of counts. `mitochondrial` has an entry per column (see above). A table has no
/// metrics: all three come back empty. Not collective. scanpy: calculate_qc_metrics; Seurat: nCount_RNA, nFeature_RNA,
/// PercentageFeatureSet.
CellMetrics cell_metrics(const matrix::CellBlock& cells, std::span<const std::uint8_t> mitochondrial);

}  // namespace miura::qc
