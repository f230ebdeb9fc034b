#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "app/integration.hpp"
#include "app/provenance.hpp"
#include "app/stages.hpp"
#include "app/stop_request.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/base/sha256.hpp"
#include "miura/cluster/components.hpp"
#include "miura/cluster/leiden_grid.hpp"
#include "miura/composition/count_cells.hpp"
#include "miura/input/cell_table.hpp"
#include "miura/knn/vote.hpp"
#include "miura/matrix/table_columns.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

/// A digest of (lot, barcode, labels) of all cells that does not depend on who owns which: the sum of each cell's
/// SHA-256, as four 64-bit words, and of that the SHA-256. Collective.
std::string digest_of_labels(MPI_Comm comm, const Study& study, const ClusterStage& stage) {
  const auto& mine = study.cells.cells.mine;
  std::vector<std::int64_t> sum(4);
  for (std::int64_t i = 0; i < mine.n_cells(); ++i) {
    std::string labels;
    for (const auto& partition : stage.partitions) labels += std::to_string(partition.label[i]) + " ";
    if (stage.not_integrated) labels += std::to_string(stage.not_integrated->label[i]);
    const auto hex = Sha256().add(study.lots[mine.lot[i]].id).add(mine.barcode[i]).add(labels).hex();
    for (int w = 0; w < 4; ++w)  // unsigned words wrap round, signed ones would overflow
      sum[w] = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum[w]) +
                                         std::stoull(hex.substr(static_cast<std::size_t>(16 * w), 16), nullptr, 16));
  }
  parallel::sum_over_ranks(comm, sum);
  Sha256 all;
  for (const auto word : sum) all.add(std::to_string(word));
  return all.hex();
}

/// How the training cells that the graph says nothing of get their clusters: those outside the reference, and reference
/// cells that share neighbours with none or with a handful of others only, cut off from all else (Seurat's
/// group.singletons for more than one), go with most of their nearest connected reference cells. The neighbours are the
/// same for every partition of one graph.
class Followers {
public:
  Followers(MPI_Comm comm, const Study& study, const matrix::Embedding& coordinates, const matrix::Graph& graph,
            std::int32_t neighborhood)
      : comm_(comm) {
    const auto& cells = study.cells.cells.mine;
    const auto size = cluster::component_sizes(comm, graph);
    std::int64_t largest = 1;
    for (const auto s : size) largest = std::max(largest, s);
    // fewer than a cell has neighbours are no population; but somebody must be left to be followed
    const auto enough = std::min<std::int64_t>(neighborhood, parallel::max_over_ranks(comm, largest));
    std::vector<std::uint8_t> follows(cells.lot.size());
    connected_.resize(cells.lot.size());
    for (std::size_t i = 0, r = 0; i < cells.lot.size(); ++i) {
      if (study.genes.reference[i]) connected_[i] = size[r++] >= enough ? 1 : 0;
      follows[i] = study.lots[cells.lot[i]].role == "train" && !connected_[i] ? 1 : 0;
      if (follows[i]) place_.push_back(static_cast<std::int64_t>(i));
    }
    const auto points = marked_rows(comm, coordinates, connected_);
    points_ = points.points;
    nearest_ = knn::nearest(comm, points, marked_rows(comm, coordinates, follows),
                            {.k = neighborhood, .safe_point = stop_if_requested});
  }

  /// `labels` has the clusters of the connected reference cells; the followers' are filled in. Collective.
  void follow(matrix::Labeling& labels) const {
    std::vector<std::int32_t> label_of_points;
    for (std::size_t i = 0; i < connected_.size(); ++i)
      if (connected_[i]) label_of_points.push_back(labels.label[i]);
    const auto voted = knn::vote(comm_, nearest_, points_, label_of_points, labels.n_clusters);
    for (std::size_t f = 0; f < place_.size(); ++f) labels.label[place_[f]] = voted[f];
  }

  bool is_connected(std::int64_t cell) const { return connected_[cell] != 0; }

private:
  MPI_Comm comm_;
  std::vector<std::uint8_t> connected_;  // of my cells
  std::vector<std::int64_t> place_;      // the followers among my cells
  parallel::Partition points_;
  matrix::Neighbors nearest_;
};

