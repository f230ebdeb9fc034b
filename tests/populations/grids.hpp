#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "miura/matrix/labeling.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/partition.hpp"
#include "miura/populations/overlap.hpp"
#include "miura/stats/random.hpp"

namespace miura::populations::test {

using Labels = std::vector<std::int32_t>;
using Grid = std::vector<matrix::Labeling>;

/// Labelings with as many clusters as their largest label says.
inline Grid grid_of(const std::vector<Labels>& labels) {
  Grid grid;
  for (const auto& label : labels) {
    const auto n = label.empty() ? 0 : *std::ranges::max_element(label) + 1;
    grid.push_back({.resolution = 1, .seed = grid.size(), .n_clusters = n, .label = label});
  }
  return grid;
}

template <class T>
std::vector<T> my_part(const std::vector<T>& all, const parallel::Partition& cells) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  return {all.begin() + cells.begin(rank), all.begin() + cells.end(rank)};
}

inline Grid my_part(Grid grid, const parallel::Partition& cells) {
  for (auto& labeling : grid) labeling.label = my_part(labeling.label, cells);
  return grid;
}

/// An even split, and one that gives the last rank all cells.
inline std::vector<parallel::Partition> splits(std::int64_t n) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD), ranks = parallel::size_of(MPI_COMM_WORLD);
  return {parallel::Partition::even(n, ranks),
          parallel::Partition::from_local(MPI_COMM_WORLD, rank == ranks - 1 ? n : 0)};
}

inline Overlaps overlaps_of(const std::vector<Labels>& labels) {
  return count_overlaps(MPI_COMM_SELF, grid_of(labels));
}

/// Cells on a circle, cut into `n_clusters` equal arcs that start at `shift`.
inline Labels arcs(std::int64_t n, std::int32_t n_clusters, std::int64_t shift) {
  Labels label;
  for (std::int64_t i = 0; i < n; ++i)
    label.push_back(static_cast<std::int32_t>((i + n - shift % n) % n * n_clusters / n));
  return label;
}

/// Labels with noise: each cell's is replaced by a random one with probability `share`.
inline Labels blurred(Labels label, std::int32_t n_clusters, double share, std::uint64_t seed) {
  stats::RandomStream random(seed, stats::Purpose::simulate, 0);
  for (auto& l : label)
    if (random.uniform() < share) l = static_cast<std::int32_t>(random.below(static_cast<std::uint32_t>(n_clusters)));
  return label;
}

}  // namespace miura::populations::test
