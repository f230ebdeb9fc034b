#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "miura/association/cluster_association.hpp"
#include "miura/cellcycle/scores.hpp"
#include "miura/matrix/cells.hpp"
#include "miura/matrix/composition.hpp"
#include "miura/matrix/embedding.hpp"
#include "miura/matrix/features.hpp"
#include "miura/matrix/graph.hpp"
#include "miura/matrix/labeling.hpp"
#include "miura/matrix/lots.hpp"
#include "miura/matrix/table.hpp"
#include "miura/normalize/variable_genes.hpp"
#include "miura/pca/fit.hpp"
#include "miura/populations/population.hpp"
#include "miura/qc/metrics.hpp"

namespace miura::app {

/// What `read` leaves: the cells that passed quality control, in canonical order over ranks.
struct CellsStage {
  matrix::Features features;
  bool is_table = false;
  matrix::DistributedCells cells;
  qc::CellMetrics metrics;                         ///< of my cells
  matrix::Table attrition;                         ///< what became of the cells of each lot, a row a lot
  matrix::Features dropped;                        ///< genes of the reference's lots that too few of their cells have
  std::vector<std::vector<std::int32_t>> missing;  ///< features that the file of a lot lacks; none for training lots
};

/// What `normalize` leaves: which cells build the reference, and which genes are looked at.
struct GenesStage {
  std::vector<std::uint8_t> reference;  ///< of my cells
  normalize::VariableGenes variable;    ///< of a table: all features, without ranks
  std::vector<double> table_mean,
      table_sd;  ///< of a table's features over the reference, in their own units; else empty
};

/// What `integrate` leaves: the coordinates that the primary partition is made of. Those of further integrations are
/// made when they are clustered, one after the other, so that no more than one is held besides.
struct IntegrateStage {
  std::string by = "none";      ///< as matrix::Labeling::integration
  matrix::Embedding corrected;  ///< of my cells, NaN for cells of lots that do not train; empty for none
};

/// What `neighbors` leaves, of the primary integration. Vertices are the reference cells in canonical order.
struct NeighborsStage {
  matrix::Neighbors nearest;
  matrix::Graph graph;
};

/// What `cluster` leaves: the partitions of the grid, integration after integration, the primary one first. Training
/// cells have a cluster in each, cells of other lots none.
struct ClusterStage {
  std::vector<matrix::Labeling> partitions;
  std::optional<matrix::Labeling> not_integrated;  ///< as the primary partition, but of coordinates that were not
                                                   ///< corrected, to be shown beside it; where none is not declared
  double modularity = 0;   ///< of the primary partition, at its resolution; NaN for labels that were given
  std::string label_hash;  ///< digest of (lot, barcode, labels) of all cells, written before any outcome is used
  std::string written;     ///< when that was, UTC

  const matrix::Labeling& primary() const { return partitions.front(); }
};

/// What `composition` leaves: one for each partition, over all lots.
struct CompositionStage {
  std::vector<matrix::Composition> partitions;
  std::optional<matrix::Composition> not_integrated;  ///< where the clusters have it

  const matrix::Composition& primary() const { return partitions.front(); }
};

/// The populations of the grid, and what they are found by. Quick to find again, and so not kept.
struct PopulationGrid {
  populations::Overlaps overlaps;
  populations::Populations populations;
};

/// What `stability` leaves: tables/stability.tsv.
struct StabilityStage {
  matrix::Table table;
};

/// What `markers` leaves: tables/markers.tsv, marker_dots.tsv and marker_volcano.tsv; empty for tables of features and
/// for a single cluster.
struct MarkerStage {
  matrix::Table table, dots, volcano;
  std::vector<std::string> tested;        ///< symbols of the genes that were tested in a cluster at least
  std::vector<matrix::Table> on_request;  ///< markers_pairwise, markers_split, markers_split_clusters
};

/// What `mapping` leaves: where the cells of the lots that do not train belong. Vectors have an entry for each of my
/// cells; those of training lots say nothing.
struct MappingStage {
  std::string transferred;              ///< "none,0.5,0", the partition whose clusters are the labels; or "core of 1"
  std::vector<std::string> label_name;  ///< of the labels
  std::vector<std::int32_t> label;      ///< -1: unassigned, or not mapped
  std::vector<std::int32_t> likeliest, second;  ///< labels by score, whether the cell belongs or not; -1: none
  std::vector<double> score, margin, knn_dist, p_outlier, p_neighborhood;
  std::vector<std::int32_t> n_anchors;
  std::vector<std::uint8_t> status;          ///< transfer::Status
  std::vector<std::int32_t> training_label;  ///< what was transferred, of my training cells; -1 of others
  /// Of my cells, when their lot was held out; NaN of others.
  std::vector<double> held_out_score, held_out_dist, held_out_neighborhood;
  matrix::Composition composition;  ///< of the labels in the mapped lots
  matrix::Table lots;               ///< tables/mapped_lots.tsv

