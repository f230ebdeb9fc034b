#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "miura/matrix/cells.hpp"

namespace miura::doublets {

/// The two cells, different ones, of simulated doublet `number` among n of them, at least two.
std::pair<std::int64_t, std::int64_t> draw_pair(std::int64_t n, std::uint64_t key, std::int64_t number);

/// The summed counts of pairs of cells, which may be of any rank: a row for each of this rank's pairs. Collective.
matrix::CountRows summed_counts(MPI_Comm comm, const matrix::DistributedCells& cells,
                                std::span<const std::pair<std::int64_t, std::int64_t>> pairs);

}  // namespace miura::doublets
