#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "app/condition_genes.hpp"
#include "app/enrich_genes.hpp"
#include "app/group_expression.hpp"
#include "app/stages.hpp"
#include "app/stop_request.hpp"
#include "miura/base/log.hpp"
#include "miura/enrichment/sign_scores.hpp"
#include "miura/markers/lot_consistency.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

/// The lots whose outcome is known, and their expression in all cells.
struct KnownLots {
  matrix::Measurements expression;
  std::vector<double> outcome;
  std::vector<std::string> stratum;
};

KnownLots known_lots(const GroupExpression& all, const association::Outcome& outcome,
                     std::span<const std::string> stratum) {
  KnownLots known;
  std::vector<std::int64_t> place;
  for (std::int64_t lot = 0; lot < std::ssize(outcome.value); ++lot) {
    if (std::isnan(outcome.value[lot])) continue;
    place.push_back(lot);
    known.expression.sample.push_back(all.value.sample[lot]);
    known.outcome.push_back(outcome.value[lot]);
    if (!stratum.empty()) known.stratum.push_back(stratum[lot]);
  }
  for (std::int64_t f = 0; f < all.value.n_features(); ++f) {
    const auto values = all.value.of(f);
    if (all.value.feature[f].empty() || std::ranges::any_of(place, [&](auto p) { return std::isnan(values[p]); }))
      continue;
    known.expression.feature.push_back(all.value.feature[f]);
    for (const auto p : place) known.expression.value.push_back(values[p]);
  }
  return known;
}

/// All genes ranked by how they go with each primary outcome over the lots, all cells of a lot together. Collective.
matrix::Table ranked_by_outcomes(MPI_Comm comm, const Study& study, const matrix::Pseudobulk& sums, const RunOptions& o,
                                 const matrix::GeneSets& sets, const std::filesystem::path& sheet) {
  constexpr std::size_t fewest_lots = 4;
  const auto tests = tests_of(comm, study, o, sheet);
  const auto all = expression_of(comm, study, sums, 0);
  std::vector<enrichment::RankedAnalysis> analyses;
  for (const auto& outcome : study.association.outcomes) {
    const bool is_primary = tests.primary.empty()
                                ? &outcome == &study.association.outcomes.front()
                                : std::ranges::find(tests.primary, outcome.name) != tests.primary.end();
    const auto known = known_lots(all, outcome, tests.design.stratum);
    if (!is_primary || known.outcome.size() < fewest_lots) continue;
    auto scores = enrichment::outcome_scores(
        known.expression, known.outcome,
        relabelings_of_samples(std::ssize(known.outcome), known.stratum, o.enrichment.permutations, o.common.seed));
    auto found = ranked_enrichment(comm, scores.observed, sets, scores.relabeled, o.enrichment);
    analyses.push_back({outcome.name, std::move(scores.observed), std::move(found)});
    stop_if_requested(comm);
  }
  return ranked_table(analyses, sets);
}

/// The differences of the genes that have a symbol.
matrix::Measurements named_differences(const markers::LotDifferences& found, const std::vector<std::string>& symbol) {
  const auto n_lots = std::ssize(found.lot);
  matrix::Measurements differences;
  for (const auto lot : found.lot) differences.sample.push_back(std::to_string(lot));
  for (std::int64_t g = 0; g < std::ssize(found.gene); ++g) {
    if (symbol[found.gene[g]].empty()) continue;
    differences.feature.push_back(symbol[found.gene[g]]);
    const auto first = found.value.begin() + g * n_lots;
    differences.value.insert(differences.value.end(), first, first + n_lots);
  }
  return differences;
}

/// Sets along the genes of one group, ranked by what lots agree on; adds nothing where no two lots can be compared.
/// Collective.
void rank_group(MPI_Comm comm, const Study& study, const RunOptions& o, const matrix::GeneSets& sets,
                const std::string& group, const markers::LotDifferences& found,
                std::vector<enrichment::RankedAnalysis>& analyses) {
  const auto differences = named_differences(found, study.cells.features.symbol);
  if (differences.feature.empty()) return;
  auto scores = enrichment::sign_scores(differences, {.draws = o.enrichment.permutations, .seed = o.common.seed});
  auto sets_found = ranked_enrichment(comm, scores.observed, sets, scores.relabeled, o.enrichment);
  analyses.push_back({group, std::move(scores.observed), std::move(sets_found)});
  stop_if_requested(comm);
}

