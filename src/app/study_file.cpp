#include "app/study_file.hpp"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "app/anndata_elements.hpp"
#include "app/stages.hpp"
#include "app/study_matrices.hpp"
#include "miura/base/version.hpp"
#include "miura/hdf5/writer.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::app {

namespace {

using hdf5::ParallelFile;

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
      write_graphs(file, study);
    else
      dictionary(file, file.get(), "obsp");
    write_uns(file, study, tables, settings);
    for (const char* empty : {"varp"}) dictionary(file, file.get(), empty);
  }
  file.close();
}

}  // namespace miura::app
