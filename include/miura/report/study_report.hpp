#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "miura/report/cell_map.hpp"

namespace miura::report {

inline constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// What became of one lot's cells, and how deep they were sequenced.
struct LotRow {
  std::string lot, source, role;
  std::int64_t cells_read = 0, cells_kept = 0;
  std::vector<std::int64_t> cells_dropped;  ///< a count per StudyReport::drop_reasons
  double median_counts = missing;           ///< per kept cell
  double median_genes = missing;            ///< per kept cell
};

/// Cells of each lot in each cluster of one partition. Shares are taken of the row sums.
struct Composition {
  std::string partition;              ///< as a person would call it: "resolution 0.5, seed 0"
  std::vector<std::string> lots;      ///< the order of StudyReport::lots is not assumed
  std::vector<std::string> clusters;  ///< by falling size
  std::vector<std::int64_t> cells;    ///< lots x clusters, row-major

  std::int64_t count(std::size_t lot, std::size_t cluster) const { return cells[lot * clusters.size() + cluster]; }
  std::int64_t lot_total(std::size_t lot) const;
  double share(std::size_t lot, std::size_t cluster) const;  ///< NaN for a lot without cells
};

enum class Family { primary, secondary };

/// One test of one cluster against one outcome: a row of association.tsv, as far as a page has room for it.
struct AssociationRow {
  Family family = Family::primary;
  std::string partition;  ///< equals Composition::partition where it is the primary one
  std::string cluster, outcome;
  std::string population = {};  ///< clusters of other partitions with the same one are the same cells; empty: not known
  std::int64_t n_lots = 0;
  double mean_share = missing;
  double rho = missing, ci_lo = missing, ci_hi = missing;
  double p_exact = missing;   ///< of this test alone
  double p_step = missing;    ///< family-wise: maxT step-down
  double p_single = missing;  ///< single-step: how often the best of all tests of the family does as well
  std::int64_t permutations = 0;
  std::string permutation_kind = "exact";  ///< exact, mc, stratified, FL: perm_type of association.tsv
  std::string status = "OK", flags;        ///< words of association.tsv

