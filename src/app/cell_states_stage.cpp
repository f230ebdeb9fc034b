#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "app/cell_states.hpp"
#include "app/stages.hpp"
#include "app/stop_request.hpp"
#include "app/table_cells.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/cellcycle/genes.hpp"
#include "miura/composition/cell_means.hpp"
#include "miura/input/cell_table.hpp"
#include "miura/input/gene_sets.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/transfer/cells.hpp"

namespace miura::app {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/// The genes of a phase in the user's file.
std::vector<std::string> genes_of_set(const std::string& file, const matrix::GeneSets& sets, const char* name) {
  const auto set = std::ranges::find(sets, name, &matrix::GeneSet::name);
  if (set == sets.end()) throw InputError({file}, fmt::format("has no gene set {}; it needs S and G2M", name));
  return set->gene;
}

cellcycle::PhaseGenes phase_genes(const matrix::Features& features, const RunOptions& o) {
  if (o.cell_cycle_genes.empty()) return cellcycle::human_genes(features);
  const auto sets = input::read_gene_sets(o.cell_cycle_genes);
  const auto columns = [&](const char* name) {
    return cellcycle::columns_of(features, genes_of_set(o.cell_cycle_genes, sets, name));
  };
  return {columns("S"), columns("G2M")};
}

/// Scores the cycle, or says why not. Collective.
void score_cycle(MPI_Comm comm, const Study& study, const RunOptions& o, CellStatesStage& stage) {
  cellcycle::PhaseGenes genes;
  parallel::together(comm, [&] { genes = phase_genes(study.cells.features, o); });
  const auto n_s = std::ssize(genes.s), n_g2m = std::ssize(genes.g2m);
  if (std::min(n_s, n_g2m) < o.cell_cycle.fewest_genes) {
    stage.without_cycle = fmt::format("the study has {} genes of the S and {} of the G2/M phase, fewer than {}", n_s,
                                      n_g2m, o.cell_cycle.fewest_genes);
    log::info("no cell cycle scores: " + stage.without_cycle);
    return;
  }
  stage.cycle = cellcycle::score(comm, study.cells.cells, study.cells.features, genes, study.genes.reference,
                                 study.cells.missing, o.cell_cycle);
  stage.has_cycle = true;
  log::info(fmt::format("cell cycle: {} genes of S, {} of G2/M", n_s, n_g2m));
}

/// The capture runs: their names on every rank, and of each the cells of this rank.
struct CaptureRuns {
  std::vector<std::string> name;
  std::vector<std::vector<std::int64_t>> cells;
};

CaptureRuns lots_as_runs(const Study& study) {
  CaptureRuns runs;
  for (const auto& lot : study.lots) runs.name.push_back(lot.id);
  runs.cells.resize(runs.name.size());
  const auto& lot = study.cells.cells.mine.lot;
  for (std::int64_t i = 0; i < std::ssize(lot); ++i) runs.cells[lot[i]].push_back(i);
  return runs;
}

/// Cells with the same name in the column are of one run, also over lots; cells without are of none. Collective.
CaptureRuns runs_by_column(MPI_Comm comm, const Study& study, const std::string& column) {
  const auto run_of = column_of_cells(comm, study, column, [](const matrix::Lot&) { return true; });
  std::map<std::string, std::vector<std::int64_t>> mine;
  for (std::int64_t i = 0; i < std::ssize(run_of); ++i)
    if (!run_of[i].empty()) mine[run_of[i]].push_back(i);
  CaptureRuns runs;
  std::vector<std::string> names;
  for (const auto& [name, cells] : mine) names.push_back(name);
  runs.name = parallel::gather_everywhere(comm, names);
  std::ranges::sort(runs.name);
  runs.name.erase(std::ranges::unique(runs.name).begin(), runs.name.end());
  for (const auto& name : runs.name) runs.cells.push_back(mine[name]);
  return runs;
}

/// The components without the features that the file of any lot of the run lacks: as the run's cells were placed.
pca::Model model_of_run(MPI_Comm comm, const Study& study, std::span<const std::int64_t> cells) {
  std::vector<std::int32_t> mine;
  for (const auto i : cells)
    if (const auto lot = study.cells.cells.mine.lot[i]; mine.empty() || mine.back() != lot) mine.push_back(lot);
  auto model = study.pca.model;
  for (const auto lot : parallel::gather_everywhere<std::int32_t>(comm, mine))
    if (const auto present = features_present(study, lot); !present.empty())
      model = transfer::without_missing(std::move(model), present);
  return model;
}

/// Scores every capture run. Collective.
void score_doublets(MPI_Comm comm, const Study& study, const RunOptions& o, CellStatesStage& stage) {
  const auto runs = o.doublet_run.empty() ? lots_as_runs(study) : runs_by_column(comm, study, o.doublet_run);
  std::int64_t scored = 0;
  for (std::size_t r = 0; r < runs.name.size(); ++r) {
    const auto model = model_of_run(comm, study, runs.cells[r]);
    const doublets::Projection projection{
        study.cells.features.size(), study.genes.variable.selected, {.scale = o.scale}, model};
    const auto scores = doublets::score(comm, study.cells.cells, study.pca.scores, {runs.name[r], runs.cells[r]},
                                        projection, o.doublets);
    for (std::size_t m = 0; m < scores.size(); ++m) stage.doublet_score[runs.cells[r][m]] = scores[m];
    scored += std::ranges::count_if(scores, [](double score) { return !std::isnan(score); });
    stop_if_requested(comm);
  }
  stage.has_doublets = parallel::sum_over_ranks(comm, scored) > 0;
  log::info(fmt::format("doublet scores of {} capture runs", runs.name.size()));
}

/// tables/cell_states.tsv. Collective.
matrix::Table table_of(MPI_Comm comm, const Study& study, const CellStatesStage& stage, double threshold) {
  using composition::CellProperty;
  std::vector<CellProperty> properties;
  for (const auto& [name, phase] : {std::pair{"share_g1", cellcycle::Phase::g1},
                                    {"share_s", cellcycle::Phase::s},
                                    {"share_g2m", cellcycle::Phase::g2m},
                                    {"share_undecided", cellcycle::Phase::undecided}}) {
    properties.push_back({name, {}});
    for (const auto of_cell : stage.cycle.phase)
      properties.back().value.push_back(of_cell == cellcycle::Phase::unknown ? unknown : of_cell == phase ? 1 : 0);
  }
  properties.push_back({"mean_s_score", stage.cycle.s});
  properties.push_back({"mean_g2m_score", stage.cycle.g2m});
  properties.push_back({"mean_doublet_score", stage.doublet_score});
  properties.push_back({"share_doublet_like", {}});
  for (const auto score : stage.doublet_score)
    properties.back().value.push_back(std::isnan(score) ? unknown : score >= threshold ? 1 : 0);
  return composition::cell_means(comm, "cell_states", properties, study.clusters.primary(), study.cells.cells.mine.lot,
                                 study.lots);
}

}  // namespace