/// Gives up the clusters without any connected cell, which are lonely cells; the others keep their order. Collective.
void drop_lonely_clusters(MPI_Comm comm, matrix::Labeling& labels, std::int32_t n_found, const Followers& followers) {
  std::vector<std::int64_t> connected(n_found);
  for (std::int64_t i = 0; i < std::ssize(labels.label); ++i)
    if (followers.is_connected(i)) ++connected[labels.label[i]];
  parallel::sum_over_ranks(comm, connected);
  std::vector<std::int32_t> number(n_found, -1);
  for (std::int32_t c = 0; c < n_found; ++c)
    if (connected[c] > 0) number[c] = labels.n_clusters++;
  for (auto& label : labels.label)
    if (label >= 0) label = number[label];
}

/// What the graph of some coordinates gives: a partition a run, and the modularity of the first.
struct Found {
  std::vector<matrix::Labeling> partitions;
  double modularity = 0;
};

Found partitions_of(MPI_Comm comm, const Study& study, const matrix::Embedding& coordinates, const matrix::Graph& graph,
                    const std::string& integration, std::span<const cluster::LeidenOptions> runs, std::int32_t k) {
  const auto found = cluster::leiden_grid(comm, graph, runs, {.safe_point = stop_if_requested});
  Found result{.partitions = {}, .modularity = found.front().modularity};
  const Followers followers(comm, study, coordinates, graph, k);
  for (std::size_t run = 0; run < runs.size(); ++run) {
    auto& labeling = result.partitions.emplace_back(matrix::Labeling{.integration = integration,
                                                                     .resolution = runs[run].resolution,
                                                                     .seed = runs[run].seed,
                                                                     .n_clusters = 0,
                                                                     .label = {}});
    labeling.label.assign(study.genes.reference.size(), -1);
    for (std::size_t i = 0, r = 0; i < labeling.label.size(); ++i)
      if (study.genes.reference[i]) labeling.label[i] = found[run].label[r++];
    drop_lonely_clusters(comm, labeling, found[run].n_clusters, followers);
    followers.follow(labeling);
  }
  return result;
}

/// The same of an integration that is not the primary one: its coordinates and graph are given up again.
Found further_partitions(MPI_Comm comm, const Study& study, integrate::By by,
                         std::span<const cluster::LeidenOptions> runs, const RunOptions& o) {
  const auto corrected = by == integrate::By::none ? matrix::Embedding{} : corrected_coordinates(comm, study, by, o);
  const auto& coordinates = by == integrate::By::none ? study.pca.scores : corrected;
  const auto neighbors = neighbors_of(comm, study, coordinates, o);
  return partitions_of(comm, study, coordinates, neighbors.graph, integrate::name_of(by), runs, o.shared.k);
}

/// The partitions of the grid of every integration, the primary one first. Collective.
ClusterStage found_clusters(MPI_Comm comm, const Study& study, const RunOptions& o) {
  std::vector<cluster::LeidenOptions> runs;
  for (const auto resolution : grid_resolutions(o))
    for (std::int32_t s = 0; s < o.seeds; ++s) {
      auto& run = runs.emplace_back(o.leiden);
      run.resolution = resolution;
      run.seed += static_cast<std::uint64_t>(s);
    }
  auto found =
      partitions_of(comm, study, study.coordinates(), study.neighbors.graph, study.integrated.by, runs, o.shared.k);
  ClusterStage stage;
  stage.partitions = std::move(found.partitions);
  stage.modularity = found.modularity;
  const auto declared = integration_plan(study.lots, o).by;
  for (const auto by : std::span(declared).subspan(1))
    std::ranges::move(further_partitions(comm, study, by, runs, o).partitions, std::back_inserter(stage.partitions));
  if (std::ranges::find(declared, integrate::By::none) == declared.end())
    stage.not_integrated =
        std::move(further_partitions(comm, study, integrate::By::none, std::span(runs).first(1), o).partitions.front());
  return stage;
}

