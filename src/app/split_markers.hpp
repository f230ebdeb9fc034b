#pragma once

#include <mpi.h>

#include <vector>

#include "app/run_options.hpp"
#include "app/study.hpp"
#include "miura/markers/rank_sum.hpp"

namespace miura::app {

/// Markers whose p over cells may be believed: every molecule is dealt to one of two halves, the street from variable
/// genes to the primary partition runs anew on the first, and the clusters it finds are tested on the second (count
/// splitting, docs/methods/markers.md). `primary`: what all molecules say of the primary clusters. Tables markers_split
/// and markers_split_clusters. Collective. Memory: a second copy of the counts, and 1.3 times that while it is dealt.
std::vector<matrix::Table> split_markers(MPI_Comm comm, const Study& study, const markers::RankSums& primary,
                                         const RunOptions& o);

}  // namespace miura::app