  bool any() const noexcept { return lots.n_rows() > 0; }  ///< whether a lot was mapped
  /// Of all my cells, by training or by mapping; -1: unassigned.
  std::vector<std::int32_t> label_of_cells() const {
    auto labels = training_label;
    for (std::size_t i = 0; i < labels.size(); ++i)
      if (labels[i] < 0) labels[i] = label[i];
    return labels;
  }
  /// "" for -1.
  std::string name_of(std::int32_t of) const { return of < 0 ? std::string() : label_name[of]; }
};

/// What `cell_states` leaves. Vectors have an entry for each of my cells, NaN and unknown where there is no score.
struct CellStatesStage {
  bool has_cycle = false, has_doublets = false;  ///< whether any cell was scored
  std::string without_cycle;                     ///< why there are no scores of the cell cycle, in words
  cellcycle::Scores cycle;
  std::vector<double> doublet_score;
  matrix::Table table;  ///< tables/cell_states.tsv; empty without scores
};

/// Reference cells in the coordinates in which others find their neighbours among them, and in the plane; this rank's
/// part of both.
struct LayoutReference {
  matrix::Embedding coordinates, layout;
};

/// What `umap` leaves: places in the plane; empty where none were wanted.
struct UmapStage {
  matrix::Embedding cells;   ///< of all my cells; NaN for one that has no neighbour
  matrix::Embedding behind;  ///< of `miura map`: an even share of the reference cells, among which they were placed

  bool any() const noexcept { return cells.n_dims > 0; }
};

/// What `association` leaves.
struct AssociationStage {
  std::vector<std::int32_t> training_lots;     ///< those it looks at, by their place in `lots`
  std::vector<association::Outcome> outcomes;  ///< of the training lots; empty where none was named
  std::vector<matrix::Table> tables;
  std::vector<std::string> warnings;
  std::vector<std::string> population_name;  ///< P1, P2, ... of the populations of the grid
  std::string outcomes_read;                 ///< when, UTC; empty where none was named

  /// One of the tables, or nothing.
  const matrix::Table* table(const std::string& name) const {
    const auto found = std::ranges::find(tables, name, &matrix::Table::name);
    return found == tables.end() ? nullptr : &*found;
  }
};

/// What `genes` leaves: tables/gene_association.tsv, and condition_genes.tsv where conditions are compared; empty for
/// tables of features, the first without outcomes.
struct GeneStage {
  matrix::Table table, conditions;
};

/// What `enrichment` leaves: tables/enrichment.tsv, enrichment_lists.tsv and, as far as they are asked for, those of
/// ranked genes (enrichment_ranked*.tsv); none without sets.
struct EnrichmentStage {
  std::vector<matrix::Table> tables;
  std::vector<std::string> warnings;
};

/// What `neighborhoods` leaves: tables/global.tsv, and of every outcome what was found round each reference cell.
struct NeighborhoodStage {
  matrix::Table table;
  std::vector<std::string> outcome;
  std::vector<std::vector<double>> ncorr, p_fwer, fdr;  ///< outcome x my reference cells
};

/// What `sources` leaves: tables of what the mapped lots show of the declared cluster; none without mapped lots.
struct SourcesStage {
  std::vector<matrix::Table> tables;
  std::vector<std::string> warnings;
};

/// Everything a single-cell study holds, stage after stage; what a stage has not made yet is empty.
struct Study {
  matrix::Lots lots;
  CellsStage cells;
  GenesStage genes;
  pca::Result pca;
  IntegrateStage integrated;
  NeighborsStage neighbors;
  ClusterStage clusters;
  CompositionStage composition;
  std::optional<PopulationGrid> grid;
  StabilityStage stability;
  MarkerStage markers;
  MappingStage mapping;
  CellStatesStage cell_states;
  UmapStage umap;
  AssociationStage association;
  GeneStage gene_association;
  EnrichmentStage enrichment;
  NeighborhoodStage neighborhoods;
  SourcesStage sources;
  std::vector<std::string> warnings;

  /// Of my cells, as neighbours and clusters of the primary partition see them.
  const matrix::Embedding& coordinates() const { return integrated.by == "none" ? pca.scores : integrated.corrected; }
};

}  // namespace miura::app
