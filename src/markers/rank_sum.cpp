#include "miura/markers/rank_sum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "append_over_ranks.hpp"
#include "exponentials.hpp"
#include "gene_columns.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/multiplicity.hpp"
#include "miura/stats/normal_tail.hpp"
#include "rank_gene.hpp"
#include "sort_entries.hpp"

namespace miura::markers {

namespace {

/// Everything the tests need to know of a range of genes; genes x what is said.
struct GeneSums {
  std::vector<std::int64_t> rank_sum;  ///< x contrasts: twice the rank sum of the cells inside
  std::vector<double> untied;          ///< x contrasts: the tie correction
  std::vector<std::int64_t> counted;   ///< x clusters: cells where the gene is not zero
  std::vector<double> sum;             ///< x clusters: of the expression x
  std::vector<double> sum_exp;         ///< x clusters: of e^x over the cells counted
};

/// The cells of every cluster, and what is compared.
struct Design {
  std::vector<std::int64_t> cells;
  std::vector<Contrast> contrast;
  std::int64_t n_clusters() const noexcept { return std::ssize(cells); }
  std::int64_t n_contrasts() const noexcept { return std::ssize(contrast); }
  bool against_rest(std::int64_t c) const noexcept { return contrast[c].out == Contrast::rest; }
};

/// Scratch of one thread.
struct Ranking {
  std::vector<Entry> sort_scratch, pair_entries;
  std::vector<std::int64_t> pair_cells;
  std::vector<double> exp_x;
  RankedGene ranked;
};

Design design_of(MPI_Comm comm, std::span<const std::int32_t> label, std::int32_t n_clusters,
                 const Contrasts& contrasts) {
  Design design{std::vector<std::int64_t>(n_clusters), contrasts.of(n_clusters)};
  for (const auto cluster : label)
    if (cluster >= 0) ++design.cells[cluster];
  parallel::sum_over_ranks(comm, design.cells);
  return design;
}

/// Sums in ascending order of value: whatever order equal cells came in, the additions are the same.
void sum_expression(std::span<const Entry> sorted, std::int64_t gene, std::int64_t n_clusters,
                    std::vector<double>& exp_x, GeneSums& sums) {
  exp_x.resize(sorted.size());
  std::ranges::transform(sorted, exp_x.begin(), expression_of);
  exponentiate(exp_x);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto at = gene * n_clusters + label_of(sorted[i]);
    ++sums.counted[at];
    sums.sum[at] += expression_of(sorted[i]);
    sums.sum_exp[at] += exp_x[i];
  }
}

/// Ranks a gene once in all cells, which serves every contrast with the rest.
void rank_against_rest(std::span<const Entry> sorted, std::int64_t gene, const Design& design, Ranking& scratch,
                       GeneSums& sums) {
  bool ranked = false;
  for (std::int64_t c = 0; c < design.n_contrasts(); ++c) {
    if (!design.against_rest(c)) continue;
    if (!ranked) rank_gene(sorted, design.cells, scratch.ranked);
    ranked = true;
    sums.rank_sum[gene * design.n_contrasts() + c] = scratch.ranked.rank_sum[design.contrast[c].in];
    sums.untied[gene * design.n_contrasts() + c] = scratch.ranked.untied;
  }
}

/// Ranks a gene within each pair of clusters.
void rank_pairs(std::span<const Entry> sorted, std::int64_t gene, const Design& design, Ranking& scratch,
                GeneSums& sums) {
  for (std::int64_t c = 0; c < design.n_contrasts(); ++c) {
    if (design.against_rest(c)) continue;
    const auto [in, out] = design.contrast[c];
    scratch.pair_cells.assign(design.n_clusters(), 0);
    for (const auto k : {in, out}) scratch.pair_cells[k] = design.cells[k];
    scratch.pair_entries.clear();
    for (const auto entry : sorted)
      if (label_of(entry) == in || label_of(entry) == out) scratch.pair_entries.push_back(entry);
    rank_gene(scratch.pair_entries, scratch.pair_cells, scratch.ranked);
    sums.rank_sum[gene * design.n_contrasts() + c] = scratch.ranked.rank_sum[in];
    sums.untied[gene * design.n_contrasts() + c] = scratch.ranked.untied;
  }
}

/// Sorts the entries of each gene.
GeneSums sums_of(GeneColumns& genes, const Design& design) {
  const std::int64_t n = genes.n_genes(), n_clusters = design.n_clusters(), n_contrasts = design.n_contrasts();
  GeneSums sums{.rank_sum = std::vector<std::int64_t>(n * n_contrasts),
                .untied = std::vector<double>(n * n_contrasts),
                .counted = std::vector<std::int64_t>(n * n_clusters),
                .sum = std::vector<double>(n * n_clusters),
                .sum_exp = std::vector<double>(n * n_clusters)};
  Ranking scratch;
  scratch.ranked.rank_sum.resize(n_clusters);
#pragma omp parallel for schedule(dynamic, 8) firstprivate(scratch)
  for (std::int64_t g = 0; g < n; ++g) {
    const auto entries = std::span(genes.entry).subspan(genes.start[g], genes.start[g + 1] - genes.start[g]);
    sort_entries(entries, scratch.sort_scratch);
    sum_expression(entries, g, n_clusters, scratch.exp_x, sums);
    rank_against_rest(entries, g, design, scratch, sums);
    rank_pairs(entries, g, design, scratch, sums);
  }
  return sums;
}

/// One side of a contrast, in one gene.
struct Side {
  std::int64_t cells = 0, counted = 0;
  double sum = 0, sum_exp = 0;

