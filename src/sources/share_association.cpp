#include "miura/sources/share_association.hpp"

#include <cmath>
#include <stdexcept>

#include "miura/association/feature_association.hpp"
#include "miura/matrix/table_columns.hpp"
#include "sources/lot_sets.hpp"

namespace miura::sources {

namespace {

/// log((c + 1/2) / (N - c + 1/2)) for shares of different sources, which have different means.
double logit_share(double share, std::int64_t cells) {
  const auto size = static_cast<double>(cells);
  return std::log((share * size + 0.5) / (size - share * size + 0.5));
}

ShareRow tested(MPI_Comm comm, const matrix::Lots& lots, const LotSet& set, const DeclaredCluster& cluster,
                const association::Outcome& outcome, const ShareAssociationOptions& options) {
  matrix::Measurements shares{.feature = {cluster.name}, .sample = {}, .value = {}};
  association::Outcome measured{.name = outcome.name, .value = {}};
  association::Options test{.alpha = options.alpha, .relabelings = options.relabelings};
  test.relabelings.side = cluster.hypothesis;
  std::vector<std::int32_t> few_cells, far;
  for (const auto l : set.lots) {
    if (cluster.cells[l] < options.min_cells_per_lot) few_cells.push_back(l);
    if (cluster.cells[l] < options.min_cells_per_lot || std::isnan(cluster.share[l])) continue;
    if (!cluster.far.empty() && cluster.far[l] != 0 && !std::isnan(outcome.value[l])) far.push_back(l);
    shares.sample.push_back(lots[l].id);
    shares.value.push_back(set.several_sources ? logit_share(cluster.share[l], cluster.cells[l]) : cluster.share[l]);
    measured.value.push_back(outcome.value[l]);
    if (set.several_sources)
      test.design.stratum.push_back("source " + lots[l].source);  // an empty label would leave the lot out
  }
  ShareRow row;
  static_cast<association::Evidence&>(row) =
      association::test_features_alone(comm, shares, std::span(&measured, 1), test).front();
  row.cluster = cluster.name;
  row.hypothesis = cluster.hypothesis;
  row.role = set.role;
  row.source = set.source;
  if (!few_cells.empty()) association::flag(row, "FEW_CELLS:" + ids_of(lots, few_cells));
  if (!far.empty()) association::flag(row, "FAR:" + ids_of(lots, far));
  return row;
}

}  // namespace

ShareAssociation share_association(MPI_Comm comm, const matrix::Lots& lots, const DeclaredCluster& cluster,
                                   const association::Outcome& outcome, const ShareAssociationOptions& options) {
  if (cluster.share.size() != lots.size() || cluster.cells.size() != lots.size() || outcome.value.size() != lots.size())
    throw std::logic_error("a share, number of cells and outcome are needed for every lot");
  if (cluster.hypothesis == permutation::Side::two_sided)
    throw std::logic_error("the hypothesis on mapped lots is one-sided");
  ShareAssociation found;
  for (std::int32_t l = 0; l < std::ssize(lots); ++l)
    if (lots[l].role != "train" && cluster.cells[l] < options.min_cells_per_lot) found.left_out.push_back(l);
  for (const auto& set : lot_sets(lots))
    if (!set.trains()) found.rows.push_back(tested(comm, lots, set, cluster, outcome, options));
  return found;
}

matrix::Table share_association_table(std::span<const ShareRow> rows) {
  matrix::TableColumns<ShareRow> columns("mapped_association", rows);
  columns.add("outcome", &ShareRow::outcome);
  columns.add("cluster", &ShareRow::cluster);
  columns.add("hypothesis",
              [](const ShareRow& row) { return row.hypothesis == permutation::Side::greater ? "rho > 0" : "rho < 0"; });
  columns.add("role", &ShareRow::role);
  columns.add("source", &ShareRow::source);
  columns.add("n", &ShareRow::n);
  columns.add("n_strata", &ShareRow::n_strata);
  columns.add("rho", &ShareRow::rho);
  columns.add("p_one_sided", &ShareRow::p_exact);
  columns.add("p_min_attainable", &ShareRow::p_min_attainable);
  columns.add("n_perm", &ShareRow::n_perm);
  columns.add("perm_type", &ShareRow::perm_type);
  columns.add("status", [](const ShareRow& row) { return std::string(association::name_of(row.status)); });
  columns.add("flags", &ShareRow::flags);
  return columns.take();
}

matrix::Table mapped_share_table(const matrix::Lots& lots, const DeclaredCluster& cluster,
                                 std::span<const association::Outcome> outcomes) {
  struct LotOutcome {
    std::int32_t lot;
    const association::Outcome& outcome;
  };
  std::vector<LotOutcome> rows;
  for (const auto& outcome : outcomes)
    for (std::int32_t l = 0; l < std::ssize(lots); ++l)
      if (lots[l].role != "train") rows.push_back({l, outcome});
  matrix::TableColumns<LotOutcome> columns("mapped_shares", rows);
  columns.add("outcome", [](const LotOutcome& row) { return row.outcome.name; });
  columns.add("cluster", [&](const LotOutcome&) { return cluster.name; });
  columns.add("lot", [&](const LotOutcome& row) { return lots[row.lot].id; });
  columns.add("source", [&](const LotOutcome& row) { return lots[row.lot].source; });
  columns.add("role", [&](const LotOutcome& row) { return lots[row.lot].role; });
  columns.add("cells", [&](const LotOutcome& row) { return cluster.cells[row.lot]; });
  columns.add("share", [&](const LotOutcome& row) { return cluster.share[row.lot]; });
  columns.add("outcome_value", [](const LotOutcome& row) { return row.outcome.value[row.lot]; });
  return columns.take();
}

}  // namespace miura::sources
