#include <fmt/format.h>
#include <fmt/ostream.h>
#include <omp.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "app/checkpoint.hpp"
#include "app/provenance.hpp"
#include "app/publication.hpp"
#include "app/run_options.hpp"
#include "app/stages.hpp"
#include "app/stop_request.hpp"
#include "app/subcommand.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
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

/// SHA-256 of every input file, by name; each is read by one rank. Collective.
std::map<std::string, std::string> digest_inputs(MPI_Comm comm, const matrix::Lots& lots, const RunOptions& o,
                                                 const fs::path& sheet) {
  std::vector<fs::path> files{sheet};
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

/// The settings of a run that belong to some sections, as text.
std::string settings_of(const Configuration& c, std::initializer_list<std::string_view> sections) {
  std::string text;
  for (const auto& [name, value] : c.effective)
    if (std::ranges::find(sections, name.substr(0, name.find('.'))) != sections.end())
      text += name + "=" + value + "\n";
  return text;
}

/// What a result must know of its settings to be made again, wherever its files lie: all but the path of the sheet.
std::map<std::string, std::string> scientific_settings(const Configuration& c) {
  auto settings = c.effective;
  settings.erase("study.samples");
  return settings;
}

/// A stage's hash covers its own settings, what it reads, and through the stage before it all that came earlier.
std::map<std::string, std::string> hash_stages(const Configuration& c, const RunOptions& o, const matrix::Lots& lots,
                                               const std::map<std::string, std::string>& inputs,
                                               const fs::path& sheet) {
  std::string lots_text;
  for (const auto& lot : lots) {
    for (const auto& part : {lot.id, lot.format, lot.source, lot.role, lot.donor, lot.process, lot.pair, lot.chemistry,
                             lot.obs_column, lot.obs_value})
      lots_text += part + "\t";
    for (const auto& file : files_of(lot, o)) lots_text += inputs.at(file.string()) + "\t";
    lots_text += "\n";
  }
  const auto seed = std::to_string(o.common.seed);
  const std::array<std::string, stage_names.size()> covers{
      version() + " " + commit() + "\n" + settings_of(c, {"input", "qc"}) + lots_text,
      settings_of(c, {"reference", "normalize", "variable"}) + seed,
      settings_of(c, {"pca"}),
      settings_of(c, {"knn"}),
      settings_of(c, {"cluster"}),
      "",
      settings_of(c, {"association"}) + seed + inputs.at(sheet.string()),
      settings_of(c, {"study"}),
  };
  std::map<std::string, std::string> hashes;
  std::string before;
  for (std::size_t s = 0; s < stage_names.size(); ++s) {
    before = Sha256().add(before).add(stage_names[s]).add(covers[s]).hex();
    hashes[std::string(stage_names[s])] = before;
  }
  return hashes;
}

/// About how many per cent of the time of a study of some ten thousand cells each stage takes; for the progress line.
constexpr std::array<std::int64_t, stage_names.size()> cost_of_stage{50, 2, 15, 8, 5, 0, 2, 18};

/// Runs the street, each stage from its checkpoint where that is valid.
class Street {
public:
  Street(MPI_Comm comm, const RunOptions& o, const std::map<std::string, std::string>& hashes, Checkpoints& checkpoints)
      : comm_(comm),
        o_(o),
        hashes_(hashes),
        checkpoints_(checkpoints),
        first_forced_(o.from.empty() ? 99 : stage_number(o.from)) {}

  /// One stage with a file of its own; `load` and `compute` give its part of the study.
  template <class Load, class Compute>
  void stage(const std::string& name, auto& part, Load&& load, Compute&& compute) {
    const auto number = stage_number(name);
    if (done()) return;
    progress_.show(name);
    const double started = MPI_Wtime();
    const bool resumed = !computed_one_ && number < first_forced_ && checkpoints_.valid(name, hashes_.at(name));
    if (resumed) {
      parallel::together(comm_, [&] { part = load(checkpoints_.file(name)); });
    } else {
      part = compute();
      checkpoints_.keep(name, hashes_.at(name), [&](const fs::path& path) { save(comm_, part, path); });
      computed_one_ = true;
    }
    record(name, resumed, MPI_Wtime() - started);
  }

  /// A stage that is quick to repeat and keeps no file.
  void stage(const std::string& name, const std::function<void()>& compute) {
    if (done()) return;
    progress_.show(name);
    const double started = MPI_Wtime();
    compute();
    record(name, false, MPI_Wtime() - started);
  }

  /// Whether --to or the end has been reached.
  bool done() const {
    return !records_.empty() && (records_.back().name == o_.to || records_.back().name == stage_names.back());
  }
  const std::vector<StageRecord>& records() const { return records_; }

private:
  void record(const std::string& name, bool resumed, double seconds) {
    progress_.advance(cost_of_stage[stage_number(name)]);
    records_.push_back({name, hashes_.at(name), resumed ? 0 : seconds, peak_memory_gib(comm_), resumed});
    log::info(
        resumed ? fmt::format("{}: taken from its checkpoint", name)
                : fmt::format("{}: {:.1f} s, peak memory {:.2f} GiB a rank", name, seconds, records_.back().peak_gib));
    if (!done()) stop_if_requested(comm_);
  }

  MPI_Comm comm_;
  const RunOptions& o_;
  const std::map<std::string, std::string>& hashes_;
  Checkpoints& checkpoints_;
  int first_forced_;
  bool computed_one_ = false;
  log::Progress progress_{"", 100};
  std::vector<StageRecord> records_;
};

std::string default_name(const std::string& config) { return fs::path(config).stem().string(); }

/// Reads the sheet and checks all that can be checked before any long work. Collective.
matrix::Lots checked_lots(MPI_Comm comm, const RunOptions& o, const fs::path& sheet) {
  matrix::Lots lots;
  parallel::together(comm, [&] {
    lots = input::read_sample_sheet(sheet);
    auto names = split_list(o.outcomes);
    for (const auto& name : split_list(o.primary))
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    input::check_outcomes(sheet, names);
    if (std::ranges::none_of(lots, [](const matrix::Lot& lot) { return lot.role == "train"; }))
      throw InputError({sheet, 0, "role"}, "no lot has role train, so there is nothing to build the reference from");
  });
  return lots;
}

void tell_what_is_left_out(Study& study) {
  std::map<std::string, int> others;
  for (const auto& lot : study.lots)
    if (lot.role != "train") ++others[lot.role];
  for (const auto& [role, n] : others)
    study.warnings.push_back(fmt::format(
        "{} lot{} with role {}: read, checked and projected; cells of such lots get no cluster of their own", n,
        n == 1 ? "" : "s", role));
}

}  // namespace

