#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "app/mapping.hpp"
#include "app/stages.hpp"
#include "miura/base/error.hpp"
#include "miura/composition/count_cells.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::app {

namespace {

/// The labels that are transferred, of all my cells.
struct Labels {
  std::string name, integration;
  double resolution = std::numeric_limits<double>::quiet_NaN();
  std::uint64_t seed = 0;
  std::vector<std::string> label_name = {};
  std::vector<std::int32_t> label = {};
};

Labels labels_of(const matrix::Labeling& partition) {
  Labels labels{.name = partition_name(partition),
                .integration = partition.integration,
                .resolution = partition.resolution,
                .seed = partition.seed,
                .label = partition.label};
  for (std::int32_t c = 0; c < partition.n_clusters; ++c) labels.label_name.push_back(partition.name_of(c));
  return labels;
}

/// Core cells of the population of a primary cluster against all others.
Labels core_labels(const Study& study, const std::string& cluster) {
  const auto& primary = study.clusters.primary();
  std::int32_t c = 0;
  while (c < primary.n_clusters && primary.name_of(c) != cluster) ++c;
  if (c == primary.n_clusters)
    throw UsageError(fmt::format("mapping.label = core:{}: the primary partition has no cluster {}", cluster, cluster));
  const auto& grid = *study.grid;
  const auto name = "core of " + cluster;
  Labels labels{.name = name, .integration = name, .label_name = {"core", "other"}};
  const auto core = populations::core_cells(study.clusters.partitions, grid.overlaps, grid.populations.merged,
                                            grid.populations.merged.population[c]);
  for (const auto in_core : core) labels.label.push_back(in_core ? 0 : 1);
  return labels;
}

Labels transferred_labels(const Study& study, const RunOptions& o) {
  constexpr std::string_view core = "core:";
  if (o.mapping_label == "clusters") return labels_of(study.clusters.primary());
  if (o.mapping_label.starts_with(core)) return core_labels(study, o.mapping_label.substr(core.size()));
  std::vector<std::string> known;
  for (const auto& partition : study.clusters.partitions) {
    auto labels = labels_of(partition);
    if (labels.name == o.mapping_label) return labels;
    known.push_back(labels.name);
  }
  throw UsageError(fmt::format("mapping.label is clusters, core:CLUSTER or one of {}; not '{}'", fmt::join(known, " "),
                               o.mapping_label));
}

}  // namespace

MappingStage mapping_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  std::vector<std::uint8_t> mapped;
  for (const auto trains : marks_of(study.lots, "train")) mapped.push_back(trains ? 0 : 1);
  if (std::ranges::find(mapped, 1) == mapped.end()) return {};
  const auto labels = transferred_labels(study, o);
  const auto& mine = study.cells.cells.mine;
  std::vector<std::uint8_t> marked(mine.lot.size());
  MappingReference reference;
  reference.label_name = labels.label_name;
  reference.transferred = labels.name;
  for (std::size_t i = 0; i < marked.size(); ++i)
    if (marked[i] = study.genes.reference[i] && labels.label[i] >= 0; marked[i]) {
      reference.cells.label.push_back(labels.label[i]);
      reference.cells.lot.push_back(mine.lot[i]);
    }
  reference.lots = study.lots;
  reference.cells.n_labels = static_cast<std::int32_t>(std::ssize(labels.label_name));
  reference.cells.n_lots = static_cast<std::int32_t>(std::ssize(study.lots));
  reference.cells.scores = marked_rows(comm, study.pca.scores, marked);
  reference.checked = checked_features(study.pca.model, o);
  reference.cells.expression = dense_rows(comm, checked_grid(study, reference.checked, o), marked);
  reference.held_out = transfer::leave_one_lot_out(comm, reference.cells, o.mapping);

  const auto held_out = reference.held_out;
  auto stage = map_lots(comm, std::move(reference), study, mapped, o);
  for (std::size_t i = 0, row = 0; i < marked.size(); ++i) {
    if (!marked[i]) continue;
    stage.reference_label[i] = labels.label[i];
    stage.held_out_score[i] = held_out.mapping_score[row];
    stage.held_out_dist[i] = held_out.knn_dist[row++];
  }
  auto label = labels.label;
  for (std::size_t i = 0; i < label.size(); ++i)
    if (mapped[mine.lot[i]]) label[i] = stage.label[i];
  stage.composition = composition::count_cells(comm, mine.lot, label, static_cast<std::int32_t>(study.lots.size()),
                                               static_cast<std::int32_t>(labels.label_name.size()));
  stage.composition.integration = labels.integration;
  stage.composition.resolution = labels.resolution;
  stage.composition.seed = labels.seed;
  return stage;
}

}  // namespace miura::app
