#include "app/page_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/table_cells.hpp"
#include "miura/stability/summary.hpp"

namespace miura::app {

std::string partition_name(const std::string& integration, double resolution, std::int64_t seed) {
  if (std::isnan(resolution)) return "given labels";
  return fmt::format("{}resolution {}, seed {}", integration == "none" ? "" : "integrated by " + integration + ", ",
                     resolution, seed);
}

void add_association(report::StudyReport& page, const matrix::Table& t, bool several) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i) {
    const auto family = of.text("family", i);
    if (family != "primary" && family != "secondary") continue;  // without integration: a section of its own
    page.association.push_back(
        {.family = family == "primary" ? report::Family::primary : report::Family::secondary,
         .partition = partition_name(of.text("integration", i), of.real("resolution", i), of.integer("seed", i)),
         .cluster = of.text("cluster", i),
         .outcome = of.text("outcome", i),
         .population = several ? of.text("population", i) : std::string(),
         .n_lots = of.integer("n", i),
         .mean_share = of.real("mean_fraction", i),
         .rho = of.real("rho", i),
         .ci_lo = of.real("ci_lo", i),
         .ci_hi = of.real("ci_hi", i),
         .p_exact = of.real("p_exact", i),
         .p_step = of.real("p_maxT_step", i),
         .permutations = of.integer("n_perm", i),
         .permutation_kind = of.text("perm_type", i),
         .status = of.text("status", i),
         .flags = of.text("flags", i)});
  }
}

void add_integration(report::StudyReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.integration.push_back({.integration = of.text("integration", i),
                                .other = of.text("other", i),
                                .cluster = of.text("cluster", i),
                                .other_cluster = of.text("other_cluster", i),
                                .outcome = of.text("outcome", i),
                                .ari = of.real("ari", i),
                                .jaccard = of.real("jaccard", i),
                                .rho_shares = of.real("rho_shares", i),
                                .rho = of.real("rho", i),
                                .other_rho = of.real("other_rho", i),
                                .p_exact = of.real("p_exact", i),
                                .other_p_exact = of.real("other_p_exact", i),
                                .p_step = of.real("p_maxT_step", i),
                                .other_p_step = of.real("other_p_maxT_step", i)});
}

void add_populations(report::StudyReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.populations.push_back({.population = of.text("population", i),
                                .outcome = of.text("outcome", i),
                                .claim = of.text("claim", i),
                                .n_partitions = of.integer("n_clusters", i),
                                .of_partitions = of.integer("n_partitions", i),
                                .core_cells = of.integer("n_core_cells", i),
                                .mean_share = of.real("mean_fraction", i),
                                .rho_min = of.real("rho_min", i),
                                .rho_max = of.real("rho_max", i),
                                .p_step = of.real("p_maxT_best", i),
                                .stability = of.real("stability", i),
                                .primary_cluster = of.text("primary_cluster", i),
                                .flags = of.text("flags", i)});
}

void add_stability(report::StudyReport& page, const matrix::Table& t) {
  const auto rows = stability::rows_of(t);
  for (const auto& row : rows)
    page.stability_replicates = std::max<std::int64_t>(page.stability_replicates, row.replicate);
  if (page.stability_replicates == 0) return;
  for (const auto& found : stability::summarize(rows, static_cast<std::int32_t>(page.composition.clusters.size()))) {
    report::StabilityRow row{.cluster = page.composition.clusters[found.cluster],
                             .cells = found.cells,
                             .lots = found.lots,
                             .dissolved_cells = found.dissolved_cells,
                             .dissolved_lots = found.dissolved_lots,
                             .lots_to_hold_still = found.lots_to_hold_still,
                             .by_lots = {}};
    for (const auto& [n_lots, mean] : found.by_lots) row.by_lots.push_back({n_lots, mean});
    page.stability.push_back(std::move(row));
  }
}

void add_markers(report::StudyReport& page, const matrix::Table& markers, const matrix::Table& dots) {
  constexpr std::int64_t shown = 5;  // of each cluster
  const Cells of(markers), of_dots(dots);
  for (std::int64_t i = 0; i < markers.n_rows(); ++i)
    if (of.text("direction", i) == "up" && of.integer("rank", i) <= shown)
      page.markers.push_back({.cluster = of.text("cluster", i),
                              .gene = of.text("gene", i),
                              .difference = of.real("difference", i),
                              .effect = of.real("effect", i),
                              .n_higher = of.integer("n_higher", i),
                              .n_lots = of.integer("n_lots", i),
                              .p_max_t = of.real("p_lot_maxT", i),
                              .auc = of.real("auc", i),
                              .share_in = of.real("share_in", i),
                              .share_out = of.real("share_out", i),
                              .flags = of.text("flags", i)});
  for (std::int64_t i = 0; i < dots.n_rows(); ++i)
    page.marker_dots.push_back({.marker_of = of_dots.text("marker_of", i),
                                .gene = of_dots.text("gene", i),
                                .gene_id = of_dots.text("gene_id", i),
                                .cluster = of_dots.text("cluster", i),
                                .share = of_dots.real("share", i),
                                .log2_fold = of_dots.real("log2_fold", i)});
}

void add_confounders(report::StudyReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.confounders.push_back({.covariate = of.text("covariate", i),
                                .outcome = of.text("outcome", i),
                                .n_lots = of.integer("n", i),
                                .rho = of.real("rho", i),
                                .p_exact = of.real("p_exact", i),
                                .status = of.text("status", i)});
}

void add_without_clusters(report::StudyReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i) {
    const auto flags = of.text("flags", i);
    page.without_clusters.push_back({.outcome = of.text("outcome", i),
                                     .n_lots = of.integer("n", i),
                                     .n_components = of.integer("k", i),
                                     .p = of.real("p", i),
                                     .p_local = of.real("p_local", i),
                                     .p_clusters = of.real("p_clusters", i),
                                     .p_omnibus = of.real("p_omnibus", i),
                                     .status = of.text("status", i) + (flags.empty() ? "" : " (" + flags + ")")});
  }
}

}  // namespace miura::app
