#include <fmt/format.h>

#include <algorithm>

#include "app/cell_states.hpp"
#include "app/integration.hpp"
#include "app/provenance.hpp"
#include "app/stages.hpp"
#include "miura/association/cluster_association.hpp"
#include "miura/association/confounders.hpp"
#include "miura/association/tables.hpp"
#include "miura/base/log.hpp"
#include "miura/input/outcome_sheet.hpp"
#include "miura/input/sample_sheet.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/populations/claims.hpp"

namespace miura::app {

namespace {

/// The same composition with some of its lots.
matrix::Composition with_lots(const matrix::Composition& all, std::span<const std::int32_t> lots) {
  auto part = all;
  part.n_lots = static_cast<std::int32_t>(lots.size());
  part.count.clear();
  part.lot_size.clear();
  for (std::int32_t c = 0; c < all.n_clusters; ++c)
    for (const auto l : lots) part.count.push_back(all.cells(c, l));
  for (const auto l : lots) part.lot_size.push_back(all.lot_size[l]);
  return part;
}

/// Where a row's cluster stands among all clusters of the grid, counted through.
std::int32_t place_in_grid(const Study& study, const association::Row& row) {
  std::int32_t first = 0;
  for (const auto& labeling : study.clusters.partitions) {
    if (is_about(row, labeling)) return first + row.cluster;
    first += labeling.n_clusters;
  }
  throw std::logic_error("an association is about a partition that is not there");
}

/// The evidence of every outcome on all clusters of the grid, in the order in which the families test them.
std::vector<populations::OutcomeEvidence> evidence_of(const Study& study, const association::Result& found) {
  std::size_t n_clusters = 0;
  for (const auto& labeling : study.clusters.partitions) n_clusters += static_cast<std::size_t>(labeling.n_clusters);
  std::vector<populations::OutcomeEvidence> evidence;
  for (const auto& row : found.rows) {
    auto of = std::ranges::find(evidence, row.outcome, &populations::OutcomeEvidence::outcome);
    if (of == evidence.end()) {
      evidence.push_back({row.outcome, std::vector<populations::Evidence>(n_clusters)});
      of = evidence.end() - 1;
    }
    const bool exploratory = row.flags.find("EXPLORATORY") != std::string::npos;
    of->of_cluster[place_in_grid(study, row)] = {row.rho, row.p_exact, row.p_max_t_step, row.declared && !exploratory};
  }
  return evidence;
}

/// Names the populations of the grid and enters them in the rows; gives their table. Collective.
matrix::Table name_populations(const Study& study, association::Result& found, AssociationStage& stage) {
  const auto claims = populations::weigh(study.grid->populations, evidence_of(study, found));
  for (auto& row : found.rows)
    row.population = claims.name_of(study.grid->populations.merged, place_in_grid(study, row));
  stage.population_name = claims.name;
  return claims.table;
}

/// What else differs between lots: depth, number of cells, what quality control took, cycling cells and doublets, and
/// columns that were named.
std::vector<association::Outcome> covariates_of(const Study& study, const AssociationStage& stage,
                                                std::span<const association::Outcome> named) {
  std::vector<association::Outcome> covariates;
  const auto& counted = study.cells.attrition;
  const auto& read = counted.column<std::int64_t>("cells_read");
  const auto& kept = counted.column<std::int64_t>("kept");
  const auto add = [&](const char* name, auto value_of) {
    covariates.push_back({name, {}});
    for (const auto lot : stage.training_lots)
      covariates.back().value.push_back(kept[lot] > 0 ? static_cast<double>(value_of(lot)) : association::not_computed);
  };
  add("n_cells", [&](std::int32_t lot) { return kept[lot]; });
  add("share_lost_in_qc",
      [&](std::int32_t lot) { return static_cast<double>(read[lot] - kept[lot]) / static_cast<double>(read[lot]); });
  if (!study.cells.is_table) {
    add("median_counts", [&](std::int32_t lot) { return counted.column<double>("median_counts")[lot]; });
    add("median_genes", [&](std::int32_t lot) { return counted.column<double>("median_genes")[lot]; });
  }
  for (auto& state : cell_state_covariates(study, stage.training_lots)) covariates.push_back(std::move(state));
  covariates.insert(covariates.end(), named.begin(), named.end());
  return covariates;
}

/// The clusters without integration against the same outcomes: families of their own that declare nothing, added to
/// what was found. Collective.
void add_not_integrated(MPI_Comm comm, const matrix::Composition& composition,
                        std::span<const association::Outcome> outcomes, const association::Options& options,
                        association::Result& found) {
  auto beside = association::associate(comm, std::span(&composition, 1), outcomes, options);
  for (auto& family : beside.families) {
    family.name += "_not_integrated";
    found.families.push_back(family);
  }
  for (auto& row : beside.rows) {
    row.family += "_not_integrated";
    row.declared = false;
    if (row.flags.find("EXPLORATORY") == std::string::npos) association::flag(row, "EXPLORATORY");
    found.rows.push_back(std::move(row));
  }
}

/// Named columns of the sample sheet, of the training lots. Collective.
std::vector<association::Outcome> read_columns(MPI_Comm comm, const std::filesystem::path& sheet,
                                               const matrix::Lots& training, std::span<const std::string> names) {
  std::vector<association::Outcome> columns;
  if (names.empty()) return columns;
  parallel::together(comm, [&] {
    for (auto& column : input::read_outcomes(sheet, training, names))
      columns.push_back({std::move(column.name), std::move(column.value)});
  });
  return columns;
}

/// Names the first lots that were left out, and counts the others.
void warn_of_small_lots(const matrix::Lots& training, std::span<const std::int64_t> lot_size,
                        std::span<const std::int32_t> left_out, std::int64_t fewest,
                        std::vector<std::string>& warnings) {
  constexpr std::size_t most_named = 20;
  for (const auto l : left_out.first(std::min(most_named, left_out.size())))
    warnings.push_back(fmt::format("lot {} has {} labelled cells, fewer than {}: left out of the association",
                                   training[l].id, lot_size[l], fewest));
  if (left_out.size() > most_named)
    warnings.push_back(fmt::format("{} more lots have fewer than {} labelled cells: left out of the association",
                                   left_out.size() - most_named, fewest));
}

}  // namespace

bool is_about(const association::Row& row, const matrix::Labeling& partition) {
  const bool same_resolution =
      partition.resolution == row.resolution || (std::isnan(partition.resolution) && std::isnan(row.resolution));
  return same_resolution && partition.seed == row.seed && partition.integration == row.integration;
}

association::Options tests_of(MPI_Comm comm, const Study& study, const RunOptions& o,
                              const std::filesystem::path& sheet) {
  auto options = o.association;
  options.primary = split_list(o.primary);
  const auto training = training_lots(study.lots);
  std::vector<std::string> ids;
  for (const auto& lot : training) {
    ids.push_back(lot.id);
    options.design.donor.push_back(lot.donor);
  }
  if (!o.covariate.empty())
    options.design.covariate = read_columns(comm, sheet, training, std::vector{o.covariate}).front().value;
  if (!o.strata.empty())
    parallel::together(comm, [&] {
      options.design.stratum =
          input::read_labels(sheet, {.key_column = "lot", .sample = {}, .columns = {}, .numeric = {}}, ids, o.strata);
    });
  return options;
}

AssociationStage association_stage(MPI_Comm comm, const Study& study, const RunOptions& o,
                                   const std::filesystem::path& sheet) {
  AssociationStage stage;
  matrix::Lots training;
  for (std::size_t l = 0; l < study.lots.size(); ++l)
    if (study.lots[l].role == "train") {
      stage.training_lots.push_back(static_cast<std::int32_t>(l));
      training.push_back(study.lots[l]);
    }
  association::Result found;
  std::vector<matrix::Composition> partitions;
  for (const auto& composition : study.composition.partitions)
    partitions.push_back(with_lots(composition, stage.training_lots));
  std::optional<matrix::Composition> not_integrated;
  if (study.composition.not_integrated)
    not_integrated = with_lots(*study.composition.not_integrated, stage.training_lots);
  const auto names = outcomes_named(o);
  if (names.empty()) {
    stage.tables.push_back(name_populations(study, found, stage));
    stage.tables.push_back(integration_table(comm, study, partitions, not_integrated, {}));
    return stage;
  }
  stage.outcomes_read = utc_now();
  parallel::broadcast(comm, stage.outcomes_read);
  stage.outcomes = read_columns(comm, sheet, training, names);
  const auto options = tests_of(comm, study, o, sheet);
  found = association::associate(comm, partitions, stage.outcomes, options);

  auto table_of_populations = name_populations(study, found, stage);
  auto without_cycling =
      association_without_cycling(comm, study, stage.training_lots, found.rows, stage.outcomes, options);
  if (not_integrated) add_not_integrated(comm, *not_integrated, stage.outcomes, options, found);
  auto table = association::association_table(found);
  if (!study.clusters.primary().names.empty())  // labels that were given: there is one partition of them
    for (auto& cluster : table.column<std::string>("cluster"))
      cluster = study.clusters.primary().name_of(std::stoi(cluster));
  stage.tables.push_back(std::move(table));
  stage.tables.push_back(std::move(table_of_populations));
  stage.tables.push_back(integration_table(comm, study, partitions, not_integrated, found.rows));
  if (without_cycling.n_rows() > 0) stage.tables.push_back(std::move(without_cycling));
  const auto covariates = covariates_of(study, stage, read_columns(comm, sheet, training, split_list(o.confounders)));
  stage.tables.push_back(
      association::confounder_table(association::confounders(comm, covariates, stage.outcomes, options.relabelings)));

  stage.warnings = found.warnings;
  for (auto& doubt : doubts_about_integration(training, stage.outcomes, o)) stage.warnings.push_back(std::move(doubt));
  warn_of_small_lots(training, partitions[0].lot_size, found.left_out,
                     std::max<std::int64_t>(1, options.min_cells_per_lot), stage.warnings);
  for (const auto& warning : stage.warnings) log::warn(warning);
  return stage;
}

}  // namespace miura::app
