#pragma once

#include <mpi.h>

#include <span>

#include "association/cluster_share.hpp"

namespace miura::association {

/// p_conditional: a cluster that rises lowers the shares of all others. In every partition with declared
/// clusters of an outcome the foremost is set aside, and all others are tested again on their shares among the cells
/// outside, by one maxT over all such partitions. Where one passes, the foremost of these is set aside too, and so on
/// until none passes: p_conditional of a cluster is that of the last test it took part in, so that what is left has
/// been tested given the whole set that was set aside. NaN for the first of a partition, beside which nothing was, and
/// where nothing varies outside the set. Collective.
void test_given_declared(MPI_Comm comm, ClusterFamily& family, std::span<const Lots* const> family_lots,
                         const LotDesign& design, const Options& options);

}  // namespace miura::association