/// The labels that the tables of cells hold, numbered by falling number of cells, ties by name. Collective.
ClusterStage given_clusters(MPI_Comm comm, const Study& study, const RunOptions& o) {
  const auto& cells = study.cells.cells.mine;
  const auto name_of_cell =
      column_of_cells(comm, study, o.labels, [](const matrix::Lot& lot) { return lot.role == "train"; });
  std::map<std::string, std::int64_t> size;
  for (const auto& name : name_of_cell)
    if (!name.empty()) ++size[name];
  std::vector<std::string> mine;
  for (const auto& [name, n] : size) mine.push_back(name);
  const auto all = parallel::gather_everywhere(comm, mine);
  std::vector<std::string> names(all);
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (names.empty())
    throw InputError({study.lots.front().cells, 0, o.labels}, "labels no cell that passes quality control");
  std::vector<std::int64_t> cells_of;
  for (const auto& name : names) cells_of.push_back(size.contains(name) ? size.at(name) : 0);
  parallel::sum_over_ranks(comm, cells_of);
  std::vector<std::pair<std::int64_t, std::string>> order;
  for (std::size_t n = 0; n < names.size(); ++n) order.emplace_back(-cells_of[n], names[n]);
  std::ranges::sort(order);

  matrix::Labeling labels{.n_clusters = static_cast<std::int32_t>(order.size()), .label = {}, .names = {}};
  std::map<std::string, std::int32_t> number;
  for (const auto& [n, name] : order) {
    number[name] = static_cast<std::int32_t>(labels.names.size());
    labels.names.push_back(name);
  }
  std::int64_t unlabelled = 0;
  for (std::size_t i = 0; i < name_of_cell.size(); ++i) {
    labels.label.push_back(name_of_cell[i].empty() ? -1 : number.at(name_of_cell[i]));
    if (labels.label.back() < 0 && study.lots[cells.lot[i]].role == "train") ++unlabelled;
  }
  if (unlabelled = parallel::sum_over_ranks(comm, unlabelled); unlabelled > 0)
    log::warn(
        fmt::format("{} training cells have no label in column {}; they count in no share", unlabelled, o.labels));
  return {.partitions = {std::move(labels)},
          .not_integrated = {},
          .modularity = std::numeric_limits<double>::quiet_NaN(),
          .label_hash = {},
          .written = {}};
}

}  // namespace

std::vector<std::string> column_of_cells(MPI_Comm comm, const Study& study, const std::string& column,
                                         const std::function<bool(const matrix::Lot&)>& wanted) {
  const auto& cells = study.cells.cells.mine;
  std::vector<std::string> value_of_cell(cells.lot.size());
  input::CellColumn values(column);
  parallel::together(comm, [&] {
    for (std::int64_t i = 0, next = 0; i < cells.n_cells(); i = next) {  // cells stand lot by lot
      while (next < cells.n_cells() && cells.lot[next] == cells.lot[i]) ++next;
      const auto& lot = study.lots[cells.lot[i]];
      if (!wanted(lot)) continue;
      const auto value_of = values.of(lot);
      for (auto c = i; c < next; ++c)
        if (const auto found = value_of.find(cells.barcode[c]); found != value_of.end())
          value_of_cell[c] = found->second;
    }
  });
  return value_of_cell;
}

std::string partition_id(const matrix::Labeling& partition) {
  return fmt::format("{},{},{}", partition.integration, partition.resolution, partition.seed);
}

matrix::Embedding marked_rows(MPI_Comm comm, const matrix::Embedding& all, std::span<const std::uint8_t> marked) {
  matrix::Embedding part{{}, all.n_dims, {}};
  for (std::int64_t i = 0; i < std::ssize(marked); ++i)
    if (marked[i]) part.value.insert(part.value.end(), all.row(i).begin(), all.row(i).end());
  part.points = parallel::Partition::from_local(comm, all.n_dims > 0 ? std::ssize(part.value) / all.n_dims : 0);
  return part;
}

