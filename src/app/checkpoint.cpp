#include "app/checkpoint.hpp"

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "app/table_json.hpp"
#include "miura/base/log.hpp"
#include "miura/base/sha256.hpp"
#include "miura/hdf5/reader.hpp"
#include "miura/hdf5/writer.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/report/whole_file.hpp"

namespace miura::app {

namespace {

using hdf5::ParallelFile;
using hdf5::StoredArray;

/// Rows of this rank from one data set of an open file.
class RowsReader {
public:
  RowsReader(const hdf5::File& file, std::int64_t first, std::int64_t count)
      : file_(file), first_(first), count_(count) {}
  template <class T>
  std::vector<T> operator()(const std::string& name) const {
    const StoredArray array(file_.get(), name);
    std::vector<T> values(count_ * array.width());
    if (count_ > 0) array.read_rows<T>(first_, count_, std::span(values));
    return values;
  }
  std::vector<std::string> texts(const std::string& name) const {
    return StoredArray(file_.get(), name).read_texts(first_, count_);
  }
  /// `count` of them from the `first` one on.
  RowsReader part(std::int64_t first, std::int64_t count) const { return {file_, first_ + first, count}; }

private:
  const hdf5::File& file_;
  std::int64_t first_, count_;
};

template <class T>
std::vector<T> read_all(const hdf5::File& file, const std::string& name) {
  return StoredArray(file.get(), name).read<T>();
}

std::string read_text(const hdf5::File& file, const std::string& name) {
  return StoredArray(file.get(), name).read_texts().at(0);
}

RowsReader my_rows(MPI_Comm comm, const hdf5::File& file, const parallel::Partition& rows) {
  const int rank = parallel::rank_of(comm);
  return {file, rows.begin(rank), rows.n_local(rank)};
}

/// Where each of this rank's rows ends among the entries of all ranks. Collective.
std::vector<std::int64_t> row_ends(MPI_Comm comm, std::span<const std::int64_t> local_start) {
  const auto before = parallel::sum_of_lower_ranks(comm, local_start.back() - local_start.front());
  std::vector<std::int64_t> ends;
  for (const auto start : local_start.subspan(1)) ends.push_back(before + start - local_start.front());
  return ends;
}

/// The same read back for rows [first, first + count): where they start, counted from the first of them, and their
/// entries.
struct Rows {
  std::vector<std::int64_t> local_start;
  RowsReader entries;
};

Rows rows_of(const hdf5::File& file, std::int64_t first, std::int64_t count) {
  const auto end = RowsReader(file, first, count).operator()<std::int64_t>("row_end");
  const auto before = first > 0 ? RowsReader(file, first - 1, 1).operator()<std::int64_t>("row_end")[0] : 0;
  std::vector<std::int64_t> start{0};
  for (const auto e : end) start.push_back(e - before);
  return {start, RowsReader(file, before, start.back())};
}

/// A table as a group: a data set a column, and the names in their order.
void write_table(const ParallelFile& file, const std::string& name, const matrix::Table& table) {
  const auto group = file.group(file.get(), name);
  std::vector<std::string> names;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const auto& [column, values] = table.columns[c];
    names.push_back(column);
    const auto dataset = std::to_string(c);
    if (const auto* texts = std::get_if<std::vector<std::string>>(&values))
      file.replicated_texts(group.get(), "text" + dataset, *texts);
    else if (const auto* reals = std::get_if<std::vector<double>>(&values))
      file.replicated<double>(group.get(), "real" + dataset, *reals);
    else
      file.replicated<std::int64_t>(group.get(), "integer" + dataset, std::get<std::vector<std::int64_t>>(values));
  }
  file.replicated_texts(group.get(), "names", names);
}

matrix::Table read_table(const hdf5::File& file, const std::string& name) {
  matrix::Table table{name, {}};
  for (const auto& column : StoredArray(file.get(), name + "/names").read_texts()) {
    const auto place = name + "/";
    const auto number = std::to_string(table.columns.size());
    const auto has = [&](const char* kind) {
      return H5Lexists(file.get(), (place + kind + number).c_str(), H5P_DEFAULT) > 0;
    };
    if (has("text"))
      table.columns.push_back({column, StoredArray(file.get(), place + "text" + number).read_texts()});
    else if (has("real"))
      table.columns.push_back({column, read_all<double>(file, place + "real" + number)});
    else
      table.columns.push_back({column, read_all<std::int64_t>(file, place + "integer" + number)});
  }
  return table;
}

void write_tables(const ParallelFile& file, std::span<const matrix::Table> tables) {
  std::vector<std::string> names;
  for (const auto& table : tables) {
    names.push_back(table.name);
    write_table(file, table.name, table);
  }
  file.replicated_texts(file.get(), "tables", names);
}

std::vector<matrix::Table> read_tables(const hdf5::File& file) {
  std::vector<matrix::Table> tables;
  for (const auto& name : StoredArray(file.get(), "tables").read_texts()) tables.push_back(read_table(file, name));
  return tables;
}

}  // namespace

