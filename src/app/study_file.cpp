#include "app/study_file.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "app/stages.hpp"
#include "miura/base/version.hpp"
#include "miura/hdf5/writer.hpp"
#include "miura/normalize/log_normalize.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/fetch.hpp"

namespace miura::app {

namespace {

using hdf5::Group;
using hdf5::ParallelFile;

constexpr std::int64_t cells_a_portion = 1 << 8;  // about a million counts

Group dictionary(const ParallelFile& file, hid_t at, const std::string& name) {
  auto group = file.group(at, name);
  file.encoding(group.get(), "dict", "0.1.0");
  return group;
}

void array_encoding(const ParallelFile& file, const hdf5::Dataset& dataset, const char* type = "array") {
  file.encoding(dataset.get(), type, "0.2.0");
}

/// A data frame of anndata that is being written: an index and then columns, in order.
class FrameWriter {
public:
  FrameWriter(const ParallelFile& file, hid_t at, const std::string& name) : file_(file), group_(file.group(at, name)) {
    file.encoding(group_.get(), "dataframe", "0.2.0");
    file.attribute(group_.get(), "_index", std::string_view("_index"));
  }
  ~FrameWriter() = default;
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;

  template <class T>
  void column(const std::string& name, std::span<const T> mine) {
    names_.push_back(name);
    array_encoding(file_, file_.rows(group_.get(), name, mine));
  }
  void index(const std::vector<std::string>& mine) {
    array_encoding(file_, file_.texts(group_.get(), "_index", mine), "string-array");
  }
  void texts(const std::string& name, const std::vector<std::string>& mine) {
    names_.push_back(name);
    array_encoding(file_, file_.texts(group_.get(), name, mine), "string-array");
  }
  /// Flags, as h5py writes numpy.bool_.
  void flags(const std::string& name, std::span<const std::uint8_t> mine) {
    names_.push_back(name);
    array_encoding(file_, file_.flags(group_.get(), name, mine));
  }
  /// Codes index `categories`; -1 is missing.
  void categorical(const std::string& name, std::span<const std::int32_t> codes,
                   const std::vector<std::string>& categories) {
    names_.push_back(name);
    const auto group = file_.group(group_.get(), name);
    file_.encoding(group.get(), "categorical", "0.2.0");
    file_.attribute(group.get(), "ordered", false);
    array_encoding(file_, file_.rows(group.get(), "codes", codes));
    array_encoding(file_, file_.replicated_texts(group.get(), "categories", categories), "string-array");
  }
  void finish() { file_.attribute(group_.get(), "column-order", names_); }

private:
  const ParallelFile& file_;
  Group group_;
  std::vector<std::string> names_;
};

/// Rank 0's share of something that all ranks hold alike.
template <class T>
std::span<const T> on_first(MPI_Comm comm, const std::vector<T>& values) {
  return parallel::rank_of(comm) == 0 ? std::span<const T>(values) : std::span<const T>{};
}

/// The row starts of a distributed CSR matrix in global terms, ready to be written: every rank its own, the last one
/// the end.
std::vector<std::int64_t> global_row_starts(MPI_Comm comm, std::span<const std::int64_t> local) {
  const auto before = parallel::sum_of_lower_ranks(comm, local.back() - local.front());
  std::vector<std::int64_t> starts;
  for (const auto start : local) starts.push_back(before + start - local.front());
  if (parallel::rank_of(comm) + 1 < parallel::size_of(comm)) starts.pop_back();
  return starts;
}

Group sparse_group(const ParallelFile& file, hid_t at, const std::string& name, std::int64_t rows,
                   std::int64_t columns) {
  auto group = file.group(at, name);
  file.encoding(group.get(), "csr_matrix", "0.1.0");
  file.attribute(group.get(), "shape", std::vector<std::int64_t>{rows, columns});
  return group;
}

/// X (log-normalised) and layers/counts, which share their pattern by hard links.
void write_counts(const ParallelFile& file, const Study& study, double scale, const Group& layers) {
  const auto& cells = study.cells.cells;
  const auto& counts = cells.mine.counts;
  const auto comm = file.comm();
  const std::int64_t n_genes = study.cells.features.size();
  const auto x = sparse_group(file, file.get(), "X", cells.partition.size(), n_genes);
  const auto layer = sparse_group(file, layers.get(), "counts", cells.partition.size(), n_genes);

  hdf5::RowsInPortions<float> expression(file, x.get(), "data", counts.n_nonzeros());
  hdf5::RowsInPortions<std::int32_t> column(file, x.get(), "indices", counts.n_nonzeros());
  hdf5::RowsInPortions<std::int32_t> count(file, layer.get(), "data", counts.n_nonzeros());
  std::vector<std::int64_t> row_start{0};
  std::vector<std::int32_t> columns, integers;  // of a portion
  const auto mine = cells.mine.n_cells();
  const auto portions = parallel::max_over_ranks(comm, (mine + cells_a_portion - 1) / cells_a_portion);
  for (std::int64_t p = 0; p < portions; ++p) {
    const auto from = std::min(mine, p * cells_a_portion), to = std::min(mine, (p + 1) * cells_a_portion);
    const auto values = normalize::log_normalize(counts, from, to, {.scale = scale});
    columns.resize(values.size());
    integers.resize(values.size());
    std::size_t at = 0;
    for (auto i = from; i < to; ++i) {
      counts.for_each(i, [&](std::int32_t gene, std::uint32_t c) {
        columns[at] = gene;
        integers[at++] = static_cast<std::int32_t>(c);
      });
      row_start.push_back(row_start.back() + counts.n_nonzeros(i));
    }
    expression.write(values);
    column.write(columns);
    count.write(integers);
  }
  file.rows<std::int64_t>(x.get(), "indptr", global_row_starts(comm, row_start));
  for (const char* shared : {"indices", "indptr"})
    H5Lcreate_hard(x.get(), shared, layer.get(), shared, H5P_DEFAULT, H5P_DEFAULT);
}

/// A cell x feature table: z-scores in X, the values as they came in layers/values.
void write_table(const ParallelFile& file, const Study& study, double clip, const Group& layers) {
  const auto& table = study.cells.cells.mine.table;
  const std::int64_t width = study.cells.features.size();
  std::vector<float> scores;
  for (std::int64_t at = 0; at < std::ssize(table); ++at) {
    const auto sd = study.genes.table_sd[at % width];
    const auto z = sd > 0 ? (table[at] - study.genes.table_mean[at % width]) / sd : 0.0;
    scores.push_back(static_cast<float>(std::clamp(z, -clip, clip)));
  }
  array_encoding(file, file.rows<float>(file.get(), "X", scores, width));
  array_encoding(file, file.rows<double>(layers.get(), "values", table, width));
}

std::vector<std::string> unique_names(const std::vector<std::string>& names) {
  std::unordered_map<std::string, int> seen;
  for (const auto& name : names) seen.emplace(name, 0);
  std::vector<std::string> unique;
  for (const auto& name : names) {
    auto candidate = name;
    if (seen[name]++ > 0)  // as anndata's var_names_make_unique: GENE, GENE-1, GENE-2 ...
      for (int suffix = seen[name] - 1; seen.contains(candidate); ++suffix)
        candidate = name + "-" + std::to_string(suffix);
    seen.emplace(candidate, 1);
    unique.push_back(std::move(candidate));
  }
  return unique;
}

void write_phase(FrameWriter& obs, std::span<const cellcycle::Phase> phase) {
  using cellcycle::Phase;
  std::vector<std::string> names;
  for (const auto known : {Phase::g1, Phase::s, Phase::g2m, Phase::undecided}) names.emplace_back(name_of(known));
  std::vector<std::int32_t> codes;
  for (const auto of_cell : phase) codes.push_back(of_cell == Phase::unknown ? -1 : static_cast<std::int32_t>(of_cell));
  obs.categorical("phase", codes, names);
}

void write_obs(const ParallelFile& file, const Study& study) {
  const auto& mine = study.cells.cells.mine;
  const auto n = mine.n_cells();
  FrameWriter obs(file, file.get(), "obs");
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < n; ++i) names.push_back(study.lots[mine.lot[i]].id + "_" + mine.barcode[i]);
  obs.index(names);
  obs.texts("barcode", mine.barcode);

