#include "app/run_options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/stages.hpp"

namespace miura::app {

namespace {

po::options_description describe_stages(RunOptions& o) {
  po::options_description run("Stages: " + fmt::format("{}", fmt::join(stage_names, " ")));
  run.add_options()("from", po::value(&o.from), "first stage to compute again, finished or not")(
      "to", po::value(&o.to), "last stage to compute; nothing is published before the last stage of all")(
      "plan", po::bool_switch(&o.plan),
      "print how much memory, time and disk the study will need, from the headers of its files; compute nothing")(
      "plan-ranks", with_default(o.plan_ranks), "plan for so many ranks; 0: those that miura is started with")(
      "plan-threads", with_default(o.plan_threads),
      "plan for so many threads a rank; 0: those that it is started with");
  return run;
}

po::options_description describe_study(RunOptions& o) {
  po::options_description study("Study");
  study.add_options()("study.samples", po::value(&o.samples),
                      "sample sheet (CSV or TSV, a row a lot), relative to the INI file")(
      "study.name", with_default(o.study_name), "name of the study in the report; empty: name of the INI file");
  return study;
}

po::options_description describe_input(RunOptions& o) {
  po::options_description input("Input");
  input.add_options()("input.join", with_default(o.input.join),
                      "genes of lots that differ: inner (shared by all) or outer")(
      "input.layer", with_default(o.input.layer), "layer of an h5ad that holds the counts; empty: X or raw.X")(
      "input.feature_type", with_default(o.input.feature_type), "feature type to keep of 10x files")(
      "input.genome", with_default(o.input.genome), "genome to keep of 10x files with several");
  return input;
}

po::options_description describe_cells(RunOptions& o) {
  po::options_description cells("Quality control, the same for all lots, and the reference");
  cells.add_options()("qc.min_counts", with_default(o.qc.min_counts), "fewest counts (UMI) a cell")(
      "qc.min_genes", with_default(o.qc.min_genes), "fewest genes seen in a cell")(
      "qc.max_pct_mito", with_default(o.qc.max_pct_mito), "largest share of mitochondrial counts, %")(
      "qc.min_cells", with_default(o.qc.min_cells), "fewest cells that a gene is seen in")(
      "reference.cells_per_lot", with_default(o.reference.cells_per_lot),
      "most cells of a training lot that build the reference; 0: the median over training lots");
  return cells;
}

po::options_description describe_components(RunOptions& o) {
  po::options_description components("Normalisation, variable genes and principal components");
  components.add_options()("normalize.method", with_default(o.normalize_method),
                           "log (counts), zscore (tables), or auto: by what the input is")(
      "normalize.scale", with_default(o.scale), "counts a cell after scaling, before log1p")(
      "variable.genes", with_default(o.variable.n_genes),
      "variable genes that the components are made of (seurat_v3, vst)")("variable.span", with_default(o.variable.span),
                                                                         "span of the loess fit of variance on mean")(
      "variable.batch", with_default(o.variable_batch),
      "genes are ranked within each lot, chemistry or source, or none")(
      "pca.components", with_default(o.pca.components), "number of components")(
      "pca.method", with_default(o.pca_method), "gram (integer Gram matrix) or krylov (SLEPc, for very many genes)")(
      "pca.clip", with_default(o.pca.clip), "standard deviations above which a value is cut");
  return components;
}

po::options_description describe_integration(RunOptions& o) {
  po::options_description integration("Integration of batches (Harmony)");
  integration.add_options()(
      "integrate.by", with_default(o.integrate_by),
      "none, lot or chemistry, or several by commas: the first is the primary one, and all join one family of tests; "
      "empty: chemistry where there are several with several training lots each, else none")(
      "integrate.theta", with_default(o.harmony.theta), "penalty on clusters of one batch; 0: none")(
      "integrate.sigma", with_default(o.harmony.sigma), "width of the soft clusters")(
      "integrate.lambda", with_default(o.harmony.lambda),
      "ridge penalty on the shift of a batch, in cells; 0: by integrate.alpha")(
      "integrate.alpha", with_default(o.harmony.alpha), "the penalty as a share of the cells expected of the batch")(
      "integrate.clusters", with_default(o.harmony.n_clusters), "soft clusters; 0: cells / 30, at most 100")(
      "integrate.iterations", with_default(o.harmony.max_iterations), "most turns of clustering and correction");
  return integration;
}

po::options_description describe_clusters(RunOptions& o) {
  po::options_description graph("Graph and clusters");
  graph.add_options()("knn.k", with_default(o.shared.k),
                      "cells of a neighbourhood, the cell itself counted (Seurat k.param)")(
      "knn.prune", with_default(o.shared.prune), "smallest Jaccard index of an edge")(
      "knn.exact_up_to", with_default(o.exact_search_up_to),
      "reference cells; of more the neighbours are sought by inverted lists, and their recall is told")(
      "knn.n_probed", with_default(o.n_probed_lists), "lists that are looked through for each cell then")(
      "cluster.resolution", with_default(o.leiden.resolution), "resolution of the primary partition (Leiden)")(
      "cluster.seed", with_default(o.leiden.seed), "seed of the primary partition")(
      "cluster.iterations", with_default(o.leiden.iterations), "most passes of the clustering")(
      "cluster.resolutions", with_default(o.resolutions),
      "resolutions of the grid: the clusters of all its partitions are one family of tests; empty: only the primary")(
      "cluster.seeds", with_default(o.seeds), "partitions of each resolution, with seeds counting from cluster.seed")(
      "cluster.labels", with_default(o.labels),
      "column of the tables of cells (sample sheet: cells) with labels to be used in place of clustering");
  return graph;
}

po::options_description describe_stability(RunOptions& o) {
  po::options_description stability("Stability of the clusters");
  stability.add_options()("stability.replicates", with_default(o.stability_replicates),
                          "times that cells, lots and growing numbers of lots are drawn and clustered again; 0: none")(
      "stability.cells", with_default(o.stability_cells), "about so many reference cells take part");
  return stability;
}

po::options_description describe_markers(RunOptions& o) {
  po::options_description markers("Markers of the clusters");
  markers.add_options()("markers.test", with_default(o.markers), "compare each primary cluster with the others")(
      "markers.top", with_default(o.marker_top),
      "genes of each cluster that markers.tsv holds, so many up and so many down; 0: all that were tested")(
      "markers.pairwise", with_default(o.marker_pairs),
      "compare clusters with each other too: all, or pairs as 0:1, 2:0; empty: none")(
      "markers.split", with_default(o.marker_split),
      "beside it form clusters anew on a part of the molecules and test them on the others (count splitting): p over "
      "cells that may be believed, at the price of depth")("markers.split_fraction",
                                                           with_default(o.marker_split_fraction),
                                                           "share of the molecules that these clusters are formed on");
  return markers;
}

po::options_description describe_mapping(RunOptions& o) {
  po::options_description mapping("Mapping of lots that do not train");
  mapping.add_options()("mapping.mode", with_default(o.mapping_mode),
                        "anchor (Seurat's anchors), or compressed (Symphony's soft clusters) for millions of cells")(
      "mapping.label", with_default(o.mapping_label),
      "what is transferred: clusters (of the primary partition), INTEGRATION,RESOLUTION,SEED (another one), or "
      "core:CLUSTER (core cells of the population of a primary cluster)")("mapping.dims", with_default(o.mapping.dims),
                                                                          "components used, the first of them")(
      "mapping.k_anchor", with_default(o.mapping.anchor.k_anchor), "neighbours among which anchors are sought")(
      "mapping.k_score", with_default(o.mapping.anchor.k_score), "neighbours that speak for an anchor")(
      "mapping.k_filter", with_default(o.mapping.anchor.k_filter),
      "neighbours by expression among which an anchor must be; 0: not asked")(
      "mapping.k_weight", with_default(o.mapping.anchor.k_weight), "anchors that a cell listens to")(
      "mapping.min_score", with_default(o.rejection.min_score), "a cell with a smaller score is unassigned")(
      "mapping.alpha", with_default(o.rejection.alpha),
      "a cell as far out as this share of held-out reference cells is unassigned");
  return mapping;
}

po::options_description describe_cell_states(RunOptions& o) {
  po::options_description states("Cell cycle and doublets (scores to look at, never a filter)");
  states.add_options()("cell_cycle.score", with_default(o.score_cell_cycle),
                       "score the S and the G2/M phase, and repeat the association without cycling cells")(
      "cell_cycle.genes", with_default(o.cell_cycle_genes),
      "GMT file with the gene sets S and G2M, for other species or symbols; empty: human genes (Tirosh et al. 2016, "
      "Seurat's cc.genes.updated.2019)")("cell_cycle.fewest_genes", with_default(o.cell_cycle.fewest_genes),
                                         "genes of each set that the study must have, or there are no scores")(
      "doublets.score", with_default(o.score_doublets), "score how much a cell looks like two in one droplet")(
      "doublets.run", with_default(o.doublet_run),
      "column of the tables of cells (sample sheet: cells) that names each cell's capture run; empty: a lot is a run")(
      "doublets.simulated", with_default(o.doublets.simulated_per_cell), "simulated doublets for each cell")(
      "doublets.expected_share", with_default(o.doublets.expected_share), "share of doublets that is expected")(
      "doublets.threshold", with_default(o.doublet_threshold), "score from which on a cell is called doublet-like");
  return states;
}

po::options_description describe_umap(RunOptions& o) {
  po::options_description umap("The picture of all cells (UMAP)");
  umap.add_options()("umap.layout", with_default(o.umap_layout),
                     "lay out the reference cells in the plane and place all others among them")(
      "umap.min_dist", with_default(o.umap.min_dist), "how near to each other points lie at least")(
      "umap.spread", with_default(o.umap.spread), "unit of distance")("umap.epochs", with_default(o.umap.epochs),
                                                                      "turns; 0: 750 for up to 10,000 cells, else 200")(
      "umap.negative_samples", with_default(o.umap.negatives), "points that push for each one that pulls")(
      "umap.seed", with_default(o.umap.seed), "seed of the layout");
  return umap;
}

po::options_description describe_sources(RunOptions& o) {
  po::options_description sources("What mapped lots of every source show");
  sources.add_options()("sources.cluster", with_default(o.sources_cluster),
                        "label whose share is tested in the mapped lots; empty: the strongest of the primary family")(
      "sources.markers", with_default(o.sources_markers),
      "genes that are compared over sources, comma-separated; GENE=EXPRESSION tells from where on a cell is high");
  return sources;
}

po::options_description describe_association(RunOptions& o) {
  po::options_description association("Association with outcomes");
  association.add_options()("association.outcomes", po::value(&o.outcomes)->default_value(""),
                            "columns of the sample sheet to test, comma-separated; empty: end after the composition")(
      "association.primary", po::value(&o.primary)->default_value(""), "the outcome(s) of family 1; empty: the first")(
      "association.confounders", po::value(&o.confounders)->default_value(""),
      "further columns (viability, passage ...) whose rho with every outcome goes to confounders.tsv")(
      "association.strata", with_default(o.strata),
      "column of labels (source, chemistry ...); lots are relabeled within equal labels only, on aligned ranks")(
      "association.covariate", with_default(o.covariate),
      "column of numbers that is held fixed (Freedman and Lane; approximate)")(
      "association.side", with_default(o.side),
      "two-sided; greater or less only where declared before the outcomes were seen")(
      "association.correction", with_default(o.correction), "family-wise: max-t, or min-p where ties differ much")(
      "association.ci", with_default(o.interval), "interval of rho: bonett-wright or bca (bootstrap)")(
      "association.alpha", with_default(o.association.alpha), "family-wise error rate")(
      "association.exact_up_to", with_default(o.association.relabelings.exact_up_to),
      "most lots for which all relabelings are enumerated")("association.permutations",
                                                            with_default(o.association.relabelings.permutations),
                                                            "relabelings drawn where there are more lots")(
      "association.min_cells_per_lot", with_default(o.association.min_cells_per_lot),
      "a lot with fewer labelled cells is left out of the tests");
  return association;
}

po::options_description describe_genes(RunOptions& o) {
  po::options_description genes("Genes and neighborhoods against the outcomes");
  genes.add_options()("genes.test", with_default(o.genes), "test the lot-level expression of every gene")(
      "genes.exact_up_to", with_default(o.gene_exact_up_to),
      "most lots for which all relabelings are enumerated for the family-wise p of genes")(
      "genes.permutations", with_default(o.gene_permutations), "relabelings drawn for it where there are more lots")(
      "genes.report_p", with_default(o.gene_report_p),
      "largest p of a row within a cluster that gene_association.tsv holds; of all cells together it holds every gene")(
      "genes.condition", with_default(o.condition_column),
      "column of the sample sheet with conditions of the same donors, whose genes are compared; empty: none")(
      "genes.compare", with_default(o.condition_compare), "FIRST:SECOND, two of its words, e.g. stim:ctrl")(
      "genes.pair", with_default(o.condition_pair), "column of the sample sheet that tells which lots belong together")(
      "neighborhoods.test", with_default(o.neighborhoods), "test the abundance round every reference cell")(
      "neighborhoods.permutations", with_default(o.neighborhood_permutations),
      "relabelings drawn where there are more in all")(
      "neighborhoods.max_lots", with_default(o.neighborhood_max_lots),
      "not tested above so many training lots: memory grows with their number squared, and times cells");
  return genes;
}

po::options_description describe_enrichment(RunOptions& o) {
  po::options_description enrichment("Gene sets");
  enrichment.add_options()("enrichment.sets", with_default(o.gene_sets),
                           "files of gene sets (GMT), comma-separated, relative to the INI file; empty: none")(
      "enrichment.min_size", with_default(o.enrichment.sizes.least), "smallest set looked at, in tested genes")(
      "enrichment.max_size", with_default(o.enrichment.sizes.most), "largest set looked at")(
      "enrichment.permutations", with_default(o.enrichment.permutations),
      "of genes and of lots, for genes that are ranked; 0: these are not looked at")(
      "enrichment.clusters", with_default(o.enrichment_clusters),
      "rank all genes of each cluster by what lots agree on, besides by the primary outcome");
  return enrichment;
}

}  // namespace

po::options_description describe(RunOptions& o) {
  po::options_description all("miura run STUDY.ini");
  all.add(describe(o.common, "STUDY-results"));
  for (const auto describe_part :
       {describe_stages, describe_study, describe_input, describe_cells, describe_components, describe_integration,
        describe_clusters, describe_stability, describe_markers, describe_mapping, describe_umap, describe_cell_states,
        describe_sources, describe_association, describe_genes, describe_enrichment})
    all.add(describe_part(o));
  return all;
}

std::vector<std::string> outcomes_named(const RunOptions& o) {
  auto names = split_list(o.outcomes);
  for (const auto& name : split_list(o.primary))
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  return names;
}

std::vector<std::string> columns_used(const RunOptions& o) {
  auto names = outcomes_named(o);
  auto others = split_list(o.confounders);
  if (!o.covariate.empty()) others.push_back(o.covariate);
  for (const auto& name : others)
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  return names;
}

}  // namespace miura::app
