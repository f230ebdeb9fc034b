#include "app/stages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/base/sha256.hpp"
#include "miura/composition/count_cells.hpp"
#include "miura/knn/vote.hpp"
#include "miura/normalize/log_normalize.hpp"
#include "miura/normalize/zscore.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::app {

namespace {

/// Which batch each lot belongs to, for choosing variable genes batch by batch.
std::vector<std::int32_t> batch_of_lots(const matrix::Lots& lots, const std::string& by) {
  std::map<std::string, std::int32_t> number;
  std::vector<std::int32_t> batch;
  for (const auto& lot : lots) {
    const auto& name = by == "lot" ? lot.id : by == "chemistry" ? lot.chemistry : by == "source" ? lot.source : by;
    batch.push_back(number.try_emplace(name, static_cast<std::int32_t>(number.size())).first->second);
  }
  return batch;
}

/// The features that components are made of, as a matrix on the grid. Cheap enough to be made again after a resume.
matrix::GridMatrix grid_of(MPI_Comm comm, const Study& study, const RunOptions& o) {
  if (study.cells.is_table)
    return normalize::zscore(comm, study.cells.cells, study.cells.features.size(), study.genes.reference,
                             {.clip = o.pca.clip})
        .value;
  return normalize::log_normalize_on_grid(study.cells.cells, study.cells.features.size(), study.genes.variable.selected,
                                          {.scale = o.scale});
}

/// The rows of an embedding that are marked, as an embedding of their own.
matrix::Embedding marked_rows(MPI_Comm comm, const matrix::Embedding& all, std::span<const std::uint8_t> marked) {
  matrix::Embedding part{{}, all.n_dims, {}};
  for (std::int64_t i = 0; i < std::ssize(marked); ++i)
    if (marked[i]) part.value.insert(part.value.end(), all.row(i).begin(), all.row(i).end());
  part.points = parallel::Partition::from_local(comm, all.n_dims > 0 ? std::ssize(part.value) / all.n_dims : 0);
  return part;
}

/// A digest of (lot, barcode, label) of all cells that does not depend on who owns which: the sum of each cell's
/// SHA-256, as four 64-bit words, and of that the SHA-256.
std::string digest_of_labels(MPI_Comm comm, const Study& study, std::span<const std::int32_t> label) {
  const auto& mine = study.cells.cells.mine;
  std::vector<std::int64_t> sum(4);
  for (std::int64_t i = 0; i < mine.n_cells(); ++i) {
    Sha256 cell;
    const auto hex = cell.add(study.lots[mine.lot[i]].id).add(mine.barcode[i]).add(std::to_string(label[i])).hex();
    for (int w = 0; w < 4; ++w)  // unsigned words wrap round, signed ones would overflow
      sum[w] = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum[w]) +
                                         std::stoull(hex.substr(static_cast<std::size_t>(16 * w), 16), nullptr, 16));
  }
  parallel::sum_over_ranks(comm, sum);
  Sha256 all;
  for (const auto word : sum) all.add(std::to_string(word));
  return all.hex();
}

}  // namespace

int stage_number(const std::string& name) {
  const auto found = std::ranges::find(stage_names, name);
  if (found == stage_names.end())
    throw UsageError(fmt::format("'{}' is no stage; the stages are {}", name, fmt::join(stage_names, ", ")));
  return static_cast<int>(found - stage_names.begin());
}

