#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "miura/association/cluster_association.hpp"
#include "miura/matrix/cells.hpp"
#include "miura/matrix/composition.hpp"
#include "miura/matrix/embedding.hpp"
#include "miura/matrix/features.hpp"
#include "miura/matrix/graph.hpp"
#include "miura/matrix/lots.hpp"
#include "miura/matrix/table.hpp"
#include "miura/normalize/variable_genes.hpp"
#include "miura/pca/fit.hpp"
#include "miura/qc/metrics.hpp"

namespace miura::app {

/// What `read` leaves: the cells that passed quality control, in canonical order over ranks.
struct CellsStage {
  matrix::Features features;
  bool is_table = false;
  matrix::DistributedCells cells;
  qc::CellMetrics metrics;  ///< of my cells
  matrix::Table attrition;  ///< tables/lots.tsv
};

/// What `normalize` leaves: which cells build the reference, and which genes are looked at.
struct GenesStage {
  std::vector<std::uint8_t> reference;  ///< of my cells
  normalize::VariableGenes variable;    ///< of a table: all features, without ranks
  std::vector<double> table_mean,
      table_sd;  ///< of a table's features over the reference, in their own units; else empty
};

/// What `neighbors` leaves. Vertices are the reference cells in canonical order.
struct NeighborsStage {
  matrix::Neighbors nearest;
  matrix::Graph graph;
};

/// What `cluster` leaves: a cluster for every training cell, -1 for the cells of other lots.
struct ClusterStage {
  std::vector<std::int32_t> label;  ///< of my cells
  std::int32_t n_clusters = 0;
  double modularity = 0;
  std::string label_hash;  ///< digest of (lot, barcode, label) of all cells, written before any outcome is used
};

/// Everything a single-cell study holds, stage after stage; what a stage has not made yet is empty.
struct Study {
  matrix::Lots lots;
  CellsStage cells;
  GenesStage genes;
  pca::Result pca;
  NeighborsStage neighbors;
  ClusterStage clusters;
  matrix::Composition composition;
  std::vector<std::int32_t> training_lots;     ///< those that the association looks at, by their place in `lots`
  std::vector<association::Outcome> outcomes;  ///< of the training lots; empty until the association has read them
  matrix::Table composition_table, association_table;
  std::vector<std::string> warnings;
};

}  // namespace miura::app