  /// Whether the test counts in its family (by its status: OK, APPROX, FEW_CELLS).
  bool in_family() const;
};

/// A population of the grid of partitions and what an outcome says of it: a row of populations.tsv.
struct PopulationRow {
  std::string population, outcome, claim;
  std::int64_t n_partitions = 0, of_partitions = 0;  ///< that have it, of all
  std::int64_t core_cells = 0;
  double mean_share = missing;
  double rho_min = missing, rho_max = missing;
  double p_step = missing;     ///< smallest family-wise p of its clusters
  double stability = missing;  ///< mean best Jaccard index over the grid
  std::string primary_cluster, flags;
};

/// What a lot did: a value for each of StudyReport::outcome_names, NaN where it was not measured.
struct OutcomeRow {
  std::string lot, source, role;
  std::vector<double> value;
};

/// The points behind one association.
struct Scatter {
  struct Point {
    std::string lot, source;
    double share = missing, outcome = missing;
  };
  std::string partition, cluster, outcome;
  std::vector<Point> points;
};

/// A gene that marks a cluster: a row of markers.tsv.
struct MarkerRow {
  std::string cluster, gene;
  double difference = missing, effect = missing;  ///< mean over lots of the log2 ratio, and its cautious end
  std::int64_t n_higher = 0, n_lots = 0;
  double p_max_t = missing;  ///< over lots, family-wise over the genes of the cluster
  double auc = missing, share_in = missing, share_out = missing;
  std::string flags;
};

/// A dot of the dot plot: a gene, foremost in `marker_of`, in one of the clusters.
struct MarkerDot {
  std::string marker_of, gene, gene_id, cluster;
  double share = missing;      ///< of the cluster's cells where the gene was counted
  double log2_fold = missing;  ///< against the other clusters
};

/// A gene in the volcano plot of a cluster: a row of marker_volcano.tsv.
struct VolcanoPoint {
  std::string cluster, gene;
  double log2_fold = missing, log10_p = missing;  ///< over cells
  std::int64_t n_lots = 0, n_higher = 0, n_lower = 0;
  bool lots_agree = false;
};

/// A cluster that was formed on a part of the molecules, and how many genes differ in it: a row of
/// markers_split_clusters.tsv.
struct SplitClusterRow {
  std::string cluster, primary_cluster;  ///< the second: the most similar one of the composition; empty: none
  double jaccard = missing;              ///< of the two
  std::int64_t n_cells = 0, n_tested = 0;
  std::int64_t n_up = 0, n_down = 0;          ///< genes with q of at most 0.05 on the other molecules
  std::int64_t n_up_all = 0, n_down_all = 0;  ///< the same of the primary cluster, on all molecules
};

/// A gene that is higher, or lower, on one side of a contrast than on the other: a row of markers_pairwise.tsv or
/// condition_genes.tsv.
struct ContrastGene {
  std::string contrast;  ///< "0 against 1"; between conditions the cells that are compared: "all", or a cluster
  std::string direction, gene, gene_id;
  double difference = missing, effect = missing;           ///< mean over lots of the log2 ratio, and its cautious end
  std::int64_t n_lots = 0, n_higher = 0, n_lower = 0;      ///< lots, or donors
  double p = missing, p_max_t = missing, p_min = missing;  ///< over lots: alone, family-wise, smallest attainable
};

/// A gene set that the markers of a cluster share: a row of enrichment.tsv.
struct EnrichmentRow {
  std::string cluster, direction, set, description;
  std::int64_t k = 0, in_set = 0, universe = 0;  ///< markers in it, of its genes that were tested; all tested genes
  double fold = missing, log10_p = missing, log10_fdr = missing;
  std::string genes;
};

/// A gene set along ranked genes: a row of enrichment_ranked.tsv, enrichment_ranked_clusters.tsv or
/// enrichment_ranked_conditions.tsv.
struct RankedSetRow {
  std::string ranked_by;  ///< outcome, or cells whose genes were ranked: a cluster, "all"
  std::string set, description, direction;
  std::int64_t size = 0;
  double nes_genes = missing, fdr_genes = missing;
  double nes_lots = missing, p_lots = missing, fdr_lots = missing;
};

/// Two conditions of the same donors.
struct Conditions {
  std::string first, second;        ///< up: higher in the first
  std::vector<ContrastGene> genes;  ///< the foremost up, then down, of all cells and of each cluster
  std::vector<RankedSetRow> sets;   ///< likewise
};

/// How firmly a cluster of the primary partition stands when it is clustered again.
struct StabilityRow {
  struct Point {
    std::int64_t n_lots = 0;
    double jaccard = missing;  ///< mean over replicates
  };
  std::string cluster;
  double cells = missing, lots = missing;  ///< mean best Jaccard index, of drawn cells and of drawn lots
  std::int64_t dissolved_cells = 0, dissolved_lots = 0;
  std::int64_t lots_to_hold_still = 0;  ///< 0: all are too few
  std::vector<Point> by_lots;           ///< rising n_lots
};

/// Something that an outcome should not go with: a row of confounders.tsv.
struct ConfounderRow {
  std::string covariate, outcome;
  std::int64_t n_lots = 0;
  double rho = missing, p_exact = missing;
  std::string status;
};

/// Phase of the cell cycle and doublet scores of a cluster's cells, or of all of them: a row of cell_states.tsv.
struct CellStateRow {
  std::string cluster;  ///< "all": every cell
  std::int64_t n_cells = 0;
  double share_g1 = missing, share_s = missing, share_g2m = missing, share_undecided = missing;
  double doublet_score = missing;  ///< mean
  double share_doublet_like = missing;
};

/// A test of all cells, and the same of those in phase G1: a row of association_without_cycling.tsv.
struct WithoutCyclingRow {
  Family family = Family::primary;
  std::string partition, cluster, outcome;
  double share_cycling = missing;  ///< of the cluster's cells
  double rho = missing, rho_without = missing;
  double p_exact = missing, p_exact_without = missing;
  double p_step = missing, p_step_without = missing;
  bool declared = false, declared_without = false;
  std::string status_without = "OK";
};

/// A cluster of one integration beside the most similar one of another: a row of integration.tsv.
struct IntegrationRow {
  std::string integration, other;  ///< none, lot, chemistry
  std::string cluster, other_cluster, outcome;
  double ari = missing;         ///< of the two partitions
  double jaccard = missing;     ///< of the two clusters
  double rho_shares = missing;  ///< between their shares, over the lots that both know
  double rho = missing, other_rho = missing;
  double p_exact = missing, other_p_exact = missing;
  double p_step = missing, other_p_step = missing;  ///< each in its own family
};

/// An outcome against neighborhoods of cells, without clusters: a row of global.tsv.
struct NeighborhoodRow {
  std::string outcome;
  std::int64_t n_lots = 0, n_components = 0;
  double p = missing, p_local = missing, p_clusters = missing, p_omnibus = missing;
  std::string status;
};

/// How a lot stands to the reference: a row of mapped_lots.tsv.
struct MappedLotRow {
  std::string lot, source, role;
  std::int64_t n_cells = 0, n_outside = 0, n_unassigned = 0;
  double share_outside = missing;
  double p_outside = missing;  ///< share of held-out training lots with as much outside, this lot counted
  bool held_out = false;       ///< a training lot, mapped onto the others
  std::string status = "OK";