  std::vector<std::string> lot_ids;
  for (const auto& lot : study.lots) lot_ids.push_back(lot.id);
  obs.categorical("lot", mine.lot, lot_ids);
  const auto lot_property = [&](const std::string& column, std::string matrix::Lot::*property) {
    std::vector<std::string> categories;
    for (const auto& lot : study.lots)
      if (!(lot.*property).empty()) categories.push_back(lot.*property);
    std::ranges::sort(categories);
    categories.erase(std::unique(categories.begin(), categories.end()), categories.end());
    if (categories.empty()) return;
    std::vector<std::int32_t> codes;
    for (const auto lot : mine.lot) {
      const auto& value = study.lots[lot].*property;
      codes.push_back(
          value.empty() ? -1
                        : static_cast<std::int32_t>(std::ranges::lower_bound(categories, value) - categories.begin()));
    }
    obs.categorical(column, codes, categories);
  };
  lot_property("source", &matrix::Lot::source);
  lot_property("role", &matrix::Lot::role);
  lot_property("donor", &matrix::Lot::donor);
  lot_property("process", &matrix::Lot::process);
  lot_property("chemistry", &matrix::Lot::chemistry);
  if (!study.cells.is_table) {
    obs.column<std::int64_t>("n_counts", study.cells.metrics.n_counts);
    obs.column<std::int32_t>("n_genes", study.cells.metrics.n_genes);
    obs.column<double>("pct_mito", study.cells.metrics.pct_mito);
  }
  obs.flags("reference", study.genes.reference);
  const auto& primary = study.clusters.primary();
  std::vector<std::string> clusters;
  for (std::int32_t c = 0; c < primary.n_clusters; ++c) clusters.push_back(primary.name_of(c));
  obs.categorical("cluster", primary.label, clusters);
  const auto& mapping = study.mapping;
  obs.categorical("mapped_cluster", mapping.label, mapping.label_name);
  obs.column<double>("mapping_score", mapping.score);
  obs.column<double>("knn_dist", mapping.knn_dist);
  obs.column<double>("p_outlier", mapping.p_outlier);
  obs.column<double>("p_neighborhood", mapping.p_neighborhood);
  obs.categorical("transferred", mapping.training_label, mapping.label_name);
  obs.column<double>("held_out_score", mapping.held_out_score);
  obs.column<double>("held_out_dist", mapping.held_out_dist);
  obs.column<double>("held_out_neighborhood", mapping.held_out_neighborhood);
  const auto& states = study.cell_states;
  if (states.has_doublets) obs.column<double>("doublet_score", states.doublet_score);
  if (states.has_cycle) {
    obs.column<double>("s_score", states.cycle.s);
    obs.column<double>("g2m_score", states.cycle.g2m);
    write_phase(obs, states.cycle.phase);
  }
  obs.finish();
}

/// Values of the selected features spread over all features, NaN elsewhere.
std::vector<double> spread(const std::vector<std::int32_t>& selected, const std::vector<double>& values,
                           std::int32_t n) {
  std::vector<double> all(n, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t j = 0; j < selected.size(); ++j) all[selected[j]] = values[j];
  return all;
}

void write_var(const ParallelFile& file, const Study& study) {
  const auto comm = file.comm();
  const auto& features = study.cells.features;
  const auto& variable = study.genes.variable;
  const auto first = parallel::rank_of(comm) == 0;
  FrameWriter var(file, file.get(), "var");
  var.index(first ? unique_names(features.symbol) : std::vector<std::string>{});
  var.texts(study.cells.is_table ? "feature_ids" : "gene_ids", first ? features.id : std::vector<std::string>{});
  std::vector<std::uint8_t> selected(features.size());
  for (const auto gene : variable.selected) selected[gene] = 1;
  var.flags("highly_variable", on_first(comm, selected));
  if (!variable.rank.empty()) {  // neither of a table nor of lots that were mapped onto a finished study
    var.column("highly_variable_rank", on_first(comm, variable.rank));
    var.column("highly_variable_nbatches", on_first(comm, variable.n_batches));
    var.column("means", on_first(comm, variable.mean));
    var.column("variances", on_first(comm, variable.variance));
    var.column("variances_norm", on_first(comm, variable.variance_standardized));
  }
  const bool table = study.cells.is_table;
  const auto& model = study.pca.model;
  const auto column = [&](const char* name, const std::vector<double>& values) {
    const auto all = spread(variable.selected, values, features.size());
    var.column(name, on_first(comm, all));
  };
  column("mean", table ? study.genes.table_mean : model.mean);
  column("sd", table ? study.genes.table_sd : model.sd);
  if (table) {  // whose z-scores are not scaled again
    column("pca_mean", model.mean);
    column("pca_sd", model.sd);
  }
  column("pca_center", model.center);
  column("pca_ceiling", {model.ceiling.begin(), model.ceiling.end()});
  var.finish();

  const auto varm = dictionary(file, file.get(), "varm");
  const std::int64_t width = model.n_components;
  std::vector<double> loadings(features.size() * width);
  for (std::size_t j = 0; j < variable.selected.size(); ++j)
    std::copy_n(model.loadings.begin() + static_cast<std::int64_t>(j) * width, width,
                loadings.begin() + variable.selected[j] * width);
  array_encoding(file, file.replicated<double>(varm.get(), "PCs", loadings, width));
}

/// Rows of a sparse matrix over reference cells; columns count all cells once they are renumbered.
struct ReferenceRows {
  std::vector<std::int64_t> row_start{0};
  std::vector<std::int64_t> column;
  std::vector<float> value;

