#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "miura/matrix/features.hpp"

namespace miura::cellcycle {

/// A human gene by its present symbol, its Ensembl id, and the symbol it had before, where that was another.
struct GeneName {
  std::string_view symbol, ensembl, before = {};
};

/// Genes of the S and of the G2/M phase (Tirosh et al. 2016, Science 352:189): Seurat's cc.genes.updated.2019, 43 and
/// 54 human symbols, with those of its older cc.genes beside the three that were only renamed. Seurat's list is used as
/// it is, that its scores can be compared; it has MCM7, POLR1B and MRPL36 in the places of MCM2, RPA2 and BRIP1, which
/// an automatic update of symbols put there.
std::span<const GeneName> s_genes();
std::span<const GeneName> g2m_genes();

/// The genes of both phases as columns of some features, each ascending and once.
struct PhaseGenes {
  std::vector<std::int32_t> s, g2m;
};

/// The human genes above that are found: by symbol, else by Ensembl id (a version such as `.2` is ignored), else by the
/// former symbol. The first of columns that share a name.
PhaseGenes human_genes(const matrix::Features& features);

/// The columns of other genes, given by symbol or id, that are found; ascending and once.
std::vector<std::int32_t> columns_of(const matrix::Features& features, std::span<const std::string> names);

}  // namespace miura::cellcycle
