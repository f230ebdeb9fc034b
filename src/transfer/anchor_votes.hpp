#pragma once

#include <mpi.h>

#include "miura/transfer/anchors.hpp"
#include "miura/transfer/cells.hpp"
#include "transfer/label_scores.hpp"

namespace miura::transfer {

/// Seurat's TransferData from anchors (see `map_lot`). `query_scores` are the plain components that are used.
/// Collective.
LabelScores anchor_votes(MPI_Comm comm, const Reference& reference, const matrix::Embedding& query_scores,
                         const Anchors& anchors, const AnchorOptions& options);

}  // namespace miura::transfer
