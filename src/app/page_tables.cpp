#include "app/page_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "app/table_cells.hpp"
#include "miura/stability/summary.hpp"

namespace miura::app {

namespace {

const matrix::Table* named(const std::vector<matrix::Table>& tables, const std::string& name) {
  const auto found = std::ranges::find(tables, name, &matrix::Table::name);
  return found == tables.end() ? nullptr : &*found;
}

}  // namespace

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
         .p_single = of.real("p_maxT_single", i),
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

void add_cell_states(report::StudyReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    if (of.text("lot", i) == "all")
      page.cell_states.push_back({.cluster = of.text("cluster", i),
                                  .n_cells = of.integer("cells", i),
                                  .share_g1 = of.real("share_g1", i),
                                  .share_s = of.real("share_s", i),
                                  .share_g2m = of.real("share_g2m", i),
                                  .share_undecided = of.real("share_undecided", i),
                                  .doublet_score = of.real("mean_doublet_score", i),
                                  .share_doublet_like = of.real("share_doublet_like", i)});
}

void add_without_cycling(report::StudyReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.without_cycling.push_back(
        {.family = of.text("family", i) == "primary" ? report::Family::primary : report::Family::secondary,
         .partition = partition_name(of.text("integration", i), of.real("resolution", i), of.integer("seed", i)),
         .cluster = of.text("cluster", i),
         .outcome = of.text("outcome", i),
         .share_cycling = of.real("share_cycling", i),
         .rho = of.real("rho", i),
         .rho_without = of.real("rho_without", i),
         .p_exact = of.real("p_exact", i),
         .p_exact_without = of.real("p_exact_without", i),
         .p_step = of.real("p_maxT_step", i),
         .p_step_without = of.real("p_maxT_step_without", i),
         .declared = of.integer("declared", i) == 1,
         .declared_without = of.integer("declared_without", i) == 1,
         .status_without = of.text("status_without", i)});
}

void add_volcano(report::StudyReport& page, const matrix::Table& volcano) {
  const Cells of(volcano);
  for (std::int64_t i = 0; i < volcano.n_rows(); ++i)
    page.volcano.push_back({.cluster = of.text("cluster", i),
                            .gene = of.text("gene", i),
                            .log2_fold = of.real("log2_fold", i),
                            .log10_p = of.real("log10_p", i),
                            .n_lots = of.integer("n_lots", i),
                            .n_higher = of.integer("n_higher", i),
                            .n_lower = of.integer("n_lower", i),
                            .lots_agree = of.integer("lots_agree", i) != 0});
}

namespace {

enum class Which { each_direction, both_together };

/// The foremost sets of each ranking, so many of each direction or of both together.
std::vector<report::RankedSetRow> foremost_sets(const matrix::Table& t, int shown, Which which) {
  const Cells of(t);
  std::vector<report::RankedSetRow> rows;
  std::map<std::pair<std::string, std::string>, int> known;
  for (std::int64_t i = 0; i < t.n_rows(); ++i) {  // the foremost of a ranking come first
    const auto ranked_by = of.text("cluster", i), direction = of.text("direction", i);
    if (known[{ranked_by, which == Which::each_direction ? direction : ""}]++ >= shown) continue;
    rows.push_back({.ranked_by = ranked_by,
                    .set = of.text("set", i),
                    .description = of.text("description", i),
                    .direction = direction,
                    .size = of.integer("size", i),
                    .nes_genes = of.real("nes_genes", i),
                    .fdr_genes = of.real("fdr_genes", i),
                    .nes_lots = of.real("nes_lots", i),
                    .p_lots = of.real("p_lots_two_sided", i),
                    .fdr_lots = of.real("fdr_lots", i)});
  }
  return rows;
}

}  // namespace

void add_enrichment(report::StudyReport& page, const std::vector<matrix::Table>& tables) {
  constexpr int shown = 8, of_cluster = 8, of_outcome = 15;  // of a list, of each direction, of both
  if (const auto* t = named(tables, "enrichment"); t != nullptr) {
    const Cells of(*t);
    std::map<std::pair<std::string, std::string>, int> known;
    for (std::int64_t i = 0; i < t->n_rows(); ++i)  // by list, the strongest first
      if (known[{of.text("cluster", i), of.text("direction", i)}]++ < shown)
        page.enrichment.push_back({.cluster = of.text("cluster", i),
                                   .direction = of.text("direction", i),
                                   .set = of.text("set", i),
                                   .description = of.text("description", i),
                                   .k = of.integer("k", i),
                                   .in_set = of.integer("K", i),
                                   .universe = of.integer("universe", i),
                                   .fold = of.real("fold", i),
                                   .log10_p = of.real("log10_p", i),
                                   .log10_fdr = of.real("log10_fdr", i),
                                   .genes = of.text("genes", i)});
  }
  if (const auto* t = named(tables, "enrichment_ranked"))
    page.ranked_sets = foremost_sets(*t, of_outcome, Which::both_together);
  if (const auto* t = named(tables, "enrichment_ranked_clusters"))
    page.cluster_sets = foremost_sets(*t, of_cluster, Which::each_direction);
}

namespace {

/// Columns that are named by what was compared: lots, or pairs of them.
struct ContrastColumns {
  const char *n_lots, *p, *p_max_t;
};

report::ContrastGene contrast_gene(const Cells& of, std::int64_t i, std::string contrast,
                                   const ContrastColumns& columns) {
  return {.contrast = std::move(contrast),
          .direction = of.text("direction", i),
          .gene = of.text("gene", i),
          .gene_id = of.text("gene_id", i),
          .difference = of.real("difference", i),
          .effect = of.real("effect", i),
          .n_lots = of.integer(columns.n_lots, i),
          .n_higher = of.integer("n_higher", i),
          .n_lower = of.integer("n_lower", i),
          .p = of.real(columns.p, i),
          .p_max_t = of.real(columns.p_max_t, i),
          .p_min = of.real("p_min_attainable", i)};
}

}  // namespace

void add_markers_on_request(report::StudyReport& page, const std::vector<matrix::Table>& tables) {
  if (const auto* t = named(tables, "markers_split_clusters")) {
    const Cells of(*t);
    for (std::int64_t i = 0; i < t->n_rows(); ++i)
      page.split_clusters.push_back({.cluster = of.text("cluster", i),
                                     .primary_cluster = of.text("primary_cluster", i),
                                     .jaccard = of.real("jaccard", i),
                                     .n_cells = of.integer("cells", i),
                                     .n_tested = of.integer("n_tested", i),
                                     .n_up = of.integer("n_up_q05", i),
                                     .n_down = of.integer("n_down_q05", i),
                                     .n_up_all = of.integer("n_up_q05_all", i),
                                     .n_down_all = of.integer("n_down_q05_all", i)});
  }
  if (const auto* t = named(tables, "markers_pairwise")) {
    constexpr std::int64_t shown = 8;  // of each direction
    const Cells of(*t);
    for (std::int64_t i = 0; i < t->n_rows(); ++i)
      if (of.integer("rank", i) <= shown)
        page.pairwise.push_back(contrast_gene(of, i, of.text("cluster", i) + " against " + of.text("other", i),
                                              {.n_lots = "n_lots", .p = "p_lot", .p_max_t = "p_lot_maxT"}));
  }
}

void add_conditions(report::StudyReport& page, const std::string& compared, const matrix::Table& genes,
                    const std::vector<matrix::Table>& enrichment) {
  constexpr std::int64_t genes_shown = 12, sets_shown = 10;  // of each direction
  auto& conditions = page.conditions;
  const auto colon = compared.find(':');
  const bool is_clear = compared.find(':', colon + 1) == std::string::npos;  // a name may hold a colon too
  conditions.first = is_clear ? compared.substr(0, colon) : "the first of " + compared;
  conditions.second = is_clear ? compared.substr(colon + 1) : "the second of " + compared;
  const Cells of(genes);
  for (std::int64_t i = 0; i < genes.n_rows(); ++i)
    if (of.integer("rank", i) <= genes_shown)
      conditions.genes.push_back(
          contrast_gene(of, i, of.text("group", i), {.n_lots = "n_pairs", .p = "p_pairs", .p_max_t = "p_pairs_maxT"}));
  if (const auto* t = named(enrichment, "enrichment_ranked_conditions"))
    conditions.sets = foremost_sets(*t, sets_shown, Which::each_direction);
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

void add_mapped_lots(report::StudyReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.mapped_lots.push_back({.lot = of.text("lot", i),
                                .source = of.text("source", i),
                                .role = of.text("role", i),
                                .n_cells = of.integer("n_cells", i),
                                .n_outside = of.integer("n_outside", i),
                                .n_unassigned = of.integer("n_unassigned", i),
                                .share_outside = of.real("share_outside", i),
                                .p_outside = of.real("p_share_outside", i),
                                .held_out = of.integer("held_out", i) == 1,
                                .status = of.text("status", i)});
}

void add_replication(report::StudyReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.replication.push_back({.outcome = of.text("outcome", i),
                                .cluster = of.text("cluster", i),
                                .hypothesis = of.text("hypothesis", i),
                                .role = of.text("role", i),
                                .source = of.text("source", i),
                                .n_lots = of.integer("n", i),
                                .rho = of.real("rho", i),
                                .p_one_sided = of.real("p_one_sided", i),
                                .p_min_attainable = of.real("p_min_attainable", i),
                                .status = of.text("status", i),
                                .flags = of.text("flags", i)});
}

namespace {

void add_marker_rows(report::SourceMarkers& markers, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i) {
    markers.cluster = of.text("cluster", i);
    markers.rows.push_back({.gene = of.text("gene", i),
                            .role = of.text("role", i),
                            .source = of.text("source", i),
                            .group = of.text("group", i),
                            .n_lots = of.integer("n_lots", i),
                            .n_cells = of.integer("n_cells", i),
                            .share_expressing = of.real("share_expressing", i),
                            .high_from = of.real("high_from", i),
                            .share_high = of.real("share_high", i),
                            .mean = of.real("mean", i),
                            .log2_cpm = of.real("log2_cpm", i),
                            .status = of.text("status", i)});
  }
}

void add_marker_tests(report::SourceMarkers& markers, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    markers.tests.push_back({.gene = of.text("gene", i),
                             .role = of.text("role", i),
                             .source = of.text("source", i),
                             .group = of.text("group", i),
                             .against = of.text("against", i),
                             .measure = of.text("measure", i),
                             .n_lots = of.integer("n", i),
                             .n_against = of.integer("n_against", i),
                             .difference = of.real("difference", i),
                             .p = of.real("p", i),
                             .p_min_attainable = of.real("p_min_attainable", i),
                             .p_holm = of.real("p_holm", i),
                             .status = of.text("status", i)});
}

/// A row a lot and gene: the table has one for each outcome too.
void add_marker_lots(report::SourceMarkers& markers, const matrix::Table& t) {
  const Cells of(t);
  std::set<std::pair<std::string, std::string>> known;
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    if (known.emplace(of.text("gene", i), of.text("lot", i)).second)
      markers.lots.push_back({.gene = of.text("gene", i),
                              .lot = of.text("lot", i),
                              .role = of.text("role", i),
                              .source = of.text("source", i),
                              .share_high_declared = of.real("share_high_declared", i),
                              .share_high_other = of.real("share_high_other", i)});
}

}  // namespace

void add_source_markers(report::StudyReport& page, const std::vector<matrix::Table>& tables) {
  auto& markers = page.source_markers;
  if (const auto* t = named(tables, "source_markers")) add_marker_rows(markers, *t);
  if (const auto* t = named(tables, "source_marker_tests")) add_marker_tests(markers, *t);
  if (const auto* t = named(tables, "source_marker_lots")) add_marker_lots(markers, *t);
  if (const auto* t = named(tables, "source_marker_density")) {
    const Cells of(*t);
    for (std::int64_t i = 0; i < t->n_rows(); ++i)
      markers.density.push_back({.gene = of.text("gene", i),
                                 .role = of.text("role", i),
                                 .source = of.text("source", i),
                                 .group = of.text("group", i),
                                 .from = of.real("from", i),
                                 .to = of.real("to", i),
                                 .cells = of.integer("cells", i)});
  }
}

void add_replication_scatters(report::StudyReport& page, const std::vector<matrix::Table>& tables) {
  const auto* t = named(tables, "mapped_shares");
  if (t == nullptr) return;
  const Cells of(*t);
  for (std::int64_t i = 0; i < t->n_rows(); ++i) {
    const auto outcome = of.text("outcome", i);
    const auto value = of.real("outcome_value", i);
    if (std::isnan(value)) continue;
    auto scatter = std::ranges::find(page.replication_scatter, outcome, &report::Scatter::outcome);
    if (scatter == page.replication_scatter.end())
      scatter = page.replication_scatter.insert(
          scatter, {.partition = {}, .cluster = of.text("cluster", i), .outcome = outcome, .points = {}});
    scatter->points.push_back(
        {of.text("lot", i), of.text("source", i) + ", " + of.text("role", i), of.real("share", i), value});
  }
}

}  // namespace miura::app
