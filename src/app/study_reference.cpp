#include "app/study_reference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/stages.hpp"
#include "miura/base/error.hpp"
#include "miura/hdf5/reader.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

using hdf5::StoredArray;
namespace fs = std::filesystem;

hdf5::File open_study(const fs::path& path) {
  auto file = hdf5::open_to_read(path);
  if (!hdf5::exists(file.get(), "uns/miura/config"))
    throw InputError({path}, "is no study of miura: it has no uns/miura/config");
  return file;
}

std::string text_at(const hdf5::File& file, const std::string& name) {
  return StoredArray(file.get(), name).read_texts().at(0);
}

template <class T>
std::vector<T> part_of(const hdf5::File& file, const std::string& name, const parallel::Partition& cells, int rank) {
  const StoredArray array(file.get(), name);
  std::vector<T> values(cells.n_local(rank) * array.width());
  if (!values.empty()) array.read_rows<T>(cells.begin(rank), cells.n_local(rank), std::span(values));
  return values;
}

/// The entries of the chosen features.
std::vector<double> chosen(const hdf5::File& file, const std::string& name, std::span<const std::int32_t> features) {
  const auto all = StoredArray(file.get(), name).read<double>();
  std::vector<double> some;
  for (const auto f : features) some.push_back(all.at(f));
  return some;
}

void read_features(const hdf5::File& file, StudyReference& study) {
  study.is_table = hdf5::exists(file.get(), "var/feature_ids");
  study.features.id = StoredArray(file.get(), study.is_table ? "var/feature_ids" : "var/gene_ids").read_texts();
  study.features.symbol = StoredArray(file.get(), "var/_index").read_texts();
  if (hdf5::exists(file.get(), "uns/miura/dropped_genes"))
    study.dropped = {StoredArray(file.get(), "uns/miura/dropped_genes/gene_ids").read_texts(),
                     StoredArray(file.get(), "uns/miura/dropped_genes/symbol").read_texts()};
  const auto variable = StoredArray(file.get(), "var/highly_variable").read<std::int32_t>();
  for (std::int32_t g = 0; g < std::ssize(variable); ++g)
    if (variable[g]) study.genes.variable.selected.push_back(g);
}

void read_model(const hdf5::File& file, StudyReference& study) {
  const auto& selected = study.genes.variable.selected;
  auto& model = study.model;
  model.n_features = static_cast<std::int32_t>(std::ssize(selected));
  model.mean = chosen(file, study.is_table ? "var/pca_mean" : "var/mean", selected);
  model.sd = chosen(file, study.is_table ? "var/pca_sd" : "var/sd", selected);
  model.center = chosen(file, "var/pca_center", selected);
  for (const auto ceiling : chosen(file, "var/pca_ceiling", selected))
    model.ceiling.push_back(static_cast<std::int32_t>(ceiling));
  const StoredArray stored(file.get(), "varm/PCs");
  const auto loadings = stored.read<double>();
  model.n_components = static_cast<std::int32_t>(stored.width());
  for (const auto f : selected)
    model.loadings.insert(model.loadings.end(), loadings.begin() + std::int64_t{f} * model.n_components,
                          loadings.begin() + std::int64_t{f + 1} * model.n_components);
  if (study.is_table) {
    study.genes.table_mean = StoredArray(file.get(), "var/mean").read<double>();
    study.genes.table_sd = StoredArray(file.get(), "var/sd").read<double>();
  }
}

/// The cells of this rank, with counts or table, as read_cells would give them.
CellsStage read_part_of_cells(const hdf5::File& file, const StudyReference& study, const parallel::Partition& cells,
                              int rank) {
  CellsStage part;
  part.features = study.features;
  part.is_table = study.is_table;
  part.cells.partition = cells;
  auto& mine = part.cells.mine;
  mine.lot = part_of<std::int32_t>(file, "obs/lot/codes", cells, rank);
  if (study.is_table) {
    mine.table = part_of<double>(file, "layers/values", cells, rank);
    return part;
  }
  const auto first = cells.begin(rank), n = cells.n_local(rank);
  std::vector<std::int64_t> start(n + 1);
  StoredArray(file.get(), "layers/counts/indptr").read_rows<std::int64_t>(first, n + 1, std::span(start));
  constexpr std::int64_t cells_a_portion = 1 << 10;
  const StoredArray columns(file.get(), "layers/counts/indices"), counts(file.get(), "layers/counts/data");
  mine.counts.reserve(n, start.back() - start.front());
  for (std::int64_t from = 0; from < n; from += cells_a_portion) {
    const auto to = std::min(n, from + cells_a_portion);
    const auto entries = start[to] - start[from];
    std::vector<std::int32_t> column(entries), count(entries);
    columns.read_rows<std::int32_t>(start[from], entries, std::span(column));
    counts.read_rows<std::int32_t>(start[from], entries, std::span(count));
    for (auto cell = from; cell < to; ++cell) {
      for (auto at = start[cell] - start[from]; at < start[cell + 1] - start[from]; ++at)
        mine.counts.push(column[at], static_cast<std::uint32_t>(count[at]));
      mine.counts.end_row();
    }
  }
  return part;
}

/// What stands in the file of this rank's reference cells: all but their expression.
struct ReferenceRows {
  parallel::Partition cells;  ///< all cells of the study
  std::vector<std::uint8_t> marked;
  matrix::Embedding scores;  ///< of all my cells
  std::vector<std::uint8_t> in_reference;
  matrix::Embedding places;  ///< of all my cells in the plane; empty where the study has none
};

