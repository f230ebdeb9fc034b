#include "app/stage_hashes.hpp"

#include <algorithm>
#include <array>

#include "app/integration.hpp"
#include "app/stages.hpp"
#include "miura/base/sha256.hpp"
#include "miura/base/version.hpp"
#include "miura/input/cells.hpp"
#include "miura/input/sample_sheet.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

/// The files that a lot is read from.
std::vector<fs::path> files_of(const matrix::Lot& lot, const RunOptions& o) {
  auto files = input::count_files(lot, o.input);
  if (!lot.cells.empty()) files.push_back(lot.cells);
  return files;
}

/// The settings of a run that belong to some sections, as text.
std::string settings_of(const Configuration& c, std::initializer_list<std::string_view> sections) {
  std::string text;
  for (const auto& [name, value] : c.effective)
    if (std::ranges::find(sections, name.substr(0, name.find('.'))) != sections.end())
      text += name + "=" + value + "\n";
  return text;
}

/// Which batch of each declared integration every training lot is of, as text.
std::string batches_as_text(const matrix::Lots& lots, const RunOptions& o) {
  std::string text;
  const auto training = training_lots(lots);
  for (const auto by : integration_plan(lots, o).by) {
    text += integrate::name_of(by);
    for (const auto batch : integrate::batches_of(training, by).of_lot) text += " " + std::to_string(batch);
    text += "\n";
  }
  return text;
}

/// Some properties of every lot, as text.
std::string lots_as_text(const matrix::Lots& lots, std::initializer_list<std::string matrix::Lot::*> properties) {
  std::string text;
  for (const auto& lot : lots) {
    for (const auto property : properties) text += lot.*property + "\t";
    text += "\n";
  }
  return text;
}

}  // namespace

std::map<std::string, std::string> digest_inputs(MPI_Comm comm, const matrix::Lots& lots, const RunOptions& o,
                                                 const std::filesystem::path& sheet) {
  std::vector<fs::path> files{sheet};
  if (!o.cell_cycle_genes.empty()) files.emplace_back(o.cell_cycle_genes);
  files.insert(files.end(), o.set_files.begin(), o.set_files.end());
  parallel::together(comm, [&] {
    for (const auto& lot : lots)
      for (auto& file : files_of(lot, o)) files.push_back(std::move(file));
  });
  std::ranges::sort(files);
  files.erase(std::unique(files.begin(), files.end()), files.end());
  std::vector<std::string> digests;
  parallel::together(comm, [&] {
    for (std::size_t i = 0; i < files.size(); ++i)
      if (static_cast<int>(i) % parallel::size_of(comm) == parallel::rank_of(comm))
        digests.insert(digests.end(), {files[i].string(), sha256_of_file(files[i])});
  });
  const auto all = parallel::gather_everywhere(comm, digests);
  std::map<std::string, std::string> by_name;
  for (std::size_t i = 0; i + 1 < all.size(); i += 2) by_name[all[i]] = all[i + 1];
  return by_name;
}

std::map<std::string, std::string> hash_stages(const Configuration& c, const RunOptions& o, const matrix::Lots& lots,
                                               const std::map<std::string, std::string>& inputs,
                                               const std::filesystem::path& sheet) {
  using matrix::Lot;
  const auto seed = std::to_string(o.common.seed);
  std::string counts, labels, runs, gene_sets;
  for (const auto& file : o.set_files) gene_sets += inputs.at(file.string()) + "\n";
  for (const auto& lot : lots) {
    for (const auto& file : input::count_files(lot, o.input)) counts += inputs.at(file.string()) + "\t";
    // A table of cells, or obs of the counts
    const auto annotated = lot.cells.empty() ? input::count_files(lot, o.input).front() : lot.cells;
    if (!o.labels.empty() && lot.role == "train") labels += inputs.at(annotated.string()) + "\n";
    if (!o.doublet_run.empty()) runs += inputs.at(annotated.string()) + "\n";
    counts += "\n";
  }
  auto columns = columns_used(o);
  if (!o.strata.empty()) columns.push_back(o.strata);
  const auto conditions = o.condition_column.empty()
                              ? std::string()
                              : input::digest_of_columns(sheet, std::vector{o.condition_column, o.condition_pair});
  const std::array<std::string, stage_names.size()> covers{
      version() + " " + commit() + "\n" + settings_of(c, {"input", "qc"}) +
          lots_as_text(lots, {&Lot::id, &Lot::role, &Lot::format, &Lot::obs_column, &Lot::obs_value}) + counts,
      settings_of(c, {"reference", "normalize", "variable"}) + seed +
          lots_as_text(lots, {&Lot::role, o.variable_batch == "chemistry" ? &Lot::chemistry
                                          : o.variable_batch == "source"  ? &Lot::source
                                                                          : &Lot::id}),
      settings_of(c, {"pca"}),
      settings_of(c, {"integrate"}) + seed + batches_as_text(lots, o),
      settings_of(c, {"knn"}),
      settings_of(c, {"cluster"}) + labels,
      "",
      settings_of(c, {"stability"}) + seed,
      settings_of(c, {"markers"}) + seed,
      settings_of(c, {"mapping"}) + lots_as_text(lots, {&Lot::source}),
      settings_of(c, {"umap"}),
      settings_of(c, {"cell_cycle", "doublets"}) + seed + runs +
          (o.cell_cycle_genes.empty() ? std::string() : inputs.at(o.cell_cycle_genes)),
      settings_of(c, {"association"}) + seed + lots_as_text(lots, {&Lot::donor, &Lot::source, &Lot::chemistry}) +
          input::digest_of_columns(sheet, columns),
      settings_of(c, {"genes"}) + conditions,
      settings_of(c, {"enrichment"}) + gene_sets,
      settings_of(c, {"neighborhoods"}),
      settings_of(c, {"sources"}) + lots_as_text(lots, {&Lot::source}),
      settings_of(c, {"study"}) + lots_as_text(lots, {&Lot::process, &Lot::pair}),
  };
  std::map<std::string, std::string> hashes;
  std::string before;
  for (std::size_t s = 0; s < stage_names.size(); ++s) {
    before = Sha256().add(before).add(stage_names[s]).add(covers[s]).hex();
    hashes[std::string(stage_names[s])] = before;
  }
  return hashes;
}

}  // namespace miura::app
