#include "miura/populations/population.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::populations {
namespace {

constexpr double not_computed = std::numeric_limits<double>::quiet_NaN();

/// A mean in the order of its terms, which is that of the grid.
struct Mean {
  double sum = 0;
  std::int64_t n = 0;

  void add(double value) {
    sum += value;
    ++n;
  }
  double value() const { return n > 0 ? sum / static_cast<double>(n) : not_computed; }
};

bool differ_in_seed_only(const matrix::Labeling& a, const matrix::Labeling& b) {
  return a.integration == b.integration && a.resolution == b.resolution && a.seed != b.seed;
}

void add_stability(Populations& found, const Overlaps& overlaps) {
  std::vector<Mean> over_grid(found.population.size()), over_seeds(found.population.size());
  for (std::int32_t c = 0; c < overlaps.n_clusters(); ++c) {
    const auto own = overlaps.labeling_of(c);
    const auto p = found.merged.population[c];
    for (std::int32_t l = 0; l < overlaps.n_labelings(); ++l) {
      const auto best = overlaps.best_match(c, l);
      if (l == own || best.cluster < 0) continue;
      over_grid[p].add(best.jaccard);
      if (differ_in_seed_only(found.labelings[own], found.labelings[l])) over_seeds[p].add(best.jaccard);
    }
  }
  for (std::size_t p = 0; p < found.population.size(); ++p) {
    found.population[p].stability = over_grid[p].value();
    found.population[p].seed_stability = over_seeds[p].value();
  }
}

/// The smallest population whose centre holds more than `share` of that of `inner`; -1 where there is none.
std::int32_t smallest_around(const Merged& merged, const Overlaps& overlaps, std::int32_t inner, double share) {
  const auto centre = merged.centre[inner];
  std::int32_t smallest = -1;
  for (std::int32_t p = 0; p < merged.n(); ++p) {
    const auto other = merged.centre[p];
    const auto cells = static_cast<double>(overlaps.n_cells_in(centre, overlaps.labeling_of(other)));
    const bool larger = overlaps.n_cells(other) > overlaps.n_cells(centre);
    if (p == inner || !larger || !(static_cast<double>(overlaps.shared(centre, other)) > share * cells)) continue;
    if (smallest < 0 || overlaps.n_cells(other) < overlaps.n_cells(merged.centre[smallest])) smallest = p;
  }
  return smallest;
}

bool is_core(std::int64_t hits, std::int64_t n_clusters, double share) {
  return static_cast<double>(hits) > share * static_cast<double>(n_clusters);
}

std::vector<std::int32_t> clusters_of_each(const Merged& merged) {
  std::vector<std::int32_t> n_clusters(merged.n());
  for (const auto p : merged.population) ++n_clusters[p];
  return n_clusters;
}

/// Core cells of each population in each lot. Collective.
matrix::Composition count_core_cells(MPI_Comm comm, std::span<const matrix::Labeling> grid, const Overlaps& overlaps,
                                     const Merged& merged, std::span<const std::int32_t> lot, std::int32_t n_lots,
                                     double core_share) {
  matrix::Composition core{.n_lots = n_lots, .n_clusters = merged.n(), .count = {}, .lot_size = {}};
  core.count.resize(std::int64_t{core.n_clusters} * n_lots);
  core.lot_size.resize(n_lots);
  const auto n_clusters = clusters_of_each(merged);
  std::vector<std::int32_t> hits(merged.n()), met;
  for (std::size_t i = 0; i < lot.size(); ++i) {
    for (std::int32_t l = 0; l < std::ssize(grid); ++l) {
      if (grid[l].label[i] < 0) continue;
      const auto p = merged.population[overlaps.first_of(l) + grid[l].label[i]];
      if (hits[p]++ == 0) met.push_back(p);
    }
    if (!met.empty()) ++core.lot_size[lot[i]];
    for (const auto p : met) {
      if (is_core(hits[p], n_clusters[p], core_share)) ++core.count[std::int64_t{p} * n_lots + lot[i]];
      hits[p] = 0;
    }
    met.clear();
  }
  parallel::sum_over_ranks(comm, core.count);
  parallel::sum_over_ranks(comm, core.lot_size);
  return core;
}

void add_core(Population& population, std::int32_t number, const matrix::Composition& core) {
  Mean fraction;
  for (std::int32_t l = 0; l < core.n_lots; ++l) {
    population.n_core_cells += core.cells(number, l);
    if (core.lot_size[l] > 0)
      fraction.add(static_cast<double>(core.cells(number, l)) / static_cast<double>(core.lot_size[l]));
  }
  population.mean_fraction = fraction.value();
}

/// The cluster of the primary labeling, counted from 0 there.
Match in_primary(const Overlaps& overlaps, std::int32_t centre, std::int32_t primary) {
  auto match = overlaps.best_match(centre, primary);
  if (match.cluster >= 0) match.cluster -= overlaps.first_of(primary);
  return match;
}

void check(const Options& options, std::span<const matrix::Labeling> grid) {
  if (!(options.core_share >= 0 && options.core_share < 1))
    throw UsageError("populations.core_share must be at least 0 and less than 1");
  if (!grid.empty() && (options.primary < 0 || options.primary >= std::ssize(grid)))
    throw std::logic_error("the primary labeling is not in the grid");
}

}  // namespace

Populations find(MPI_Comm comm, std::span<const matrix::Labeling> grid, const Overlaps& overlaps,
                 std::span<const std::int32_t> lot, std::int32_t n_lots, const Options& options) {
  check(options, grid);
  Populations found{.labelings = {},
                    .primary = options.primary,
                    .merged = merge(overlaps, options.merge),
                    .population = {},
                    .core = {}};
  for (const auto& l : grid)
    found.labelings.push_back({l.integration, l.resolution, l.seed, l.n_clusters, {}, l.names});
  found.core = count_core_cells(comm, grid, overlaps, found.merged, lot, n_lots, options.core_share);
  const auto n_clusters = clusters_of_each(found.merged);
  for (std::int32_t p = 0; p < found.merged.n(); ++p) {
    auto& population = found.population.emplace_back();
    population.centre = found.merged.centre[p];
    population.n_clusters = n_clusters[p];
    population.primary = in_primary(overlaps, population.centre, options.primary);
    population.within = smallest_around(found.merged, overlaps, p, options.core_share);
    add_core(population, p, found.core);
  }
  add_stability(found, overlaps);
  return found;
}

std::vector<std::uint8_t> core_cells(std::span<const matrix::Labeling> grid, const Overlaps& overlaps,
                                     const Merged& merged, std::int32_t population, double core_share) {
  const auto n_clusters = std::ranges::count(merged.population, population);
  std::vector<std::uint8_t> core(grid.empty() ? 0 : grid.front().label.size());
  for (std::size_t i = 0; i < core.size(); ++i) {
    std::int32_t hits = 0;
    for (std::int32_t l = 0; l < std::ssize(grid); ++l)
      if (grid[l].label[i] >= 0 && merged.population[overlaps.first_of(l) + grid[l].label[i]] == population) ++hits;
    core[i] = is_core(hits, n_clusters, core_share) ? 1 : 0;
  }
  return core;
}

}  // namespace miura::populations
