#include "app/study_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "app/lot_outcomes.hpp"
#include "app/mapping.hpp"
#include "app/page_tables.hpp"
#include "app/stages.hpp"
#include "miura/base/version.hpp"
#include "miura/report/stored_report.hpp"

namespace miura::app {

namespace {

using Texts = std::vector<std::string>;
using Reals = std::vector<double>;
using Integers = std::vector<std::int64_t>;

void add_lots(report::StudyReport& page, const matrix::Table& lots) {
  const std::vector<std::pair<const char*, const char*>> reasons{{"missing_values", "missing values"},
                                                                 {"too_few_counts", "too few counts"},
                                                                 {"too_few_genes", "too few genes"},
                                                                 {"too_much_mito", "too much mitochondrial"}};
  for (const auto& [column, words] : reasons) page.drop_reasons.emplace_back(words);
  for (std::int64_t i = 0; i < lots.n_rows(); ++i) {
    report::LotRow row{.lot = lots.column<std::string>("lot")[i],
                       .source = lots.column<std::string>("source")[i],
                       .role = lots.column<std::string>("role")[i],
                       .cells_read = lots.column<std::int64_t>("cells_read")[i],
                       .cells_kept = lots.column<std::int64_t>("kept")[i],
                       .cells_dropped = {},
                       .median_counts = lots.column<double>("median_counts")[i],
                       .median_genes = lots.column<double>("median_genes")[i]};
    for (const auto& [column, words] : reasons) row.cells_dropped.push_back(lots.column<std::int64_t>(column)[i]);
    page.lots.push_back(std::move(row));
  }
}

/// Lots with labelled cells, by their place in Study::lots.
std::vector<std::int32_t> lots_with_cells(const matrix::Composition& c) {
  std::vector<std::int32_t> lots;
  for (std::int32_t l = 0; l < c.n_lots; ++l)
    if (c.lot_size[l] > 0) lots.push_back(l);
  return lots;
}

void add_composition(report::StudyReport& page, const Study& study) {
  const auto& c = study.composition.primary();
  page.composition.partition = partition_name(c.integration, c.resolution, static_cast<std::int64_t>(c.seed));
  for (std::int32_t k = 0; k < c.n_clusters; ++k)
    page.composition.clusters.push_back(study.clusters.primary().name_of(k));
  for (const auto l : lots_with_cells(c)) {
    page.composition.lots.push_back(study.lots[l].id);
    for (std::int32_t k = 0; k < c.n_clusters; ++k) page.composition.cells.push_back(c.cells(k, l));
  }
}

/// Of the lots that were mapped; the composition counts training lots too.
void add_mapped_composition(report::StudyReport& page, const Study& study) {
  const auto& mapping = study.mapping;
  const auto& c = mapping.composition;
  page.mapped_composition.partition =
      mapping.transferred.starts_with("core of ")
          ? "core cells of the population of cluster " + mapping.transferred.substr(8)
          : partition_name(c.integration, c.resolution, static_cast<std::int64_t>(c.seed));
  page.mapped_composition.clusters = mapping.label_name;
  for (const auto l : lots_with_cells(c)) {
    if (study.lots[l].role == "train") continue;
    page.mapped_composition.lots.push_back(study.lots[l].id);
    for (std::int32_t k = 0; k < c.n_clusters; ++k) page.mapped_composition.cells.push_back(c.cells(k, l));
  }
}

void add_mapping(report::StudyReport& page, const Study& study) {
  if (!study.mapping.any()) return;
  add_mapped_lots(page, study.mapping.lots);
  add_mapped_composition(page, study);
  const auto& tables = study.sources.tables;
  if (const auto found = std::ranges::find(tables, "mapped_association", &matrix::Table::name); found != tables.end())
    add_replication(page, *found);
  add_source_markers(page, tables);
  add_replication_scatters(page, tables);
}

/// The composition that a row is about, and the number of its cluster there.
std::pair<const matrix::Composition*, std::int32_t> cluster_of(const Study& study, const report::AssociationRow& row) {
  for (std::size_t p = 0; p < study.clusters.partitions.size(); ++p) {
    const auto& labels = study.clusters.partitions[p];
    if (partition_name(labels.integration, labels.resolution, static_cast<std::int64_t>(labels.seed)) != row.partition)
      continue;
    for (std::int32_t k = 0; k < labels.n_clusters; ++k)
      if (labels.name_of(k) == row.cluster) return {&study.composition.partitions[p], k};
  }
  throw std::logic_error("an association is about a cluster that is not there");
}

/// The pictures worth showing: for every outcome the cluster with the smallest family-wise p.
void add_scatters(report::StudyReport& page, const Study& study) {
  std::map<std::string, const report::AssociationRow*> best;
  for (const auto& row : page.association) {
    if (std::isnan(row.p_step)) continue;
    auto& leader = best[row.outcome];
    if (leader == nullptr ||
        std::pair(row.p_step, -std::abs(row.rho)) < std::pair(leader->p_step, -std::abs(leader->rho)))
      leader = &row;
  }
  std::vector<const report::AssociationRow*> chosen;
  for (const auto& [outcome, row] : best) chosen.push_back(row);
  std::ranges::stable_sort(chosen, {}, [](const auto* row) { return std::pair(row->family, row->p_step); });
  const LotOutcomes outcomes(study);
  for (const auto* row : chosen) {
    const auto [c, cluster] = cluster_of(study, *row);
    report::Scatter scatter{row->partition, row->cluster, row->outcome, {}};
    for (const auto l : lots_with_cells(*c))
      scatter.points.push_back({study.lots[l].id, study.lots[l].source,
                                static_cast<double>(c->cells(cluster, l)) / static_cast<double>(c->lot_size[l]),
                                outcomes.of(l, row->outcome)});
    page.scatter.push_back(std::move(scatter));
  }
}

void add_primary_outcome(report::StudyReport& page, const Study& study) {
  const auto primary = std::ranges::find(page.association, report::Family::primary, &report::AssociationRow::family);
  if (primary == page.association.end()) return;
  page.primary_outcome = primary->outcome;
  for (const auto l : lots_with_cells(study.composition.primary()))
    page.primary_value.push_back(LotOutcomes(study).of(l, primary->outcome));
}

/// Of all lots for which one was measured.
void add_outcomes(report::StudyReport& page, const Study& study) {
  const LotOutcomes outcomes(study);
  page.outcome_names = outcomes.names();
  for (std::size_t l = 0; l < study.lots.size(); ++l) {
    report::OutcomeRow row{study.lots[l].id, study.lots[l].source, study.lots[l].role,
                           outcomes.of(static_cast<std::int64_t>(l))};
    if (std::ranges::any_of(row.value, [](double value) { return std::isfinite(value); }))
      page.outcomes.push_back(std::move(row));
  }
}

/// How lots were placed on the reference, and what was tested there.
void add_mapping_method(report::StudyReport& page, const Publication& p) {
  const auto set = [&](const char* name) { return p.settings.at(name); };
  const auto add = [&](const char* title, std::string text) { page.method.push_back({title, std::move(text)}); };
  if (page.mapped_lots.empty()) return;
  if (set("mapping.mode") == "compressed")
    add("Mapping",
        fmt::format("Each lot by itself, on the first {} components of the training cells, shifted onto the centroids "
                    "of a compressed reference (Symphony, Kang et al. 2021, Nat. Commun. 12:5890); the nearest "
                    "reference cells vote for the label.",
                    set("mapping.dims")));
  else
    add("Mapping",
        fmt::format("Each lot by itself, on the first {} components of the training cells: anchors are mutual nearest "
                    "neighbours of the lot and the reference (k = {}), filtered by expression and scored by shared "
                    "neighbours; a cell takes the labels of its {} nearest anchors, weighted (Stuart et al. 2019, Cell "
                    "177:1888, as FindTransferAnchors and TransferData of Seurat; nearest neighbours are exact).",
                    set("mapping.dims"), set("mapping.k_anchor"), set("mapping.k_weight")));
  add("Rejection",
      fmt::format(
          "Every training lot was held out and mapped onto the others. A cell is outside if a share of less than "
          "{} of those cells scores as low or lies as far from the reference; it is unassigned then, and where "
          "its score is below {}.",
          set("mapping.alpha"), set("mapping.min_score")));
  if (!page.replication.empty())
    add("Other lots",
        "Spearman's rho over lots of the declared cluster's share with the outcome, one-sided as in the training lots; "
        "p by all relabelings of the lots, within sources where several come together (aligned ranks, Hodges and "
        "Lehmann 1962).");
  if (!page.source_markers.rows.empty())
    add("Markers by source",
        "Counts summed over a lot's cells, and the share of cells above a threshold that the training cells set. "
        "Within a source by flips of the lots' differences, between sources by exchanging lots; corrected after Holm "
        "over all tests of mapped lots.");
}

void add_method(report::StudyReport& page, const Study& study, const Publication& p) {
  const auto set = [&](const char* name) { return p.settings.at(name); };
  const auto add = [&](const char* title, std::string text) { page.method.push_back({title, std::move(text)}); };
  const auto n_reference = study.neighbors.graph.vertices.size();
  if (study.cells.is_table) {
    add("Input",
        fmt::format("A table of {} features for each cell; rows with missing values are dropped.", page.n_genes));
    add("Scaling", "Every feature as z-score over the reference cells; all features are used.");
  } else {
    add("Quality control",
        fmt::format("The same thresholds for all lots: at least {} counts and {} genes a cell, at most {} % "
                    "mitochondrial counts; genes seen in at least {} cells.",
                    set("qc.min_counts"), set("qc.min_genes"), set("qc.max_pct_mito"), set("qc.min_cells")));
    add("Genes",
        fmt::format(
            "Counts scaled to {} a cell, log1p. {} variable genes by standardised variance (vst), ranked within "
            "each {} and merged by median rank.",
            set("normalize.scale"), study.genes.variable.selected.size(), set("variable.batch")));
  }
  add("Reference",
      fmt::format("{} cells, about the same number of every training lot, build components and clusters; the other "
                  "training cells take the cluster of their nearest reference cells. Shares count all cells.",
                  n_reference));
  add("Components", fmt::format("{} principal components ({}).", study.pca.model.n_components, set("pca.method")));
  if (const auto& by = study.integrated.by; by != "none")
    add("Integration",
        fmt::format("Harmony by {} over the training cells, theta {}: neighbours and clusters are of corrected "
                    "coordinates. What truly differs between batches can go with the correction, so the associations "
                    "without it stand beside.",
                    by, set("integrate.theta")));
  const auto& clusters = study.clusters;
  if (std::isnan(clusters.primary().resolution))
    add("Clusters", fmt::format("Labels that were given with the cells (column {}): {} clusters.",
                                set("cluster.labels"), clusters.primary().n_clusters));
  else
    add("Clusters",
        fmt::format("Exact {} nearest neighbours, shared-neighbour graph (Jaccard), Leiden. The primary partition, at "
                    "resolution {}: {} clusters, modularity {:.3f}. With it a grid of {} partitions in all, by "
                    "integration, resolution and seed; their clusters are one family of tests.",
                    set("knn.k"), set("cluster.resolution"), clusters.primary().n_clusters, clusters.modularity,
                    clusters.partitions.size()));
  if (study.umap.any())
    add("Picture",
        fmt::format("UMAP (McInnes et al. 2018, arXiv:1802.03426) of the reference cells from the same nearest "
                    "neighbours, min_dist {}, spread {}, spectral start; all other cells are placed among them one by "
                    "one. It serves no test.",
                    set("umap.min_dist"), set("umap.spread")));
  add_mapping_method(page, p);
  if (!page.markers.empty())
    add("Markers",
        "Each cluster against the other cells of the same lot, on counts summed over the cells of a lot; p by all sign "
        "flips of the lots (drawn ones beyond 14 lots), family-wise over genes. Wilcoxon's rank sum over cells orders "
        "genes, and is no evidence.");
  if (!page.split_clusters.empty())
    add("Count splitting",
        fmt::format(
            "Every molecule was dealt to one of two parts, with chance {} to the first. Variable genes, "
            "components, neighbours and clusters were found anew on the first; the second tests these clusters, "
            "which it took no part in (Neufeld et al. 2024, Biostatistics 25:270).",
            set("markers.split_fraction")));
  if (!page.conditions.genes.empty())
    add("Conditions",
        fmt::format(
            "{} against {} of the same {}, on counts summed over the cells of each condition; p by all sign flips "
            "of the differences (drawn ones beyond 14), family-wise over genes.",
            page.conditions.first, page.conditions.second, set("genes.pair")));
  if (study.cell_states.has_cycle)
    add("Cell cycle",
        "Scores of the S and the G2/M phase: mean expression of their genes less that of control genes of like "
        "expression (Tirosh et al. 2016, Science 352:189; as CellCycleScoring of Seurat, with other control genes).");
  if (study.cell_states.has_doublets)
    add("Doublets",
        fmt::format("{} simulated doublets for each cell of a capture run, on the components of the study; the score "
                    "is the chance of a doublet given the share of simulated ones among a cell's nearest neighbours "
                    "(Scrublet, Wolock et al. 2019, Cell Syst. 8:281). It filters nothing.",
                    set("doublets.simulated")));
  if (!page.enrichment.empty())
    add("Gene sets",
        fmt::format(
            "Markers of each cluster up and down (those that the lots agree on) against sets of {} to {} tested "
            "genes: hypergeometric tail with the tested genes as universe, Benjamini-Hochberg over all sets "
            "looked at. Along ranked genes: Subramanian et al. 2005, PNAS 102:15545, of an outcome with lots "
            "relabeled, of a cluster or between conditions with the signs of the differences flipped, each beside "
            "genes permuted.",
            set("enrichment.min_size"), set("enrichment.max_size")));
  if (!page.association.empty())
    add("Association",
        fmt::format("Spearman's rho over lots of each cluster's share with each outcome. Chance is what relabelled "
                    "lots give: the family-wise p (step-down maxT, Westfall and Young) asks how often the best of all "
                    "clusters does as well. Outcomes were read after the labels were fixed (digest {}...).",
                    study.clusters.label_hash.substr(0, 12)));
}

/// What stands beside the page.
std::vector<report::NamedText> files_beside(const Study& study, const std::map<std::string, std::string>& digests) {
  std::vector<report::NamedText> files{
      {"study.h5ad", "all cells, genes, components, graphs and tables (AnnData)"},
      {"tables/lots.tsv", "what became of the cells of each lot"},
      {"tables/cells.tsv.gz", "lot, barcode, cluster and place in the plane of every cell"},
      {"tables/composition.tsv", "cells and share of each lot in each cluster"}};
  if (outcome_table(study).n_rows() > 0)
    files.push_back({"tables/outcomes.tsv", "what each lot did, an outcome a row"});
  if (study.mapping.any()) files.push_back({"tables/mapping.tsv", "label, scores and p of every cell of a mapped lot"});
  const std::vector<std::pair<const char*, const char*>> tables{
      {"mapped_lots", "how many cells of each mapped and each held-out training lot are outside of the reference"},
      {"mapped_association", "share of the declared cluster against the outcomes in mapped lots, by role and source"},
      {"mapped_shares", "share of the declared cluster beside the outcomes, lot by lot"},
      {"source_markers", "chosen genes by source, in the declared cluster and in other cells"},
      {"source_marker_tests", "tests of these genes over lots"},
      {"source_marker_density", "cells by expression of these genes"},
      {"source_marker_lots", "each lot's share and expression beside its outcomes"},
      {"stability", "how firmly each cluster stands: other seeds and resolutions, fewer cells, fewer lots"},
      {"markers", "genes that are higher or lower in a cluster, by lots and by cells"},
      {"markers_pairwise", "genes that are higher or lower in one cluster than in another"},
      {"markers_split", "genes of clusters that were formed on some molecules, tested on the others"},
      {"markers_split_clusters", "these clusters, the primary one each is most like, and how many genes differ"},
      {"marker_dots", "the foremost markers in all clusters: share of cells and fold, as drawn"},
      {"marker_volcano", "fold and p over cells of the genes of each cluster, as drawn"},
      {"enrichment", "gene sets that hold more markers of a cluster than chance would give"},
      {"enrichment_lists", "what became of the list of each cluster"},
      {"enrichment_ranked_clusters", "gene sets along all genes of each cluster, ranked by what lots agree on"},
      {"enrichment_ranked", "gene sets along all genes ranked by how they go with an outcome"},
      {"association", "every test with all its numbers"},
      {"association_without_cycling", "the tests of the primary partition once more, without cycling cells"},
      {"cell_states", "phase of the cell cycle and doublet scores by cluster and lot"},
      {"populations", "clusters that are one over the grid of partitions, and the claims on them"},
      {"integration", "the clusters with and without integration, and what both have to do with the outcome"},
      {"gene_association", "expression of genes over lots against the outcomes, in all cells and within clusters"},
      {"condition_genes", "genes that are higher or lower in one condition than in another of the same donors"},
      {"enrichment_ranked_conditions", "gene sets along all genes, ranked by how donors' conditions differ"},
      {"global", "the outcomes against neighborhoods of cells, without clusters, and both together"},
      {"confounders", "what else goes with the outcomes: depth, number of cells, quality control; a list of warnings"}};
  for (const auto& [name, holds] : tables)
    if (const auto file = fmt::format("tables/{}.tsv", name); digests.contains(file)) files.push_back({file, holds});
  if (!study.neighborhoods.outcome.empty())
    files.push_back({"neighbourhood.h5", "rho and family-wise p of the neighborhood of every reference cell"});
  files.push_back({"provenance.json", "settings, digests of inputs and outputs, chain of stages, machine"});
  return files;
}

/// What the page says of the study itself, which a page of new lots does not repeat.
void add_own_parts(report::StudyReport& page, const Study& study, const Publication& p) {
  page.labels_digest = study.clusters.label_hash;
  page.variance_ratio = study.pca.model.variance_ratio;
  add_composition(page, study);
  if (const auto* table = study.association.table("association"))
    add_association(page, *table, study.clusters.partitions.size() > 1);
  if (const auto* table = study.association.table("populations");
      table != nullptr && study.clusters.partitions.size() > 1)
    add_populations(page, *table);
  add_stability(page, study.stability.table);
  if (study.markers.table.n_rows() > 0) add_markers(page, study.markers.table, study.markers.dots);
  if (study.cell_states.table.n_rows() > 0) {
    add_cell_states(page, study.cell_states.table);
    page.without_cycle = study.cell_states.without_cycle;
    page.doublet_threshold = std::stod(p.settings.at("doublets.threshold"));
  }
  if (const auto* table = study.association.table("association_without_cycling")) add_without_cycling(page, *table);
  if (study.markers.volcano.n_rows() > 0) add_volcano(page, study.markers.volcano);
  add_markers_on_request(page, study.markers.on_request);
  add_enrichment(page, study.enrichment.tables);
  if (study.gene_association.conditions.n_rows() > 0)
    add_conditions(page, p.settings.at("genes.compare"), study.gene_association.conditions, study.enrichment.tables);
  if (const auto* table = study.association.table("confounders")) add_confounders(page, *table);
  if (study.neighborhoods.table.n_rows() > 0) add_without_clusters(page, study.neighborhoods.table);
  if (const auto* table = study.association.table("integration")) add_integration(page, *table);
  add_primary_outcome(page, study);
  add_scatters(page, study);
  add_method(page, study, p);
}

/// A page of lots that were mapped onto a finished study: no clusters of their own, and no association.
void add_new_lots(report::StudyReport& page, const Publication& p) {
  page.of_new_lots = true;
  page.title = "Where the cells of new lots belong";
  page.primary_outcome = p.settings.at("association.primary");
  page.method.push_back({"Reference",
                         "A finished study: its genes, components, clusters and settings stand as they are; "
                         "the new lots change nothing in it."});
  add_mapping_method(page, p);
}

void add_software(report::StudyReport& page) {
  const auto of = [&](const char* library) { return libraries().at(library).get<std::string>(); };
  page.method.push_back({"Software", fmt::format("miura {} (commit {}), {}, HDF5 {}, PETSc {}, SLEPc {}.", version(),
                                                 commit(), of("mpi"), of("hdf5"), of("petsc"), of("slepc"))});
}

}  // namespace

report::StudyReport study_page(const Study& study, const Publication& p, report::CellMap cells,
                               const std::map<std::string, std::string>& digests) {
  report::StudyReport page;
  page.cell_map = std::move(cells);
  page.study = p.name;
  page.program_version = version();
  page.alpha = p.alpha;
  page.n_genes = study.cells.features.size();
  page.warnings = study.warnings;
  for (const auto* more : {&study.association.warnings, &study.enrichment.warnings, &study.sources.warnings})
    page.warnings.insert(page.warnings.end(), more->begin(), more->end());
  for (auto& warning : mapping_warnings(study.mapping.lots)) page.warnings.push_back(std::move(warning));
  for (const auto& [name, value] : p.settings) page.settings.push_back({name, value});
  add_lots(page, lots_table(study));
  add_mapping(page, study);
  add_outcomes(page, study);
  if (p.command == "map")
    add_new_lots(page, p);
  else
    add_own_parts(page, study, p);
  add_software(page);
  page.files = files_beside(study, digests);
  std::vector<report::NamedText> inputs;
  for (const auto& [file, digest] : p.inputs) inputs.push_back({file, digest});
  page.inputs = report::below_their_folder(std::move(inputs));
  for (const auto& [file, digest] : digests) page.digests.push_back({file, digest});
  return page;
}

}  // namespace miura::app