namespace {

/// tables/lots.tsv: a row a lot, also of those that lost all their cells.
matrix::Table lots_table(const matrix::Lots& lots, const qc::Attrition& a, const std::vector<input::LotReport>& read) {
  const auto of_lots = [&](std::string matrix::Lot::*property) {
    std::vector<std::string> values;
    for (const auto& lot : lots) values.push_back(lot.*property);
    return values;
  };
  std::vector<std::int64_t> in_file, dropped;
  std::vector<std::string> remark;
  for (std::size_t l = 0; l < lots.size(); ++l) {
    in_file.push_back(read[l].features_in_file);
    dropped.push_back(read[l].features_dropped);
    remark.push_back(a.kept[l] == 0 ? "NO_CELLS" : read[l].from_raw ? "COUNTS_FROM_RAW" : "");
  }
  return {"lots",
          {{"lot", of_lots(&matrix::Lot::id)},
           {"source", of_lots(&matrix::Lot::source)},
           {"role", of_lots(&matrix::Lot::role)},
           {"donor", of_lots(&matrix::Lot::donor)},
           {"process", of_lots(&matrix::Lot::process)},
           {"chemistry", of_lots(&matrix::Lot::chemistry)},
           {"cells_read", a.cells_read},
           {"missing_values", a.missing_values},
           {"too_few_counts", a.too_few_counts},
           {"too_few_genes", a.too_few_genes},
           {"too_much_mito", a.too_much_mito},
           {"kept", a.kept},
           {"median_counts", a.median_counts},
           {"median_genes", a.median_genes},
           {"features_in_file", in_file},
           {"features_dropped", dropped},
           {"flags", remark}}};
}

}  // namespace

CellsStage read_stage(MPI_Comm comm, const matrix::Lots& lots, const RunOptions& o) {
  auto read = input::read_cells(comm, lots, o.input);
  CellsStage stage{
      .features = std::move(read.features), .is_table = read.is_table, .cells = {}, .metrics = {}, .attrition = {}};
  const auto n_lots = static_cast<std::int32_t>(lots.size());
  const auto attrition = qc::filter_cells(comm, read.lots, n_lots, stage.features, o.qc);
  stage.attrition = lots_table(lots, attrition, read.report);
  stage.cells = matrix::distribute(comm, std::move(read.lots), n_lots, stage.features.size());
  if (stage.is_table) return stage;
  stage.metrics = qc::cell_metrics(stage.cells.mine, qc::mitochondrial_genes(stage.features));
  qc::filter_genes(comm, stage.cells.mine, stage.features, o.qc);
  log::info(fmt::format("read: {} cells pass the quality control, {} genes", stage.cells.partition.size(),
                        stage.features.size()));
  return stage;
}

GenesStage normalize_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  GenesStage stage;
  stage.reference = qc::reference_cells(comm, study.cells.cells, study.lots, o.reference).mark;
  const auto n_features = study.cells.features.size();
  if (study.cells.is_table) {
    if (o.normalize_method == "log")
      throw UsageError("normalize.method = log needs counts, but the input is a table of features");
    stage.variable.selected.resize(n_features);
    std::iota(stage.variable.selected.begin(), stage.variable.selected.end(), 0);
    auto scores = normalize::zscore(comm, study.cells.cells, n_features, stage.reference, {.clip = o.pca.clip});
    stage.table_mean = std::move(scores.mean);
    stage.table_sd = std::move(scores.sd);
    return stage;
  }
  if (o.normalize_method == "zscore")
    throw UsageError("normalize.method = zscore needs tables of features, but the input is counts");
  stage.variable = normalize::variable_genes(comm, study.cells.cells, n_features, stage.reference,
                                             batch_of_lots(study.lots, o.variable_batch), o.variable);
  return stage;
}

parallel::Partition reference_partition(MPI_Comm comm, std::span<const std::uint8_t> reference) {
  return parallel::Partition::from_local(comm, std::ranges::count(reference, 1));
}

pca::Result pca_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  auto options = o.pca;
  options.method = o.pca_method == "krylov" ? pca::Method::krylov : pca::Method::gram;
  options.scale = !study.cells.is_table;  // z-scores are scaled already
  return pca::fit(comm, grid_of(comm, study, o), study.genes.reference, options);
}

