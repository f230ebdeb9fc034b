#include <fmt/format.h>
#include <fmt/ostream.h>
#include <omp.h>

#include <algorithm>

#include "app/cell_states.hpp"
#include "app/checkpoint.hpp"
#include "app/condition_genes.hpp"
#include "app/enrich_genes.hpp"
#include "app/integration.hpp"
#include "app/publication.hpp"
#include "app/run_forecast.hpp"
#include "app/run_options.hpp"
#include "app/sources.hpp"
#include "app/stage_hashes.hpp"
#include "app/stages.hpp"
#include "app/stop_request.hpp"
#include "app/street.hpp"
#include "app/subcommand.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/base/version.hpp"
#include "miura/input/cell_table.hpp"
#include "miura/input/outcome_sheet.hpp"
#include "miura/input/sample_sheet.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

/// What a result must know of its settings to be made again, wherever its files lie: all but the paths of the sheet and
/// of gene sets, whose digests stand among the inputs.
std::map<std::string, std::string> scientific_settings(const Configuration& c) {
  auto settings = c.effective;
  settings.erase("study.samples");
  settings.erase("enrichment.sets");
  return settings;
}

/// Reads the sheet and checks all that can be checked before any long work. Collective.
matrix::Lots checked_lots(MPI_Comm comm, const RunOptions& o, const fs::path& sheet) {
  matrix::Lots lots;
  parallel::together(comm, [&] {
    lots = input::read_sample_sheet(sheet);
    input::check_outcomes(sheet, columns_used(o));
    const auto training = training_lots(lots);
    if (!o.strata.empty()) {
      std::vector<std::string> ids;
      for (const auto& lot : training) ids.push_back(lot.id);
      input::read_labels(sheet, {.key_column = "lot", .sample = {}, .columns = {}, .numeric = {}}, ids, o.strata);
    }
    if (training.empty())
      throw InputError({sheet, 0, "role"}, "no lot has role train, so there is nothing to build the reference from");
    if (!o.labels.empty()) input::check_cell_column(training, o.labels);
    check_integration(lots, o, sheet);
    check_cell_states(lots, o);
    read_conditions(lots, o, sheet);
    read_collections(o.set_files);
  });
  return lots;
}

/// A run that has been checked and may begin.
struct Run {
  const RunOptions& options;
  matrix::Lots lots;
  fs::path sheet, out;
  std::string name;
  std::map<std::string, std::string> settings, inputs, hashes;
};

/// All stages up to --to, and the publication; false where --to left it out. Collective.
bool go_along(MPI_Comm comm, const Run& run, Checkpoints& checkpoints) {
  const auto& o = run.options;
  Study study;
  study.lots = run.lots;
  study.warnings = doubts_about_integration(run.lots, o);
  for (const auto& warning : study.warnings) log::warn(warning);

  Street street(comm, o, run.hashes, checkpoints);
  const auto& cells = study.cells.cells.partition;
  street.stage(
      "read", study.cells, [&](const fs::path& p) { return load_cells(comm, p); },
      [&] { return read_stage(comm, study.lots, o); });
  check_markers(o, study.cells);
  street.stage(
      "normalize", study.genes, [&](const fs::path& p) { return load_genes(comm, cells, p); },
      [&] { return normalize_stage(comm, study, o); });
  street.stage(
      "pca", study.pca, [&](const fs::path& p) { return load_pca(comm, cells, p); },
      [&] { return pca_stage(comm, study, o); });
  street.stage(
      "integrate", study.integrated, [&](const fs::path& p) { return load_integrated(comm, cells, p); },
      [&] { return integrate_stage(comm, study, o); });
  const auto reference = reference_partition(comm, study.genes.reference);
  street.stage(
      "neighbors", study.neighbors, [&](const fs::path& p) { return load_neighbors(comm, reference, p); },
      [&] { return neighbors_stage(comm, study, o); });
  street.stage(
      "cluster", study.clusters, [&](const fs::path& p) { return load_clusters(comm, cells, p); },
      [&] { return cluster_stage(comm, study, o); });
  street.stage(
      "composition", study.composition, [&](const fs::path& p) { return load_composition(p); },
      [&] { return composition_stage(comm, study); });
  if (!street.done()) study.grid = population_grid(comm, study);
  street.stage(
      "stability", study.stability, [&](const fs::path& p) { return load_stability(p); },
      [&] { return stability_stage(comm, study, o); });
  street.stage(
      "markers", study.markers, [&](const fs::path& p) { return load_markers(p); },
      [&] { return marker_stage(comm, study, o); });
  street.stage(
      "mapping", study.mapping, [&](const fs::path& p) { return load_mapping(comm, cells, p); },
      [&] { return mapping_stage(comm, study, o); });
  street.stage(
      "umap", study.umap, [&](const fs::path& p) { return load_umap(comm, cells, p); },
      [&] { return umap_stage(comm, study, o); });
  street.stage(
      "cell_states", study.cell_states, [&](const fs::path& p) { return load_cell_states(comm, cells, p); },
      [&] { return cell_states_stage(comm, study, o); });
  street.stage(
      "association", study.association, [&](const fs::path& p) { return load_association(p); },
      [&] { return association_stage(comm, study, o, run.sheet); });
  street.stage(
      "genes", study.gene_association, [&](const fs::path& p) { return load_genes_found(p); },
      [&] { return gene_stage(comm, study, o, run.sheet); });
  street.stage(
      "enrichment", study.enrichment, [&](const fs::path& p) { return load_enrichment(p); },
      [&] { return enrichment_stage(comm, study, o, run.sheet); });
  street.stage(
      "neighborhoods", study.neighborhoods, [&](const fs::path& p) { return load_neighborhoods(comm, reference, p); },
      [&] { return neighborhood_stage(comm, study, o, run.sheet); });
  street.stage(
      "sources", study.sources, [&](const fs::path& p) { return load_sources(p); },
      [&] { return sources_stage(comm, study, o, run.sheet); });
  if (street.done() && o.to != "report") {
    log::info(fmt::format("stopped after stage {}, as asked", o.to));
    return false;
  }
  street.stage("report", [&] {
    publish_study(comm, study,
                  {.out = run.out,
                   .name = run.name,
                   .settings = run.settings,
                   .scale = o.scale,
                   .alpha = o.association.alpha,
                   .inputs = run.inputs,
                   .stages = street.records(),
                   .report_hash = run.hashes.at("report")});
  });
  log::info(fmt::format("report: {}", (run.out / "report.html").string()));
  return true;
}

}  // namespace

