#include "neighborhood/local_test.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <utility>

#include "miura/parallel/communicator.hpp"
#include "miura/stats/ranks.hpp"
#include "neighborhood/largest_rho.hpp"
#include "neighborhood/ranked_rows.hpp"
#include "neighborhood/relabeled_outcome.hpp"

namespace miura::neighborhood {

namespace {

constexpr double undefined = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t n_steps = 4096;                    // of |rho| in the false discovery rate
constexpr std::int64_t relabelings_of_discovery = 1'000;  // as many as the package cna takes
constexpr double tie = 1 - 1e-12;                         // |rho| of other norms that differ for n <= 12 differ by more

std::int64_t step_of(double size) { return std::min(n_steps, static_cast<std::int64_t>(size * n_steps)); }

/// Ranks over the tested lots of each of this rank's neighborhoods: cells x lots.
std::vector<std::int32_t> ranks_of(const Abundance& nam, const TestedLots& lots) {
  const std::int64_t n = lots.size();
  std::vector<std::int32_t> ranks(nam.n_local() * n);
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < nam.n_local(); ++i)
    std::ranges::copy(stats::doubled_mid_ranks(lots.of(nam.row(i))), ranks.begin() + i * n);
  return ranks;
}

/// How many neighborhoods reach each step of |rho|, from how many stand on it.
void accumulate_down(std::span<std::int64_t> count) {
  for (auto step = std::ssize(count) - 2; step >= 0; --step) count[step] += count[step + 1];
}

/// Neighborhoods on each step of |rho|, over the relabelings number 1 + i stride, i < n.
template <class Lane>
std::vector<std::int64_t> steps_of_relabelings(const RankedRows<Lane>& rows, std::span<const std::int32_t> outcome,
                                               const permutation::Relabelings& relabelings, std::int64_t n,
                                               std::int64_t stride) {
  constexpr auto height = RankedRows<Lane>::tile_rows;
  const auto norm_y = stats::spearman_s(outcome, outcome);
  std::vector<std::int64_t> total(n_steps + 1);
  for (std::int64_t first = 0; first < n; first += relabelings_per_block) {
    const auto block =
        relabeled_block<Lane>(outcome, relabelings, first, n, [&](std::int64_t i) { return 1 + i * stride; });
    const auto n_here = std::min(relabelings_per_block, n - first);
#pragma omp parallel
    {
      std::vector<std::int64_t> count(n_steps + 1);
      std::array<Lane, relabelings_per_block> s;
      for (const auto& group : rows.groups) {
        const double one = rho_of_one(group.norm, norm_y);
#pragma omp for schedule(static) nowait
        for (std::int64_t row = 0; row < group.n_rows; ++row) {
          const Lane* x = rows.tile(group.first_tile + row / height) + row % height;
          s.fill(Lane{0});
          for (std::int32_t l = 0; l < rows.n_lots; ++l)
            for (std::int64_t b = 0; b < relabelings_per_block; ++b)
              s[b] += x[l * height] * block[l * relabelings_per_block + b];
          for (std::int64_t b = 0; b < n_here; ++b) ++count[step_of(std::abs(static_cast<double>(s[b])) * one)];
        }
      }
#pragma omp critical
      std::ranges::transform(count, total, total.begin(), std::plus{});
    }
  }
  return total;
}

/// The false discovery rate of calling all neighborhoods on a step or above.
template <class Lane>
std::vector<double> discovery_rate(MPI_Comm comm, const RankedRows<Lane>& rows, std::span<const double> rho,
                                   std::span<const std::int32_t> outcome, const permutation::Relabelings& relabelings) {
  const auto others = relabelings.size() - 1;  // but the identity; evenly spread, since all are in lexicographic order
  const auto n = std::min(relabelings_of_discovery, others);
  auto null = steps_of_relabelings(rows, outcome, relabelings, n,
                                   std::max<std::int64_t>(1, others / std::max(n, std::int64_t{1})));
  std::vector<std::int64_t> observed(n_steps + 1);
  for (const auto r : rho)
    if (!std::isnan(r)) ++observed[step_of(std::abs(r))];
  parallel::sum_over_ranks(comm, std::span(null));
  parallel::sum_over_ranks(comm, std::span(observed));
  accumulate_down(null);
  accumulate_down(observed);
  std::vector<double> rate(n_steps + 1, 1.0);
  double smallest = 1.0;
  for (std::int64_t step = 0; step <= n_steps; ++step) {
    if (observed[step] > 0)
      smallest = std::min(smallest, static_cast<double>(null[step]) / static_cast<double>(n * observed[step]));
    rate[step] = smallest;
  }
  return rate;
}

template <class Lane>
LocalTest test_with(MPI_Comm comm, std::vector<std::int32_t> ranks, std::span<const std::int32_t> outcome,
                    const permutation::Relabelings& relabelings) {
  const auto n_lots = std::ssize(outcome);
  const auto n_cells = std::ssize(ranks) / n_lots;
  const auto norm_y = stats::spearman_s(outcome, outcome);
  LocalTest test;
  test.rho.assign(n_cells, undefined);
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < n_cells; ++i) {
    const auto x = std::span(std::as_const(ranks)).subspan(i * n_lots, n_lots);
    if (const auto norm = stats::spearman_s(x, x); norm > 0)
      test.rho[i] = static_cast<double>(stats::spearman_s(x, outcome)) * rho_of_one(norm, norm_y);
  }
  const auto rows = packed<Lane>(ranks, static_cast<std::int32_t>(n_lots));
  ranks = std::vector<std::int32_t>();  // {} would keep its memory
  auto largest = largest_rho(rows, outcome, relabelings, 0, relabelings.size());
  parallel::max_over_ranks(comm, std::span(largest));
  std::ranges::sort(largest);
  const auto rate = discovery_rate(comm, rows, test.rho, outcome, relabelings);

  test.p_fwer.assign(n_cells, undefined);
  test.fdr.assign(n_cells, undefined);
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < n_cells; ++i) {
    if (std::isnan(test.rho[i])) continue;
    const double size = std::abs(test.rho[i]);
    const auto reaching = largest.end() - std::ranges::lower_bound(largest, size * tie);
    test.p_fwer[i] = static_cast<double>(reaching) / static_cast<double>(relabelings.size());
    test.fdr[i] = rate[step_of(size)];
  }
  return test;
}

}  // namespace

LocalTest local_test(MPI_Comm comm, const Abundance& nam, const TestedLots& lots, std::span<const std::int32_t> outcome,
                     const permutation::Relabelings& relabelings) {
  auto ranks = ranks_of(nam, lots);
  return lots.size() <= most_lots_of_float ? test_with<float>(comm, std::move(ranks), outcome, relabelings)
                                           : test_with<double>(comm, std::move(ranks), outcome, relabelings);
}

}  // namespace miura::neighborhood
