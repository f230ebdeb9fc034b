#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/common_options.hpp"
#include "miura/association/cluster_association.hpp"
#include "miura/cellcycle/scores.hpp"
#include "miura/cluster/leiden.hpp"
#include "miura/doublets/scores.hpp"
#include "miura/enrichment/ranked.hpp"
#include "miura/input/cells.hpp"
#include "miura/integrate/harmony.hpp"
#include "miura/knn/search.hpp"
#include "miura/knn/shared_neighbors.hpp"
#include "miura/normalize/variable_genes.hpp"
#include "miura/pca/fit.hpp"
#include "miura/qc/filter.hpp"
#include "miura/qc/reference.hpp"
#include "miura/transfer/rejection.hpp"
#include "miura/umap/layout.hpp"

namespace miura::app {

/// All options of `miura run`. Each field is the option of the module that uses it.
struct RunOptions {
  CommonOptions common;
  std::string from, to;
  bool plan = false;                     ///< only forecast memory, time and room
  int plan_ranks = 0, plan_threads = 0;  ///< for this layout; 0: the one that the program is started with
  std::string samples, study_name;
  input::CellsOptions input;
  qc::FilterOptions qc;
  qc::ReferenceOptions reference;
  std::string normalize_method = "auto";
  double scale = 1e4;
  normalize::VariableGenesOptions variable;
  std::string variable_batch = "lot";
  std::string pca_method = "gram";
  pca::Options pca;
  std::string integrate_by;  ///< comma-separated, the primary first; empty: by what the lots are
  integrate::HarmonyOptions harmony;
  knn::SharedNeighborOptions shared;
  std::int64_t exact_search_up_to = 20'000'000;    ///< reference cells
  std::int32_t n_probed_lists = 32;                ///< of an inverted file, above that
  cluster::LeidenOptions leiden;                   ///< of the primary partition
  std::string resolutions = "0.3, 0.5, 0.8, 1.2";  ///< of the grid of partitions
  std::int32_t seeds = 8;                          ///< partitions of each resolution
  std::string labels;                              ///< column of the tables of cells; empty: cells are clustered
  std::int32_t stability_replicates = 5;           ///< of each kind of subset
  std::int64_t stability_cells = 10'000;           ///< about so many reference cells are clustered again
  bool markers = true;
  std::int64_t marker_top = 200;  ///< genes of each cluster up, and so many down; 0: all
  bool marker_split = false;
  double marker_split_fraction = 0.5;  ///< share of the molecules that clusters are formed on
  std::string marker_pairs;            ///< "all", or pairs of clusters as "0:1, 2:0"; empty: none
  std::string mapping_mode = "anchor", mapping_label = "clusters";
  std::string sources_cluster, sources_markers;
  transfer::MapOptions mapping;
  transfer::RejectionOptions rejection;
  bool score_cell_cycle = true;
  std::string cell_cycle_genes;  ///< GMT file with the sets S and G2M; empty: human genes
  cellcycle::ScoreOptions cell_cycle;
  bool score_doublets = true;
  std::string doublet_run;  ///< column of the tables of cells; empty: each lot is a capture run
  doublets::ScoreOptions doublets;
  double doublet_threshold = 0.25;  ///< a cell with such a score counts as doublet-like
  bool umap_layout = true;
  umap::LayoutOptions umap;
  std::string outcomes, primary, confounders;
  std::string strata, covariate;
  std::string side = "two-sided", interval = "bonett-wright", correction = "max-t";
  association::Options association;
  bool genes = true;
  std::int32_t gene_exact_up_to = 8;  ///< genes are many, and so are their families
  std::int64_t gene_permutations = 9'999;
  double gene_report_p = 0.01;                   ///< of the rows within clusters
  std::string condition_column;                  ///< of the sample sheet; empty: no conditions are compared
  std::string condition_compare;                 ///< FIRST:SECOND, two of its words
  std::string condition_pair = "donor";          ///< column that tells which lots belong together
  std::string gene_sets;                         ///< GMT files, comma-separated, relative to the INI file
  std::vector<std::filesystem::path> set_files;  ///< the same, found
  enrichment::RankedOptions enrichment;
  bool enrichment_clusters = true;  ///< also along the genes ranked in each cluster
  bool neighborhoods = true;
  std::int64_t neighborhood_permutations = 9'999;
  std::int64_t neighborhood_max_lots = 5'000;
};

/// The outcomes, the primary ones included.
std::vector<std::string> outcomes_named(const RunOptions& o);

/// All columns of numbers that the association looks at: outcomes, covariate and confounders.
std::vector<std::string> columns_used(const RunOptions& o);

/// The resolutions of the grid, the primary one first. UsageError for what is no number or out of range.
std::vector<double> grid_resolutions(const RunOptions& o);

/// Every option: name, default and meaning once, bound to the field that is used.
po::options_description describe(RunOptions& o);

/// Checks what one option alone can tell, and turns words into values; throws UsageError.
void check(RunOptions& o);

}  // namespace miura::app
