// Checkpoints of the stages that end with clusters.
#include <limits>
#include <nlohmann/json.hpp>

#include "app/checkpoint.hpp"
#include "app/checkpoint_file.hpp"
#include "app/table_json.hpp"
#include "miura/hdf5/reader.hpp"
#include "miura/hdf5/writer.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::app {

using hdf5::ParallelFile;
using hdf5::StoredArray;

namespace {

constexpr std::int64_t cells_a_portion = 1 << 10;  // some million counts

/// Collective.
void write_counts(const ParallelFile& file, const matrix::CountRows& mine) {
  std::vector<std::int64_t> start{0};  // in bytes
  for (std::int64_t i = 0; i < mine.n_rows(); ++i) start.push_back(start.back() + mine.packed_size(i));
  file.rows<std::int64_t>(file.get(), "row_end", row_ends(file.comm(), start));
  hdf5::RowsInPortions<std::uint8_t> counts(file, file.get(), "counts", start.back());
  const auto portions = parallel::max_over_ranks(file.comm(), (mine.n_rows() + cells_a_portion - 1) / cells_a_portion);
  std::vector<std::uint8_t> bytes;  // of a portion
  for (std::int64_t p = 0; p < portions; ++p) {
    bytes.clear();
    for (auto i = p * cells_a_portion; i < std::min(mine.n_rows(), (p + 1) * cells_a_portion); ++i)
      mine.pack_row(i, bytes);
    counts.write(bytes);
  }
}

/// This rank's rows, a portion at a time, so that going on takes no more memory than the first run.
matrix::CountRows read_counts(const hdf5::File& file, const parallel::Partition& cells, int rank) {
  const auto [start, rows] = rows_of(file, cells.begin(rank), cells.n_local(rank));
  const auto n = std::ssize(start) - 1;
  matrix::CountRows counts;
  counts.reserve(n, start.back() / 2);  // a nonzero takes two bytes or more
  for (std::int64_t from = 0; from < n; from += cells_a_portion) {
    const auto to = std::min(n, from + cells_a_portion);
    const auto bytes = rows.part(start[from], start[to] - start[from]).operator()<std::uint8_t>("counts");
    for (auto i = from; i < to; ++i)
      counts.push_packed(std::span(bytes).subspan(start[i] - start[from], start[i + 1] - start[i]));
  }
  return counts;
}

}  // namespace

void save(MPI_Comm comm, const CellsStage& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  const auto& mine = stage.cells.mine;
  file.replicated_texts(file.get(), "feature_id", stage.features.id);
  file.replicated_texts(file.get(), "feature_symbol", stage.features.symbol);
  file.replicated_texts(file.get(), "dropped_id", stage.dropped.id);
  file.replicated_texts(file.get(), "dropped_symbol", stage.dropped.symbol);
  file.scalar<std::int64_t>(file.get(), "is_table", stage.is_table ? 1 : 0);
  file.scalar_text(file.get(), "missing", nlohmann::json(stage.missing).dump());
  file.scalar_text(file.get(), "attrition", to_json(stage.attrition).dump());
  file.rows<std::int32_t>(file.get(), "lot", mine.lot);
  file.texts(file.get(), "barcode", mine.barcode);
  if (stage.is_table) {
    file.rows<double>(file.get(), "table", mine.table, stage.features.size());
  } else {
    file.rows<std::int64_t>(file.get(), "n_counts", stage.metrics.n_counts);
    file.rows<std::int32_t>(file.get(), "n_genes", stage.metrics.n_genes);
    file.rows<double>(file.get(), "pct_mito", stage.metrics.pct_mito);
    write_counts(file, mine.counts);
  }
  file.close();
}

CellsStage load_cells(MPI_Comm comm, const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  CellsStage stage;
  stage.features = {StoredArray(file.get(), "feature_id").read_texts(),
                    StoredArray(file.get(), "feature_symbol").read_texts()};
  stage.dropped = {StoredArray(file.get(), "dropped_id").read_texts(),
                   StoredArray(file.get(), "dropped_symbol").read_texts()};
  stage.missing = nlohmann::json::parse(read_text(file, "missing")).get<std::vector<std::vector<std::int32_t>>>();
  stage.is_table = read_all<std::int64_t>(file, "is_table").at(0) == 1;
  stage.attrition = table_from_json(nlohmann::ordered_json::parse(read_text(file, "attrition")));
  auto& cells = stage.cells;
  cells.partition = parallel::Partition::even(StoredArray(file.get(), "lot").n_rows(), parallel::size_of(comm));
  const auto rows = my_rows(comm, file, cells.partition);
  cells.mine.lot = rows.operator()<std::int32_t>("lot");
  cells.mine.barcode = rows.texts("barcode");
  if (stage.is_table) {
    cells.mine.table = rows.operator()<double>("table");
    return stage;
  }
  stage.metrics = {rows.operator()<std::int64_t>("n_counts"), rows.operator()<std::int32_t>("n_genes"),
                   rows.operator()<double>("pct_mito")};
  cells.mine.counts = read_counts(file, cells.partition, parallel::rank_of(comm));
  return stage;
}

