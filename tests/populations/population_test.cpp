#include "miura/populations/population.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <numeric>

#include "miura/base/error.hpp"
#include "populations/grids.hpp"

namespace {

using namespace miura;
using namespace miura::populations;
using namespace miura::populations::test;

constexpr std::int64_t n_cells = 2000;
constexpr std::int32_t n_lots = 5;

std::vector<std::int32_t> planted_lots() {
  std::vector<std::int32_t> lot;
  for (std::int64_t i = 0; i < n_cells; ++i) lot.push_back(static_cast<std::int32_t>(i % (n_lots - 1)));  // 4: no cells
  return lot;
}

/// Cells 0 to 599 are one population, found again by every seed. The other 1,400 are a ring without clusters, which
/// every seed cuts in three elsewhere; the second resolution cuts the first population in two halves.
Grid planted() {
  Grid grid;
  for (std::int32_t resolution = 1; resolution <= 2; ++resolution)
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const auto ring = arcs(1400, 3, static_cast<std::int64_t>(seed) * 137);
      matrix::Labeling labeling{
          .resolution = 1.0 * resolution, .seed = seed, .n_clusters = 3 + resolution, .label = {}};
      for (std::int64_t i = 0; i < n_cells; ++i)
        labeling.label.push_back(i >= 600 ? resolution + ring[i - 600] : (resolution == 2 && i >= 300 ? 1 : 0));
      grid.push_back(labeling);
    }
  return grid;
}

Populations found(const Grid& all, const std::vector<std::int32_t>& lot, const parallel::Partition& cells,
                  const Options& options = {}) {
  const auto grid = my_part(all, cells);
  return find(MPI_COMM_WORLD, grid, count_overlaps(MPI_COMM_WORLD, grid), my_part(lot, cells), n_lots, options);
}

TEST(Populations, SayThatAPlantedOneIsStableAndAContinuumIsNot) {
  for (const auto& cells : splits(n_cells)) {
    const auto all = found(planted(), planted_lots(), cells, {.primary = 5});
    const auto& merged = all.merged;
    const auto planted_one = merged.population[0];  // cluster 0 of labeling 0
    const auto& one = all.population[planted_one];
    EXPECT_EQ(one.n_clusters, 4);
    EXPECT_EQ(one.n_core_cells, 600);
    EXPECT_EQ(one.mean_fraction, 0.3);
    EXPECT_EQ(one.seed_stability, 1.0);
    EXPECT_NEAR(one.stability, (3 * 1.0 + 4 * 0.5) / 7, 1e-15);  // 3 seeds, and 4 labelings that halve it
    EXPECT_EQ(one.primary.cluster, 0);
    EXPECT_EQ(one.primary.jaccard, 0.5);
    EXPECT_EQ(one.within, -1);

    const auto& half = all.population[merged.population[4 * 4 + 1]];  // labeling 4 is the first that halves
    EXPECT_EQ(half.n_core_cells, 300);
    EXPECT_EQ(half.within, planted_one);
    EXPECT_EQ(half.primary.cluster, 1);
    EXPECT_EQ(half.primary.jaccard, 1.0);
    for (std::int32_t c = 1; c < 4; ++c) {
      const auto& third = all.population[merged.population[c]];
      EXPECT_LT(third.seed_stability, 0.75);
      EXPECT_LT(third.seed_stability, one.seed_stability);
    }
  }
}

