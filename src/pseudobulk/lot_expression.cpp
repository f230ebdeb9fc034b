#include "miura/pseudobulk/lot_expression.hpp"

#include <cmath>
#include <limits>

#include "miura/parallel/communicator.hpp"

namespace miura::pseudobulk {

namespace {

/// Seen often enough, and in enough of the lots that have a value.
bool is_expressed(std::span<const std::int64_t> count, std::span<const std::int32_t> lots,
                  const LotExpressionOptions& options) {
  std::int64_t total = 0, seen = 0;
  for (const auto l : lots) {
    total += count[l];
    seen += count[l] > 0 ? 1 : 0;
  }
  return seen > 0 && total >= options.min_total &&
         static_cast<double>(seen) >= options.min_share_of_lots * static_cast<double>(std::ssize(lots));
}

}  // namespace

LotExpression lot_expression(const matrix::Pseudobulk& sums, std::int32_t group, std::span<const std::uint8_t> lots,
                             const LotExpressionOptions& options) {
  const auto total = sums.total_of(group), cells = sums.cells_of(group);
  std::vector<std::int32_t> valued;
  std::int64_t depth = 0;
  for (std::int32_t l = 0; l < sums.n_lots; ++l)
    if (lots[l] && total[l] > 0 && cells[l] >= options.min_cells) {
      valued.push_back(l);
      depth += total[l];
    }

  const auto n_local = sums.n_local();
  LotExpression found{sums.n_lots, {}, {}};
  found.value.assign(n_local * sums.n_lots, std::numeric_limits<double>::quiet_NaN());
  found.tested.assign(n_local, 0);
  if (valued.empty()) return found;
  const double mean_depth =
      options.depth > 0 ? options.depth : static_cast<double>(depth) / static_cast<double>(std::ssize(valued));
  const double prior = options.prior_count / mean_depth;
  const double per_million = 1e6 / (1 + 2 * prior);
#pragma omp parallel for schedule(static)
  for (std::int64_t gene = 0; gene < n_local; ++gene) {
    const auto count = sums.of(gene, group);
    for (const auto l : valued) {
      const double share = static_cast<double>(count[l]) / static_cast<double>(total[l]);
      found.value[gene * sums.n_lots + l] = std::log2(per_million * (share + prior));
    }
    found.tested[gene] = is_expressed(count, valued, options) ? 1 : 0;
  }
  return found;
}

LotExpression gather(MPI_Comm comm, const LotExpression& mine) {
  return {mine.n_lots, parallel::gather_everywhere<double>(comm, mine.value),
          parallel::gather_everywhere<std::uint8_t>(comm, mine.tested)};
}

}  // namespace miura::pseudobulk
