#include <fmt/format.h>

#include <algorithm>

#include "app/stages.hpp"
#include "miura/association/cluster_association.hpp"
#include "miura/base/log.hpp"
#include "miura/input/sample_sheet.hpp"
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
matrix::Table association_table(const association::Result& found) {
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
  column("cluster", [](const Row& r) { return std::to_string(r.cluster); });
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

void association_stage(MPI_Comm comm, Study& study, const RunOptions& o, const std::filesystem::path& sheet) {
  std::vector<std::int32_t> training;
  matrix::Lots training_lots;
  for (std::size_t l = 0; l < study.lots.size(); ++l)
    if (study.lots[l].role == "train") {
      training.push_back(static_cast<std::int32_t>(l));
      training_lots.push_back(study.lots[l]);
    }
  auto options = o.association;
  options.primary = split_list(o.primary);
  auto names = split_list(o.outcomes);
  for (const auto& name : options.primary)
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);

  std::vector<association::Outcome> outcomes;
  parallel::together(comm, [&] {
    for (auto& outcome : input::read_outcomes(sheet, training_lots, names))
      outcomes.push_back({std::move(outcome.name), std::move(outcome.value)});
  });
  const std::vector<matrix::Composition> partitions{with_lots(study.composition, training)};
  const auto found = association::associate(comm, partitions, outcomes, options);
  study.association_table = association_table(found);
  auto warnings = found.warnings;
  for (const auto l : found.left_out)
    warnings.push_back(fmt::format("lot {} has {} labelled cells, fewer than {}: left out of the association",
                                   training_lots[l].id, partitions[0].lot_size[l],
                                   std::max<std::int64_t>(1, options.min_cells_per_lot)));
  study.training_lots = std::move(training);
  study.outcomes = std::move(outcomes);
  for (const auto& warning : warnings) {
    study.warnings.push_back(warning);
    log::warn(warning);
  }
}

}  // namespace miura::app
