#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/composition.hpp"
#include "miura/matrix/labeling.hpp"
#include "miura/populations/merge.hpp"
#include "miura/populations/overlap.hpp"

namespace miura::populations {

struct Options {
  MergeOptions merge = {};
  double core_share = 0.8;   ///< a core cell is in more than this share of its population's clusters; 0 to less than 1
  std::int32_t primary = 0;  ///< the labeling that reports show
};

/// What a grid of labelings says about one population, before any outcome is read.
struct Population {
  std::int32_t centre = 0;      ///< its central cluster, numbered as in Overlaps
  std::int32_t n_clusters = 0;  ///< one of each labeling at most, so also the labelings that have it
  std::int64_t n_core_cells = 0;
  double mean_fraction = 0;  ///< of core cells, over lots with cells
  double stability = 0;      ///< mean over its clusters and all other labelings of the best Jaccard index; NaN with one
  double seed_stability = 0;  ///< the same over labelings that differ in nothing but the seed; NaN without
  Match primary = {};         ///< the cluster of the primary labeling, from 0, that is most like the centre
  std::int32_t within = -1;   ///< smallest population whose centre holds more than core_share of this one's; -1: none
};

/// All populations of a grid. Replicated.
struct Populations {
  std::vector<matrix::Labeling> labelings;  ///< without labels
  std::int32_t primary = 0;                 ///< the labeling that reports show
  Merged merged;
  std::vector<Population> population;
  matrix::Composition core;  ///< core cells of each population (as cluster) in each lot; cores may overlap
};

/// Finds the populations of a grid. Collective; `lot` of this rank's cells, 0 .. n_lots - 1.
/// Time and memory: one count a cell and labeling, and the overlaps.
Populations find(MPI_Comm comm, std::span<const matrix::Labeling> grid, const Overlaps& overlaps,
                 std::span<const std::int32_t> lot, std::int32_t n_lots, const Options& options = {});

/// Which of this rank's cells are core cells of a population. Not collective.
std::vector<std::uint8_t> core_cells(std::span<const matrix::Labeling> grid, const Overlaps& overlaps,
                                     const Merged& merged, std::int32_t population, double core_share = 0.8);

}  // namespace miura::populations
