#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gene_columns.hpp"

namespace miura::markers {

/// What ranking one gene over some cells gives.
struct RankedGene {
  std::vector<std::int64_t> rank_sum;  ///< a cluster: twice the sum of the mid-ranks of its cells
  double untied = 0;  ///< 1 - sum (t^3 - t) / (n^3 - n) over groups of t tied cells: 1 without ties, 0 for one value
};

/// Ranks the cells of all clusters together by the expression of a gene: `sorted` are those where it is not zero,
/// ascending; cluster k has cells[k] cells in all. Exact.
void rank_gene(std::span<const Entry> sorted, std::span<const std::int64_t> cells, RankedGene& found);

}  // namespace miura::markers
