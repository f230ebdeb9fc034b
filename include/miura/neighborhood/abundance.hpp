#pragma once

#include <mpi.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "miura/matrix/graph.hpp"
#include "miura/parallel/partition.hpp"

namespace miura::neighborhood {

struct AbundanceOptions {
  /// Steps of diffusion. Empty: as many, at least 3 and at most 15, as lower the median over cells of the kurtosis over
  /// lots by 3 or more each (the rule of the package cna).
  std::optional<std::int32_t> steps = 3;
};

/// How much of each lot lies in the neighborhood of each cell: the neighborhood abundance matrix (NAM). Every cell of
/// the graph has a neighborhood: where a random walker that starts there may be after `steps` steps.
struct Abundance {
  parallel::Partition cells;
  std::int32_t n_lots = 0;
  std::vector<double> value = {};  ///< this rank's cells x n_lots, row-major; over all cells a lot sums to 1. NaN in
                                   ///< the column of a lot without cells
  std::vector<std::int64_t> lot_size = {};  ///< cells of each lot, over all ranks
  std::int32_t steps = 0;                   ///< taken

  std::int64_t n_local() const noexcept { return n_lots > 0 ? std::ssize(value) / n_lots : 0; }
  std::span<const double> row(std::int64_t i) const noexcept { return std::span(value).subspan(i * n_lots, n_lots); }
};

/// Diffuses the cells of each lot over the graph: S <- A (S / a) + S / a, from S = 1 for the lot of a cell and 0 for
/// the others, where a_j = sum_i A_ij + 1; value = S / lot_size. Reshef et al. (2022), Nat. Biotechnol. 40:355; equal
/// to the package cna.
///
/// A is a distributed PETSc matrix (MATMPIAIJ). A row is summed in ascending order of its columns, whoever owns them,
/// so the result has the same bits on any number of ranks (docs/decisions/0004-order-of-sums-in-diffusion.md).
///
/// Collective over `comm`; needs PetscInitialize or SlepcInitialize. `graph` is symmetric, with any weights > 0;
/// `lot_of_my_cells` has one lot, 0 .. n_lots - 1, for each of this rank's vertices. Memory of a rank: 8 bytes x its
/// cells x n_lots for the result, 12 bytes an edge (40 for a moment, while A is taken apart), and up to 128 bytes each
/// for two vectors of its cells and one of its cells and their neighbors. Throws UsageError for steps < 1, Error where
/// PETSc counts in 32 bits and a rank has 2^31 edges.
Abundance abundance(MPI_Comm comm, const matrix::Graph& graph, std::span<const std::int32_t> lot_of_my_cells,
                    std::int32_t n_lots, const AbundanceOptions& options);

}  // namespace miura::neighborhood