  void add(std::int64_t reference_cell, float entry) {
    column.push_back(reference_cell);
    value.push_back(entry);
  }
  void end_row() { row_start.push_back(std::ssize(column)); }
  /// As readers of CSR want it.
  void sort_columns() {
    std::vector<std::pair<std::int64_t, float>> entries;
    for (std::size_t row = 0; row + 1 < row_start.size(); ++row) {
      const auto from = row_start[row], to = row_start[row + 1];
      if (std::is_sorted(column.begin() + from, column.begin() + to)) continue;
      entries.clear();
      for (auto at = from; at < to; ++at) entries.emplace_back(column[at], value[at]);
      std::ranges::sort(entries);
      for (auto at = from; at < to; ++at) std::tie(column[at], value[at]) = entries[at - from];
    }
  }
};

/// Writes a matrix over reference cells as one over all cells, portion after portion; rows of other cells are empty.
/// `n_mine` entries are of this rank's rows; add_row(r, rows) adds those of its reference cell r. Collective.
template <class AddRow>
void write_over_all_cells(const ParallelFile& file, const Group& obsp, const char* name, const Study& study,
                          std::int64_t n_mine, AddRow&& add_row) {
  constexpr std::int64_t rows_a_portion = 1 << 12;
  const auto comm = file.comm();
  const auto& cells = study.cells.cells.partition;
  const auto& reference = study.neighbors.graph.vertices;
  const int rank = parallel::rank_of(comm);
  const auto cell_of_reference = rows_marked(study.genes.reference);
  std::vector<std::int64_t> row_size(cells.n_local(rank));

  const auto group = sparse_group(file, obsp.get(), name, cells.size(), cells.size());
  hdf5::RowsInPortions<float> value(file, group.get(), "data", n_mine);
  hdf5::RowsInPortions<std::int64_t> column(file, group.get(), "indices", n_mine);
  std::vector<std::int64_t> global = cell_of_reference;
  for (auto& cell : global) cell += cells.begin(rank);
  const auto mine = reference.n_local(rank);
  const auto portions = parallel::max_over_ranks(comm, (mine + rows_a_portion - 1) / rows_a_portion);
  for (std::int64_t p = 0; p < portions; ++p) {
    const auto from = std::min(mine, p * rows_a_portion), to = std::min(mine, (p + 1) * rows_a_portion);
    ReferenceRows rows;
    for (auto r = from; r < to; ++r) {
      add_row(r, rows);
      rows.end_row();
      row_size[cell_of_reference[r]] = rows.row_start[r - from + 1] - rows.row_start[r - from];
    }
    rows.column = parallel::fetch<std::int64_t>(comm, reference, global, rows.column);
    rows.sort_columns();
    value.write(rows.value);
    column.write(rows.column);
  }
  std::vector<std::int64_t> row_start{0};
  for (const auto size : row_size) row_start.push_back(row_start.back() + size);
  file.rows<std::int64_t>(group.get(), "indptr", global_row_starts(comm, row_start));
}

void write_obsp(const ParallelFile& file, const Study& study) {
  const auto& nearest = study.neighbors.nearest;
  const auto& graph = study.neighbors.graph;
  const auto obsp = dictionary(file, file.get(), "obsp");
  write_over_all_cells(file, obsp, "distances", study,
                       std::ranges::count_if(nearest.id, [](auto id) { return id >= 0; }),
                       [&](std::int64_t r, ReferenceRows& rows) {
                         for (auto at = r * nearest.k; at < (r + 1) * nearest.k && nearest.id[at] >= 0; ++at)
                           rows.add(nearest.id[at], nearest.distance[at]);
                       });
  write_over_all_cells(file, obsp, "connectivities", study, std::ssize(graph.neighbor),
                       [&](std::int64_t r, ReferenceRows& rows) {
                         for (auto at = graph.row_start[r]; at < graph.row_start[r + 1]; ++at)
                           rows.add(graph.neighbor[at], static_cast<float>(graph.weight[at] * graph.weight_unit));
                       });
}

void write_frame(const ParallelFile& file, hid_t at, const matrix::Table& table) {
  const auto comm = file.comm();
  const bool first = parallel::rank_of(comm) == 0;
  FrameWriter frame(file, at, table.name);
  std::vector<std::string> rows;
  for (std::int64_t i = 0; first && i < table.n_rows(); ++i) rows.push_back(std::to_string(i));
  frame.index(rows);
  for (const auto& column : table.columns) {
    if (const auto* texts = std::get_if<std::vector<std::string>>(&column.values))
      frame.texts(column.name, first ? *texts : std::vector<std::string>{});
    else if (const auto* reals = std::get_if<std::vector<double>>(&column.values))
      frame.column(column.name, on_first(comm, *reals));
    else
      frame.column(column.name, on_first(comm, std::get<std::vector<std::int64_t>>(column.values)));
  }
  frame.finish();
}

void write_text(const ParallelFile& file, hid_t at, const std::string& name, const std::string& value) {
  file.encoding(file.scalar_text(at, name, value).get(), "string", "0.2.0");
}

void write_uns(const ParallelFile& file, const Study& study, std::span<const matrix::Table> tables,
               const std::map<std::string, std::string>& settings) {
  const auto uns = dictionary(file, file.get(), "uns");
  const auto pca = dictionary(file, uns.get(), "pca");
  array_encoding(file, file.replicated<double>(pca.get(), "variance", study.pca.model.variance));
  array_encoding(file, file.replicated<double>(pca.get(), "variance_ratio", study.pca.model.variance_ratio));
  if (study.neighbors.nearest.k > 0) {  // what scanpy looks up before it uses obsp
    const auto neighbors = dictionary(file, uns.get(), "neighbors");
    write_text(file, neighbors.get(), "connectivities_key", "connectivities");
    write_text(file, neighbors.get(), "distances_key", "distances");
    const auto parameters = dictionary(file, neighbors.get(), "params");
    file.encoding(file.scalar<std::int64_t>(parameters.get(), "n_neighbors", study.neighbors.nearest.k + 1).get(),
                  "numeric-scalar", "0.2.0");
    write_text(file, parameters.get(), "method", "miura");
    write_text(file, parameters.get(), "use_rep", study.integrated.by == "none" ? "X_pca" : "X_integrated");
  }
  const auto miura_group = dictionary(file, uns.get(), "miura");
  write_text(file, miura_group.get(), "version", version());
  const auto config = dictionary(file, miura_group.get(), "config");
  for (const auto& [name, value] : settings) write_text(file, config.get(), name, value);
  if (const auto& dropped = study.cells.dropped; dropped.size() > 0) {  // genes that quality control still counts
    write_frame(file, miura_group.get(), {"dropped_genes", {{"gene_ids", dropped.id}, {"symbol", dropped.symbol}}});
  }
  const auto& mapping = study.mapping;
  write_text(file, miura_group.get(), "transferred", mapping.transferred);
  write_text(file, miura_group.get(), "transferred_integration", mapping.composition.integration);
  const auto number = [&](const char* name, auto value) {
    file.encoding(file.scalar(miura_group.get(), name, value).get(), "numeric-scalar", "0.2.0");
  };
  number("transferred_resolution", mapping.composition.resolution);
  number("transferred_seed", static_cast<std::int64_t>(mapping.composition.seed));
  for (const auto& table : tables) write_frame(file, miura_group.get(), table);
}

}  // namespace

