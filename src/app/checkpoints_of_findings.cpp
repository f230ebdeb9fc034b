// Checkpoints of the stages behind the clusters.
#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <type_traits>

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

template <class T, class... Stages>
concept Either = (std::same_as<std::remove_const_t<T>, Stages> || ...);  // to be saved, or loaded

// What a stage without rows of cells leaves, by the names in the file; `visit(name, part)`.
void for_each_part(Either<StabilityStage> auto& stage, auto&& visit) { visit("stability", stage.table); }

void for_each_part(Either<MarkerStage> auto& stage, auto&& visit) {
  visit("markers", stage.table);
  visit("marker_dots", stage.dots);
  visit("marker_volcano", stage.volcano);
  visit("tested", stage.tested);
  visit("tables", stage.on_request);
}

void for_each_part(Either<AssociationStage> auto& stage, auto&& visit) {
  visit("tables", stage.tables);
  visit("outcomes", stage.outcomes);
  visit("training_lots", stage.training_lots);
  visit("warnings", stage.warnings);
  visit("population_name", stage.population_name);
  visit("outcomes_read", stage.outcomes_read);
}

void for_each_part(Either<GeneStage> auto& stage, auto&& visit) {
  visit("gene_association", stage.table);
  visit("condition_genes", stage.conditions);
}

void for_each_part(Either<EnrichmentStage, SourcesStage> auto& stage, auto&& visit) {
  visit("tables", stage.tables);
  visit("warnings", stage.warnings);
}

class PartWriter {
public:
  explicit PartWriter(const ParallelFile& file) : file_(file) {}
  void operator()(const char* name, const matrix::Table& table) const { write_table(file_, name, table); }
  void operator()(const char* name, const std::vector<matrix::Table>& tables) const {
    write_tables(file_, name, tables);
  }
  void operator()(const char* name, const std::vector<association::Outcome>& outcomes) const {
    matrix::Table table{name, {}};
    for (const auto& outcome : outcomes) table.columns.push_back({outcome.name, outcome.value});
    write_table(file_, name, table);
  }
  void operator()(const char* name, const std::vector<std::int32_t>& numbers) const {
    file_.replicated<std::int32_t>(file_.get(), name, numbers);
  }
  void operator()(const char* name, const std::vector<std::string>& texts) const {
    file_.replicated_texts(file_.get(), name, texts);
  }
  void operator()(const char* name, const std::string& text) const { file_.scalar_text(file_.get(), name, text); }

private:
  const ParallelFile& file_;
};

class PartReader {
public:
  explicit PartReader(const hdf5::File& file) : file_(file) {}
  void operator()(const char* name, matrix::Table& table) const { table = read_table(file_, name); }
  void operator()(const char* name, std::vector<matrix::Table>& tables) const { tables = read_tables(file_, name); }
  void operator()(const char* name, std::vector<association::Outcome>& outcomes) const {
    for (auto& column : read_table(file_, name).columns)
      outcomes.push_back({column.name, std::get<std::vector<double>>(std::move(column.values))});
  }
  void operator()(const char* name, std::vector<std::int32_t>& numbers) const {
    numbers = read_all<std::int32_t>(file_, name);
  }
  void operator()(const char* name, std::vector<std::string>& texts) const {
    texts = StoredArray(file_.get(), name).read_texts();
  }
  void operator()(const char* name, std::string& text) const { text = read_text(file_, name); }

private:
  const hdf5::File& file_;
};

void save_parts(MPI_Comm comm, const auto& stage, const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  for_each_part(stage, PartWriter(file));
  file.close();
}

template <class Stage>
Stage load_parts(const std::filesystem::path& path) {
  const auto file = hdf5::open_to_read(path);
  Stage stage;
  for_each_part(stage, PartReader(file));
  return stage;
}

}  // namespace

void save(MPI_Comm comm, const StabilityStage& stage, const std::filesystem::path& path) {
  save_parts(comm, stage, path);
}
StabilityStage load_stability(const std::filesystem::path& path) { return load_parts<StabilityStage>(path); }

void save(MPI_Comm comm, const MarkerStage& stage, const std::filesystem::path& path) { save_parts(comm, stage, path); }
MarkerStage load_markers(const std::filesystem::path& path) { return load_parts<MarkerStage>(path); }

void save(MPI_Comm comm, const AssociationStage& stage, const std::filesystem::path& path) {
  save_parts(comm, stage, path);
}
AssociationStage load_association(const std::filesystem::path& path) { return load_parts<AssociationStage>(path); }

void save(MPI_Comm comm, const GeneStage& stage, const std::filesystem::path& path) { save_parts(comm, stage, path); }
GeneStage load_genes_found(const std::filesystem::path& path) { return load_parts<GeneStage>(path); }

void save(MPI_Comm comm, const EnrichmentStage& stage, const std::filesystem::path& path) {
  save_parts(comm, stage, path);
}
EnrichmentStage load_enrichment(const std::filesystem::path& path) { return load_parts<EnrichmentStage>(path); }

void save(MPI_Comm comm, const SourcesStage& stage, const std::filesystem::path& path) {
  save_parts(comm, stage, path);
}
SourcesStage load_sources(const std::filesystem::path& path) { return load_parts<SourcesStage>(path); }

}  // namespace miura::app
