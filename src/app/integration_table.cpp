#include <algorithm>

#include "app/integration.hpp"
#include "miura/matrix/table_columns.hpp"
#include "miura/populations/counterparts.hpp"

namespace miura::app {

namespace {

/// A row of tables/integration.tsv: a cluster, its counterpart, and what both have to do with an outcome.
struct SideBySide : populations::Counterpart {
  double ari = association::not_computed;  ///< of the two partitions
  std::string outcome;                     ///< empty where none was named
  association::Row row, other;             ///< NaN where nothing was tested
};

/// The first partition of each integration, and the one that was not integrated where that is none of them.
struct Representatives {
  std::vector<matrix::Labeling> labeling;
  std::vector<matrix::Composition> composition;  ///< over the training lots
};

Representatives representatives_of(const Study& study, std::span<const matrix::Composition> partitions,
                                   const std::optional<matrix::Composition>& not_integrated) {
  Representatives first;
  for (std::size_t p = 0; p < partitions.size(); ++p) {
    const auto& labeling = study.clusters.partitions[p];
    if (std::ranges::find(first.labeling, labeling.integration, &matrix::Labeling::integration) != first.labeling.end())
      continue;
    first.labeling.push_back(labeling);
    first.composition.push_back(partitions[p]);
  }
  if (not_integrated) {
    first.labeling.push_back(*study.clusters.not_integrated);
    first.composition.push_back(*not_integrated);
  }
  return first;
}

/// The row of a cluster of a partition against an outcome; an empty one where there is none.
association::Row row_of(std::span<const association::Row> rows, const matrix::Labeling& labeling, std::int32_t cluster,
                        const std::string& outcome) {
  const auto found = std::ranges::find_if(rows, [&](const association::Row& row) {
    return row.outcome == outcome && row.cluster == cluster && row.integration == labeling.integration &&
           row.resolution == labeling.resolution && row.seed == labeling.seed;
  });
  return found == rows.end() ? association::Row{} : *found;
}

}  // namespace

matrix::Table integration_table(MPI_Comm comm, const Study& study, std::span<const matrix::Composition> partitions,
                                const std::optional<matrix::Composition>& not_integrated,
                                std::span<const association::Row> rows) {
  const auto first = representatives_of(study, partitions, not_integrated);
  const auto overlaps = populations::count_overlaps(comm, first.labeling);
  std::vector<std::string> outcomes;
  for (const auto& row : rows)
    if (row.family == "primary" && std::ranges::find(outcomes, row.outcome) == outcomes.end())
      outcomes.push_back(row.outcome);
  if (outcomes.empty()) outcomes.emplace_back();
  std::vector<SideBySide> beside;
  for (const auto& pair : populations::counterparts(overlaps, first.composition))
    for (const auto& outcome : outcomes)
      beside.push_back({pair, overlaps.adjusted_rand_index(pair.labeling, pair.other_labeling), outcome,
                        row_of(rows, first.labeling[pair.labeling], pair.cluster, outcome),
                        row_of(rows, first.labeling[pair.other_labeling], pair.other_cluster, outcome)});

  matrix::TableColumns<SideBySide> columns("integration", beside);
  columns.add("integration", [&](const SideBySide& r) { return first.labeling[r.labeling].integration; });
  columns.add("other", [&](const SideBySide& r) { return first.labeling[r.other_labeling].integration; });
  columns.add("resolution", [&](const SideBySide& r) { return first.labeling[r.labeling].resolution; });
  columns.add("seed", [&](const SideBySide& r) { return first.labeling[r.labeling].seed; });
  columns.add("ari", &SideBySide::ari);
  columns.add("cluster", [](const SideBySide& r) { return std::to_string(r.cluster); });
  columns.add("other_cluster", [](const SideBySide& r) {
    return r.other_cluster < 0 ? std::string() : std::to_string(r.other_cluster);
  });
  columns.add("jaccard", &SideBySide::jaccard);
  columns.add("rho_shares", &SideBySide::rho_shares);
  columns.add("outcome", &SideBySide::outcome);
  columns.add("rho", [](const SideBySide& r) { return r.row.rho; });
  columns.add("other_rho", [](const SideBySide& r) { return r.other.rho; });
  columns.add("p_exact", [](const SideBySide& r) { return r.row.p_exact; });
  columns.add("other_p_exact", [](const SideBySide& r) { return r.other.p_exact; });
  columns.add("p_maxT_step", [](const SideBySide& r) { return r.row.p_max_t_step; });
  columns.add("other_p_maxT_step", [](const SideBySide& r) { return r.other.p_max_t_step; });
  return columns.take();
}

}  // namespace miura::app
