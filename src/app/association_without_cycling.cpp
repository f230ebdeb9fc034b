#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>

#include "app/cell_states.hpp"
#include "app/stages.hpp"
#include "miura/composition/count_cells.hpp"
#include "miura/matrix/table_columns.hpp"

namespace miura::app {

namespace {

/// A test of all cells, and the same of the cells of phase G1.
struct Repeated {
  association::Row all, without;
  std::string cluster;
  double share_cycling = association::not_computed;  ///< of the cluster's cells in the training lots
};

/// The partitions of the grid over the training lots, of the cells of phase G1 alone. Collective.
std::vector<matrix::Composition> compositions_of_g1(MPI_Comm comm, const Study& study,
                                                    std::span<const std::int32_t> training_lots) {
  const auto n_training = static_cast<std::int32_t>(std::ssize(training_lots));
  std::vector<std::int32_t> place(study.lots.size(), 0), lot;  // cells of other lots have no cluster
  for (std::int32_t t = 0; t < n_training; ++t) place[training_lots[t]] = t;
  for (const auto of_cell : study.cells.cells.mine.lot) lot.push_back(place[of_cell]);
  std::vector<matrix::Composition> compositions;
  for (const auto& partition : study.clusters.partitions) {
    auto label = partition.label;
    for (std::size_t i = 0; i < label.size(); ++i)
      if (study.cell_states.cycle.phase[i] != cellcycle::Phase::g1) label[i] = -1;
    compositions.push_back(composition::count_cells(comm, lot, label, n_training, partition.n_clusters));
    compositions.back().integration = partition.integration;
    compositions.back().resolution = partition.resolution;
    compositions.back().seed = partition.seed;
  }
  return compositions;
}

/// The share of a cluster's cells in the training lots that are not of phase G1.
double share_cycling(const matrix::Composition& all, std::span<const std::int32_t> training_lots,
                     const matrix::Composition& g1, std::int32_t cluster) {
  std::int64_t cells = 0, resting = 0;
  for (std::int32_t t = 0; t < g1.n_lots; ++t) {
    cells += all.cells(cluster, training_lots[t]);
    resting += g1.cells(cluster, t);
  }
  return cells > 0 ? static_cast<double>(cells - resting) / static_cast<double>(cells) : association::not_computed;
}

/// The rows worth a repetition: of the primary partition, and of each population that is declared, but by no cluster
/// of that partition, the one with the smallest p. By their place among all rows, ascending.
std::vector<std::size_t> chosen_rows(std::span<const association::Row> rows, const matrix::Labeling& primary) {
  std::vector<std::size_t> chosen;
  std::map<std::pair<std::string, std::string>, std::size_t> best;  // of a population and outcome
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const auto& row = rows[r];
    const bool shown = is_about(row, primary);
    if (shown) chosen.push_back(r);
    if (!row.declared) continue;
    const auto [leader, is_first] = best.try_emplace({row.population, row.outcome}, r);
    if (is_first || is_about(rows[leader->second], primary)) continue;
    if (shown || row.p_max_t_step < rows[leader->second].p_max_t_step) leader->second = r;
  }
  for (const auto& [of, r] : best)
    if (!is_about(rows[r], primary)) chosen.push_back(r);
  std::ranges::sort(chosen);
  return chosen;
}

matrix::Table table_of(std::span<const Repeated> rows) {
  matrix::TableColumns<Repeated> table("association_without_cycling", rows);
  const auto of_all = [&](const char* name, auto field) {
    table.add(
        name, [field](const Repeated& r) -> const auto& { return r.all.*field; });
  };
  const auto of_both = [&](const std::string& name, auto field) {
    of_all(name.c_str(), field);
    table.add((name + "_without").c_str(), [field](const Repeated& r) -> const auto& { return r.without.*field; });
  };
  using association::Row;
  of_all("family", &Row::family);
  of_all("integration", &Row::integration);
  of_all("resolution", &Row::resolution);
  of_all("seed", &Row::seed);
  table.add("cluster", &Repeated::cluster);
  of_all("population", &Row::population);
  of_all("outcome", &Row::outcome);
  table.add("share_cycling", &Repeated::share_cycling);
  of_both("n", &Row::n);
  of_both("mean_fraction", &Row::mean_fraction);
  of_both("rho", &Row::rho);
  of_both("ci_lo", &Row::ci_lo);
  of_both("ci_hi", &Row::ci_hi);
  of_both("p_exact", &Row::p_exact);
  of_both("p_maxT_step", &Row::p_max_t_step);
  table.add("status", [](const Repeated& r) { return name_of(r.all.status); });
  table.add("status_without", [](const Repeated& r) { return name_of(r.without.status); });
  of_both("declared", &Row::declared);
  return table.take();
}

}  // namespace

matrix::Table association_without_cycling(MPI_Comm comm, const Study& study,
                                          std::span<const std::int32_t> training_lots,
                                          std::span<const association::Row> all_cells,
                                          std::span<const association::Outcome> outcomes,
                                          const association::Options& options) {
  std::vector<Repeated> repeated;
  if (!study.cell_states.has_cycle) return table_of(repeated);
  const auto g1 = compositions_of_g1(comm, study, training_lots);
  const auto found = association::associate(comm, g1, outcomes, options);
  if (found.rows.size() != all_cells.size())
    throw std::logic_error("the repeated association has other tests than the first one");
  const auto& partitions = study.clusters.partitions;
  for (const auto r : chosen_rows(all_cells, study.clusters.primary())) {
    const auto& row = all_cells[r];
    const auto p = std::ranges::find_if(partitions, [&](const auto& labels) { return is_about(row, labels); }) -
                   partitions.begin();
    repeated.push_back({row, found.rows[r], partitions[p].name_of(row.cluster),
                        share_cycling(study.composition.partitions[p], training_lots, g1[p], row.cluster)});
  }
  return table_of(repeated);
}

}  // namespace miura::app
