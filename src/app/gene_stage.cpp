#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "app/condition_genes.hpp"
#include "app/group_expression.hpp"
#include "app/stages.hpp"
#include "app/stop_request.hpp"
#include "miura/association/feature_association.hpp"
#include "miura/association/tables.hpp"
#include "miura/base/log.hpp"
#include "miura/matrix/append_rows.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

/// Columns of the association of any feature that say nothing of a gene.
constexpr std::array<std::string_view, 8> not_of_genes{"feature",       "mean_fraction", "min_expected_count",
                                                       "rho_cell_lo",   "rho_cell_hi",   "p_adjN",
                                                       "p_conditional", "statistic"};

/// The rows worth keeping of a group's tests, with the names of group and gene before them.
matrix::Table rows_of(const Study& study, const GroupExpression& expression, const association::FeatureResult& found,
                      const std::string& group, double largest_p) {
  const auto tests = association::association_table(found, expression.value);
  std::vector<std::int64_t> kept;
  for (std::int64_t i = 0; i < std::ssize(found.rows); ++i)
    if (!(found.rows[i].p_exact > largest_p)) kept.push_back(i);
  std::vector<std::string> gene, id;
  for (const auto i : kept) {
    const auto g = expression.gene[found.rows[i].feature];
    gene.push_back(study.cells.features.symbol[g]);
    id.push_back(study.cells.features.id[g]);
  }
  matrix::Table table{"gene_association",
                      {{"group", std::vector<std::string>(kept.size(), group)}, {"gene", gene}, {"gene_id", id}}};
  for (const auto& column : tests.columns) {
    if (std::ranges::find(not_of_genes, column.name) != not_of_genes.end()) continue;
    table.columns.push_back({column.name, std::visit(
                                              [&](const auto& values) -> decltype(column.values) {
                                                std::decay_t<decltype(values)> some;
                                                for (const auto i : kept) some.push_back(values[i]);
                                                return some;
                                              },
                                              column.values)});
  }
  return table;
}

}  // namespace

GeneStage gene_stage(MPI_Comm comm, const Study& study, const RunOptions& o, const std::filesystem::path& sheet) {
  GeneStage stage;
  if (study.cells.is_table || !o.genes) return stage;
  Conditions conditions;
  parallel::together(comm, [&] { conditions = read_conditions(study.lots, o, sheet); });
  if (!conditions.any() && study.association.outcomes.empty()) return stage;
  const auto sums = sums_of_groups(comm, study);
  if (conditions.any()) stage.conditions = condition_genes(comm, study, sums, conditions, o);
  if (study.association.outcomes.empty()) return stage;
  auto options = tests_of(comm, study, o, sheet);
  options.family_relabelings = options.relabelings;  // each gene's own p stays exact, which is quick
  options.family_relabelings->exact_up_to = o.gene_exact_up_to;
  options.family_relabelings->permutations = o.gene_permutations;
  for (std::int32_t group = 0; group < sums.n_groups; ++group) {
    const auto expression = expression_of(comm, study, sums, group);
    const auto found = association::associate_features(comm, expression.value, study.association.outcomes, options);
    for (const auto& family : found.families)
      if (family.rejects)
        log::info(fmt::format("genes in {}: some of the {} family are declared",
                              group == 0 ? "all cells" : "cluster " + name_of_group(study, group), family.name));
    append_rows(stage.table,
                rows_of(study, expression, found, name_of_group(study, group), group == 0 ? 1.0 : o.gene_report_p));
    stop_if_requested(comm);
  }
  return stage;
}

}  // namespace miura::app
