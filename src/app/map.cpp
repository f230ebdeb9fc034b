#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <filesystem>
#include <numeric>

#include "app/cell_states.hpp"
#include "app/collection.hpp"
#include "app/common_options.hpp"
#include "app/folder_lock.hpp"
#include "app/publication.hpp"
#include "app/sources.hpp"
#include "app/stage_hashes.hpp"
#include "app/stages.hpp"
#include "app/stop_request.hpp"
#include "app/study_reference.hpp"
#include "app/subcommand.hpp"
#include "miura/base/log.hpp"
#include "miura/base/sha256.hpp"
#include "miura/base/version.hpp"
#include "miura/input/cells.hpp"
#include "miura/input/sample_sheet.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/pca/fit.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

struct MapCommand {
  CommonOptions common;
  std::string reference, samples, collection;
};

po::options_description describe(MapCommand& o) {
  po::options_description options("miura map REFERENCE.h5ad --samples NEW.csv");
  options.add(describe(o.common, "mapped/NEW beside the study"));
  po::options_description mapping("Mapping");
  mapping.add_options()("reference", po::value(&o.reference),
                        "study.h5ad of a finished study, or its folder; all settings are the study's")(
      "samples", po::value(&o.samples), "sample sheet of the new lots (CSV or TSV, a row a lot)")(
      "collection", po::value(&o.collection),
      "folder where the lots of a study accumulate; empty: `collection` beside the study; none: nowhere");
  options.add(mapping);
  return options;
}

fs::path study_file_of(const MapCommand& o) {
  if (o.reference.empty()) throw UsageError("no reference: miura map REFERENCE.h5ad --samples NEW.csv");
  if (o.samples.empty()) throw UsageError("no new lots: miura map REFERENCE.h5ad --samples NEW.csv");
  const fs::path given(o.reference);
  const auto file = fs::is_directory(given) ? given / "study.h5ad" : given;
  if (!fs::exists(file)) throw NotFoundError({file});
  return file;
}

/// The options of the run that made the study.
RunOptions options_of(const std::map<std::string, std::string>& settings) {
  RunOptions o;
  const auto options = describe(o);
  std::vector<std::string> arguments;
  for (const auto& [name, value] : settings)
    if (!value.empty()) arguments.push_back(fmt::format("--{}={}", name, value));
  auto configuration = configure(arguments, options, {});
  po::notify(configuration.values);
  check(o);
  o.mapping.centroids.seed = o.common.seed;
  return o;
}

/// Lots of the sheet, none of which trains any more. Collective.
matrix::Lots new_lots(MPI_Comm comm, const fs::path& sheet) {
  matrix::Lots lots;
  parallel::together(comm, [&] { lots = input::read_sample_sheet(sheet); });
  for (auto& lot : lots)
    if (lot.role == "train") lot.role = "query";
  return lots;
}

/// Keeps the genes of the study, which come first, and forgets those that served its quality control alone.
void keep_genes_of(const StudyReference& reference, CellsStage& cells) {
  std::vector<std::int32_t> column(cells.features.size(), -1);
  std::iota(column.begin(), column.begin() + reference.features.size(), 0);
  cells.cells.mine.counts.map_columns(column);
  cells.features = reference.features;
  cells.dropped = reference.dropped;
  for (auto& missing : cells.missing) std::erase_if(missing, [&](auto g) { return g >= reference.features.size(); });
}

/// Outcomes that the study looks at, as far as the sheet of the new lots has them; the training lots of the study,
/// which come first, have none here. Collective.
std::vector<association::Outcome> new_outcomes(MPI_Comm comm, const matrix::Lots& lots, std::size_t n_training,
                                               const fs::path& sheet, const RunOptions& o) {
  std::vector<association::Outcome> outcomes;
  parallel::together(comm, [&] {
    auto names = outcomes_named(o);
    const auto known = input::outcome_columns(sheet);
    std::erase_if(names, [&](const auto& name) { return std::ranges::find(known, name) == known.end(); });
    for (const auto& column : input::read_outcomes(sheet, lots, names)) {
      auto& outcome = outcomes.emplace_back(association::Outcome{column.name, {}});
      outcome.value.assign(n_training, association::not_computed);
      outcome.value.insert(outcome.value.end(), column.value.begin(), column.value.end());
    }
  });
  return outcomes;
}

