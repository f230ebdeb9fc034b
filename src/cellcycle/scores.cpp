#include "miura/cellcycle/scores.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "cellcycle/controls.hpp"
#include "miura/base/error.hpp"
#include "miura/cellcycle/genes.hpp"
#include "miura/matrix/grid.hpp"
#include "miura/normalize/log_normalize.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::cellcycle {

namespace {

/// The genes of a phase and their controls; a gene may be both.
struct Lists {
  std::vector<std::int32_t> genes, controls;
};

/// The sum of every gene's log-normalised expression over the reference, in units of 2^-16. Slab by slab, since that of
/// all genes is larger than their counts.
std::vector<std::int64_t> expression_sums(MPI_Comm comm, const matrix::DistributedCells& cells, std::int32_t n_genes,
                                          std::span<const std::uint8_t> reference,
                                          const normalize::LogNormalizeOptions& options) {
  constexpr std::int64_t slab = 4096;
  const auto& counts = cells.mine.counts;
  std::vector<std::int64_t> sum(n_genes, 0);
  for (std::int64_t from = 0; from < counts.n_rows(); from += slab) {
    const auto to = std::min(from + slab, counts.n_rows());
    const auto value = normalize::log_normalize(counts, from, to, options);
    auto next = value.begin();
    for (auto i = from; i < to; ++i)
      for (const auto gene : counts.columns(i)) {
        const auto step = std::lrint(*next++ * matrix::grid_steps);
        if (reference[i]) sum[gene] += step;
      }
  }
  parallel::sum_over_ranks(comm, sum);
  return sum;
}

/// The columns of a matrix of selected genes that a list counts: 1 or 0 for each.
std::vector<std::uint8_t> members(const std::vector<std::int32_t>& selected, const std::vector<std::int32_t>& list) {
  std::vector<std::uint8_t> is_member(selected.size(), 0);
  for (const auto gene : list) is_member[std::ranges::lower_bound(selected, gene) - selected.begin()] = 1;
  return is_member;
}

/// The mean expression of the genes of a list less that of its controls, for every cell.
std::vector<double> module_scores(const matrix::GridMatrix& x, const std::vector<std::int32_t>& selected,
                                  const Lists& lists) {
  const auto gene = members(selected, lists.genes), control = members(selected, lists.controls);
  std::vector<double> score(x.n_local());
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < x.n_local(); ++i) {
    std::int64_t of_genes = 0, of_controls = 0;
    for (auto e = x.row_start[i]; e < x.row_start[i + 1]; ++e) {
      of_genes += gene[x.column[e]] * std::int64_t{x.value[e]};
      of_controls += control[x.column[e]] * std::int64_t{x.value[e]};
    }
    const auto mean = [](std::int64_t sum, const std::vector<std::int32_t>& list) {
      return static_cast<double>(sum) / (matrix::grid_steps * static_cast<double>(std::ssize(list)));
    };
    score[i] = mean(of_genes, lists.genes) - mean(of_controls, lists.controls);
  }
  return score;
}

Phase phase_of(double s, double g2m) {
  if (s < 0 && g2m < 0) return Phase::g1;
  if (s == g2m) return Phase::undecided;
  return s > g2m ? Phase::s : Phase::g2m;
}

}  // namespace

Scores score(MPI_Comm comm, const matrix::DistributedCells& cells, const matrix::Features& features,
             std::span<const std::uint8_t> reference, const ScoreOptions& options) {
  if (options.bins < 1 || options.controls < 0 || !(options.scale > 0))
    throw UsageError("cell cycle: bins and scale must be positive, and controls not negative");
  Lists s{columns_of(features, s_genes()), {}}, g2m{columns_of(features, g2m_genes()), {}};
  Scores scores;
  scores.n_s_genes = static_cast<std::int32_t>(std::ssize(s.genes));
  scores.n_g2m_genes = static_cast<std::int32_t>(std::ssize(g2m.genes));
  if (s.genes.empty() || g2m.genes.empty()) return scores;

  const normalize::LogNormalizeOptions log_normalize{options.scale};
  const auto bin =
      expression_bins(expression_sums(comm, cells, features.size(), reference, log_normalize), options.bins);
  const auto wanted = options.controls > 0 ? options.controls : std::min(scores.n_s_genes, scores.n_g2m_genes);
  std::vector<std::int32_t> selected;
  for (auto* lists : {&s, &g2m}) {
    lists->controls = control_genes(features, bin, lists->genes, wanted, options.seed);
    selected.insert(selected.end(), lists->genes.begin(), lists->genes.end());
    selected.insert(selected.end(), lists->controls.begin(), lists->controls.end());
  }
  std::ranges::sort(selected);
  selected.erase(std::ranges::unique(selected).begin(), selected.end());

  const auto x = normalize::log_normalize_on_grid(cells, features.size(), selected, log_normalize);
  scores.s = module_scores(x, selected, s);
  scores.g2m = module_scores(x, selected, g2m);
  scores.phase.resize(scores.s.size());
  std::ranges::transform(scores.s, scores.g2m, scores.phase.begin(), phase_of);
  return scores;
}

}  // namespace miura::cellcycle
