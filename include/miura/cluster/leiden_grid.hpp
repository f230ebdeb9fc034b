#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/cluster/leiden.hpp"

namespace miura::cluster {

struct LeidenGridOptions {
  std::int64_t most_copied_bytes = std::int64_t{1} << 29;  ///< a graph up to this size is copied whole to every rank
  void (*safe_point)(MPI_Comm) = nullptr;                  ///< called by all ranks between runs, which may throw
};

/// The communities of one graph, once for each of `runs` (resolutions, seeds): the same bits as leiden() for one after
/// another. Runs do not wait for each other, while the ranks of one run do, many times a pass: so a graph that is small
/// enough (12 bytes an edge and direction) is copied to every rank, and the runs are dealt over the ranks in turn.
/// A larger graph stays where it is and all ranks work on each run.
///
/// Collective over `comm`; errors as of leiden(). Memory: the copy, and 4 bytes a vertex and run dealt to this rank.
std::vector<Clustering> leiden_grid(MPI_Comm comm, const matrix::Graph& graph, std::span<const LeidenOptions> runs,
                                    const LeidenGridOptions& options = {});

}  // namespace miura::cluster