/// The composition with lots that say nothing before its own.
matrix::Composition after_other_lots(matrix::Composition composition, std::int32_t n_others) {
  composition.n_lots += n_others;
  composition.lot_size.insert(composition.lot_size.begin(), n_others, 0);
  for (std::int32_t k = 0; k < composition.n_clusters; ++k)
    composition.count.insert(composition.count.begin() + std::int64_t{k} * composition.n_lots, n_others, 0);
  return composition;
}

/// What the new lots show of the cluster that the study declares, beside its training lots. Collective.
std::vector<matrix::Table> tables_of_sources(MPI_Comm comm, const Study& study, const StudyReference& reference,
                                             const fs::path& sheet, const RunOptions& o) {
  if (reference.association.columns.empty()) return {};
  const auto declaration = declare(reference.association, reference.mapping.transferred, study.mapping.label_name,
                                   o.sources_cluster, o.association.alpha);
  const auto& own = reference.own;
  auto lots = training_lots(own.lots);
  const auto n_training = static_cast<std::int32_t>(std::ssize(lots));
  std::vector<std::int32_t> place_of_own, place_of_new;
  for (const auto& lot : own.lots)
    place_of_own.push_back(lot.role == "train" ? static_cast<std::int32_t>(
                                                     std::ranges::count_if(place_of_own, [](auto p) { return p >= 0; }))
                                               : -1);
  for (const auto& lot : study.lots) {
    place_of_new.push_back(static_cast<std::int32_t>(std::ssize(lots)));
    lots.push_back(lot);
  }
  const auto composition = after_other_lots(study.mapping.composition, n_training);
  const auto outcomes = new_outcomes(comm, study.lots, static_cast<std::size_t>(n_training), sheet, o);
  MappedLots mapped{.lots = lots,
                    .composition = composition,
                    .outcomes = outcomes,
                    .markers = {},
                    .reference_source = source_of_training(own.lots),
                    .mapped_lots = study.mapping.lots};
  const auto markers = study.cells.is_table ? std::vector<sources::Marker>{} : chosen_markers(o, study.cells.features);
  if (!markers.empty()) {
    const auto n_lots = static_cast<std::int32_t>(std::ssize(lots));
    const auto count = [&](const Study& of, std::span<const std::int32_t> label, std::span<const std::int32_t> place) {
      return count_markers_of(comm, of, label, declaration.label, markers, o).placed(place, n_lots);
    };
    mapped.markers = count(own, reference.label, place_of_own);
    mapped.markers += count(study, study.mapping.label_of_cells(), place_of_new);
  }
  return source_tables(comm, mapped, declaration, markers, o);
}

/// A lot that trains the study is not new: its rows would take the place of its own in the collection.
void check_new(const matrix::Lots& lots, const matrix::Lots& own, const fs::path& sheet) {
  for (const auto& lot : lots)
    if (const auto known = std::ranges::find(own, lot.id, &matrix::Lot::id);
        known != own.end() && known->role == "train")
      throw InputError({sheet, lot.sheet_row, "lot", lot.id}, "trains the study; give new cells another name");
}

