#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "integrate/soft_clusters.hpp"
#include "miura/matrix/embedding.hpp"

namespace miura::integrate {

/// The original coordinates less the shift of each cell's batch in its clusters: step (2) of Harmony, a ridge
/// regression of coordinates on batches in each cluster, its intercept unpenalised. Fills `corrected`. Collective.
void correct(MPI_Comm comm, const matrix::Embedding& original, const SoftClusters& clusters,
             const HarmonyOptions& options, std::span<float> corrected);

}  // namespace miura::integrate
