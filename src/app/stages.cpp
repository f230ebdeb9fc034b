#include "app/stages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "app/sample_labels.hpp"
#include "app/stop_request.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/knn/inverted_lists.hpp"
#include "miura/normalize/log_normalize.hpp"
#include "miura/normalize/zscore.hpp"
#include "miura/transfer/cells.hpp"

namespace miura::app {

namespace {

/// Which batch each lot belongs to, for choosing variable genes batch by batch.
std::vector<std::int32_t> batch_of_lots(const matrix::Lots& lots, const std::string& by) {
  std::vector<std::string> batch;
  for (const auto& lot : lots)
    batch.push_back(by == "lot" ? lot.id : by == "chemistry" ? lot.chemistry : by == "source" ? lot.source : by);
  return numbered(batch);
}

}  // namespace

matrix::GridMatrix grid_of(const Study& study, std::span<const std::int64_t> rows, const parallel::Partition& partition,
                           std::span<const std::int32_t> features, const RunOptions& o) {
  const auto& cells = study.cells;
  const auto& genes = study.genes;
  if (cells.is_table)
    return normalize::zscores_by(cells.cells, rows, partition, features, genes.table_mean, genes.table_sd,
                                 {.clip = o.pca.clip});
  return normalize::log_normalize_on_grid(cells.cells, rows, partition, cells.features.size(), features,
                                          {.scale = o.scale});
}

matrix::GridMatrix grid_of(const Study& study, std::span<const std::int32_t> features, const RunOptions& o) {
  const auto& cells = study.cells.cells;
  const std::vector<std::uint8_t> all(cells.mine.n_cells(), 1);
  return grid_of(study, rows_marked(all), cells.partition, features, o);
}

std::vector<std::int64_t> rows_marked(std::span<const std::uint8_t> marked, bool as) {
  std::vector<std::int64_t> rows;
  for (std::int64_t i = 0; i < std::ssize(marked); ++i)
    if ((marked[i] != 0) == as) rows.push_back(i);
  return rows;
}

int stage_number(const std::string& name) {
  const auto found = std::ranges::find(stage_names, name);
  if (found == stage_names.end())
    throw UsageError(fmt::format("'{}' is no stage; the stages are {}", name, fmt::join(stage_names, ", ")));
  return static_cast<int>(found - stage_names.begin());
}

namespace {

matrix::Table attrition_table(const qc::Attrition& a, const std::vector<input::LotReport>& read) {
  std::vector<std::int64_t> in_file, dropped;
  std::vector<std::string> remark;
  for (std::size_t l = 0; l < read.size(); ++l) {
    in_file.push_back(read[l].features_in_file);
    dropped.push_back(read[l].features_dropped);
    remark.push_back(a.kept[l] == 0 ? "NO_CELLS" : read[l].from_raw ? "COUNTS_FROM_RAW" : "");
  }
  return {"attrition",
          {{"cells_read", a.cells_read},
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

namespace {

/// Drops the genes that too few training cells have: further lots change nothing in what the reference is made of.
void drop_genes(MPI_Comm comm, CellsStage& stage, const matrix::Lots& lots, const qc::FilterOptions& options) {
  const auto training = marks_of(lots, "train");
  std::vector<std::uint8_t> counted;
  for (const auto lot : stage.cells.mine.lot) counted.push_back(training[lot]);
  const auto all = stage.features;
  const auto kept = qc::filter_genes(comm, stage.cells.mine, stage.features, options, counted);
  std::vector<std::int32_t> number(all.size(), -1);
  for (std::size_t g = 0; g < kept.size(); ++g) number[kept[g]] = static_cast<std::int32_t>(g);
  for (std::int32_t g = 0; g < all.size(); ++g)
    if (number[g] < 0) {
      stage.dropped.id.push_back(all.id[g]);
      stage.dropped.symbol.push_back(all.symbol[g]);
    }
  for (auto& columns : stage.missing) {
    std::erase_if(columns, [&](auto g) { return number[g] < 0; });
    for (auto& g : columns) g = number[g];
  }
}

}  // namespace

matrix::Table lots_table(const Study& study) {
  using matrix::Lot;
  matrix::Table table{"lots", {}};
  const auto add = [&](const char* name, std::string Lot::*property) {
    std::vector<std::string> values;
    for (const auto& lot : study.lots) values.push_back(lot.*property);
    table.columns.push_back({name, std::move(values)});
  };
  add("lot", &Lot::id);
  add("source", &Lot::source);
  add("role", &Lot::role);
  add("donor", &Lot::donor);
  add("process", &Lot::process);
  add("pair", &Lot::pair);
  add("chemistry", &Lot::chemistry);
  const auto& counted = study.cells.attrition.columns;
  table.columns.insert(table.columns.end(), counted.begin(), counted.end());
  return table;
}

std::vector<matrix::Table> tables_of(const Study& study, Rows rows) {
  std::vector<matrix::Table> tables;
  tables.push_back(lots_table(study));
  tables.push_back(composition_table(study, rows));
  const auto add = [&](const matrix::Table& table) {
    if (table.n_rows() > 0) tables.push_back(table);
  };
  add(study.stability.table);
  add(study.markers.table);
  add(study.markers.dots);
  for (const auto& table : study.markers.on_request) add(table);
  add(study.cell_states.table);
  add(study.markers.volcano);
  for (const auto& table : study.association.tables)
    if (table.name != "integration" || table.n_rows() > 0) tables.push_back(table);
  add(study.mapping.lots);
  tables.insert(tables.end(), study.sources.tables.begin(), study.sources.tables.end());
  add(study.gene_association.table);
  add(study.gene_association.conditions);
  tables.insert(tables.end(), study.enrichment.tables.begin(), study.enrichment.tables.end());
  add(study.neighborhoods.table);
  return tables;
}

std::vector<std::uint8_t> marks_of(const matrix::Lots& lots, const std::string& role) {
  std::vector<std::uint8_t> marks;
  for (const auto& lot : lots) marks.push_back(lot.role == role ? 1 : 0);
  return marks;
}

matrix::Lots training_lots(const matrix::Lots& lots) {
  matrix::Lots training;
  std::ranges::copy_if(lots, std::back_inserter(training), [](const matrix::Lot& lot) { return lot.role == "train"; });
  return training;
}

CellsStage read_counts_of(MPI_Comm comm, const matrix::Lots& lots, const RunOptions& o,
                          const input::FeatureChoice& choice) {
  auto read = input::read_cells(comm, lots, o.input, choice);
  CellsStage stage;
  stage.features = std::move(read.features);
  stage.is_table = read.is_table;
  stage.missing = std::move(read.missing);
  const auto n_lots = static_cast<std::int32_t>(lots.size());
  const auto attrition = qc::filter_cells(comm, read.lots, n_lots, stage.features, o.qc);
  stage.attrition = attrition_table(attrition, read.report);
  stage.cells = matrix::distribute(comm, std::move(read.lots), n_lots, stage.features.size());
  if (!stage.is_table) stage.metrics = qc::cell_metrics(stage.cells.mine, qc::mitochondrial_genes(stage.features));
  return stage;
}

CellsStage read_stage(MPI_Comm comm, const matrix::Lots& lots, const RunOptions& o) {
  auto stage = read_counts_of(comm, lots, o, {.joins = marks_of(lots, "train"), .given = nullptr});
  if (stage.is_table) return stage;
  drop_genes(comm, stage, lots, o.qc);
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

namespace {

/// Scores of these local cells under a model, portion after portion: their expression would take more room than their
/// counts.
void place(const Study& study, std::span<const std::int64_t> rows, const pca::Model& model, const RunOptions& o,
           matrix::Embedding& scores) {
  constexpr std::int64_t portion = 8192;
  for (std::int64_t from = 0; from < std::ssize(rows); from += portion) {
    const auto some = rows.subspan(from, std::min(portion, std::ssize(rows) - from));
    const auto own = parallel::Partition::from_local(MPI_COMM_SELF, std::ssize(some));
    const auto placed = pca::project(MPI_COMM_SELF, grid_of(study, some, own, study.genes.variable.selected, o), model);
    for (std::int64_t r = 0; r < std::ssize(some); ++r)
      std::ranges::copy(placed.row(r), scores.value.begin() + some[r] * scores.n_dims);
  }
}

}  // namespace

pca::Result pca_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  auto options = o.pca;
  options.method = o.pca_method == "krylov" ? pca::Method::krylov : pca::Method::gram;
  options.scale = !study.cells.is_table;  // z-scores are scaled already
  const auto& cells = study.cells.cells;
  const auto reference = rows_marked(study.genes.reference);
  const auto partition = parallel::Partition::from_local(comm, std::ssize(reference));
  auto model = pca::fit(comm, grid_of(study, reference, partition, study.genes.variable.selected, o),
                        std::vector<std::uint8_t>(reference.size(), 1), options);
  const auto width = model.n_components;
  pca::Result result{std::move(model), {cells.partition, width, std::vector<float>(cells.mine.n_cells() * width)}};
  std::vector<std::int64_t> all(cells.mine.n_cells());
  std::iota(all.begin(), all.end(), 0);
  place_on_components(study, all, o, result);
  return result;
}

void place_on_components(const Study& study, std::span<const std::int64_t> rows, const RunOptions& o,
                         pca::Result& pca) {
  std::vector<std::vector<std::int64_t>> lacking(study.lots.size());
  std::vector<std::int64_t> whole;
  for (const auto i : rows) {
    const auto lot = study.cells.cells.mine.lot[i];
    (study.cells.missing[lot].empty() ? whole : lacking[lot]).push_back(i);
  }
  place(study, whole, pca.model, o, pca.scores);
  for (std::int32_t lot = 0; lot < std::ssize(study.lots); ++lot) {
    if (lacking[lot].empty()) continue;
    const auto present = features_present(study, lot);
    place(study, lacking[lot], present.empty() ? pca.model : transfer::without_missing(pca.model, present), o,
          pca.scores);
  }
}

std::vector<std::uint8_t> features_present(const Study& study, std::int32_t lot) {
  const auto& missing = study.cells.missing[lot];
  std::vector<std::uint8_t> present;
  for (const auto feature : study.genes.variable.selected)
    present.push_back(std::ranges::binary_search(missing, feature) ? 0 : 1);
  if (std::ranges::find(present, 0) == present.end()) present.clear();
  return present;
}

namespace {

/// Exact, but by inverted lists where there are too many cells for that.
matrix::Neighbors nearest_cells(MPI_Comm comm, const matrix::Embedding& points, const RunOptions& o) {
  const auto k = o.shared.k - 1;  // Seurat's k counts the cell itself
  const auto n = points.points.size();
  if (n <= o.exact_search_up_to) return knn::nearest(comm, points, {.k = k, .safe_point = stop_if_requested});
  auto [found, recall] =
      knn::nearest_in_lists(comm, points, {.k = k, .n_probed = o.n_probed_lists, .safe_point = stop_if_requested});
  log::info(
      fmt::format("neighbors: {} reference cells, more than knn.exact_up_to = {}: by inverted lists, recall {:.4f}", n,
                  o.exact_search_up_to, recall));
  return std::move(found);
}

}  // namespace

NeighborsStage neighbors_of(MPI_Comm comm, const Study& study, const matrix::Embedding& coordinates,
                            const RunOptions& o) {
  const auto points = marked_rows(comm, coordinates, study.genes.reference);
  NeighborsStage stage;
  stage.nearest = nearest_cells(comm, points, o);
  stage.graph = knn::shared_neighbors(comm, stage.nearest, o.shared);
  return stage;
}

NeighborsStage neighbors_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  return neighbors_of(comm, study, study.coordinates(), o);
}

}  // namespace miura::app
