#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

#include "miura/matrix/graph.hpp"

namespace miura::cluster {

/// How many vertices the connected component of each of this rank's vertices has. Collective. Every rank holds 24 bytes
/// a vertex of the whole graph.
std::vector<std::int64_t> component_sizes(MPI_Comm comm, const matrix::Graph& graph);

}  // namespace miura::cluster
