#include "miura/association/tables.hpp"

#include <algorithm>
#include <string>

#include "miura/matrix/table_columns.hpp"

namespace miura::association {

namespace {

template <class AnyRow>
void add_evidence(matrix::TableColumns<AnyRow>& columns, std::span<const Family> families) {
  columns.add("outcome", &Evidence::outcome);
  columns.add("n", &Evidence::n);
  columns.add("n_strata", &Evidence::n_strata);
  columns.add("mean_fraction", &Evidence::mean_fraction);
  columns.add("min_expected_count", &Evidence::min_expected_count);
  columns.add("S", &Evidence::s);
  columns.add("rho", &Evidence::rho);
  columns.add("ci_lo", &Evidence::ci_lo);
  columns.add("ci_hi", &Evidence::ci_hi);
  columns.add("rho_cell_lo", &Evidence::rho_cell_lo);
  columns.add("rho_cell_hi", &Evidence::rho_cell_hi);
  columns.add("p_exact", &Evidence::p_exact);
  columns.add("p_min_attainable", &Evidence::p_min_attainable);
  columns.add("n_perm", &Evidence::n_perm);
  columns.add("perm_type", &Evidence::perm_type);
  columns.add("p_maxT_single", &Evidence::p_max_t_single);
  columns.add("p_maxT_step", &Evidence::p_max_t_step);
  columns.add("p_holm", &Evidence::p_holm);
  columns.add("q_bh", &Evidence::q_bh);
  columns.add("p_adjN", &Evidence::p_adj_n);
  columns.add("p_conditional", &Evidence::p_conditional);
  columns.add("loo_rho_min", &Evidence::loo_rho_min);
  columns.add("loo_rho_max", &Evidence::loo_rho_max);
  columns.add("status", [](const AnyRow& row) { return std::string(name_of(row.status)); });
  columns.add("flags", &Evidence::flags);
  columns.add("family_size",
              [&](const AnyRow& row) { return std::ranges::find(families, row.family, &Family::name)->n_tests; });
}

}  // namespace

matrix::Table association_table(const Result& found) {
  matrix::TableColumns<Row> columns("association", found.rows);
  columns.add("family", &Evidence::family);
  columns.add("integration", &Row::integration);
  columns.add("resolution", &Row::resolution);
  columns.add("seed", &Row::seed);
  columns.add("cluster", [](const Row& row) { return std::to_string(row.cluster); });
  columns.add("population", &Row::population);
  add_evidence(columns, found.families);
  return columns.take();
}

matrix::Table association_table(const FeatureResult& found, const matrix::Measurements& features) {
  matrix::TableColumns<FeatureRow> columns("association", found.rows);
  columns.add("family", &Evidence::family);
  columns.add("feature", [&](const FeatureRow& row) { return features.feature[row.feature]; });
  add_evidence(columns, found.families);
  columns.add("statistic", &FeatureRow::statistic);
  return columns.take();
}

matrix::Table confounder_table(std::span<const ConfounderRow> rows) {
  matrix::TableColumns<ConfounderRow> columns("confounders", rows);
  columns.add("covariate", &ConfounderRow::covariate);
  columns.add("outcome", &ConfounderRow::outcome);
  columns.add("n", &ConfounderRow::n);
  columns.add("S", &ConfounderRow::s);
  columns.add("rho", &ConfounderRow::rho);
  columns.add("p_exact", &ConfounderRow::p_exact);
  columns.add("n_perm", &ConfounderRow::n_perm);
  columns.add("perm_type", &ConfounderRow::perm_type);
  columns.add("status", [](const ConfounderRow& row) { return std::string(name_of(row.status)); });
  return columns.take();
}

}  // namespace miura::association