void check_cell_states(const matrix::Lots& lots, const RunOptions& o) {
  if (o.score_cell_cycle && !o.cell_cycle_genes.empty()) phase_genes({}, o);
  if (o.score_doublets && !o.doublet_run.empty()) input::check_cell_column(lots, o.doublet_run);
}

CellStatesStage unscored(std::int64_t n_cells) {
  const std::vector<double> scores(n_cells, unknown);
  CellStatesStage stage;
  stage.cycle = {scores, scores, std::vector<cellcycle::Phase>(n_cells, cellcycle::Phase::unknown)};
  stage.doublet_score = scores;
  return stage;
}

std::vector<association::Outcome> cell_state_covariates(const Study& study,
                                                        std::span<const std::int32_t> training_lots) {
  const auto& stage = study.cell_states;
  std::vector<association::Outcome> covariates;
  if (stage.has_cycle) covariates.push_back({"share_cycling", {}});
  if (stage.has_doublets) covariates.push_back({"mean_doublet_score", {}});
  if (covariates.empty()) return covariates;
  const Cells of(stage.table);
  std::map<std::string, std::int64_t> row_of_lot;
  for (std::int64_t i = 0; i < stage.table.n_rows(); ++i)
    if (of.text("cluster", i) == "all") row_of_lot[of.text("lot", i)] = i;
  for (const auto lot : training_lots) {
    const auto row = row_of_lot.find(study.lots[lot].id);
    const auto add = [&](std::size_t covariate, double value) { covariates[covariate].value.push_back(value); };
    const bool has_cells = row != row_of_lot.end();
    if (stage.has_cycle)
      add(0, has_cells ? of.real("share_s", row->second) + of.real("share_g2m", row->second) : unknown);
    if (stage.has_doublets)
      add(covariates.size() - 1, has_cells ? of.real("mean_doublet_score", row->second) : unknown);
  }
  return covariates;
}

CellStatesStage cell_states_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  auto stage = unscored(study.cells.cells.mine.n_cells());
  if (study.cells.is_table) return stage;
  if (o.score_cell_cycle)
    score_cycle(comm, study, o, stage);
  else
    stage.without_cycle = "the configuration asks for none";
  stop_if_requested(comm);
  if (o.score_doublets) score_doublets(comm, study, o, stage);
  if (stage.has_cycle || stage.has_doublets) stage.table = table_of(comm, study, stage, o.doublet_threshold);
  return stage;
}

}  // namespace miura::app
