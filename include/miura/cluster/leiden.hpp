#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/matrix/graph.hpp"

namespace miura::cluster {

struct LeidenOptions {
  double resolution = 0.5;  ///< gamma of Reichardt and Bornholdt; larger means more, smaller clusters; 0 to 1024
  std::uint64_t seed = 0;   ///< orders visits and breaks ties; same seed, same bits, on any number of ranks and threads
  int iterations =
      3;  ///< at most so many passes over all levels, the first a hasty one; ends when one improves nothing
};

/// What came out, in the numbering of reports: cluster 0 is the largest.
struct Clustering {
  std::vector<std::int32_t> label;  ///< of this rank's vertices; by falling size, ties by smallest global vertex
  std::int32_t n_clusters = 0;
  double modularity = 0;  ///< at the resolution asked for; 0 for a graph without edges
};

/// Communities of a graph by the Leiden algorithm, maximising modularity with a resolution,
///
///   Q = sum over communities of  inside / 2m - resolution (total / 2m)^2
///
/// (Traag, Waltman and van Eck 2019, Sci Rep 9:5233; Reichardt and Bornholdt 2006), which scanpy calls `leiden` and
/// Seurat `FindClusters(algorithm = 4)`. Every community is connected; an isolated vertex is a cluster of its own.
///
/// Vertices move in synchronous sub-rounds: those of one hashed class choose by the same frozen state, then all ranks
/// learn who moved. Gains are compared as exact integers, ties by hash, so labels do not depend on ranks or threads.
///
/// Collective over `comm`. Throws UsageError for a resolution outside [0, 1024] or no iterations, and
/// std::length_error beyond 2^31 - 1 vertices or a total weight (both ways round) of 2^48.
/// Edges stay with their ranks; a coarse graph is replicated once it has at most 2^15 vertices. Every rank holds about
/// 45 bytes per vertex of the whole graph (communities, refined communities, their sizes and totals, who moved); a
/// sub-round sends 16 bytes per moved vertex to every rank.
Clustering leiden(MPI_Comm comm, const matrix::Graph& graph, const LeidenOptions& options = {});

/// Modularity of any labels (>= 0) of this rank's vertices; 0 for a graph without edges. Collective. Same limits.
double modularity(MPI_Comm comm, const matrix::Graph& graph, std::span<const std::int32_t> label, double resolution);

}  // namespace miura::cluster
