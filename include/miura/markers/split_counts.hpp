#pragma once

#include <mpi.h>

#include <cstdint>

#include "miura/matrix/cells.hpp"

namespace miura::markers {

/// Two matrices of the same cells and genes whose counts add up to those of the original.
struct SplitCells {
  matrix::DistributedCells first, second;
};

/// Splits every count at random: each molecule goes to `first` with chance `fraction`. Where counts are Poisson given
/// the cell's expression, the halves are independent, so clusters formed on one are honestly tested on the other
/// (Neufeld et al. 2024, Biostatistics 25:270, count splitting). With more variance than Poisson they are correlated,
/// the less the smaller the counts.
///
/// Each cell draws from its own stream, RandomStream(seed, Purpose::count_split, global index), gene after gene. Not
/// collective, `comm` tells which cells are this rank's; the same on any layout. Memory: two copies of the counts.
SplitCells split_counts(MPI_Comm comm, const matrix::DistributedCells& cells, double fraction, std::uint64_t seed);

}  // namespace miura::markers
