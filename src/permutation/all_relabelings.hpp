#pragma once

#include <mpi.h>

#include "permutation/family.hpp"

namespace miura::permutation {

/// Counts over all relabelings for a family with tests. Collective; summed over ranks.
Counts count_all_relabelings(MPI_Comm comm, const Family& family);

}  // namespace miura::permutation
