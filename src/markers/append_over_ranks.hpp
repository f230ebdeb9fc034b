#pragma once

#include <mpi.h>

#include <vector>

#include "miura/parallel/communicator.hpp"

namespace miura::markers {

/// Appends what every rank has, in order of rank, on all of them. Collective.
template <class T>
void append_over_ranks(MPI_Comm comm, const std::vector<T>& mine, std::vector<T>& all) {
  const auto of_all = parallel::gather_everywhere<T>(comm, mine);
  all.insert(all.end(), of_all.begin(), of_all.end());
}

}  // namespace miura::markers
