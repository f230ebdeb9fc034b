#pragma once

#include <mpi.h>

#include <cstdint>

#include "miura/matrix/embedding.hpp"
#include "miura/matrix/graph.hpp"

namespace miura::umap {

struct LayoutOptions {
  double min_dist = 0.5;                   ///< how tight points lie; as scanpy's tl.umap (umap-learn: 0.1, Seurat: 0.3)
  double spread = 1.0;                     ///< unit of distance
  std::int32_t epochs = 0;                 ///< 0: 750 for up to 10,000 points, else 200 (umap-learn: 500, 200)
  std::int32_t negatives = 5;              ///< points that push for each one that pulls
  std::uint64_t seed = 1;                  ///< same seed, same bits, on any number of ranks and threads
  void (*safe_point)(MPI_Comm) = nullptr;  ///< called between epochs by all ranks; may throw on all of them
};

/// How often all edges are gone through, and in how many rounds each time.
struct Plan {
  std::int32_t epochs = 0, rounds = 0;
};
/// `epochs` as in LayoutOptions.
Plan plan_for(std::int64_t n_vertices, std::int32_t epochs);

/// UMAP in the plane: places the vertices of a fuzzy graph so that joined ones lie near each other.
///
/// The objective, its stochastic gradient and its defaults are umap-learn's (McInnes, Healy & Melville 2018,
/// arXiv:1802.03426, section 4.2); the order of steps is not, because umap-learn's has no meaning on several ranks.
/// An epoch deals the edges by hash into rounds (16 up to 10,000 points, else 8); in a round every vertex goes step
/// after step through its own pulls and pushes, while all others stay where they were at the start of the round. Which
/// points push is drawn by (seed, epoch, round, vertex, number of the draw). The start is spectral: eigenvectors of the
/// random walk on the graph, coarsened to some 10,000 vertices if it has more, by SLEPc; parts of a graph that is not
/// connected start apart.
///
/// Two values a vertex, this rank's vertices. Collective over `comm`; needs SlepcInitialize. Positions are replicated:
/// memory 32 bytes a vertex on every rank, and for its own 64 to 128 bytes and 8 bytes an edge and direction.
/// UsageError for options out of range. Time: docs/performance.md.
matrix::Embedding layout(MPI_Comm comm, const matrix::Graph& graph, const LayoutOptions& options);

}  // namespace miura::umap
