#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/labeling.hpp"

namespace miura::populations {

/// A cluster and how much of it and another is shared.
struct Match {
  std::int32_t cluster = -1;  ///< -1: there was none to compare with
  double jaccard = 0;         ///< NaN where there was none
};

/// How many cells any two clusters of a grid of labelings share. Clusters are numbered through: all of labeling 0, then
/// all of labeling 1, and so on. Two clusters are compared on the cells that have a cluster in both labelings, so a
/// labeling of a part of the cells can be compared with one of all. Replicated.
class Overlaps {
public:
  /// `n_clusters` of each labeling; `shared` is the square matrix of all clusters, symmetric and row-major.
  Overlaps(std::vector<std::int32_t> n_clusters, std::vector<std::int64_t> shared);

  std::int32_t n_labelings() const noexcept { return static_cast<std::int32_t>(first_.size()) - 1; }
  std::int32_t n_clusters() const noexcept { return first_.back(); }  ///< of all labelings
  std::int32_t first_of(std::int32_t labeling) const noexcept { return first_[labeling]; }
  std::int32_t end_of(std::int32_t labeling) const noexcept { return first_[labeling + 1]; }
  std::int32_t labeling_of(std::int32_t cluster) const noexcept { return labeling_of_[cluster]; }

  std::int64_t shared(std::int32_t a, std::int32_t b) const noexcept {
    return shared_[std::int64_t{a} * n_clusters() + b];
  }
  std::int64_t n_cells(std::int32_t cluster) const noexcept { return shared(cluster, cluster); }
  /// Cells of `cluster` that have a cluster in `labeling`.
  std::int64_t n_cells_in(std::int32_t cluster, std::int32_t labeling) const noexcept {
    return covered_[std::int64_t{cluster} * n_labelings() + labeling];
  }

  /// Shared cells over cells in either; 0 where neither has any.
  double jaccard(std::int32_t a, std::int32_t b) const noexcept;
  /// The cluster of `labeling` that is most like `cluster`; of equals the first. None where no cell of `cluster` has a
  /// cluster there.
  Match best_match(std::int32_t cluster, std::int32_t labeling) const noexcept;
  /// Of two labelings, over the cells that have a cluster in both (Hubert and Arabie 1985). NaN without such cells.
  double adjusted_rand_index(std::int32_t a, std::int32_t b) const noexcept;

private:
  std::vector<std::int32_t> first_;        // n_labelings + 1
  std::vector<std::int32_t> labeling_of_;  // of each cluster
  std::vector<std::int64_t> shared_;
  std::vector<std::int64_t> covered_;  // clusters x labelings
};

/// Counts them. Collective; every labeling has a label for each of this rank's cells. Time: half a nanosecond or so for
/// each cell and pair of labelings. Memory: 8 bytes for each pair of clusters, on every rank. More than 8,192 clusters
/// in all labelings together are a UsageError; a label out of range is a std::logic_error.
Overlaps count_overlaps(MPI_Comm comm, std::span<const matrix::Labeling> grid);

}  // namespace miura::populations