void save(MPI_Comm comm, const GenesStage& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  file.rows<std::uint8_t>(file.get(), "reference", stage.reference);
  file.replicated<std::int32_t>(file.get(), "selected", stage.variable.selected);
  file.replicated<double>(file.get(), "rank", stage.variable.rank);
  file.replicated<std::int32_t>(file.get(), "n_batches", stage.variable.n_batches);
  file.replicated<double>(file.get(), "mean", stage.variable.mean);
  file.replicated<double>(file.get(), "variance", stage.variable.variance);
  file.replicated<double>(file.get(), "variance_standardized", stage.variable.variance_standardized);
  file.replicated<double>(file.get(), "table_mean", stage.table_mean);
  file.replicated<double>(file.get(), "table_sd", stage.table_sd);
  file.close();
}

GenesStage load_genes(MPI_Comm comm, const parallel::Partition& cells, const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  GenesStage stage;
  for (const auto mark : my_rows(comm, file, cells).operator()<std::int32_t>("reference"))
    stage.reference.push_back(static_cast<std::uint8_t>(mark));
  stage.variable.selected = read_all<std::int32_t>(file, "selected");
  stage.variable.rank = read_all<double>(file, "rank");
  stage.variable.n_batches = read_all<std::int32_t>(file, "n_batches");
  stage.variable.mean = read_all<double>(file, "mean");
  stage.variable.variance = read_all<double>(file, "variance");
  stage.variable.variance_standardized = read_all<double>(file, "variance_standardized");
  stage.table_mean = read_all<double>(file, "table_mean");
  stage.table_sd = read_all<double>(file, "table_sd");
  return stage;
}

void save(MPI_Comm comm, const pca::Result& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  const auto& m = stage.model;
  file.replicated<double>(file.get(), "mean", m.mean);
  file.replicated<double>(file.get(), "sd", m.sd);
  file.replicated<std::int32_t>(file.get(), "ceiling", m.ceiling);
  file.replicated<double>(file.get(), "center", m.center);
  file.replicated<double>(file.get(), "loadings", m.loadings, m.n_components);
  file.replicated<double>(file.get(), "singular_values", m.singular_values);
  file.replicated<double>(file.get(), "variance", m.variance);
  file.replicated<double>(file.get(), "variance_ratio", m.variance_ratio);
  file.rows<float>(file.get(), "scores", stage.scores.value, stage.scores.n_dims);
  file.close();
}

pca::Result load_pca(MPI_Comm comm, const parallel::Partition& cells, const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  pca::Result stage;
  auto& m = stage.model;
  m.mean = read_all<double>(file, "mean");
  m.sd = read_all<double>(file, "sd");
  m.ceiling = read_all<std::int32_t>(file, "ceiling");
  m.center = read_all<double>(file, "center");
  m.loadings = read_all<double>(file, "loadings");
  m.singular_values = read_all<double>(file, "singular_values");
  m.variance = read_all<double>(file, "variance");
  m.variance_ratio = read_all<double>(file, "variance_ratio");
  m.n_features = static_cast<std::int32_t>(m.mean.size());
  m.n_components = static_cast<std::int32_t>(m.variance.size());
  stage.scores = {cells, m.n_components, my_rows(comm, file, cells).operator()<float>("scores")};
  return stage;
}

void save(MPI_Comm comm, const IntegrateStage& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  file.scalar_text(file.get(), "by", stage.by);
  if (stage.by != "none") file.rows<float>(file.get(), "corrected", stage.corrected.value, stage.corrected.n_dims);
  file.close();
}