/// What the association says of clusters, as far as a declaration needs it.
matrix::Table read_association(const hdf5::File& file) {
  matrix::Table table{"association", {}};
  const std::string at = "uns/miura/association/";
  if (!hdf5::exists(file.get(), at + "cluster")) return table;
  for (const char* name : {"family", "integration", "cluster", "outcome"})
    table.columns.push_back({name, StoredArray(file.get(), at + name).read_texts()});
  for (const char* name : {"resolution", "rho", "p_maxT_step"})
    table.columns.push_back({name, StoredArray(file.get(), at + name).read<double>()});
  table.columns.push_back({"seed", StoredArray(file.get(), at + "seed").read<std::int64_t>()});
  return table;
}

matrix::Lots read_lots(const hdf5::File& file) {
  const auto column = [&](const std::string& name) {
    return StoredArray(file.get(), "uns/miura/lots/" + name).read_texts();
  };
  const auto id = column("lot"), source = column("source"), role = column("role");
  matrix::Lots lots;
  for (std::size_t l = 0; l < id.size(); ++l)
    lots.push_back({.id = id[l], .path = {}, .format = {}, .source = source[l], .role = role[l]});
  return lots;
}

ReferenceRows read_reference_rows(const hdf5::File& file, int rank, int ranks, StudyReference& study) {
  ReferenceRows rows;
  const StoredArray scores(file.get(), "obsm/X_pca");
  rows.cells = parallel::Partition::even(scores.n_rows(), ranks);
  rows.scores = {rows.cells, static_cast<std::int32_t>(scores.width()),
                 part_of<float>(file, "obsm/X_pca", rows.cells, rank)};
  const auto label = part_of<std::int32_t>(file, "obs/transferred/codes", rows.cells, rank);
  const auto mapped = part_of<std::int32_t>(file, "obs/mapped_cluster/codes", rows.cells, rank);
  const auto in_reference = part_of<std::int32_t>(file, "obs/reference", rows.cells, rank);
  const auto lot = part_of<std::int32_t>(file, "obs/lot/codes", rows.cells, rank);
  rows.in_reference.assign(in_reference.begin(), in_reference.end());
  if (hdf5::exists(file.get(), "obsm/X_umap"))
    rows.places = {rows.cells, 2, part_of<float>(file, "obsm/X_umap", rows.cells, rank)};
  const auto score = part_of<double>(file, "obs/held_out_score", rows.cells, rank);
  const auto distance = part_of<double>(file, "obs/held_out_dist", rows.cells, rank);
  const auto around = part_of<double>(file, "obs/held_out_neighborhood", rows.cells, rank);
  auto& reference = study.mapping;
  for (std::size_t i = 0; i < label.size(); ++i) {
    study.label.push_back(label[i] >= 0 ? label[i] : mapped[i]);
    rows.marked.push_back(in_reference[i] && label[i] >= 0 ? 1 : 0);
    if (!rows.marked.back()) continue;
    reference.cells.label.push_back(label[i]);
    reference.cells.lot.push_back(lot[i]);
    reference.held_out.mapping_score.push_back(score[i]);
    reference.held_out.knn_dist.push_back(distance[i]);
    reference.held_out.neighborhood.push_back(around[i]);
  }
  reference.label_name = StoredArray(file.get(), "obs/transferred/categories").read_texts();
  reference.transferred = text_at(file, "uns/miura/transferred");
  reference.lots = read_lots(file);
  reference.cells.n_labels = static_cast<std::int32_t>(std::ssize(reference.label_name));
  reference.cells.n_lots = static_cast<std::int32_t>(std::ssize(reference.lots));
  study.integration = text_at(file, "uns/miura/transferred_integration");
  study.resolution = StoredArray(file.get(), "uns/miura/transferred_resolution").read<double>().at(0);
  study.seed =
      static_cast<std::uint64_t>(StoredArray(file.get(), "uns/miura/transferred_seed").read<std::int64_t>().at(0));
  return rows;
}

}  // namespace

std::map<std::string, std::string> read_study_settings(const fs::path& path) {
  const auto file = open_study(path);
  std::map<std::string, std::string> settings;
  for (const auto& name : hdf5::names_in(file.get(), "uns/miura/config"))
    settings[name] = text_at(file, "uns/miura/config/" + name);
  return settings;
}

StudyReference read_study_reference(MPI_Comm comm, const fs::path& path, const RunOptions& o) {
  StudyReference study;
  ReferenceRows rows;
  parallel::together(comm, [&] {
    const auto file = open_study(path);
    const auto rank = parallel::rank_of(comm);
    read_features(file, study);
    read_model(file, study);
    rows = read_reference_rows(file, rank, parallel::size_of(comm), study);
    study.association = read_association(file);
    study.own.cells = read_part_of_cells(file, study, rows.cells, rank);
  });
  auto& reference = study.mapping;
  reference.cells.scores = marked_rows(comm, rows.scores, rows.marked);
  reference.checked = checked_features(study.model, o);
  if (rows.places.n_dims > 0)
    study.layout = {marked_rows(comm, rows.scores, rows.in_reference),
                    marked_rows(comm, rows.places, rows.in_reference)};
  study.own.lots = reference.lots;
  study.own.genes = study.genes;
  reference.cells.expression = reference.checked.empty()
                                   ? matrix::Embedding{reference.cells.scores.points, 0, {}}
                                   : dense_rows(comm, checked_grid(study.own, reference.checked, o), rows.marked);
  const auto& known = reference.held_out.knn_dist;
  const std::int64_t done = std::ranges::count_if(known, [](double d) { return !std::isnan(d); });
  if (parallel::sum_over_ranks(comm, done) == 0)
    reference.held_out = transfer::leave_one_lot_out(comm, reference.cells, o.mapping);
  return study;
}

}  // namespace miura::app
