#pragma once

#include <mpi.h>

#include <filesystem>
#include <string>
#include <vector>

#include "app/compared_lots.hpp"

namespace miura::app {

/// Expression of a marker in every lot: log2 of counts per million (pseudobulk::lot_expression); NaN for a lot with too
/// few cells of the cluster.
struct MarkerExpression {
  std::string name;
  std::vector<double> value;
};

/// Of each marker (GENE or GENE:CLUSTER, the gene by symbol or id), by the counts of study.h5ad and the cluster of each
/// cell: that of the training cells, or the one that a mapped cell was given. Streams the counts of this rank's cells
/// once. UsageError for an unknown gene or cluster, or a study without counts. Collective.
std::vector<MarkerExpression> read_marker_expression(MPI_Comm comm, const std::filesystem::path& result,
                                                     const ComparedLots& study, const std::vector<std::string>& typed);

}  // namespace miura::app
