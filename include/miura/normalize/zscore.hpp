#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/cells.hpp"
#include "miura/matrix/grid.hpp"

namespace miura::normalize {

struct ZscoreOptions {
  double clip = 10.0;  ///< largest size of a z-score, as in Seurat's ScaleData; below 32,768, where the grid ends
};

struct Zscores {
  matrix::GridMatrix value;  ///< this rank's cells x all features
  std::vector<double> mean;  ///< per feature over the reference cells, in its own unit; replicated
  std::vector<double> sd;    ///< likewise, divisor n - 1; 0 for a constant feature, whose z-scores are 0
};

/// Brings the features of a table (morphology, protein panel) to mean 0 and sd 1 over the reference cells, for all
/// cells.
///
/// Sums are of integers: a feature's values in units of 2^-46 of the power of two above its largest size, in 128 bits;
/// so mean and sd have the same bits in any order of cells and on any layout, and are exact to about 1e-14 of the
/// largest value. `reference` marks the cells of this rank that take part; fewer than two in all: every feature is
/// constant. Values must be finite. Collective.
Zscores zscore(MPI_Comm comm, const matrix::DistributedCells& cells, std::int32_t n_features,
               std::span<const std::uint8_t> reference, const ZscoreOptions& options);

/// z-scores of chosen features (ascending) by a mean and a sd that are known, an entry each for every feature of the
/// table: column j is features[j]. Of these local rows, each of which is a row of the result, distributed as
/// `partition` says. Not collective.
matrix::GridMatrix zscores_by(const matrix::DistributedCells& cells, std::span<const std::int64_t> rows,
                              const parallel::Partition& partition, std::span<const std::int32_t> features,
                              std::span<const double> mean, std::span<const double> sd, const ZscoreOptions& options);

}  // namespace miura::normalize
