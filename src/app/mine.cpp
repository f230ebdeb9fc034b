#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <filesystem>

#include "app/common_options.hpp"
#include "app/mine_inputs.hpp"
#include "app/mine_options.hpp"
#include "app/mine_tables.hpp"
#include "app/mining_page.hpp"
#include "app/result_folder.hpp"
#include "app/subcommand.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/base/sha256.hpp"
#include "miura/base/version.hpp"
#include "miura/mining/tables.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/report/stored_report.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

void check_files(const MineOptions& o) {
  for (const auto& file : input_files(o))
    if (!fs::is_regular_file(file)) throw NotFoundError({file});
}

std::string told(const mining::CountRow& row) {
  return fmt::format("{} {}{} {}: {} of {}, by chance {:.1f} on average (95 % point {}), p {:.3g} ({} relabelings)",
                     row.kind, row.name, row.measurement.empty() ? "" : " in " + row.measurement, row.rule,
                     row.observed, row.n_units, row.null_mean, row.null_95, row.p, row.n_perm);
}

void tell(std::span<const mining::CountRow> counts) {
  constexpr std::ptrdiff_t most = 40;
  for (const auto& row : counts.first(static_cast<std::size_t>(std::min(most, std::ssize(counts)))))
    log::info(row.status == "OK" || row.status == "LOW_N" ? told(row)
                                                          : fmt::format("{} {}: {}", row.kind, row.name, row.status));
  if (std::ssize(counts) > most)
    log::info(fmt::format("and {} more counts in mining_counts.tsv", std::ssize(counts) - most));
}

void tell(const mining::Replication& replication) {
  tell(replication.counts);
  const auto n = std::ranges::count_if(replication.rows, [](const auto& row) { return row.replicated; });
  log::info(fmt::format("{} of {} selections of the training lines are replicated in the test lines", n,
                        replication.rows.size()));
}

nlohmann::ordered_json settings_of(const Configuration& configuration, const std::string& training_digest) {
  nlohmann::ordered_json settings;
  for (const auto& [name, value] : configuration.effective) settings[name] = value;
  settings["training_choices_sha256"] = training_digest;
  return settings;
}

/// All tables of a mining; `test` is null without test lines.
std::vector<matrix::Table> tables_of(const MineOptions& o, const MinedLines& training, const mining::Screen& found,
                                     std::span<const mining::Intersection> intersections, const MinedLines* test,
                                     const mining::Replication& replication) {
  std::vector<NamedSet> sets{{"train", &training}};
  if (test != nullptr) sets.push_back({"test", test});
  auto counts = found.counts;
  counts.insert(counts.end(), replication.counts.begin(), replication.counts.end());
  std::vector<matrix::Table> tables{mining::count_table(counts), mining::probe_table(training.lines, found, o.mining),
                                    mining::outcome_correlation_table(training.lines, found)};
  if (!intersections.empty()) tables.push_back(mining::intersection_table(training.lines, intersections, found));
  if (test != nullptr) {
    tables.push_back(mining::replication_table(training.lines, replication));
    if (!intersections.empty())
      tables.push_back(mining::replicated_term_table(training.lines, test->lines, replication));
  }
  if (!training.propensities.empty()) {
    std::ranges::move(propensity_tables(sets), std::back_inserter(tables));
    tables.push_back(marker_expression_table(sets, o.measurements));
  }
  const auto survivors = survivors_of(training.lines, found, intersections, replication);
  tables.push_back(survivor_table(survivors, sets));
  std::ranges::move(line_tables(survivors, sets), std::back_inserter(tables));

  return tables;
}

/// The page, which only the rank that writes needs.
std::vector<std::uint8_t> page_of(const MineOptions& o, std::span<const matrix::Table> tables,
                                  const TablesRecord& record) {
  auto page = mining_page(tables);
  page.study = o.file.stem().string();
  page.alpha = o.replication.alpha;
  page.warnings = record.warnings;
  for (const auto& [name, value] : record.settings.items()) page.settings.push_back({name, value.get<std::string>()});
  return report::stored(page);
}

}  // namespace

int mine(MPI_Comm comm, const std::vector<std::string>& arguments) {
  MineOptions o;
  o.common.seed = 1;
  const auto options = describe(o);
  po::positional_options_description positional;
  positional.add("config", 1);
  const auto configuration = understand(comm, arguments, options, positional, o.common, mine_sections);
  if (!configuration) return 0;
  apply(comm, o.common);
  parallel::together(comm, [&] {
    read_sections(*configuration, o);
    check_files(o);
  });
  const double started = MPI_Wtime();
  const auto out = o.common.out.empty() ? fs::path(o.file.stem().string() + "-mining") : fs::path(o.common.out);
  ResultFolder folder(comm, out, "mine");
  parallel::together(comm, [&] {
    log::start(parallel::rank_of(comm) == 0, log_level(o.common), !o.common.quiet, folder.unfinished_log());
  });

  TrainingChoices choices;
  MinedLines training, test;
  parallel::together(comm, [&] { training = read_training(o, choices); });
  const auto intersections = resolve_intersections(o, training.lines);
  log::info(fmt::format(
      "miura {} ({}): {} training lines, {} measurements, {} outcomes, {} intersections, {} ranks x "
      "{} threads",
      version(), commit(), training.lines.line.size(), training.lines.panels.size(), training.lines.outcomes.size(),
      intersections.size(), parallel::size_of(comm), omp_get_max_threads()));
  const auto found = mining::screen(comm, training.lines, intersections, o.mining);
  tell(found.counts);

  const auto digest = digest_of(choices, training.lines, found);
  log::info("training has made its choices, SHA-256 " + digest + "; test tables are opened from here on");
  const bool has_test = std::ranges::any_of(o.measurements, [](const auto& m) { return m.is_test; });
  mining::Replication replication;
  if (has_test) {
    parallel::together(comm, [&] { test = read_test(o, choices, training.lines); });
    replication = mining::replicate(comm, training.lines, found, intersections, test.lines, o.mining, o.replication);
    tell(replication);
    if (digest_of(choices, training.lines, found) != digest)
      throw std::logic_error("a choice of the training lines changed after the test tables were opened");
  }

  auto warnings = training.warnings;
  warnings.insert(warnings.end(), test.warnings.begin(), test.warnings.end());
  for (const auto& warning : warnings) log::warn(warning);
  TablesRecord record{.settings = settings_of(*configuration, digest), .inputs = input_files(o), .warnings = warnings};
  std::vector<matrix::Table> tables;
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;  // a panel of a thousand drugs has millions of rows
    tables = tables_of(o, training, found, intersections, has_test ? &test : nullptr, replication);
    record.page = page_of(o, tables, record);
  });
  record.seconds = MPI_Wtime() - started;
  folder.publish(tables, record);
  return 0;
}

}  // namespace miura::app
