#pragma once

#include <mpi.h>

#include <string>
#include <vector>

#include "app/run_options.hpp"
#include "app/study.hpp"
#include "miura/markers/contrast.hpp"
#include "miura/matrix/pseudobulk.hpp"

namespace miura::app {

/// The pairs that `typed` names: "all", or CLUSTER:CLUSTER between commas. UsageError for what is no pair of
/// `clusters`.
std::vector<markers::Contrast> pairs_named(const std::string& typed, const matrix::Labeling& clusters);

/// Whether this may be pairs, before clusters are known: UsageError where not.
void check_pairs(const std::string& typed);

/// Markers of one primary cluster against another: tables/markers_pairwise.tsv, with the columns of markers.tsv and
/// `other`. Pairs are tested some at a time, so that memory is that of some 2 million tests, whatever their number.
/// `sums` are those of sums_of_groups(). Collective.
matrix::Table pairwise_markers(MPI_Comm comm, const Study& study, const matrix::Pseudobulk& sums, const RunOptions& o);

}  // namespace miura::app
