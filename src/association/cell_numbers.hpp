#pragma once

#include <mpi.h>

#include "association/cluster_share.hpp"

namespace miura::association {

/// p_adj_n of the rows in the family: given the ranks of the lots' cell numbers besides the design's own strata and
/// covariate, of each row by itself. NaN where lots are too few or all of one size. Collective.
void adjust_for_cell_numbers(MPI_Comm comm, ClusterFamily& family, const LotDesign& design, const Options& options);

}  // namespace miura::association
