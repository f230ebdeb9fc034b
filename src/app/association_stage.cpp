#include <fmt/format.h>

#include <algorithm>

#include "app/provenance.hpp"
#include "app/stages.hpp"
#include "miura/association/cluster_association.hpp"
#include "miura/base/log.hpp"
#include "miura/input/sample_sheet.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

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

/// tables/association.tsv: the columns of METHOD 1.9 and the number of tests in the family.
matrix::Table association_table(const Study& study, const association::Result& found) {
  matrix::Table table{"association", {}};
  const auto column = [&](const char* name, auto value_of) {
    using Value = decltype(value_of(found.rows.front()));
    std::vector<Value> values;
    for (const auto& row : found.rows) values.push_back(value_of(row));
    table.columns.push_back({name, std::move(values)});
  };
  using association::Row;
  const auto texts = [&](const char* name, std::string Row::*field) {
    column(name, [=](const Row& r) { return r.*field; });
  };
  const auto reals = [&](const char* name, double Row::*field) {
    column(name, [=](const Row& r) { return r.*field; });
  };
  const auto integers = [&](const char* name, auto field) {
    column(name, [=](const Row& r) { return static_cast<std::int64_t>(r.*field); });
  };
  texts("family", &Row::family);
  texts("integration", &Row::integration);
  reals("resolution", &Row::resolution);
  integers("seed", &Row::seed);
  const auto& given = study.clusters.primary();  // labels that were given have names, and there is no grid of them
  column("cluster", [&](const Row& r) { return given.name_of(r.cluster); });
  texts("population", &Row::population);
  texts("outcome", &Row::outcome);
  integers("n", &Row::n);
  integers("n_strata", &Row::n_strata);
  reals("mean_fraction", &Row::mean_fraction);
  reals("min_expected_count", &Row::min_expected_count);
  integers("S", &Row::s);
  reals("rho", &Row::rho);
  reals("ci_lo", &Row::ci_lo);
  reals("ci_hi", &Row::ci_hi);
  reals("rho_cell_lo", &Row::rho_cell_lo);
  reals("rho_cell_hi", &Row::rho_cell_hi);
  reals("p_exact", &Row::p_exact);
  reals("p_min_attainable", &Row::p_min_attainable);
  integers("n_perm", &Row::n_perm);
  texts("perm_type", &Row::perm_type);
  reals("p_maxT_single", &Row::p_max_t_single);
  reals("p_maxT_step", &Row::p_max_t_step);
  reals("p_holm", &Row::p_holm);
  reals("q_bh", &Row::q_bh);
  reals("p_adjN", &Row::p_adj_n);
  reals("p_conditional", &Row::p_conditional);
  reals("loo_rho_min", &Row::loo_rho_min);
  reals("loo_rho_max", &Row::loo_rho_max);
  column("status", [](const Row& r) { return std::string(association::name_of(r.status)); });
  texts("flags", &Row::flags);
  column("family_size", [&](const Row& r) {
    return std::ranges::find(found.families, r.family, &association::Family::name)->n_tests;
  });
  return table;
}

}  // namespace

AssociationStage association_stage(MPI_Comm comm, const Study& study, const RunOptions& o,
                                   const std::filesystem::path& sheet) {
  AssociationStage stage;
  matrix::Lots training;
  for (std::size_t l = 0; l < study.lots.size(); ++l)
    if (study.lots[l].role == "train") {
      stage.training_lots.push_back(static_cast<std::int32_t>(l));
      training.push_back(study.lots[l]);
    }
  const auto names = columns_used(o);
  if (names.empty()) return stage;
  auto options = o.association;
  options.primary = split_list(o.primary);
  stage.outcomes_read = utc_now();
  parallel::broadcast(comm, stage.outcomes_read);
  parallel::together(comm, [&] {
    for (auto& outcome : input::read_outcomes(sheet, training, names))
      stage.outcomes.push_back({std::move(outcome.name), std::move(outcome.value)});
  });
  std::vector<matrix::Composition> partitions;
  for (const auto& composition : study.composition.partitions)
    partitions.push_back(with_lots(composition, stage.training_lots));
  const auto found = association::associate(comm, partitions, stage.outcomes, options);
  stage.tables.push_back(association_table(study, found));
  stage.warnings = found.warnings;
  for (const auto l : found.left_out)
    stage.warnings.push_back(fmt::format("lot {} has {} labelled cells, fewer than {}: left out of the association",
                                         training[l].id, partitions[0].lot_size[l],
                                         std::max<std::int64_t>(1, options.min_cells_per_lot)));
  for (const auto& warning : stage.warnings) log::warn(warning);
  return stage;
}

}  // namespace miura::app