int run_study(MPI_Comm comm, const std::vector<std::string>& arguments) {
  RunOptions o;
  const auto options = describe(o);
  po::positional_options_description positional;
  positional.add("config", 1);
  const auto understood = understand(comm, arguments, options, positional, o.common);
  if (!understood) return 0;
  const auto& configuration = *understood;
  check(o);
  apply(comm, o.common);
  listen_for_stop_requests();
  if (o.samples.empty())
    throw UsageError("no sample sheet: give STUDY.ini with [study] samples, or --study.samples FILE");
  o.cell_cycle.seed = o.doublets.seed = o.common.seed;
  if (!o.cell_cycle_genes.empty())
    o.cell_cycle_genes = (configuration.folder / o.cell_cycle_genes).lexically_normal().string();
  for (const auto& file : split_list(o.gene_sets))
    o.set_files.push_back((configuration.folder / file).lexically_normal());
  o.enrichment.seed = o.association.relabelings.seed = o.reference.seed = o.mapping.centroids.seed = o.common.seed;
  o.association.relabelings.safe_point = o.mapping.safe_point = o.doublets.safe_point = stop_if_requested;

  Run run{.options = o,
          .lots = {},
          .sheet = (configuration.folder / o.samples).lexically_normal(),
          .out = {},
          .name = o.study_name,
          .settings = scientific_settings(configuration),
          .inputs = {},
          .hashes = {}};
  if (run.name.empty()) run.name = fs::path(o.common.config.empty() ? o.samples : o.common.config).stem().string();
  run.out = o.common.out.empty() ? fs::path(run.name + "-results") : fs::path(o.common.out);
  run.lots = checked_lots(comm, o, run.sheet);
  if (o.plan) {
    print_plan(comm, run.lots, o);
    return 0;
  }
  run.inputs = digest_inputs(comm, run.lots, o, run.sheet);
  parallel::together(comm, [&] { run.hashes = hash_stages(configuration, o, run.lots, run.inputs, run.sheet); });

  if (o.from.empty() && o.to.empty() && already_published(comm, run.out, run.hashes.at("report"))) {
    log::info(fmt::format("{}: up to date, nothing to do", run.out.string()));
    return 0;
  }
  Checkpoints checkpoints(comm, run.out / "checkpoint");
  finish_publication(comm, run.out);
  const auto log_file = run.out / "log.txt.part";
  parallel::together(comm,
                     [&] { log::start(parallel::rank_of(comm) == 0, log_level(o.common), !o.common.quiet, log_file); });
  log::info(fmt::format("miura {} ({}): {} lots of {}, {} ranks x {} threads", version(), commit(), run.lots.size(),
                        run.sheet.string(), parallel::size_of(comm), omp_get_max_threads()));
  const bool published = go_along(comm, run, checkpoints);
  log::stop();
  parallel::together(comm, [&] {
    if (published && parallel::rank_of(comm) == 0) fs::rename(log_file, run.out / "log.txt");
  });
  return 0;
}

}  // namespace miura::app