  /// Whether it does not belong to the reference: no anchors, or more than half of its cells outside.
  bool is_foreign() const;
};

/// The share of the declared cluster against an outcome in mapped lots: a row of mapped_association.tsv.
struct ReplicationRow {
  std::string outcome, cluster, hypothesis;  ///< "rho > 0", from the training lots
  std::string role, source;                  ///< "all": several together
  std::int64_t n_lots = 0;
  double rho = missing, p_one_sided = missing, p_min_attainable = missing;
  std::string status = "OK", flags;
};

/// Expression of chosen genes by source, in cells of the declared cluster and in others.
struct SourceMarkers {
  /// A row of source_markers.tsv.
  struct Row {
    std::string gene, role, source, group;  ///< group: all, declared, other
    std::int64_t n_lots = 0, n_cells = 0;
    double share_expressing = missing, high_from = missing, share_high = missing, mean = missing, log2_cpm = missing;
    std::string status = "OK";
  };
  /// A test over lots: a row of source_marker_tests.tsv.
  struct Test {
    std::string gene, role, source, group, against, measure;
    std::int64_t n_lots = 0, n_against = 0;
    double difference = missing, p = missing, p_min_attainable = missing, p_holm = missing;
    std::string status = "OK";
  };
  /// Cells with an expression in [from, to), rising; from 0 to 0 those without counts: source_marker_density.tsv.
  struct Bin {
    std::string gene, role, source, group;
    double from = 0, to = 0;
    std::int64_t cells = 0;
  };
  /// Share of high cells of a lot: of source_marker_lots.tsv.
  struct Lot {
    std::string gene, lot, role, source;
    double share_high_declared = missing, share_high_other = missing;
  };
  std::string cluster;
  std::vector<Row> rows;
  std::vector<Test> tests;
  std::vector<Bin> density;
  std::vector<Lot> lots;
};

/// One step of the computation in plain words, with the numbers of this study: {"Neighbors", "the 15 nearest ..."}.
struct MethodStep {
  std::string title, text;
};

struct NamedText {
  std::string name, text;
};

/// All that report.html shows. Everything here is taken as it stands, and the same content gives the same page.
struct StudyReport {
  std::string title = "Which cell populations go with function";
  std::string study, program_version;
  std::vector<std::string> findings;  ///< sentences below the headline

