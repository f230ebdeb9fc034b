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

/// Log-normalised expression of all cells of this rank, slab by slab, since that of all is larger than their counts:
/// calls use(from, to, start, value) for cells [from, to), the values of cell i from start[i - from] on.
template <class Use>
void for_each_slab(const matrix::CountRows& counts, const normalize::LogNormalizeOptions& options, Use&& use) {
  constexpr std::int64_t slab = 4096;
  for (std::int64_t from = 0; from < counts.n_rows(); from += slab) {
    const auto to = std::min(from + slab, counts.n_rows());
    std::vector<std::int64_t> start{0};
    for (auto i = from; i < to; ++i) start.push_back(start.back() + counts.n_nonzeros(i));
    use(from, to, start, normalize::log_normalize(counts, from, to, options));
  }
}

std::int64_t in_steps(float expression) { return std::lrint(expression * matrix::grid_steps); }

/// The sum of every gene's log-normalised expression over the reference, in units of 2^-16. Collective.
std::vector<std::int64_t> expression_sums(MPI_Comm comm, const matrix::CountRows& counts, std::int32_t n_genes,
                                          std::span<const std::uint8_t> reference,
                                          const normalize::LogNormalizeOptions& options) {
  std::vector<std::int64_t> sum(n_genes, 0);
  for_each_slab(counts, options, [&](auto from, auto to, const auto& start, const auto& value) {
    for (auto i = from; i < to; ++i) {
      if (!reference[i]) continue;
      auto next = value.begin() + start[i - from];
      counts.for_each_column(i, [&](std::int32_t gene) { sum[gene] += in_steps(*next++); });
    }
  });
  parallel::sum_over_ranks(comm, sum);
  return sum;
}

/// 1 for the genes of a list, 0 for others.
std::vector<std::uint8_t> members(const std::vector<std::int32_t>& list, std::int32_t n_genes) {
  std::vector<std::uint8_t> is_member(n_genes, 0);
  for (const auto gene : list) is_member[gene] = 1;
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

/// Scores cells by the mean expression of the genes of a list less that of its controls; not in lots that have fewer
/// than `fewest` of the genes, or no control.
class ModuleScore {
public:
  ModuleScore(const Lists& lists, std::int32_t n_genes, std::span<const std::vector<std::int32_t>> missing,
              std::int64_t fewest)
      : is_gene_(members(lists.genes, n_genes)),
        is_control_(members(lists.controls, n_genes)),
        n_genes_(present_in_lots(lists.genes, missing)),
        n_controls_(present_in_lots(lists.controls, missing)),
        fewest_(fewest) {}

  /// `expression` has the values of the cell's nonzero counts.
  double of(const matrix::CountRows& counts, std::int64_t cell, std::span<const float> expression,
            std::int32_t lot) const {
    if (n_genes_[lot] < fewest_ || n_controls_[lot] == 0) return std::numeric_limits<double>::quiet_NaN();
    std::int64_t of_genes = 0, of_controls = 0;
    auto next = expression.begin();
    counts.for_each_column(cell, [&](std::int32_t gene) {
      const auto value = *next++;
      if (!is_gene_[gene] && !is_control_[gene]) return;
      const auto steps = in_steps(value);
      of_genes += is_gene_[gene] ? steps : 0;
      of_controls += is_control_[gene] ? steps : 0;
    });
    const auto mean = [](std::int64_t sum, std::int64_t n) {
      return static_cast<double>(sum) / (matrix::grid_steps * static_cast<double>(n));
    };
    return mean(of_genes, n_genes_[lot]) - mean(of_controls, n_controls_[lot]);
  }

private:
  std::vector<std::uint8_t> is_gene_, is_control_;
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
  const auto module_of = [&](const std::vector<std::int32_t>& list) {
    return ModuleScore({list, control_genes(features, bin, list, wanted, options.seed)}, features.size(), missing,
                       options.fewest_genes);
  };
  const auto s = module_of(genes.s), g2m = module_of(genes.g2m);

  Scores scores;
  scores.s.resize(counts.n_rows());
  scores.g2m.resize(counts.n_rows());
  for_each_slab(counts, log_normalize, [&](auto from, auto to, const auto& start, const auto& value) {
#pragma omp parallel for schedule(static)
    for (auto i = from; i < to; ++i) {
      const auto expression = std::span(value).subspan(start[i - from], counts.n_nonzeros(i));
      scores.s[i] = s.of(counts, i, expression, cells.mine.lot[i]);
      scores.g2m[i] = g2m.of(counts, i, expression, cells.mine.lot[i]);
    }
  });
  scores.phase.resize(scores.s.size());
  std::ranges::transform(scores.s, scores.g2m, scores.phase.begin(), phase_of);
  return scores;
}

}  // namespace miura::cellcycle
