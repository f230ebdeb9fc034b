// What options of a run may be.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/named_pair.hpp"
#include "app/pairwise_markers.hpp"
#include "app/run_options.hpp"
#include "app/sources.hpp"
#include "app/stages.hpp"
#include "miura/base/error.hpp"
#include "miura/input/delimited.hpp"

namespace miura::app {

namespace {

/// The option must be one of a few words.
void check_word(const std::string& option, const std::string& given, std::initializer_list<std::string_view> words) {
  if (std::ranges::find(words, given) != words.end()) return;
  throw UsageError(fmt::format("{} is one of {}, not '{}'", option, fmt::join(words, ", "), given));
}

template <class T>
void check_range(const std::string& option, T given, T lowest, T highest) {
  if (!(given >= lowest && given <= highest))  // also refuses NaN
    throw UsageError(fmt::format("{} lies between {} and {}, not {}", option, lowest, highest, given));
}

}  // namespace

std::vector<double> grid_resolutions(const RunOptions& o) {
  std::vector<double> resolutions{o.leiden.resolution};
  for (const auto& text : split_list(o.resolutions)) {
    const auto resolution = input::parse_number(text);
    if (!resolution) throw UsageError(fmt::format("cluster.resolutions: '{}' is not a number", text));
    check_range("cluster.resolutions", *resolution, 0.0, 1024.0);
    if (std::ranges::find(resolutions, *resolution) == resolutions.end()) resolutions.push_back(*resolution);
  }
  return resolutions;
}

namespace {

constexpr std::int64_t many = std::int64_t{1} << 40;

/// From the files to the coordinates.
void check_preparation(const RunOptions& o) {
  check_word("input.join", o.input.join, {"inner", "outer"});
  check_word("normalize.method", o.normalize_method, {"auto", "log", "zscore"});
  check_word("variable.batch", o.variable_batch, {"lot", "chemistry", "source", "none"});
  check_word("pca.method", o.pca_method, {"gram", "krylov"});
  check_range<std::int64_t>("qc.min_counts", o.qc.min_counts, 0, many);
  check_range("qc.min_genes", o.qc.min_genes, 0, 1 << 20);
  check_range("qc.max_pct_mito", o.qc.max_pct_mito, 0.0, 100.0);
  check_range<std::int64_t>("qc.min_cells", o.qc.min_cells, 0, many);
  check_range<std::int64_t>("reference.cells_per_lot", o.reference.cells_per_lot, 0, many);
  check_range("normalize.scale", o.scale, 1.0, 1e9);
  check_range("variable.genes", o.variable.n_genes, 2, 1 << 20);
  check_range("variable.span", o.variable.span, 0.05, 1.0);
  check_range("pca.components", o.pca.components, 1, 1000);
  check_range("pca.clip", o.pca.clip, 0.1, 32'767.0);  // where the grid of z-scores ends
  check_range("integrate.theta", o.harmony.theta, 0.0, 1e3);
  check_range("integrate.sigma", o.harmony.sigma, 1e-3, 1e3);
  check_range("integrate.lambda", o.harmony.lambda, 0.0, 1e9);
  check_range("integrate.alpha", o.harmony.alpha, 1e-9, 1e9);
  check_range("integrate.clusters", o.harmony.n_clusters, 0, 10'000);
  check_range("integrate.iterations", o.harmony.max_iterations, 1, 1000);
  if (!o.labels.empty() && split_list(o.integrate_by).size() > 1)
    throw UsageError("integrate.by: several integrations need clustering, but cluster.labels gives the labels");
}

/// The graph, its partitions and their markers.
void check_clusters(const RunOptions& o) {
  check_range("knn.k", o.shared.k, 2, 1000);
  check_range("knn.prune", o.shared.prune, 0.0, 1.0);
  check_range<std::int64_t>("knn.exact_up_to", o.exact_search_up_to, 0, 1'000'000'000'000);
  check_range("knn.n_probed", o.n_probed_lists, 1, 100'000);
  check_range("cluster.resolution", o.leiden.resolution, 0.0, 1024.0);
  grid_resolutions(o);
  check_range("cluster.seeds", o.seeds, 1, 1000);
  check_range("stability.replicates", o.stability_replicates, 0, 1000);
  check_range<std::int64_t>("stability.cells", o.stability_cells, 100, many);
  check_range("cluster.iterations", o.leiden.iterations, 1, 1'000'000);
  check_range<std::int64_t>("markers.top", o.marker_top, 0, many);
  check_pairs(o.marker_pairs);
  check_range("markers.split_fraction", o.marker_split_fraction, 0.01, 0.99);
  if (o.marker_split && !o.labels.empty())
    throw UsageError("markers.split forms clusters anew, but cluster.labels gives the labels");
}

/// What becomes of cells beside their clusters.
void check_cells(RunOptions& o) {
  using transfer::Mode;
  o.mapping.mode =
      chosen<Mode>("mapping.mode", o.mapping_mode, {{"anchor", Mode::anchor}, {"compressed", Mode::compressed}});
  chosen_markers(o);
  check_range("mapping.dims", o.mapping.dims, 1, 1000);
  for (const auto& [name, k] : {std::pair{"mapping.k_anchor", o.mapping.anchor.k_anchor},
                                {"mapping.k_score", o.mapping.anchor.k_score},
                                {"mapping.k_weight", o.mapping.anchor.k_weight}})
    check_range(name, k, 1, 10'000);
  check_range("mapping.k_filter", o.mapping.anchor.k_filter, 0, 100'000);
  check_range("mapping.min_score", o.rejection.min_score, 0.0, 1.0);
  check_range("mapping.alpha", o.rejection.alpha, 0.0, 0.5);
  check_range("cell_cycle.fewest_genes", o.cell_cycle.fewest_genes, 1, 10'000);
  o.cell_cycle.scale = o.scale;
  check_range("doublets.simulated", o.doublets.simulated_per_cell, 0.1, 100.0);
  check_range("doublets.expected_share", o.doublets.expected_share, 1e-6, 0.999);
  check_range("doublets.threshold", o.doublet_threshold, 0.0, 1.0);
  check_range("umap.spread", o.umap.spread, 1e-3, 1e3);
  check_range("umap.min_dist", o.umap.min_dist, 0.0, o.umap.spread);
  check_range("umap.epochs", o.umap.epochs, 0, 1'000'000);
  check_range("umap.negative_samples", o.umap.negatives, 0, 1000);
}

/// What is tested.
void check_tests(RunOptions& o) {
  check_range("association.alpha", o.association.alpha, 1e-9, 0.5);
  check_range("association.exact_up_to", o.association.relabelings.exact_up_to, 2, 13);
  check_range<std::int64_t>("association.permutations", o.association.relabelings.permutations, 1, 1'000'000'000);
  check_range<std::int64_t>("association.min_cells_per_lot", o.association.min_cells_per_lot, 0, many);
  using association::FamilyMethod, association::IntervalMethod, permutation::Side;
  o.association.relabelings.side = chosen<Side>(
      "association.side", o.side, {{"two-sided", Side::two_sided}, {"greater", Side::greater}, {"less", Side::less}});
  o.association.family = chosen<FamilyMethod>("association.correction", o.correction,
                                              {{"max-t", FamilyMethod::max_t}, {"min-p", FamilyMethod::min_p}});
  o.association.interval = chosen<IntervalMethod>(
      "association.ci", o.interval, {{"bonett-wright", IntervalMethod::bonett_wright}, {"bca", IntervalMethod::bca}});
  check_range("genes.exact_up_to", o.gene_exact_up_to, 2, 13);
  check_range<std::int64_t>("genes.permutations", o.gene_permutations, 1, 1'000'000'000);
  check_range("genes.report_p", o.gene_report_p, 0.0, 1.0);
  if (!o.condition_column.empty() && !may_be_pair(o.condition_compare))
    throw UsageError("genes.condition needs genes.compare = FIRST:SECOND, the two conditions");
  check_range<std::int64_t>("neighborhoods.permutations", o.neighborhood_permutations, 1, 1'000'000'000);
  check_range<std::int64_t>("neighborhoods.max_lots", o.neighborhood_max_lots, 3, 50'000);
  check_range<std::int64_t>("enrichment.min_size", o.enrichment.sizes.least, 1, many);
  check_range<std::int64_t>("enrichment.max_size", o.enrichment.sizes.most, o.enrichment.sizes.least, many);
  check_range<std::int64_t>("enrichment.permutations", o.enrichment.permutations, 0, 1'000'000);
}

}  // namespace

void check(RunOptions& o) {
  check_preparation(o);
  check_clusters(o);
  check_cells(o);
  check_tests(o);
  check_range("plan-ranks", o.plan_ranks, 0, 10'000'000);
  check_range("plan-threads", o.plan_threads, 0, 100'000);
  for (const auto& stage : {o.from, o.to})
    if (!stage.empty()) stage_number(stage);
  if (!o.from.empty() && !o.to.empty() && stage_number(o.from) > stage_number(o.to))
    throw UsageError("--from " + o.from + " lies behind --to " + o.to);
}

}  // namespace miura::app