  std::vector<std::string> drop_reasons;  ///< "too few genes", ... in the order in which cells are dropped
  std::vector<LotRow> lots;
  std::int64_t n_genes = 0;

  std::vector<std::string> outcome_names;
  std::vector<OutcomeRow> outcomes;  ///< of training lots and, where they were measured, of mapped ones

  Composition composition;
  std::string primary_outcome;              ///< empty: no outcome was named
  std::vector<double> primary_value;        ///< a value per composition.lots, NaN unknown; empty: lots keep their order
  double alpha = 0.05;                      ///< family-wise error rate of a declared association
  std::vector<AssociationRow> association;  ///< in any order
  std::vector<PopulationRow> populations;   ///< empty where there is only one partition
  std::vector<Scatter> scatter;             ///< of the associations worth a picture, best first

  std::vector<NeighborhoodRow> without_clusters;
  std::vector<StabilityRow> stability;          ///< of each cluster of the composition
  std::int64_t stability_replicates = 0;        ///< of each kind
  std::vector<MarkerRow> markers;               ///< the foremost of each cluster, cluster after cluster
  std::vector<MarkerDot> marker_dots;           ///< their genes in all clusters, gene after gene
  std::vector<SplitClusterRow> split_clusters;  ///< empty where counts were not split
  std::vector<ContrastGene> pairwise;           ///< of clusters against each other, the foremost up, then down
  std::vector<VolcanoPoint> volcano;            ///< cluster after cluster, the most clearly higher genes first
  std::vector<EnrichmentRow> enrichment;        ///< the foremost sets up, then down, cluster after cluster
  std::vector<RankedSetRow> ranked_sets;        ///< along genes ranked by an outcome, the foremost by lots
  std::vector<RankedSetRow> cluster_sets;       ///< along the genes of each cluster, the foremost up, then down
  Conditions conditions;                        ///< empty where none were compared
  CellMap cell_map;                             ///< empty where cells were not laid out
  std::vector<IntegrationRow> integration;      ///< pair of integrations after pair, the primary one first
  std::vector<CellStateRow> cell_states;        ///< that of all cells first, then those of the composition's clusters
  std::string without_cycle;                    ///< why the cell cycle was not scored; empty where it was
  double doublet_threshold = missing;           ///< from which on a cell counts as doublet-like
  std::vector<WithoutCyclingRow> without_cycling;
  std::vector<ConfounderRow> confounders;

  bool of_new_lots = false;               ///< lots mapped onto a finished study, which has a page of its own
  std::vector<MappedLotRow> mapped_lots;  ///< with the held-out training lots
  Composition mapped_composition;         ///< of the assigned cells of the mapped lots
  std::vector<ReplicationRow> replication;
  std::vector<Scatter> replication_scatter;  ///< an outcome each; `source` says the role too
  SourceMarkers source_markers;

  std::vector<double> variance_ratio;  ///< share of the total variance by component, falling

  std::vector<MethodStep> method;
  std::vector<NamedText> settings;  ///< "pca.components" -> "50"; grouped by what stands before the dot
  std::vector<std::string> warnings;
  std::vector<NamedText> files;    ///< file beside the page -> what it holds
  std::vector<NamedText> inputs;   ///< file -> SHA-256
  std::string labels_digest;       ///< of the cells' clusters, taken before an outcome was read; empty: none
  std::vector<NamedText> digests;  ///< such a file -> its SHA-256; of those that are the same bytes on any layout
};

/// One self-contained HTML5 page in UTF-8: style, charts (Vega-Lite, drawn by the embedded library) and tables; loads
/// nothing. Every number is in a table too, so that the page is complete without JavaScript. All text is escaped;
/// bytes that are not UTF-8 become U+FFFD. No time stamp: the same content gives the same bytes. Not collective.
std::string render_html(const StudyReport& report);

}  // namespace miura::report
