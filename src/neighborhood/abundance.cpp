#include "miura/neighborhood/abundance.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "neighborhood/diffusion.hpp"
#include "neighborhood/order_statistic.hpp"

namespace miura::neighborhood {

namespace {

constexpr std::int32_t fewest_steps = 3, most_steps = 15;  // of the rule, as in the package cna
constexpr double worthwhile = 3.0;                         // drop of the kurtosis

/// Fourth over squared second central moment; NaN where all are equal. Lots without cells are left out.
double kurtosis(std::span<const double> s, std::span<const std::int64_t> lot_size) {
  double n = 0, mean = 0, second = 0, fourth = 0;
  const auto each = [&](auto&& visit) {
    for (std::size_t l = 0; l < s.size(); ++l)
      if (lot_size[l] > 0) visit(s[l] / static_cast<double>(lot_size[l]));
  };
  each([&](double x) { mean += x, n += 1; });
  mean /= n;
  each([&](double x) {
    const double square = (x - mean) * (x - mean);
    second += square;
    fourth += square * square;
  });
  return second > 0 ? n * fourth / (second * second) : std::numeric_limits<double>::quiet_NaN();
}

double median_kurtosis(MPI_Comm comm, const Abundance& nam) {
  std::vector<double> each(nam.n_local());
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < nam.n_local(); ++i) each[i] = kurtosis(nam.row(i), nam.lot_size);
  return median_over_ranks(comm, each);
}

}  // namespace

Abundance abundance(MPI_Comm comm, const matrix::Graph& graph, std::span<const std::int32_t> lot_of_my_cells,
                    std::int32_t n_lots, const AbundanceOptions& options) {
  if (options.steps && *options.steps < 1) throw UsageError("the diffusion over neighborhoods needs at least one step");
  parallel::together(comm, [&] {
    if (std::ssize(lot_of_my_cells) != graph.n_local() ||
        std::ranges::any_of(lot_of_my_cells, [&](std::int32_t lot) { return lot < 0 || lot >= n_lots; }))
      throw std::logic_error("neighborhood: not every vertex has a lot");
  });
  Abundance nam{.cells = graph.vertices, .n_lots = n_lots};
  nam.value.assign(graph.n_local() * n_lots, 0.0);
  nam.lot_size.assign(n_lots, 0);
  for (std::int64_t i = 0; i < graph.n_local(); ++i) {
    nam.value[i * n_lots + lot_of_my_cells[i]] = 1.0;
    ++nam.lot_size[lot_of_my_cells[i]];
  }
  parallel::sum_over_ranks(comm, std::span(nam.lot_size));

  Diffusion diffusion(comm, graph);
  double before = std::numeric_limits<double>::infinity();
  for (bool go_on = true; go_on;) {
    diffusion.step(nam.value, n_lots);
    ++nam.steps;
    if (options.steps) {
      go_on = nam.steps < *options.steps;
      continue;
    }
    const double now = median_kurtosis(comm, nam);
    go_on = nam.steps < most_steps && (nam.steps < fewest_steps || before - now >= worthwhile);
    before = now;
  }
  for (std::int64_t i = 0; i < nam.n_local(); ++i)  // 0 / 0 where a lot has no cells
    for (std::int32_t l = 0; l < n_lots; ++l) nam.value[i * n_lots + l] /= static_cast<double>(nam.lot_size[l]);
  return nam;
}

}  // namespace miura::neighborhood
