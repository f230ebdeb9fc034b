#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "app/stages.hpp"
#include "app/stop_request.hpp"
#include "miura/base/log.hpp"
#include "miura/matrix/table_columns.hpp"
#include "miura/neighborhood/association.hpp"
#include "miura/neighborhood/union_graph.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::app {

namespace {

/// The clusters that the association tested against an outcome, as tests over some of the training lots.
permutation::RankTests cluster_tests(const Study& study, const std::string& outcome, std::span<const double> value,
                                     std::span<const std::int32_t> lots) {
  permutation::RankTests tests;
  tests.n_lots = static_cast<std::int32_t>(lots.size());
  std::vector<double> y;
  for (const auto lot : lots) y.push_back(value[lot]);
  tests.outcome = stats::doubled_mid_ranks(y);
  const auto& table = *study.association.table("association");
  const auto& status = table.column<std::string>("status");
  const auto& of = table.column<std::string>("outcome");
  // The rows of an outcome stand in the order of partitions and clusters.
  std::int64_t row = 0;
  for (const auto& composition : study.composition.partitions)
    for (std::int32_t c = 0; c < composition.n_clusters; ++c, ++row) {
      while (of[row] != outcome) ++row;
      if (status[row] != "OK" && status[row] != "APPROX" && status[row] != "FEW_CELLS") continue;
      std::vector<double> share;
      for (const auto lot : lots) {
        const auto l = study.association.training_lots[lot];
        share.push_back(static_cast<double>(composition.cells(c, l)) / static_cast<double>(composition.lot_size[l]));
      }
      const auto ranks = stats::doubled_mid_ranks(share);
      if (std::ranges::all_of(ranks, [](std::int32_t r) { return r == 0; })) continue;
      tests.pair.push_back({static_cast<std::int32_t>(tests.pair.size()), 0});
      tests.feature.insert(tests.feature.end(), ranks.begin(), ranks.end());
    }
  return tests;
}

/// Labels as numbers, by their order.
std::vector<std::int32_t> numbered(std::span<const std::string> labels) {
  std::map<std::string, std::int32_t> number;
  for (const auto& label : labels) number.emplace(label, 0);
  std::int32_t n = 0;
  for (auto& [label, of] : number) of = n++;
  std::vector<std::int32_t> numbers;
  for (const auto& label : labels) numbers.push_back(number.at(label));
  return numbers;
}

/// A row of tables/global.tsv: an outcome.
struct GlobalRow : neighborhood::Association {
  std::string outcome;
  neighborhood::Omnibus both;
};

matrix::Table global_table(std::span<const GlobalRow> rows) {
  matrix::TableColumns<GlobalRow> columns("global", rows);
  columns.add("outcome", &GlobalRow::outcome);
  columns.add("n", &GlobalRow::n);
  columns.add("steps", &GlobalRow::steps);
  columns.add("k", &GlobalRow::k);
  columns.add("r2", &GlobalRow::r2);
  columns.add("p", &GlobalRow::p);
  columns.add("p_local", &GlobalRow::p_local);
  columns.add("p_clusters", [](const GlobalRow& row) { return row.both.p_clusters; });
  columns.add("p_omnibus", [](const GlobalRow& row) { return row.both.p_omnibus; });
  columns.add("n_perm", &GlobalRow::n_perm);
  columns.add("perm_type", &GlobalRow::perm_type);
  columns.add("status", [](const GlobalRow& row) { return neighborhood::name_of(row.status); });
  columns.add("flags", &GlobalRow::flags);
  return columns.take();
}

/// Rows that say why nothing was tested.
matrix::Table not_tested(const std::vector<association::Outcome>& outcomes, std::int32_t n_lots) {
  std::vector<GlobalRow> rows(outcomes.size());
  for (std::size_t m = 0; m < outcomes.size(); ++m) {
    rows[m].outcome = outcomes[m].name;
    rows[m].n = n_lots;
    rows[m].status = neighborhood::Status::not_tested;
    rows[m].flags = "TOO_MANY_LOTS";
  }
  return global_table(rows);
}

}  // namespace

NeighborhoodStage neighborhood_stage(MPI_Comm comm, const Study& study, const RunOptions& o,
                                     const std::filesystem::path& sheet) {
  NeighborhoodStage stage;
  if (study.association.outcomes.empty() || !o.neighborhoods) return stage;
  std::vector<std::int32_t> place(study.lots.size(), -1), lot_of_vertex;
  const auto& training = study.association.training_lots;
  const auto n_lots = static_cast<std::int32_t>(training.size());
  if (n_lots > o.neighborhood_max_lots) {
    log::warn(fmt::format("{} training lots, more than neighborhoods.max_lots = {}: neighborhoods are not tested",
                          n_lots, o.neighborhood_max_lots));
    stage.table = not_tested(study.association.outcomes, n_lots);
    return stage;
  }
  for (std::size_t t = 0; t < training.size(); ++t) place[training[t]] = static_cast<std::int32_t>(t);
  for (std::size_t i = 0; i < study.genes.reference.size(); ++i)
    if (study.genes.reference[i]) lot_of_vertex.push_back(place[study.cells.cells.mine.lot[i]]);

  const auto graph = neighborhood::union_graph(comm, study.neighbors.nearest, std::min(15, study.neighbors.nearest.k));
  const auto abundance = neighborhood::abundance(comm, graph, lot_of_vertex, n_lots, neighborhood::AbundanceOptions{});
  const auto design = tests_of(comm, study, o, sheet).design;
  const auto stratum = numbered(design.stratum);
  std::vector<GlobalRow> rows;
  for (const auto& outcome : study.association.outcomes) {
    auto found = neighborhood::associate(comm, abundance, outcome.value, stratum,
                                         {.permutations = o.neighborhood_permutations,
                                          .seed = o.common.seed,
                                          .min_cells_per_lot = o.association.min_cells_per_lot});
    neighborhood::Omnibus both;
    if (found.relabelings && stratum.empty())
      both = neighborhood::omnibus(comm, found, cluster_tests(study, outcome.name, outcome.value, found.lots), 0);
    stage.outcome.push_back(outcome.name);
    stage.ncorr.push_back(std::move(found.ncorr));
    stage.p_fwer.push_back(std::move(found.p_fwer));
    stage.fdr.push_back(std::move(found.fdr));
    rows.push_back({std::move(found), outcome.name, both});
    stop_if_requested(comm);
  }
  stage.table = global_table(rows);
  return stage;
}

}  // namespace miura::app
