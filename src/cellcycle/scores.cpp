#include "miura/cellcycle/scores.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "cellcycle/controls.hpp"
#include "miura/base/error.hpp"
#include "miura/matrix/chosen_nonzeros.hpp"
#include "miura/matrix/grid.hpp"
#include "miura/normalize/log_normalize.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::cellcycle {

namespace {

/// The genes of a phase and their controls; a gene may be both.
struct Lists {
  std::vector<std::int32_t> genes, controls;
};

/// As a float, as X of study.h5ad has it, in units of 2^-16.
std::int64_t in_steps(double expression) { return std::lrint(static_cast<float>(expression) * matrix::grid_steps); }

/// The sum of every gene's log-normalised expression over the reference, in units of 2^-16. Collective.
std::vector<std::int64_t> expression_sums(MPI_Comm comm, const matrix::CountRows& counts, std::int32_t n_genes,
                                          std::span<const std::uint8_t> reference,
                                          const normalize::LogNormalizeOptions& options) {
  std::vector<std::int64_t> sum(n_genes, 0);
#pragma omp parallel
  {
    std::vector<std::int64_t> mine(n_genes, 0);
#pragma omp for schedule(static)
    for (std::int64_t i = 0; i < counts.n_rows(); ++i) {
      if (!reference[i]) continue;
      const normalize::CellExpression expression(counts, i, options);
      counts.for_each(i, [&](std::int32_t gene, std::uint32_t count) { mine[gene] += in_steps(expression.of(count)); });
    }
#pragma omp critical
    std::ranges::transform(mine, sum, sum.begin(), std::plus{});
  }
  parallel::sum_over_ranks(comm, sum);
  return sum;
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

/// The lists of both phases as they are met in a cell: which of them each gene is in, by bits.
class Modules {
public:
  static constexpr int n_lists = 4;  // genes of S, their controls, genes of G2/M, their controls
  using Sums = std::array<std::int64_t, n_lists>;

  Modules(std::span<const Lists, 2> phases, std::int32_t n_genes) : lists_of_(n_genes, 0), is_listed_(n_genes, 0) {
    for (int list = 0; list < n_lists; ++list)
      for (const auto gene : list % 2 == 0 ? phases[list / 2].genes : phases[list / 2].controls) {
        lists_of_[gene] |= static_cast<std::uint8_t>(1 << list);
        is_listed_[gene] = 1;
      }
  }

  /// A 1 for every gene that is in a list, else 0.
  std::span<const std::uint8_t> is_listed() const { return is_listed_; }

  /// The expression of a cell in each list, in units of 2^-16; `listed` are its counts of listed genes.
  Sums of(std::span<const matrix::CountRows::Nonzero> listed, const normalize::CellExpression& expression) const {
    Sums sums{};
    for (const auto& [gene, count] : listed) {
      const unsigned lists = lists_of_[gene];
      const auto steps = in_steps(expression.of(count));
      for (int list = 0; list < n_lists; ++list) sums[list] += (lists >> list & 1) != 0 ? steps : 0;
    }
    return sums;
  }

private:
  std::vector<std::uint8_t> lists_of_, is_listed_;
};

/// Scores cells by the mean expression of the genes of a list less that of its controls; not in lots that have fewer
/// than `fewest` of the genes, or no control.
class ModuleScore {
public:
  ModuleScore(const Lists& lists, std::span<const std::vector<std::int32_t>> missing, std::int64_t fewest)
      : n_genes_(present_in_lots(lists.genes, missing)),
        n_controls_(present_in_lots(lists.controls, missing)),
        fewest_(fewest) {}

  double of(std::int64_t sum_of_genes, std::int64_t sum_of_controls, std::int32_t lot) const {
    if (n_genes_[lot] < fewest_ || n_controls_[lot] == 0) return std::numeric_limits<double>::quiet_NaN();
    const auto mean = [](std::int64_t sum, std::int64_t n) {
      return static_cast<double>(sum) / (matrix::grid_steps * static_cast<double>(n));
    };
    return mean(sum_of_genes, n_genes_[lot]) - mean(sum_of_controls, n_controls_[lot]);
  }

private:
  std::vector<std::int64_t> n_genes_, n_controls_;  // of each lot
  std::int64_t fewest_;
};

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
  const auto& counts = cells.mine.counts;
  const auto bin =
      expression_bins(expression_sums(comm, counts, features.size(), reference, log_normalize), options.bins);
  const auto shorter = static_cast<std::int32_t>(std::min(genes.s.size(), genes.g2m.size()));
  const auto wanted = options.controls > 0 ? options.controls : shorter;
  const auto lists_of = [&](const std::vector<std::int32_t>& list) {
    return Lists{list, control_genes(features, bin, list, wanted, options.seed)};
  };
  const std::array phases{lists_of(genes.s), lists_of(genes.g2m)};
  const Modules modules(phases, features.size());
  const ModuleScore s(phases[0], missing, options.fewest_genes), g2m(phases[1], missing, options.fewest_genes);

  Scores scores;
  scores.s.resize(counts.n_rows());
  scores.g2m.resize(counts.n_rows());
  matrix::ChosenNonzeros listed(modules.is_listed());
#pragma omp parallel for schedule(static) firstprivate(listed)
  for (std::int64_t i = 0; i < counts.n_rows(); ++i) {
    const auto sums = modules.of(listed.of(counts, i), normalize::CellExpression(counts, i, log_normalize));
    scores.s[i] = s.of(sums[0], sums[1], cells.mine.lot[i]);
    scores.g2m[i] = g2m.of(sums[2], sums[3], cells.mine.lot[i]);
  }
  scores.phase.resize(scores.s.size());
  std::ranges::transform(scores.s, scores.g2m, scores.phase.begin(), phase_of);
  return scores;
}

}  // namespace miura::cellcycle
