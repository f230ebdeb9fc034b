#include "app/group_expression.hpp"

#include "miura/pseudobulk/lot_expression.hpp"
#include "miura/pseudobulk/sum_counts.hpp"

namespace miura::app {

matrix::Pseudobulk sums_of_groups(MPI_Comm comm, const Study& study) {
  const auto& clusters = study.clusters.primary();
  // Only training cells have a cluster, so the other lots count in no group but the first, where they do not take part.
  return pseudobulk::sum_counts(comm, study.cells.cells, clusters.label,
                                {.n_genes = study.cells.features.size(),
                                 .n_lots = static_cast<std::int32_t>(study.lots.size()),
                                 .n_clusters = clusters.n_clusters});
}

std::string name_of_group(const Study& study, std::int32_t group) {
  return group == 0 ? "all" : study.clusters.primary().name_of(group - 1);
}

GroupExpression expression_of(MPI_Comm comm, const Study& study, const matrix::Pseudobulk& sums, std::int32_t group) {
  const auto& training = study.association.training_lots;
  std::vector<std::uint8_t> takes_part(study.lots.size());
  for (const auto lot : training) takes_part[lot] = 1;
  const auto all =
      pseudobulk::gather(comm, pseudobulk::lot_expression(sums, group, takes_part, pseudobulk::LotExpressionOptions{}));
  GroupExpression expression;
  for (const auto lot : training) expression.value.sample.push_back(study.lots[lot].id);
  for (std::int32_t gene = 0; gene < study.cells.features.size(); ++gene) {
    if (!all.tested[gene]) continue;
    expression.gene.push_back(gene);
    expression.value.feature.push_back(study.cells.features.symbol[gene]);
    for (const auto lot : training) expression.value.value.push_back(all.of(gene)[lot]);
  }
  return expression;
}

}  // namespace miura::app
