#pragma once

#include <mpi.h>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "app/run_options.hpp"
#include "app/study.hpp"

namespace miura::app {

/// The street, in the order in which the data flows.
inline constexpr std::array<std::string_view, 8> stage_names{"read",    "normalize",   "pca",         "neighbors",
                                                             "cluster", "composition", "association", "report"};

/// Position of a stage in the street; UsageError for a name that is none.
int stage_number(const std::string& name);

/// Each stage takes what earlier ones left and returns its own part of the Study. All are collective.
CellsStage read_stage(MPI_Comm comm, const matrix::Lots& lots, const RunOptions& o);
GenesStage normalize_stage(MPI_Comm comm, const Study& study, const RunOptions& o);
pca::Result pca_stage(MPI_Comm comm, const Study& study, const RunOptions& o);
NeighborsStage neighbors_stage(MPI_Comm comm, const Study& study, const RunOptions& o);
ClusterStage cluster_stage(MPI_Comm comm, const Study& study, const RunOptions& o);
void composition_stage(MPI_Comm comm, Study& study, const RunOptions& o);
/// Reads the outcomes: called when the digest of the labels is on the disk.
void association_stage(MPI_Comm comm, Study& study, const RunOptions& o, const std::filesystem::path& sheet);

/// Partition of the reference cells, which follow the cells of each rank.
parallel::Partition reference_partition(MPI_Comm comm, std::span<const std::uint8_t> reference);

}  // namespace miura::app