IntegrateStage load_integrated(MPI_Comm comm, const parallel::Partition& cells, const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  IntegrateStage stage{.by = read_text(file, "by"), .corrected = {}};
  if (stage.by == "none") return stage;
  const auto width = static_cast<std::int32_t>(StoredArray(file.get(), "corrected").width());
  stage.corrected = {cells, width, my_rows(comm, file, cells).operator()<float>("corrected")};
  return stage;
}

void save(MPI_Comm comm, const NeighborsStage& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  file.rows<std::int64_t>(file.get(), "neighbor_id", stage.nearest.id, stage.nearest.k);
  file.rows<float>(file.get(), "neighbor_distance", stage.nearest.distance, stage.nearest.k);
  file.rows<std::int64_t>(file.get(), "row_end", row_ends(comm, stage.graph.row_start));
  file.rows<std::int64_t>(file.get(), "edge_to", stage.graph.neighbor);
  file.rows<std::int32_t>(file.get(), "edge_weight", stage.graph.weight);
  file.scalar<double>(file.get(), "weight_unit", stage.graph.weight_unit);
  file.close();
}

NeighborsStage load_neighbors(MPI_Comm comm, const parallel::Partition& reference, const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  NeighborsStage stage;
  const auto rows = my_rows(comm, file, reference);
  const auto k = static_cast<std::int32_t>(StoredArray(file.get(), "neighbor_id").width());
  stage.nearest = {reference, k, rows.operator()<std::int64_t>("neighbor_id"),
                   rows.operator()<float>("neighbor_distance")};
  const int rank = parallel::rank_of(comm);
  const auto [start, entries] = rows_of(file, reference.begin(rank), reference.n_local(rank));
  stage.graph = {reference, start, entries.operator()<std::int64_t>("edge_to"),
                 entries.operator()<std::int32_t>("edge_weight"), read_all<double>(file, "weight_unit").at(0)};
  return stage;
}

void save(MPI_Comm comm, const ClusterStage& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  std::vector<const matrix::Labeling*> all;
  for (const auto& labeling : stage.partitions) all.push_back(&labeling);
  if (stage.not_integrated) all.push_back(&*stage.not_integrated);
  const auto n = std::ssize(all), cells = std::ssize(stage.primary().label);
  std::vector<std::int32_t> labels(cells * n);  // cells x partitions
  auto about = nlohmann::ordered_json::array();
  for (std::int64_t p = 0; p < n; ++p) {
    for (std::int64_t i = 0; i < cells; ++i) labels[i * n + p] = all[p]->label[i];
    about.push_back({{"integration", all[p]->integration},
                     {"resolution", all[p]->resolution},
                     {"seed", all[p]->seed},
                     {"n_clusters", all[p]->n_clusters},
                     {"names", all[p]->names}});
  }
  file.rows<std::int32_t>(file.get(), "labels", labels, n);
  file.scalar_text(file.get(), "partitions", about.dump());
  file.scalar<std::int64_t>(file.get(), "n_partitions", std::ssize(stage.partitions));
  file.scalar<double>(file.get(), "modularity", stage.modularity);
  file.scalar_text(file.get(), "label_hash", stage.label_hash);
  file.scalar_text(file.get(), "written", stage.written);
  file.close();
}

ClusterStage load_clusters(MPI_Comm comm, const parallel::Partition& cells, const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  ClusterStage stage{.partitions = {},
                     .not_integrated = {},
                     .modularity = read_all<double>(file, "modularity").at(0),
                     .label_hash = read_text(file, "label_hash"),
                     .written = read_text(file, "written")};
  const auto labels = my_rows(comm, file, cells).operator()<std::int32_t>("labels");
  const auto about = nlohmann::json::parse(read_text(file, "partitions"));
  const auto n = std::ssize(about);
  for (std::int64_t p = 0; p < n; ++p) {
    const auto& known = about[static_cast<std::size_t>(p)];
    const auto& resolution = known.at("resolution");
    matrix::Labeling of{
        .integration = known.at("integration"),
        .resolution = resolution.is_null() ? std::numeric_limits<double>::quiet_NaN() : resolution.get<double>(),
        .seed = known.at("seed"),
        .n_clusters = known.at("n_clusters"),
        .label = {},
        .names = known.at("names")};
    for (std::int64_t i = p; i < std::ssize(labels); i += n) of.label.push_back(labels[i]);
    if (p < read_all<std::int64_t>(file, "n_partitions").at(0))
      stage.partitions.push_back(std::move(of));
    else
      stage.not_integrated = std::move(of);
  }
  return stage;
}

}  // namespace miura::app
