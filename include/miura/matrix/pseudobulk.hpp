#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/parallel/partition.hpp"

namespace miura::matrix {

/// Counts summed over the cells of every lot and group: the lot-level view of expression. Group 0 is all cells, group
/// 1 + c is cluster c. Each rank holds a block of genes for all lots and groups; what is small is replicated.
///
///     sum:   my gene 0                            my gene 1
///            [group 0: lots ...][group 1: ...]... [group 0: lots ...] ...
struct Pseudobulk {
  parallel::Partition genes;
  std::int32_t n_lots = 0, n_groups = 0;
  std::vector<std::int64_t> sum;    ///< my genes x n_groups x n_lots
  std::vector<std::int64_t> total;  ///< n_groups x n_lots: the sum over all genes (library size); replicated
  std::vector<std::int64_t> cells;  ///< n_groups x n_lots: how many cells were summed; replicated

  std::int64_t n_local() const noexcept {
    const auto of_gene = std::int64_t{n_groups} * n_lots;
    return of_gene > 0 ? std::ssize(sum) / of_gene : 0;
  }
  /// The sums of my gene `gene` in one group, a value for each lot.
  std::span<const std::int64_t> of(std::int64_t gene, std::int32_t group) const noexcept {
    return std::span(sum).subspan((gene * n_groups + group) * n_lots, n_lots);
  }
  std::span<const std::int64_t> total_of(std::int32_t group) const noexcept {
    return std::span(total).subspan(std::int64_t{group} * n_lots, n_lots);
  }
  std::span<const std::int64_t> cells_of(std::int32_t group) const noexcept {
    return std::span(cells).subspan(std::int64_t{group} * n_lots, n_lots);
  }
};

}  // namespace miura::matrix
