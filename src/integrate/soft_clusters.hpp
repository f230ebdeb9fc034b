#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "integrate/directions.hpp"
#include "integrate/kernels.hpp"
#include "miura/integrate/harmony.hpp"
#include "miura/parallel/partition.hpp"

namespace miura::integrate {

inline constexpr std::int32_t weight_steps = 1 << 15;  ///< a cell's weights are multiples of 1 / 2^15

/// Cells in soft clusters that prefer a mixture of batches: step (1) of Harmony. Holds this rank's cells, and the
/// counts and centers of all, replicated.
class SoftClusters {
public:
  /// `batch` of this rank's cells, 0 .. n_batches - 1; it must outlive the object.
  SoftClusters(MPI_Comm comm, const parallel::Partition& cells, std::span<const std::int32_t> batch,
               std::int32_t n_batches, Centers first, const HarmonyOptions& options);

  /// Rounds of centers and weights by distance alone, until what is within the clusters rests; the objective per cell.
  /// Collective.
  double start(std::span<const float> directions);

  struct Fit {
    int rounds;
    double objective;  ///< per cell
  };
  /// Rounds of centers and weights until the objective rests. Collective.
  Fit settle(std::span<const float> directions);

  std::int32_t n_clusters() const noexcept { return centers_.n_clusters; }
  std::int32_t n_batches() const noexcept { return n_batches_; }
  /// Share of all cells that are of a batch.
  double batch_share(std::int32_t b) const noexcept { return batch_share_[b]; }
  std::span<const std::int32_t> batch() const noexcept { return batch_; }
  /// The clusters in which a cell of this rank has a weight, ascending.
  void shares_of(std::int64_t cell, std::vector<Share>& shares) const;
  /// Total weight of each batch in each cluster, in grid steps: batches x clusters.
  std::span<const std::int64_t> counts() const noexcept { return count_; }

private:
  struct Scratch;
  /// Which cells choose together: blocks of hashed members, this rank's positions.
  struct Blocks {
    std::vector<std::int64_t> first, cell;
    std::span<const std::int64_t> of(std::int64_t b) const {
      return std::span(cell).subspan(first[b], first[b + 1] - first[b]);
    }
  };

  double round(std::span<const float> directions);
  Blocks draw_blocks() const;
  void move_centers(std::span<const float> directions);
  std::vector<float> log_penalty() const;
  void subtract_weights(std::span<const std::int64_t> cells, std::vector<std::int64_t>& change) const;
  std::int64_t choose(std::span<const float> directions, std::span<const std::int64_t> cells,
                      std::span<const float> penalty, std::vector<std::int64_t>& change);
  std::int64_t choose_one(std::int64_t cell, const float* similarity, std::span<const float> penalty, Scratch& scratch);
  void apply(std::vector<std::int64_t>& change);
  double objective(std::int64_t within_cells) const;

  MPI_Comm comm_;
  const parallel::Partition& cells_;
  std::span<const std::int32_t> batch_;
  std::int32_t n_batches_;
  HarmonyOptions options_;
  Centers centers_;
  std::vector<double> batch_share_;    ///< of all cells
  std::vector<std::uint16_t> weight_;  ///< this rank's cells x clusters, padded to whole registers
  std::vector<std::int64_t> count_;    ///< batches x clusters
  std::uint64_t rounds_done_ = 0;
};

}  // namespace miura::integrate
