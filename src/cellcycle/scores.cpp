#include "miura/cellcycle/scores.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "cellcycle/controls.hpp"
#include "miura/base/error.hpp"
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

/// How many genes of a list the file of each lot has.
std::vector<std::int64_t> present_in_lots(const std::vector<std::int32_t>& list,
                                          std::span<const std::vector<std::int32_t>> missing) {
  std::vector<std::int64_t> present;
  for (const auto& of_lot : missing)
    present.push_back(
        std::ranges::count_if(list, [&](auto gene) { return !std::ranges::binary_search(of_lot, gene); }));
  return present;
}

/// The mean expression of the genes of a list less that of its controls, for every cell; NaN in lots with fewer than
/// `fewest` of the genes or without controls.
std::vector<double> module_scores(const matrix::GridMatrix& x, const std::vector<std::int32_t>& selected,
                                  const Lists& lists, std::span<const std::int32_t> lot,
                                  std::span<const std::vector<std::int32_t>> missing, std::int64_t fewest) {
  const auto gene = members(selected, lists.genes), control = members(selected, lists.controls);
  const auto n_genes = present_in_lots(lists.genes, missing), n_controls = present_in_lots(lists.controls, missing);
  std::vector<double> score(x.n_local(), std::numeric_limits<double>::quiet_NaN());
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < x.n_local(); ++i) {
    std::int64_t of_genes = 0, of_controls = 0;
    for (auto e = x.row_start[i]; e < x.row_start[i + 1]; ++e) {
      of_genes += gene[x.column[e]] * std::int64_t{x.value[e]};
      of_controls += control[x.column[e]] * std::int64_t{x.value[e]};
    }
    const auto mean = [](std::int64_t sum, std::int64_t n) {
      return static_cast<double>(sum) / (matrix::grid_steps * static_cast<double>(n));
    };
    if (n_genes[lot[i]] >= fewest && n_controls[lot[i]] > 0)
      score[i] = mean(of_genes, n_genes[lot[i]]) - mean(of_controls, n_controls[lot[i]]);
  }
  return score;
}

Phase phase_of(double s, double g2m) {
  if (std::isnan(s) || std::isnan(g2m)) return Phase::unknown;
  if (s < 0 && g2m < 0) return Phase::g1;
  if (s == g2m) return Phase::undecided;
  return s > g2m ? Phase::s : Phase::g2m;
}

}  // namespace

std::string_view name_of(Phase phase) {
  constexpr std::array<std::string_view, 5> names{"G1", "S", "G2M", "Undecided", ""};
  return names[static_cast<std::size_t>(phase)];
}

Scores score(MPI_Comm comm, const matrix::DistributedCells& cells, const matrix::Features& features,
             const PhaseGenes& genes, std::span<const std::uint8_t> reference,
             std::span<const std::vector<std::int32_t>> missing, const ScoreOptions& options) {
  if (options.bins < 1 || options.controls < 0 || options.fewest_genes < 1 || !(options.scale > 0))
    throw UsageError("cell cycle: bins, fewest_genes and scale must be positive, and controls not negative");
  const normalize::LogNormalizeOptions log_normalize{options.scale};
  const auto bin =
      expression_bins(expression_sums(comm, cells, features.size(), reference, log_normalize), options.bins);
  const auto shorter = static_cast<std::int32_t>(std::min(genes.s.size(), genes.g2m.size()));
  const auto wanted = options.controls > 0 ? options.controls : shorter;
  Lists s{genes.s, {}}, g2m{genes.g2m, {}};
  std::vector<std::int32_t> selected;
  for (auto* lists : {&s, &g2m}) {
    lists->controls = control_genes(features, bin, lists->genes, wanted, options.seed);
    selected.insert(selected.end(), lists->genes.begin(), lists->genes.end());
    selected.insert(selected.end(), lists->controls.begin(), lists->controls.end());
  }
  std::ranges::sort(selected);
  selected.erase(std::ranges::unique(selected).begin(), selected.end());

  const auto x = normalize::log_normalize_on_grid(cells, features.size(), selected, log_normalize);
  Scores scores;
  scores.s = module_scores(x, selected, s, cells.mine.lot, missing, options.fewest_genes);
  scores.g2m = module_scores(x, selected, g2m, cells.mine.lot, missing, options.fewest_genes);
  scores.phase.resize(scores.s.size());
  std::ranges::transform(scores.s, scores.g2m, scores.phase.begin(), phase_of);
  return scores;
}

}  // namespace miura::cellcycle