/// Few lots have few signs, whose mean says little of how large a score is by chance: so the rows stand in the order of
/// permuted genes.
matrix::Table named_table(const char* name, const std::vector<enrichment::RankedAnalysis>& analyses,
                          const matrix::GeneSets& sets) {
  auto table = ranked_table(analyses, sets, enrichment::RankedBy::genes);
  table.name = name;
  return table;
}

/// All tested genes of each primary cluster, against the other cells of the lot. Collective.
matrix::Table ranked_in_clusters(MPI_Comm comm, const Study& study, const matrix::Pseudobulk& sums, const RunOptions& o,
                                 const matrix::GeneSets& sets) {
  const auto training = marks_of(study.lots, "train");
  const auto& clusters = study.clusters.primary();
  std::vector<enrichment::RankedAnalysis> analyses;
  for (std::int32_t k = 0; k < clusters.n_clusters; ++k)
    rank_group(comm, study, o, sets, clusters.name_of(k), markers::lot_differences(comm, sums, training, {.in = k}, {}),
               analyses);
  return named_table("enrichment_ranked_clusters", analyses, sets);
}

/// All tested genes of all cells and of each primary cluster, one condition against the other of the same donor.
/// Collective.
matrix::Table ranked_by_conditions(MPI_Comm comm, const Study& study, const matrix::Pseudobulk& sums,
                                   const RunOptions& o, const matrix::GeneSets& sets, const Conditions& conditions) {
  const std::vector<std::uint8_t> all(conditions.pair.size(), 1);
  std::vector<enrichment::RankedAnalysis> analyses;
  for (std::int32_t group = 0; group < sums.n_groups; ++group)
    rank_group(comm, study, o, sets, name_of_group(study, group),
               markers::lot_differences(comm, sums_of_conditions(sums, group, conditions), all, {0, 1}, {}), analyses);
  return named_table("enrichment_ranked_conditions", analyses, sets);
}

/// All that is ranked: in clusters, by conditions and by outcomes, each where it is asked for. Collective.
std::vector<matrix::Table> ranked_tables(MPI_Comm comm, const Study& study, const RunOptions& o,
                                         const matrix::GeneSets& sets, const std::filesystem::path& sheet) {
  Conditions conditions;
  parallel::together(comm, [&] { conditions = read_conditions(study.lots, o, sheet); });
  const bool by_outcomes = !study.association.outcomes.empty() && o.covariate.empty();
  std::vector<matrix::Table> tables;
  if (!o.enrichment_clusters && !conditions.any() && !by_outcomes) return tables;
  const auto sums = sums_of_groups(comm, study);
  if (o.enrichment_clusters) tables.push_back(ranked_in_clusters(comm, study, sums, o, sets));
  if (conditions.any()) tables.push_back(ranked_by_conditions(comm, study, sums, o, sets, conditions));
  if (by_outcomes) tables.push_back(ranked_by_outcomes(comm, study, sums, o, sets, sheet));
  std::erase_if(tables, [](const matrix::Table& table) { return table.n_rows() == 0; });
  return tables;
}

}  // namespace

EnrichmentStage enrichment_stage(MPI_Comm comm, const Study& study, const RunOptions& o,
                                 const std::filesystem::path& sheet) {
  EnrichmentStage stage;
  const auto& universe = study.markers.tested;
  if (o.set_files.empty() || universe.empty()) return stage;
  matrix::GeneSets sets;
  parallel::together(comm, [&] { sets = read_collections(o.set_files); });
  const auto in_sets = genes_in(sets);
  const auto n = std::ranges::count_if(universe, [&](const auto& gene) { return in_sets.contains(gene); });
  log::info(fmt::format("enrichment: {} of {} tested genes are in one of {} sets", n, universe.size(), sets.size()));
  if (n == 0) {
    stage.warnings.push_back(
        fmt::format("enrichment: none of the {} tested genes is in a set; names are compared as they stand, e.g. '{}'",
                    universe.size(), universe.front()));
    return stage;
  }
  const auto lists = enrichment::marker_lists(study.markers.table, 0);
  const auto found = over_representation(universe, lists, sets, o.enrichment.sizes);
  stage.tables.push_back(enrichment_table(found, lists, sets));
  stage.tables.push_back(list_table(found, lists));
  if (o.enrichment.permutations == 0) return stage;
  std::ranges::move(ranked_tables(comm, study, o, sets, sheet), std::back_inserter(stage.tables));
  if (!study.association.outcomes.empty() && !o.covariate.empty())
    stage.warnings.emplace_back("enrichment: genes are not ranked by an outcome where a covariate is held fixed");
  return stage;
}

}  // namespace miura::app