  double mean() const { return sum / static_cast<double>(cells); }
  double mean_of_exp() const { return (sum_exp - static_cast<double>(counted)) / static_cast<double>(cells); }
  double share() const { return static_cast<double>(counted) / static_cast<double>(cells); }
};

Side side_of(const GeneSums& sums, const Design& design, std::int64_t gene, const Contrast& contrast, bool inside) {
  Side side;
  for (std::int32_t k = 0; k < design.n_clusters(); ++k) {
    const bool is_in = k == contrast.in;
    if (inside ? !is_in : is_in || (contrast.out != Contrast::rest && k != contrast.out)) continue;
    const auto at = gene * design.n_clusters() + k;
    side.cells += design.cells[k];
    side.counted += sums.counted[at];
    side.sum += sums.sum[at];
    side.sum_exp += sums.sum_exp[at];
  }
  return side;
}

void test_gene(const Side& in, const Side& out, std::int64_t rank_sum, double untied, std::int64_t at,
               RankSums& found) {
  if (in.cells == 0 || out.cells == 0) return;  // NaN
  found.share_in[at] = in.share();
  found.share_out[at] = out.share();
  found.log2_fold_seurat[at] = std::log2(in.mean_of_exp() + 1) - std::log2(out.mean_of_exp() + 1);
  found.log2_fold_scanpy[at] = std::log2((std::expm1(in.mean()) + 1e-9) / (std::expm1(out.mean()) + 1e-9));

  const auto n1 = static_cast<double>(in.cells), n2 = static_cast<double>(out.cells);
  const auto doubled_u = rank_sum - in.cells * (in.cells + 1);
  found.auc[at] = static_cast<double>(doubled_u) / (2 * n1 * n2);
  if (untied == 0) return;  // one value in all cells
  found.z[at] =
      static_cast<double>(doubled_u - in.cells * out.cells) / (2 * std::sqrt(n1 * n2 * (n1 + n2 + 1) / 12 * untied));
  found.log10_p[at] = stats::log10_two_sided_p(found.z[at]);
}

RankSums tests_of(const GeneSums& sums, const Design& design, std::int32_t n_genes) {
  const auto size = design.n_contrasts() * n_genes;
  const std::vector<double> unknown(size, std::numeric_limits<double>::quiet_NaN());
  RankSums found{.n_genes = n_genes,
                 .contrast = design.contrast,
                 .cells_in = {},
                 .cells_out = {},
                 .z = unknown,
                 .log10_p = unknown,
                 .log10_q = {},
                 .auc = unknown,
                 .log2_fold_seurat = unknown,
                 .log2_fold_scanpy = unknown,
                 .share_in = unknown,
                 .share_out = unknown};
  found.log10_q.reserve(size);
  const auto all_cells = std::reduce(design.cells.begin(), design.cells.end());
  for (std::int64_t c = 0; c < design.n_contrasts(); ++c) {
    const auto& contrast = design.contrast[c];
    const auto cells_in = design.cells[contrast.in];
    found.cells_in.push_back(cells_in);
    found.cells_out.push_back(contrast.out == Contrast::rest ? all_cells - cells_in : design.cells[contrast.out]);
#pragma omp parallel for schedule(static)
    for (std::int64_t g = 0; g < n_genes; ++g) {
      const auto raw = g * design.n_contrasts() + c;
      test_gene(side_of(sums, design, g, contrast, true), side_of(sums, design, g, contrast, false), sums.rank_sum[raw],
                sums.untied[raw], found.at(c, g), found);
    }
    const auto log10_q = stats::benjamini_hochberg_log10(std::span(found.log10_p).subspan(c * n_genes, n_genes));
    found.log10_q.insert(found.log10_q.end(), log10_q.begin(), log10_q.end());
  }
  return found;
}

}  // namespace

RankSums rank_sums(MPI_Comm comm, const matrix::DistributedCells& cells, const Expression& expression,
                   std::span<const std::int32_t> label, std::int32_t n_genes, std::int32_t n_clusters,
                   const RankSumOptions& options) {
  if (n_clusters > (1 << label_bits)) throw std::invalid_argument("more clusters than 16 bits can tell apart");
  const auto design = design_of(comm, label, n_clusters, options.contrasts);
  Transposition transposition(comm, cells, expression, label, n_genes, options.entries_at_once);
  GeneSums all;
  while (!transposition.is_done()) {
    const auto mine = sums_of(transposition.next_genes(), design);
    append_over_ranks(comm, mine.rank_sum, all.rank_sum);
    append_over_ranks(comm, mine.untied, all.untied);
    append_over_ranks(comm, mine.counted, all.counted);
    append_over_ranks(comm, mine.sum, all.sum);
    append_over_ranks(comm, mine.sum_exp, all.sum_exp);
  }
  return tests_of(all, design, n_genes);
}

}  // namespace miura::markers
