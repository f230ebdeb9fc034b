#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/embedding.hpp"

namespace miura::integrate {

struct HarmonyOptions {
  double theta = 1.0;   ///< penalty on clusters of one batch; 0: none. The paper's default is 2; METHOD of miura: 1
  double sigma = 0.1;   ///< width of the soft clusters; larger means softer
  double lambda = 0.0;  ///< ridge penalty on the shift of a batch in a cluster, in cells (1 in the paper); 0: by alpha
  double alpha = 0.2;   ///< the penalty as a share of the cells expected of the batch in the cluster (Harmony 2)
  int n_clusters = 0;   ///< 0: cells / 30, rounded, between 1 and 100; never more than there are cells
  int max_iterations = 10;        ///< of clustering and correction in turn
  int max_rounds = 4;             ///< over all cells in one clustering; this and the epsilons as in Harmony 2
  double epsilon_cluster = 1e-3;  ///< a clustering ends when the objective falls by less than this share over 3 rounds
  double epsilon_harmony =
      1e-2;                  ///< all ends when the objective falls by less than this share in an iteration; 0: never
  double block_size = 0.05;  ///< share of the cells that choose their clusters by the same frozen state
  std::uint64_t seed = 0;    ///< same seed, same bits, on any number of ranks and threads
};

/// How it went; the same on all ranks.
struct HarmonyReport {
  std::int32_t n_batches = 0;          ///< with cells
  std::int32_t n_clusters = 0;         ///< 0 where there was nothing to correct
  bool converged = true;               ///< false: stopped by max_iterations
  std::vector<int> rounds;             ///< of each iteration's clustering
  std::vector<double> objective = {};  ///< per cell: of each iteration's clusters
};

struct HarmonyResult {
  matrix::Embedding corrected;  ///< cells and dimensions of the input
  HarmonyReport report;
};

/// Moves the cells of every batch, cluster by cluster, to where the other batches are: Harmony (Korsunsky et al. 2019,
/// Nat Methods 16:1289), scanpy's `external.pp.harmony_integrate`, Seurat's `HarmonyIntegration`.
///
/// In turn: (1) soft spherical clusters with centres Y minimise
///   sum_ik R_ik (|z_i - Y_k|^2 + sigma log R_ik) + sigma theta sum_kb O_kb log((O_kb + E_kb) / E_kb),
/// O_kb the cells of batch b in cluster k and E_kb those expected of a cluster without preference, so that
///   R_ik ~ exp(-|z_i - Y_k|^2 / sigma) (E_kb / (O_kb + E_kb))^theta;
/// (2) a ridge regression within each cluster (mixture of experts) finds the shift of each batch, and each cell is
/// given its original coordinates less the shifts of its clusters. Formulas and departures: docs/methods/integrate.md.
///
/// `batch` holds the batch (>= 0) of each cell of this rank. Cells stay where they are. One batch alone, or no cells:
/// coordinates come back as they are. What is corrected is a picture for neighbours and clusters: shares of
/// populations that one batch lacks may be created (about 2 % in simulations), so association is printed without too.
///
/// Collective over `comm`. Same bits on any number of ranks and threads: weights are held on a grid of 2^-15 and sums
/// over cells are integers; a block of cells is chosen by hash of the global index. Throws UsageError for options out
/// of range, std::logic_error for a coordinate that is not finite or a batch < 0, std::length_error beyond 2^27 cells.
/// Memory beyond the result: 4 n_dims + 2 n_clusters + 12 bytes a cell, and 16 n_clusters x batches x n_dims bytes a
/// thread.
HarmonyResult harmony(MPI_Comm comm, const matrix::Embedding& cells, std::span<const std::int32_t> batch,
                      const HarmonyOptions& options = {});

}  // namespace miura::integrate
