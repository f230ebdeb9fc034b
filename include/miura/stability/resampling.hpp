#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "miura/cluster/leiden.hpp"
#include "miura/knn/shared_neighbors.hpp"
#include "miura/matrix/embedding.hpp"
#include "miura/matrix/labeling.hpp"
#include "miura/populations/overlap.hpp"

namespace miura::stability {

struct Options {
  std::int32_t replicates = 10;  ///< of each kind; 0: none
  double cell_share = 0.8;  ///< of the cells that a replicate keeps, each by a draw of its own, without replacement
  std::uint64_t seed = 0;   ///< of the subsets; the clusterings keep the primary seed
  knn::SharedNeighborOptions shared = {};      ///< as in the primary labeling; its k is that of the neighbours too
  cluster::LeidenOptions leiden = {};          ///< as in the primary labeling
  std::int64_t most_copied_bytes = 512 << 20;  ///< points, with their neighbours, up to this size go to every rank
};

/// What the primary labeling is compared with: another of the grid, or one of a part of the cells.
enum class Kind { grid_seed, grid_resolution, cells, lots, n_lots };
std::string_view name_of(Kind kind);

/// Agreement of one further labeling with the primary one. What could not be computed is NaN.
struct Row {
  Kind kind = Kind::cells;
  std::int32_t replicate = 0;  ///< from 1; 0 for the grid
  double resolution = 0;
  std::uint64_t seed = 0;     ///< of the labeling
  std::int32_t cluster = -1;  ///< of the primary labeling; -1: the whole labeling
  std::int32_t n_lots = 0;    ///< lots with cells in the comparison
  std::int64_t n_cells = 0;   ///< cells in the comparison; of this cluster, or all
  double agreement = 0;       ///< adjusted Rand index of the labelings, or best Jaccard index of the cluster
};

/// The cells that were clustered, and what the primary labeling says of them.
struct Cells {
  const matrix::Embedding& points;    ///< this rank's, in the space that the primary labeling was made in
  std::span<const std::int32_t> lot;  ///< of each point, 0 .. n_lots - 1
  std::int32_t n_lots = 0;            ///< of the study; lots without points are no matter
  const matrix::Labeling& primary;    ///< of the points
};

/// How well the primary labeling comes back when cells, or lots, are drawn anew, and from fewer lots. Each replicate is
/// clustered from its neighbours on, in the same space; every primary cluster then gets the best Jaccard index with a
/// cluster of the replicate, on the cells that both know (Hennig 2007, fpc::clusterboot; Tang et al. 2021,
/// scclusteval).
///
///   cells   each cell stays with probability `cell_share`
///   lots    as many lots as there are, drawn with replacement; lots drawn twice count once, so some 63 % stay
///   n_lots  the first 2, 3, 4, 5, 6, 8, 10, 13, ... and all but one of the lots in a random order, one order a
///           replicate
///
/// Replicates do not wait for each other, while the ranks of one do: so points that are small enough are copied to
/// every rank and the replicates are dealt over the ranks in turn. More points stay where they are, and all
/// ranks work on each replicate, told of the others only which cells stay (9 bytes a cell for a while).
///
/// Collective. Same rows on any number of ranks: a draw belongs to (seed, kind, replicate, global index of the cell, or
/// lot). With one lot there are no rows of lots.
/// Time: one search for neighbours among all pairs of cells and one again, more or less, for what replicates miss in
/// the lists it leaves; a graph and a Leiden run a replicate. Memory: 12 bytes a cell and neighbour, three times as
/// many as a neighbourhood has, and one replicate at a time.
std::vector<Row> resample(MPI_Comm comm, const Cells& cells, const Options& options);

/// The other labelings of the grid against the primary one: of its resolution and integration with other seeds
/// (grid_seed), of its seed and integration at other resolutions (grid_resolution). Not collective.
std::vector<Row> compare_grid(std::span<const matrix::Labeling> grid, const populations::Overlaps& overlaps,
                              std::int32_t primary, std::int32_t n_lots);

}  // namespace miura::stability
