#pragma once

#include <mpi.h>

#include <array>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/run_options.hpp"
#include "app/study.hpp"

namespace miura::app {

/// The street, in the order in which the data flows.
inline constexpr std::array<std::string_view, 18> stage_names{
    "read",        "normalize", "pca",        "integrate",     "neighbors", "cluster",
    "composition", "stability", "markers",    "mapping",       "umap",      "cell_states",
    "association", "genes",     "enrichment", "neighborhoods", "sources",   "report"};

/// Position of a stage in the street; UsageError for a name that is none.
int stage_number(const std::string& name);

/// Each stage takes what earlier ones left and returns its own part of the Study. All are collective.
CellsStage read_stage(MPI_Comm comm, const matrix::Lots& lots, const RunOptions& o);
GenesStage normalize_stage(MPI_Comm comm, const Study& study, const RunOptions& o);
pca::Result pca_stage(MPI_Comm comm, const Study& study, const RunOptions& o);
/// Corrects the coordinates by the primary integration.
IntegrateStage integrate_stage(MPI_Comm comm, const Study& study, const RunOptions& o);
NeighborsStage neighbors_stage(MPI_Comm comm, const Study& study, const RunOptions& o);
ClusterStage cluster_stage(MPI_Comm comm, const Study& study, const RunOptions& o);
CompositionStage composition_stage(MPI_Comm comm, const Study& study);
/// The primary partition alone, of the study's own neighbours.
matrix::Labeling primary_partition(MPI_Comm comm, const Study& study, const RunOptions& o);
/// The populations of the grid, to be found again whenever they are needed.
PopulationGrid population_grid(MPI_Comm comm, const Study& study);
StabilityStage stability_stage(MPI_Comm comm, const Study& study, const RunOptions& o);
/// What each primary cluster expresses more, or less, than the others, in every lot and over cells.
MarkerStage marker_stage(MPI_Comm comm, const Study& study, const RunOptions& o);
/// Where the cells of the lots that do not train belong on the reference. No outcome is looked at.
MappingStage mapping_stage(MPI_Comm comm, const Study& study, const RunOptions& o);
/// How far cells are in the cell cycle, and which look like two cells in one droplet. No outcome is looked at.
CellStatesStage cell_states_stage(MPI_Comm comm, const Study& study, const RunOptions& o);
/// The reference cells in the plane, and all others placed among them. No outcome is looked at.
UmapStage umap_stage(MPI_Comm comm, const Study& study, const RunOptions& o);
/// Reads the outcomes: called when the digest of the labels is on the disk.
AssociationStage association_stage(MPI_Comm comm, const Study& study, const RunOptions& o,
                                   const std::filesystem::path& sheet);

/// Lot-level expression of every gene against every outcome, in all cells and within each primary cluster.
GeneStage gene_stage(MPI_Comm comm, const Study& study, const RunOptions& o, const std::filesystem::path& sheet);
/// Gene sets that the markers of each cluster share, and along the genes that go with a primary outcome.
EnrichmentStage enrichment_stage(MPI_Comm comm, const Study& study, const RunOptions& o,
                                 const std::filesystem::path& sheet);
/// The same question without clusters: abundance round each reference cell.
NeighborhoodStage neighborhood_stage(MPI_Comm comm, const Study& study, const RunOptions& o,
                                     const std::filesystem::path& sheet);

/// Share of the declared cluster against the outcomes in the mapped lots, and chosen markers by source.
SourcesStage sources_stage(MPI_Comm comm, const Study& study, const RunOptions& o, const std::filesystem::path& sheet);

/// How lots are compared: the options of the association with strata, covariate and donors of the training lots.
association::Options tests_of(MPI_Comm comm, const Study& study, const RunOptions& o,
                              const std::filesystem::path& sheet);

/// A mark for each lot: whether it has the role.
std::vector<std::uint8_t> marks_of(const matrix::Lots& lots, const std::string& role);

/// Neighbours and graph of the reference cells in some coordinates of all cells. Collective.
NeighborsStage neighbors_of(MPI_Comm comm, const Study& study, const matrix::Embedding& coordinates,
                            const RunOptions& o);

/// Lots with role train.
matrix::Lots training_lots(const matrix::Lots& lots);

/// "integration,resolution,seed": how options name a partition.
std::string partition_id(const matrix::Labeling& partition);

/// Whether a test is about a cluster of the partition.
bool is_about(const association::Row& row, const matrix::Labeling& partition);

/// A column of the tables of cells, for each of my cells; empty where a cell has none or its lot is not `wanted`.
/// Collective.
std::vector<std::string> column_of_cells(MPI_Comm comm, const Study& study, const std::string& column,
                                         const std::function<bool(const matrix::Lot&)>& wanted);

/// tables/lots.tsv: what the sample sheet says of a lot, and what became of its cells.
matrix::Table lots_table(const Study& study);
/// tables/composition.tsv: cells and share of every lot in every cluster of every partition.
/// Of many thousand lots it takes gigabytes, so ranks that do not write it have no rows.
enum class Rows { all, none };
matrix::Table composition_table(const Study& study, Rows rows);

/// All tables of a study, as they go to tables/ and into study.h5ad; `rows` is of the composition alone.
std::vector<matrix::Table> tables_of(const Study& study, Rows rows);

/// The rows that are marked, as an embedding or matrix of their own. Collective.
matrix::Embedding marked_rows(MPI_Comm comm, const matrix::Embedding& all, std::span<const std::uint8_t> marked);
matrix::GridMatrix marked_rows(MPI_Comm comm, const matrix::GridMatrix& all, std::span<const std::uint8_t> marked);

/// The cells that pass the quality control, with all features that were chosen. Collective.
CellsStage read_counts_of(MPI_Comm comm, const matrix::Lots& lots, const RunOptions& o,
                          const input::FeatureChoice& choice);

/// Chosen features (ascending) of these local cells on the grid, distributed as `partition` says: log-normalised
/// counts, or z-scores of a table. Not collective.
matrix::GridMatrix grid_of(const Study& study, std::span<const std::int64_t> rows, const parallel::Partition& partition,
                           std::span<const std::int32_t> features, const RunOptions& o);
/// Of all cells.
matrix::GridMatrix grid_of(const Study& study, std::span<const std::int32_t> features, const RunOptions& o);

/// The local rows that are marked, or those that are not.
std::vector<std::int64_t> rows_marked(std::span<const std::uint8_t> marked, bool as = true);

/// Which of the features that components are made of the file of a lot has; empty: all.
std::vector<std::uint8_t> features_present(const Study& study, std::int32_t lot);

/// Places these local cells on the components, portion after portion; those of lots whose files lack some of the
/// features by the others alone, so that lacking does not count as "not expressed". Not collective.
void place_on_components(const Study& study, std::span<const std::int64_t> rows, const RunOptions& o, pca::Result& pca);

/// Cells placed among those of a layout, which stays as it is; each goes its own way. Collective.
matrix::Embedding placed_in_layout(MPI_Comm comm, const LayoutReference& reference, const matrix::Embedding& cells,
                                   const RunOptions& o);

/// Partition of the reference cells, which follow the cells of each rank.
parallel::Partition reference_partition(MPI_Comm comm, std::span<const std::uint8_t> reference);

}  // namespace miura::app