/// The new lots as a study that ends with the mapping. Collective.
Study mapped_study(MPI_Comm comm, const matrix::Lots& lots, const StudyReference& reference, const fs::path& sheet,
                   const RunOptions& o) {
  check_new(lots, reference.own.lots, sheet);
  Study study;
  study.lots = lots;
  auto features = reference.features;
  features.id.insert(features.id.end(), reference.dropped.id.begin(), reference.dropped.id.end());
  features.symbol.insert(features.symbol.end(), reference.dropped.symbol.begin(), reference.dropped.symbol.end());
  study.cells = read_counts_of(comm, lots, o, {.given = &features});
  if (study.cells.is_table != reference.is_table)
    throw UsageError(study.cells.is_table ? "the new lots are tables of features, the study has counts"
                                          : "the new lots are counts, the study has tables of features");
  keep_genes_of(reference, study.cells);
  study.genes = reference.genes;
  study.genes.reference.assign(study.cells.cells.mine.lot.size(), 0);

  const auto& cells = study.cells.cells;
  const auto n_dims = reference.model.n_components;
  study.pca = {reference.model, {cells.partition, n_dims, std::vector<float>(cells.mine.n_cells() * n_dims)}};
  place_on_components(study, rows_marked(study.genes.reference, false), o, study.pca);
  matrix::Labeling labels{.integration = reference.integration,
                          .resolution = reference.resolution,
                          .seed = reference.seed,
                          .n_clusters = static_cast<std::int32_t>(std::ssize(reference.mapping.label_name)),
                          .label = std::vector<std::int32_t>(study.genes.reference.size(), -1),
                          .names = reference.mapping.label_name};
  const std::vector<std::uint8_t> all(lots.size(), 1);
  study.mapping = map_lots(comm, reference.mapping, study, checked_grid(study, reference.mapping.checked, o), all, o);
  study.mapping.composition = mapped_composition(comm, study, study.mapping, labels);
  study.cell_states = unscored(study.cells.cells.mine.n_cells());
  if (reference.layout.layout.n_dims > 0)
    study.umap = {placed_in_layout(comm, reference.layout, study.pca.scores, o), reference.layout.layout};
  study.sources.tables = tables_of_sources(comm, study, reference, sheet, o);
  study.clusters.partitions = {std::move(labels)};
  study.composition.partitions = {study.mapping.composition};
  return study;
}

}  // namespace

int map(MPI_Comm comm, const std::vector<std::string>& arguments) {
  MapCommand command;
  const auto options = describe(command);
  po::positional_options_description positional;
  positional.add("reference", 1);
  if (!understand(comm, arguments, options, positional, command.common)) return 0;
  apply(comm, command.common);
  listen_for_stop_requests();
  fs::path file;
  std::map<std::string, std::string> settings;
  parallel::together(comm, [&] {
    file = study_file_of(command);
    settings = read_study_settings(file);
  });
  auto o = options_of(settings);
  const fs::path sheet(command.samples);
  const auto lots = new_lots(comm, sheet);
  const fs::path out =
      command.common.out.empty() ? file.parent_path() / "mapped" / sheet.stem() : fs::path(command.common.out);

  const FolderLock lock(comm, out / "checkpoint");
  finish_publication(comm, out);
  const auto log_file = out / "log.txt.part";
  parallel::together(comm, [&] {
    log::start(parallel::rank_of(comm) == 0, log_level(command.common), !command.common.quiet, log_file);
  });
  log::info(fmt::format("miura {} ({}): {} lots of {} onto {}, {} ranks x {} threads", version(), commit(), lots.size(),
                        sheet.string(), file.string(), parallel::size_of(comm), omp_get_max_threads()));
  const double started = MPI_Wtime();
  const double cpu_seconds = cpu_seconds_so_far();
  const auto traffic = parallel::traffic_so_far();
  auto inputs = digest_inputs(comm, lots, o, sheet);
  parallel::together(comm, [&] { inputs[file.string()] = sha256_of_file(file); });
  const auto study = mapped_study(comm, lots, read_study_reference(comm, file, o), sheet, o);
  publish_study(comm, study,
                {.command = "map",
                 .out = out,
                 .name = sheet.stem().string(),
                 .settings = settings,
                 .scale = o.scale,
                 .alpha = o.association.alpha,
                 .inputs = inputs,
                 .stages = {{.name = "mapping",
                             .hash = {},
                             .seconds = MPI_Wtime() - started,
                             .cpu_seconds = cpu_seconds_since(comm, cpu_seconds),
                             .peak_gib = peak_memory_gib(comm),
                             .resumed = false,
                             .traffic = traffic_since(comm, traffic)}},
                 .report_hash = {}});
  log::info(fmt::format("report: {}", (out / "report.html").string()));
  if (command.collection != "none")
    add_to_collection(comm,
                      command.collection.empty() ? file.parent_path() / "collection" : fs::path(command.collection),
                      file.parent_path(), out);
  log::stop();
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) == 0) fs::rename(log_file, out / "log.txt");
  });
  return 0;
}

}  // namespace miura::app