matrix::GridMatrix marked_rows(MPI_Comm comm, const matrix::GridMatrix& all, std::span<const std::uint8_t> marked) {
  matrix::GridMatrix part{{}, all.n_features, {0}, {}, {}};
  for (std::int64_t i = 0; i < std::ssize(marked); ++i) {
    if (!marked[i]) continue;
    for (auto at = all.row_start[i]; at < all.row_start[i + 1]; ++at) part.column.push_back(all.column[at]);
    part.value.insert(part.value.end(), all.value.begin() + all.row_start[i], all.value.begin() + all.row_start[i + 1]);
    part.row_start.push_back(std::ssize(part.column));
  }
  part.cells = parallel::Partition::from_local(comm, part.n_local());
  return part;
}

matrix::Labeling primary_partition(MPI_Comm comm, const Study& study, const RunOptions& o) {
  auto found = partitions_of(comm, study, study.coordinates(), study.neighbors.graph, study.integrated.by,
                             std::span(&o.leiden, 1), o.shared.k);
  return std::move(found.partitions.front());
}

ClusterStage cluster_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  auto stage = o.labels.empty() ? found_clusters(comm, study, o) : given_clusters(comm, study, o);
  stage.label_hash = digest_of_labels(comm, study, stage);
  stage.written = utc_now();
  parallel::broadcast(comm, stage.written);
  return stage;
}

CompositionStage composition_stage(MPI_Comm comm, const Study& study) {
  const auto composition_of = [&](const matrix::Labeling& labels) {
    auto composition = composition::count_cells(comm, study.cells.cells.mine.lot, labels.label,
                                                static_cast<std::int32_t>(study.lots.size()), labels.n_clusters);
    composition.integration = labels.integration;
    composition.resolution = labels.resolution;
    composition.seed = labels.seed;
    return composition;
  };
  CompositionStage stage;
  for (const auto& labels : study.clusters.partitions) stage.partitions.push_back(composition_of(labels));
  if (study.clusters.not_integrated) stage.not_integrated = composition_of(*study.clusters.not_integrated);
  return stage;
}

matrix::Table composition_table(const Study& study, Rows rows) {
  constexpr std::int64_t most_rows = 10'000'000;  // of more, those without a cell are left out
  std::int64_t n_rows = 0;
  for (const auto& of : study.composition.partitions) n_rows += std::int64_t{of.n_clusters} * of.n_lots;
  const bool all_lots = n_rows <= most_rows;

  std::vector<std::string> integration, cluster, lot;
  std::vector<double> resolution, fraction;
  std::vector<std::int64_t> seed, cells;
  const auto add = [&](const matrix::Composition& of, auto&& name_of) {
    for (std::int32_t c = 0; c < of.n_clusters && rows == Rows::all; ++c)
      for (std::int32_t l = 0; l < of.n_lots; ++l) {
        if (of.lot_size[l] == 0 || (of.cells(c, l) == 0 && !all_lots)) continue;
        integration.push_back(of.integration);
        resolution.push_back(of.resolution);
        seed.push_back(static_cast<std::int64_t>(of.seed));
        cluster.push_back(name_of(c));
        lot.push_back(study.lots[l].id);
        cells.push_back(of.cells(c, l));
        fraction.push_back(static_cast<double>(of.cells(c, l)) / static_cast<double>(of.lot_size[l]));
      }
  };
  const auto& mapping = study.mapping;
  const auto name_of_label = [&](std::int32_t label) { return mapping.label_name[label]; };
  bool of_a_partition = false;  // what was transferred
  for (std::size_t p = 0; p < study.composition.partitions.size(); ++p) {
    const auto& labels = study.clusters.partitions[p];
    if (partition_id(labels) == mapping.transferred) {
      add(mapping.composition, name_of_label);
      of_a_partition = true;
    } else {
      add(study.composition.partitions[p], [&](std::int32_t c) { return labels.name_of(c); });
    }
  }
  if (study.composition.not_integrated)
    add(*study.composition.not_integrated, [&](std::int32_t c) { return study.clusters.not_integrated->name_of(c); });
  if (!of_a_partition) add(mapping.composition, name_of_label);

  return {"composition",
          {{"integration", std::move(integration)},
           {"resolution", std::move(resolution)},
           {"seed", std::move(seed)},
           {"cluster", std::move(cluster)},
           {"lot", std::move(lot)},
           {"cells", std::move(cells)},
           {"fraction", std::move(fraction)}}};
}

}  // namespace miura::app
