#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "app/mapping.hpp"
#include "app/stages.hpp"
#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::app {

namespace {

constexpr std::string_view core_of = "core of ";

/// Core cells of the population of a primary cluster against all others.
matrix::Labeling core_labels(const Study& study, const std::string& cluster) {
  const auto& primary = study.clusters.primary();
  std::int32_t c = 0;
  while (c < primary.n_clusters && primary.name_of(c) != cluster) ++c;
  if (c == primary.n_clusters)
    throw UsageError(fmt::format("mapping.label = core:{}: the primary partition has no cluster {}", cluster, cluster));
  const auto& grid = *study.grid;
  matrix::Labeling labels{.integration = std::string(core_of) + cluster,
                          .resolution = std::numeric_limits<double>::quiet_NaN(),
                          .n_clusters = 2,
                          .label = {},
                          .names = {"core", "other"}};
  const auto core = populations::core_cells(study.clusters.partitions, grid.overlaps, grid.populations.merged,
                                            grid.populations.merged.population[c]);
  for (std::size_t i = 0; i < core.size(); ++i) labels.label.push_back(primary.label[i] < 0 ? -1 : core[i] ? 0 : 1);
  return labels;
}

}  // namespace

matrix::Labeling transferred_labels(const Study& study, const RunOptions& o) {
  constexpr std::string_view core = "core:";
  if (o.mapping_label.starts_with(core)) return core_labels(study, o.mapping_label.substr(core.size()));
  std::vector<std::string> known;
  for (const auto& partition : study.clusters.partitions) {  // the primary one first
    known.push_back(partition_id(partition));
    if (o.mapping_label == "clusters" || o.mapping_label == known.back()) return partition;
  }
  throw UsageError(fmt::format("mapping.label is clusters, core:CLUSTER or one of {}; not '{}'", fmt::join(known, " "),
                               o.mapping_label));
}

MappingStage mapping_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  std::vector<std::uint8_t> mapped;
  for (const auto trains : marks_of(study.lots, "train")) mapped.push_back(trains ? 0 : 1);
  const bool any = std::ranges::find(mapped, 1) != mapped.end();
  const auto labels = transferred_labels(study, o);
  const auto& mine = study.cells.cells.mine;
  std::vector<std::uint8_t> marked(mine.lot.size());
  MappingReference reference;
  for (std::int32_t c = 0; c < labels.n_clusters; ++c) reference.label_name.push_back(labels.name_of(c));
  reference.transferred = labels.integration.starts_with(core_of) ? labels.integration : partition_id(labels);
  for (std::size_t i = 0; i < marked.size(); ++i)
    if (marked[i] = study.genes.reference[i] && labels.label[i] >= 0; marked[i]) {
      reference.cells.label.push_back(labels.label[i]);
      reference.cells.lot.push_back(mine.lot[i]);
    }
  matrix::GridMatrix checked;
  if (any) {
    reference.lots = study.lots;
    reference.cells.n_labels = labels.n_clusters;
    reference.cells.n_lots = static_cast<std::int32_t>(std::ssize(study.lots));
    reference.cells.scores = marked_rows(comm, study.pca.scores, marked);
    reference.checked = checked_features(study.pca.model, o);
    checked = checked_grid(study, reference.checked, o);
    reference.cells.expression = dense_rows(comm, checked, marked);
    reference.held_out = transfer::leave_one_lot_out(comm, reference.cells, o.mapping);
  }
  const auto held_out = reference.held_out;
  auto stage =
      any ? map_lots(comm, std::move(reference), study, checked, mapped, o) : blank_mapping(reference, marked.size());
  stage.training_label = labels.label;
  for (std::size_t i = 0, row = 0; any && i < marked.size(); ++i) {
    if (!marked[i]) continue;
    stage.held_out_score[i] = held_out.mapping_score[row];
    stage.held_out_dist[i] = held_out.knn_dist[row];
    stage.held_out_neighborhood[i] = held_out.neighborhood[row++];
  }
  stage.composition = mapped_composition(comm, study, stage, labels);
  return stage;
}

}  // namespace miura::app
