#pragma once

#include <mpi.h>

#include "miura/matrix/graph.hpp"
#include "miura/transfer/cells.hpp"
#include "transfer/label_scores.hpp"

namespace miura::transfer {

/// Share of each label among the reference cells nearest to a query cell. Collective.
LabelScores nearest_votes(MPI_Comm comm, const Reference& reference, const matrix::Neighbors& near);

}  // namespace miura::transfer