int run_study(MPI_Comm comm, const std::vector<std::string>& arguments) {
  RunOptions o;
  const auto options = describe(o);
  po::positional_options_description positional;
  positional.add("config", 1);
  const auto configuration = configure(arguments, options, positional);
  po::variables_map values = configuration.values;
  po::notify(values);
  if (o.common.help) {
    print(comm, fmt::format("{}", fmt::streamed(options)));
    return 0;
  }
  if (o.common.dump_config) {
    print(comm, configuration.dump);
    return 0;
  }
  check(o);
  apply(comm, o.common);
  listen_for_stop_requests();
  if (o.samples.empty())
    throw UsageError("no sample sheet: give STUDY.ini with [study] samples, or --study.samples FILE");
  const auto sheet = (configuration.folder / o.samples).lexically_normal();
  o.association.relabelings.seed = o.reference.seed = o.common.seed;

  Study study;
  study.lots = checked_lots(comm, o, sheet);
  const auto inputs = digest_inputs(comm, study.lots, o, sheet);
  const auto hashes = hash_stages(configuration, o, study.lots, inputs, sheet);
  const auto name =
      o.study_name.empty() ? default_name(o.common.config.empty() ? o.samples : o.common.config) : o.study_name;
  const fs::path out = o.common.out.empty() ? fs::path(name + "-results") : fs::path(o.common.out);

  if (o.from.empty() && o.to.empty() && already_published(comm, out, hashes.at("report"))) {
    log::info(fmt::format("{}: up to date, nothing to do", out.string()));
    return 0;
  }
  Checkpoints checkpoints(comm, out / "checkpoint");
  finish_publication(comm, out);
  parallel::together(comm, [&] {
    log::start(parallel::rank_of(comm) == 0, log_level(o.common), !o.common.quiet, out / "log.txt.part");
  });
  log::info(fmt::format("miura {} ({}): {} lots of {}, {} ranks x {} threads", version(), commit(), study.lots.size(),
                        sheet.string(), parallel::size_of(comm), omp_get_max_threads()));
  tell_what_is_left_out(study);
  for (const auto& warning : study.warnings) log::warn(warning);

  Street street(comm, o, hashes, checkpoints);
  const auto& cells = study.cells.cells.partition;
  street.stage(
      "read", study.cells, [&](const fs::path& p) { return load_cells(comm, p); },
      [&] { return read_stage(comm, study.lots, o); });
  street.stage(
      "normalize", study.genes, [&](const fs::path& p) { return load_genes(comm, cells, p); },
      [&] { return normalize_stage(comm, study, o); });
  street.stage(
      "pca", study.pca, [&](const fs::path& p) { return load_pca(comm, cells, p); },
      [&] { return pca_stage(comm, study, o); });
  const auto reference = reference_partition(comm, study.genes.reference);
  street.stage(
      "neighbors", study.neighbors, [&](const fs::path& p) { return load_neighbors(comm, reference, p); },
      [&] { return neighbors_stage(comm, study, o); });
  street.stage(
      "cluster", study.clusters, [&](const fs::path& p) { return load_clusters(comm, cells, p); },
      [&] { return cluster_stage(comm, study, o); });
  const auto labels_written = utc_now();
  street.stage("composition", [&] { composition_stage(comm, study, o); });
  const auto outcomes_read = utc_now();
  street.stage("association", [&] {
    if (!split_list(o.outcomes).empty()) association_stage(comm, study, o, sheet);
  });
  if (street.done() && o.to != "report") {
    log::info(fmt::format("stopped after stage {}, as asked", o.to));
    log::stop();
    return 0;
  }
  street.stage("report", [&] {
    publish_study(comm, study,
                  {.out = out,
                   .name = name,
                   .settings = scientific_settings(configuration),
                   .scale = o.scale,
                   .alpha = o.association.alpha,
                   .inputs = inputs,
                   .stages = street.records(),
                   .report_hash = hashes.at("report"),
                   .labels_written = labels_written,
                   .outcomes_read = outcomes_read});
  });
  log::info(fmt::format("report: {}", (out / "report.html").string()));
  log::stop();
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) == 0) fs::rename(out / "log.txt.part", out / "log.txt");
  });
  return 0;
}

}  // namespace miura::app