Checkpoints::Checkpoints(MPI_Comm comm, std::filesystem::path folder)
    : comm_(comm), folder_(std::move(folder)), lock_(comm, folder_) {
  std::string text;
  if (parallel::rank_of(comm) == 0) {
    std::ifstream file(folder_ / "stages.json");
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  parallel::broadcast(comm, text);
  const auto index = nlohmann::json::parse(text, nullptr, false);  // unreadable: as if nothing had been kept
  if (!index.is_object()) return;
  const auto has_text = [](const nlohmann::json& entry, const char* name) {
    return entry.is_object() && entry.contains(name) && entry[name].is_string();
  };
  for (const auto& [stage, entry] : index.items())
    if (has_text(entry, "hash") && has_text(entry, "sha256"))
      index_[stage] = {entry["hash"].get<std::string>(), entry["sha256"].get<std::string>()};
}

bool Checkpoints::valid(const std::string& stage, const std::string& hash) {
  const auto entry = index_.find(stage);
  if (entry == index_.end() || entry->second.hash != hash) return false;
  std::int32_t unharmed = 1;
  parallel::together(comm_, [&] {
    if (parallel::rank_of(comm_) != 0) return;
    unharmed = std::filesystem::exists(file(stage)) && sha256_of_file(file(stage)) == entry->second.digest ? 1 : 0;
    if (unharmed == 0) log::warn("the checkpoint of stage " + stage + " is damaged; the stage is computed again");
  });
  return parallel::min_over_ranks(comm_, unharmed) == 1;
}

void Checkpoints::keep(const std::string& stage, const std::string& hash,
                       const std::function<void(const std::filesystem::path&)>& write) {
  auto part = file(stage);
  part += ".part";
  write(part);
  hdf5::publish(comm_, part, file(stage));
  std::string digest;
  parallel::together(comm_, [&] {
    if (parallel::rank_of(comm_) == 0) digest = sha256_of_file(file(stage));
  });
  parallel::broadcast(comm_, digest);
  index_[stage] = {hash, digest};
  write_index();
}

void Checkpoints::write_index() const {
  parallel::together(comm_, [&] {
    if (parallel::rank_of(comm_) != 0) return;
    nlohmann::ordered_json index = nlohmann::ordered_json::object();
    for (const auto& [stage, entry] : index_) index[stage] = {{"hash", entry.hash}, {"sha256", entry.digest}};
    report::write_whole_file(folder_ / "stages.json", index.dump(2) + "\n");
  });
}

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
    std::vector<std::int64_t> start{0};
    for (std::int64_t i = 0; i < mine.n_cells(); ++i)
      start.push_back(start.back() + std::ssize(mine.counts.columns(i)));
    file.rows<std::int64_t>(file.get(), "row_end", row_ends(comm, start));
    hdf5::RowsInPortions<std::int32_t> column(file, file.get(), "column", mine.counts.n_nonzeros());
    hdf5::RowsInPortions<std::int32_t> count(file, file.get(), "count", mine.counts.n_nonzeros());
    constexpr std::int64_t cells_a_portion = 1 << 10;  // some million counts
    const auto portions = parallel::max_over_ranks(comm, (mine.n_cells() + cells_a_portion - 1) / cells_a_portion);
    for (std::int64_t p = 0; p < portions; ++p) {
      std::vector<std::int32_t> columns, counts;
      for (auto i = std::min(mine.n_cells(), p * cells_a_portion);
           i < std::min(mine.n_cells(), (p + 1) * cells_a_portion); ++i)
        mine.counts.for_each(i, [&](std::int32_t gene, std::uint32_t c) {
          columns.push_back(gene);
          counts.push_back(static_cast<std::int32_t>(c));
        });
      column.write(columns);
      count.write(counts);
    }
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
  const int rank = parallel::rank_of(comm);
  const auto [start, entries] = rows_of(file, cells.partition.begin(rank), cells.partition.n_local(rank));
  auto& counts = cells.mine.counts;
  const auto n_entries = start.back();
  counts.reserve(std::ssize(start) - 1, n_entries);
  constexpr std::int64_t entries_a_portion = 1 << 22;  // so that going on takes no more memory than the first run
  for (std::int64_t at = 0; at < n_entries; at += entries_a_portion) {
    const auto portion = entries.part(at, std::min(entries_a_portion, n_entries - at));
    const auto column = portion.operator()<std::int32_t>("column"), count = portion.operator()<std::int32_t>("count");
    for (std::int64_t i = 0; i < std::ssize(column); ++i) {
      while (start[counts.n_rows() + 1] == at + i) counts.end_row();
      counts.push(column[i], static_cast<std::uint32_t>(count[i]));
    }
  }
  while (counts.n_rows() < std::ssize(start) - 1) counts.end_row();
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

namespace {

nlohmann::ordered_json json_of(const matrix::Composition& c) {
  return {{"integration", c.integration}, {"resolution", c.resolution}, {"seed", c.seed},        {"n_lots", c.n_lots},
          {"n_clusters", c.n_clusters},   {"count", c.count},           {"lot_size", c.lot_size}};
}

matrix::Composition composition_from(const nlohmann::json& known) {
  const auto& resolution = known.at("resolution");
  return {.integration = known.at("integration"),
          .resolution = resolution.is_null() ? std::numeric_limits<double>::quiet_NaN() : resolution.get<double>(),
          .seed = known.at("seed"),
          .n_lots = known.at("n_lots"),
          .n_clusters = known.at("n_clusters"),
          .count = known.at("count"),
          .lot_size = known.at("lot_size")};
}

}  // namespace

void save(MPI_Comm comm, const CompositionStage& stage, const std::filesystem::path& path) {
  nlohmann::ordered_json kept{{"partitions", nlohmann::ordered_json::array()}};
  for (const auto& composition : stage.partitions) kept["partitions"].push_back(json_of(composition));
  if (stage.not_integrated) kept["not_integrated"] = json_of(*stage.not_integrated);
  ParallelFile file(comm, path);
  file.scalar_text(file.get(), "composition", kept.dump());
  file.close();
}

CompositionStage load_composition(const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  const auto kept = nlohmann::json::parse(read_text(file, "composition"));
  CompositionStage stage;
  for (const auto& known : kept.at("partitions")) stage.partitions.push_back(composition_from(known));
  if (kept.contains("not_integrated")) stage.not_integrated = composition_from(kept.at("not_integrated"));
  return stage;
}

void save(MPI_Comm comm, const StabilityStage& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  write_table(file, stage.table.name, stage.table);
  file.close();
}

StabilityStage load_stability(const std::filesystem::path& path) {
  return {read_table(hdf5::open_to_read(path), "stability")};
}

void save(MPI_Comm comm, const MarkerStage& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  write_table(file, "markers", stage.table);
  write_table(file, "marker_dots", stage.dots);
  write_table(file, "marker_volcano", stage.volcano);
  file.replicated_texts(file.get(), "tested", stage.tested);
  file.close();
}

MarkerStage load_markers(const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  return {read_table(file, "markers"), read_table(file, "marker_dots"), read_table(file, "marker_volcano"),
          StoredArray(file.get(), "tested").read_texts()};
}

namespace {

/// The vectors of a mapping by their names in the file; `visit(name, values)`.
void for_each_vector(auto& stage, auto&& visit) {
  visit("label", stage.label);
  visit("likeliest", stage.likeliest);
  visit("second", stage.second);
  visit("score", stage.score);
  visit("margin", stage.margin);
  visit("knn_dist", stage.knn_dist);
  visit("p_outlier", stage.p_outlier);
  visit("p_neighborhood", stage.p_neighborhood);
  visit("n_anchors", stage.n_anchors);
  visit("status", stage.status);
  visit("training_label", stage.training_label);
  visit("held_out_score", stage.held_out_score);
  visit("held_out_dist", stage.held_out_dist);
  visit("held_out_neighborhood", stage.held_out_neighborhood);
}

}  // namespace

void save(MPI_Comm comm, const MappingStage& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  file.scalar_text(file.get(), "transferred", stage.transferred);
  file.replicated_texts(file.get(), "label_name", stage.label_name);
  for_each_vector(
      stage, [&]<class T>(const char* name, const std::vector<T>& values) { file.rows<T>(file.get(), name, values); });
  file.scalar_text(file.get(), "composition", json_of(stage.composition).dump());
  write_table(file, "mapped_lots", stage.lots);
  file.close();
}

MappingStage load_mapping(MPI_Comm comm, const parallel::Partition& cells, const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  MappingStage stage;
  stage.transferred = read_text(file, "transferred");
  stage.label_name = StoredArray(file.get(), "label_name").read_texts();
  const auto rows = my_rows(comm, file, cells);
  for_each_vector(stage, [&]<class T>(const char* name, std::vector<T>& values) {
    if constexpr (std::is_same_v<T, std::uint8_t>) {
      const auto wide = rows.operator()<std::int32_t>(name);
      values.assign(wide.begin(), wide.end());
    } else {
      values = rows.operator()<T>(name);
    }
  });
  stage.composition = composition_from(nlohmann::json::parse(read_text(file, "composition")));
  stage.lots = read_table(file, "mapped_lots");
  return stage;
}

void save(MPI_Comm comm, const CellStatesStage& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  file.scalar<std::int64_t>(file.get(), "has_cycle", stage.has_cycle ? 1 : 0);
  file.scalar<std::int64_t>(file.get(), "has_doublets", stage.has_doublets ? 1 : 0);
  file.scalar_text(file.get(), "without_cycle", stage.without_cycle);
  file.rows<double>(file.get(), "s_score", stage.cycle.s);
  file.rows<double>(file.get(), "g2m_score", stage.cycle.g2m);
  std::vector<std::uint8_t> phase;
  for (const auto of_cell : stage.cycle.phase) phase.push_back(static_cast<std::uint8_t>(of_cell));
  file.rows<std::uint8_t>(file.get(), "phase", phase);
  file.rows<double>(file.get(), "doublet_score", stage.doublet_score);
  write_table(file, "cell_states", stage.table);
  file.close();
}

CellStatesStage load_cell_states(MPI_Comm comm, const parallel::Partition& cells, const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  const auto rows = my_rows(comm, file, cells);
  CellStatesStage stage;
  stage.has_cycle = read_all<std::int64_t>(file, "has_cycle").at(0) == 1;
  stage.has_doublets = read_all<std::int64_t>(file, "has_doublets").at(0) == 1;
  stage.without_cycle = read_text(file, "without_cycle");
  stage.cycle.s = rows.operator()<double>("s_score");
  stage.cycle.g2m = rows.operator()<double>("g2m_score");
  for (const auto phase : rows.operator()<std::int32_t>("phase"))
    stage.cycle.phase.push_back(static_cast<cellcycle::Phase>(phase));
  stage.doublet_score = rows.operator()<double>("doublet_score");
  stage.table = read_table(file, "cell_states");
  return stage;
}

void save(MPI_Comm comm, const UmapStage& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  file.scalar<std::int64_t>(file.get(), "dims", stage.cells.n_dims);
  if (stage.any()) file.rows<float>(file.get(), "cells", stage.cells.value, stage.cells.n_dims);
  file.close();
}

UmapStage load_umap(MPI_Comm comm, const parallel::Partition& cells, const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  UmapStage stage;
  const auto dims = static_cast<std::int32_t>(read_all<std::int64_t>(file, "dims").at(0));
  if (dims > 0) stage.cells = {cells, dims, my_rows(comm, file, cells).operator()<float>("cells")};
  return stage;
}

void save(MPI_Comm comm, const AssociationStage& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  write_tables(file, stage.tables);
  matrix::Table outcomes{"outcomes", {}};
  for (const auto& outcome : stage.outcomes) outcomes.columns.push_back({outcome.name, outcome.value});
  write_table(file, outcomes.name, outcomes);
  file.replicated<std::int32_t>(file.get(), "training_lots", stage.training_lots);
  file.replicated_texts(file.get(), "warnings", stage.warnings);
  file.replicated_texts(file.get(), "population_name", stage.population_name);
  file.scalar_text(file.get(), "outcomes_read", stage.outcomes_read);
  file.close();
}

AssociationStage load_association(const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  const auto texts = [&](const char* name) { return StoredArray(file.get(), name).read_texts(); };
  AssociationStage stage;
  stage.training_lots = read_all<std::int32_t>(file, "training_lots");
  for (auto& column : read_table(file, "outcomes").columns)
    stage.outcomes.push_back({column.name, std::get<std::vector<double>>(std::move(column.values))});
  stage.tables = read_tables(file);
  stage.warnings = texts("warnings");
  stage.population_name = texts("population_name");
  stage.outcomes_read = read_text(file, "outcomes_read");
  return stage;
}

void save(MPI_Comm comm, const GeneStage& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  write_table(file, "gene_association", stage.table);
  file.close();
}

GeneStage load_genes_found(const std::filesystem::path& path) {
  return {read_table(hdf5::open_to_read(path), "gene_association")};
}

void save(MPI_Comm comm, const NeighborhoodStage& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  write_table(file, "global", stage.table);
  file.replicated_texts(file.get(), "outcome", stage.outcome);
  for (std::size_t m = 0; m < stage.outcome.size(); ++m) {
    const auto number = std::to_string(m);
    file.rows<double>(file.get(), "ncorr" + number, stage.ncorr[m]);
    file.rows<double>(file.get(), "p_fwer" + number, stage.p_fwer[m]);
    file.rows<double>(file.get(), "fdr" + number, stage.fdr[m]);
  }
  file.close();
}

NeighborhoodStage load_neighborhoods(MPI_Comm comm, const parallel::Partition& reference,
                                     const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  const auto rows = my_rows(comm, file, reference);
  NeighborhoodStage stage;
  stage.table = read_table(file, "global");
  stage.outcome = StoredArray(file.get(), "outcome").read_texts();
  for (std::size_t m = 0; m < stage.outcome.size(); ++m) {
    const auto number = std::to_string(m);
    stage.ncorr.push_back(rows.operator()<double>("ncorr" + number));
    stage.p_fwer.push_back(rows.operator()<double>("p_fwer" + number));
    stage.fdr.push_back(rows.operator()<double>("fdr" + number));
  }
  return stage;
}

namespace {

/// What is but tables and warnings.
void save_tables(MPI_Comm comm, const auto& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  write_tables(file, stage.tables);
  file.replicated_texts(file.get(), "warnings", stage.warnings);
  file.close();
}

template <class Stage>
Stage load_tables(const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  return {read_tables(file), StoredArray(file.get(), "warnings").read_texts()};
}

}  // namespace

void save(MPI_Comm comm, const SourcesStage& stage, const std::filesystem::path& path) {
  save_tables(comm, stage, path);
}
SourcesStage load_sources(const std::filesystem::path& path) { return load_tables<SourcesStage>(path); }

void save(MPI_Comm comm, const EnrichmentStage& stage, const std::filesystem::path& path) {
  save_tables(comm, stage, path);
}
EnrichmentStage load_enrichment(const std::filesystem::path& path) { return load_tables<EnrichmentStage>(path); }

}  // namespace miura::app