NeighborsStage neighbors_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  const auto points = marked_rows(comm, study.pca.scores, study.genes.reference);
  NeighborsStage stage;
  stage.nearest = knn::nearest(comm, points, {.k = o.neighborhood - 1});  // Seurat's k counts the cell itself
  stage.graph = knn::shared_neighbors(comm, stage.nearest, o.shared);
  return stage;
}

namespace {

/// How many clusters have more than one member. Clusters are numbered by falling size.
std::int32_t clusters_of_several(MPI_Comm comm, const cluster::Clustering& found) {
  std::vector<std::int64_t> size(found.n_clusters);
  for (const auto label : found.label) ++size[label];
  parallel::sum_over_ranks(comm, size);
  return static_cast<std::int32_t>(std::ranges::count_if(size, [](std::int64_t n) { return n > 1; }));
}

}  // namespace

ClusterStage cluster_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  const auto found = cluster::leiden(comm, study.neighbors.graph, o.leiden);
  const auto& cells = study.cells.cells.mine;
  const auto several = clusters_of_several(comm, found);
  ClusterStage stage{.label = std::vector<std::int32_t>(cells.lot.size(), -1),
                     .n_clusters = several > 0 ? several : found.n_clusters,
                     .modularity = found.modularity,
                     .label_hash = {}};

  // Training cells outside the reference get the cluster that most of their nearest reference cells have, and so do
  // reference cells that share no neighbours with any other (Seurat's group.singletons).
  std::vector<std::uint8_t> clustered(cells.lot.size()), further(cells.lot.size());
  std::vector<std::int32_t> label_of_points;
  for (std::size_t i = 0, r = 0; i < cells.lot.size(); ++i) {
    if (study.genes.reference[i]) stage.label[i] = found.label[r++];
    clustered[i] = stage.label[i] >= 0 && stage.label[i] < stage.n_clusters ? 1 : 0;
    further[i] = study.lots[cells.lot[i]].role == "train" && !clustered[i] ? 1 : 0;
    if (clustered[i]) label_of_points.push_back(stage.label[i]);
  }
  const auto points = marked_rows(comm, study.pca.scores, clustered);
  const auto queries = marked_rows(comm, study.pca.scores, further);
  const auto nearest = knn::nearest(comm, points, queries, {.k = o.neighborhood});
  const auto voted = knn::vote(comm, nearest, points.points, label_of_points, stage.n_clusters);
  for (std::size_t i = 0, q = 0; i < stage.label.size(); ++i)
    if (further[i]) stage.label[i] = voted[q++];
  stage.label_hash = digest_of_labels(comm, study, stage.label);
  return stage;
}

void composition_stage(MPI_Comm comm, Study& study, const RunOptions& o) {
  auto& composition = study.composition;
  composition = composition::count_cells(comm, study.cells.cells.mine.lot, study.clusters.label,
                                         static_cast<std::int32_t>(study.lots.size()), study.clusters.n_clusters);
  composition.resolution = o.leiden.resolution;
  composition.seed = o.leiden.seed;

  std::vector<std::string> integration, cluster, lot;
  std::vector<double> resolution, fraction;
  std::vector<std::int64_t> seed, cells;
  for (std::int32_t c = 0; c < composition.n_clusters; ++c)
    for (std::int32_t l = 0; l < composition.n_lots; ++l) {
      if (composition.lot_size[l] == 0) continue;
      integration.push_back(composition.integration);
      resolution.push_back(composition.resolution);
      seed.push_back(static_cast<std::int64_t>(composition.seed));
      cluster.push_back(std::to_string(c));
      lot.push_back(study.lots[l].id);
      cells.push_back(composition.cells(c, l));
      fraction.push_back(static_cast<double>(composition.cells(c, l)) / static_cast<double>(composition.lot_size[l]));
    }
  study.composition_table = {"composition",
                             {{"integration", integration},
                              {"resolution", resolution},
                              {"seed", seed},
                              {"cluster", cluster},
                              {"lot", lot},
                              {"cells", cells},
                              {"fraction", fraction}}};
}

}  // namespace miura::app