void write_study_file(MPI_Comm comm, const Study& study, std::span<const matrix::Table> tables,
                      const std::map<std::string, std::string>& settings, double scale,
                      const std::filesystem::path& path) {
  ParallelFile file(comm, path);
  file.encoding(file.get(), "anndata", "0.1.0");
  {
    const auto layers = dictionary(file, file.get(), "layers");
    if (study.cells.is_table)
      write_table(file, study, std::stod(settings.at("pca.clip")), layers);
    else
      write_counts(file, study, scale, layers);
    write_obs(file, study);
    write_var(file, study);
    const auto obsm = dictionary(file, file.get(), "obsm");
    array_encoding(file, file.rows<float>(obsm.get(), "X_pca", study.pca.scores.value, study.pca.scores.n_dims));
    if (study.integrated.by != "none")
      array_encoding(file, file.rows<float>(obsm.get(), "X_integrated", study.integrated.corrected.value,
                                            study.integrated.corrected.n_dims));
    if (study.umap.any()) array_encoding(file, file.rows<float>(obsm.get(), "X_umap", study.umap.cells.value, 2));
    if (study.neighbors.nearest.k > 0)
      write_obsp(file, study);
    else
      dictionary(file, file.get(), "obsp");
    write_uns(file, study, tables, settings);
    for (const char* empty : {"varp"}) dictionary(file, file.get(), empty);
  }
  file.close();
}

}  // namespace miura::app
