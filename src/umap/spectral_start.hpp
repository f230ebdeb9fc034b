#pragma once

#include <mpi.h>

#include <cstdint>
#include <vector>

#include "miura/matrix/graph.hpp"

namespace miura::umap {

/// Where the layout starts: the two leading non-trivial eigenvectors of the random walk on the graph, coordinates in
/// [-5, 5]; the parts of a graph that is not connected side by side, each on an area that goes with its size.
/// x, y of every vertex, replicated. Collective.
std::vector<double> spectral_start(MPI_Comm comm, const matrix::Graph& graph, std::uint64_t seed);

}  // namespace miura::umap
