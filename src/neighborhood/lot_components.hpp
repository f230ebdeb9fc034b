#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

#include "miura/neighborhood/abundance.hpp"
#include "neighborhood/tested_lots.hpp"

namespace miura::neighborhood {

/// Lots' similarity in the abundance of all neighborhoods.
struct LotGram {
  std::int32_t n_lots = 0;
  std::int64_t n_neighborhoods = 0;  ///< whose abundance varies over the lots
  std::vector<double> value;         ///< n_lots x n_lots: mean over them of z_i z_j, standardised over lots
};

/// Each neighborhood, aligned and standardised over the tested lots (population standard deviation), is put on a grid
/// of 2^-24; products are summed over cells in integers, so the Gram matrix has the same bits on any number of ranks
/// and threads. Error of an entry: below 2^-24 sqrt(n_lots). Collective.
LotGram lot_gram(MPI_Comm comm, const Abundance& nam, const TestedLots& lots);

/// Eigenvectors of the Gram matrix with the largest eigenvalues, largest first: n_components x n_lots; those of
/// eigenvalues below 1e-9 of the trace are left out. The entry largest in size is positive. By LAPACK on rank 0 with
/// one thread, then broadcast. Collective.
std::vector<double> lot_components(MPI_Comm comm, const LotGram& gram, std::int32_t n_components);

}  // namespace miura::neighborhood
