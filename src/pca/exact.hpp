#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>

namespace miura::pca {

__extension__ typedef __int128 Int128;  // an extension of g++ and clang++

/// In-place sums over ranks, exact. Collective. Sums stay below 2^110 in size, on at most 2^15 ranks.
void sum_over_ranks(MPI_Comm comm, std::span<Int128> values);

}  // namespace miura::pca
