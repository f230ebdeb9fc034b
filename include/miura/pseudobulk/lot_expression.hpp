#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/pseudobulk.hpp"

namespace miura::pseudobulk {

struct LotExpressionOptions {
  double prior_count = 2;  ///< added to the counts of a lot of average depth, as edgeR's cpm(log = TRUE)
  double depth = 0;        ///< M below; 0: of the lots that take part, so that each lot's value depends on the others
  std::int64_t min_cells = 10;  ///< a lot with fewer cells of the group has no value, as in muscat
  /// A gene is tested where its counts add up to this over the lots: min.total.count of edgeR's filterByExpr ...
  std::int64_t min_total = 15;
  double min_share_of_lots = 0.5;  ///< ... and where it was seen in at least this share of the lots
};

/// Expression of genes in every lot, in the cells of one group: of this rank's genes, or after gather() of all.
struct LotExpression {
  std::int32_t n_lots = 0;
  std::vector<double> value;         ///< genes x n_lots: log2 of counts per million; NaN: the lot has too few cells
  std::vector<std::uint8_t> tested;  ///< genes: expressed enough to be tested, by a rule that sees no outcome

  std::span<const double> of(std::int64_t gene) const noexcept {
    return std::span(value).subspan(gene * n_lots, n_lots);
  }
};

/// Lot-level expression as edgeR's cpm(log = TRUE) defines it (Robinson, McCarthy & Smyth 2010, Bioinformatics 26:139;
/// library sizes as they are, no TMM factors): with N the counts of a lot in this group over all genes, M the mean of
/// N over the lots that take part (or `depth`), and p = prior_count,
///
///     log2(1e6 (count + p N / M) / (N + 2 p N / M)) = log2(1e6 (count / N + p / M) / (1 + 2 p / M)).
///
/// Computed in the second form: lots that agree in count / N tie exactly (all lots without a count do, whatever their
/// depth), and within a gene the order of lots is that of count / N, whatever the prior.
///
/// `lots` marks those that take part (1 or 0, n_lots of them); others, lots with fewer than min_cells cells of the
/// group, and lots without counts have NaN, and count neither for M nor for `tested`. Not
/// collective, since totals are replicated. Same bits on any layout.
LotExpression lot_expression(const matrix::Pseudobulk& sums, std::int32_t group, std::span<const std::uint8_t> lots,
                             const LotExpressionOptions& options);

/// The same with all genes on every rank: 20,000 genes x 24 lots are 4 MB. Collective.
LotExpression gather(MPI_Comm comm, const LotExpression& mine);

}  // namespace miura::pseudobulk