TEST(Populations, CountCoreCellsOfEachLot) {
  for (const auto& cells : splits(n_cells)) {
    const auto grid = my_part(planted(), cells);
    const auto lot = my_part(planted_lots(), cells);
    const auto overlaps = count_overlaps(MPI_COMM_WORLD, grid);
    const auto all = find(MPI_COMM_WORLD, grid, overlaps, lot, n_lots);
    EXPECT_EQ(all.core.lot_size, (std::vector<std::int64_t>{500, 500, 500, 500, 0}));
    EXPECT_EQ(all.core.n_clusters, all.merged.n());
    for (std::int32_t p = 0; p < all.merged.n(); ++p) {
      const auto core = core_cells(grid, overlaps, all.merged, p);
      std::vector<std::int64_t> count(n_lots);
      for (std::size_t i = 0; i < lot.size(); ++i) count[lot[i]] += core[i];
      parallel::sum_over_ranks(MPI_COMM_WORLD, count);
      for (std::int32_t l = 0; l < n_lots; ++l) EXPECT_EQ(all.core.cells(p, l), count[l]) << p << ", lot " << l;
      EXPECT_EQ(std::accumulate(count.begin(), count.end(), std::int64_t{0}), all.population[p].n_core_cells);
    }
  }
}

TEST(Populations, TakeMoreThanTheShareOfClustersForCore) {
  // Five labelings of the same cluster; cell 0 is missing in one of them, cell 1 in two.
  std::vector<Labels> labels(5, Labels(10, 0));
  for (auto& label : labels) label[9] = 1;
  labels[0][0] = labels[0][1] = labels[1][1] = 1;
  const auto grid = grid_of(labels);
  const auto overlaps = overlaps_of(labels);
  const auto merged = merge(overlaps);
  const auto core = [&](double share) { return core_cells(grid, overlaps, merged, merged.population[0], share); };
  EXPECT_EQ(core(0.8), (std::vector<std::uint8_t>{0, 0, 1, 1, 1, 1, 1, 1, 1, 0}));  // 4 of 5 are not more than 0.8
  EXPECT_EQ(core(0.7), (std::vector<std::uint8_t>{1, 0, 1, 1, 1, 1, 1, 1, 1, 0}));
  EXPECT_EQ(core(0.5), (std::vector<std::uint8_t>{1, 1, 1, 1, 1, 1, 1, 1, 1, 0}));
}

TEST(Populations, HaveTheSameBitsOnAnyNumberOfRanks) {
  Grid grid = planted();
  for (auto& l : grid) l.label = blurred(l.label, l.n_clusters, 0.15, l.seed + 10);
  const auto lot = planted_lots();
  const auto alone = find(MPI_COMM_SELF, grid, count_overlaps(MPI_COMM_SELF, grid), lot, n_lots);
  for (const auto& cells : splits(n_cells)) {
    const auto shared = found(grid, lot, cells);
    EXPECT_EQ(shared.merged.population, alone.merged.population);
    EXPECT_EQ(shared.core.count, alone.core.count);
    for (std::int32_t p = 0; p < alone.merged.n(); ++p) {
      const auto bits = [&](const Populations& all, double Population::*of) {
        return std::bit_cast<std::uint64_t>(all.population[p].*of);
      };
      for (const auto of : {&Population::stability, &Population::seed_stability, &Population::mean_fraction})
        EXPECT_EQ(bits(shared, of), bits(alone, of));
    }
  }
}

TEST(Populations, OfOneLabelingHaveNoStability) {
  const auto all = found({planted()[0]}, planted_lots(), splits(n_cells)[0]);
  EXPECT_EQ(all.merged.n(), 4);
  for (const auto& p : all.population) {
    EXPECT_TRUE(std::isnan(p.stability));
    EXPECT_TRUE(std::isnan(p.seed_stability));
    EXPECT_EQ(p.n_clusters, 1);
  }
}

TEST(Populations, AreNoneWithoutCells) {
  const auto all = found(grid_of({{}, {}}), {}, parallel::Partition::even(0, parallel::size_of(MPI_COMM_WORLD)));
  EXPECT_EQ(all.merged.n(), 0);
  EXPECT_TRUE(all.population.empty());
}

TEST(Populations, RefuseCoresThatNoCellCouldBeIn) {
  for (const double share : {1.0, -0.1})
    EXPECT_THROW(found(planted(), planted_lots(), splits(n_cells)[0], {.core_share = share}), UsageError);
}

}  // namespace
