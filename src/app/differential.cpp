#include <fmt/format.h>
#include <fmt/ostream.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "app/differential_options.hpp"
#include "app/differential_page.hpp"
#include "app/differential_study.hpp"
#include "app/result_folder.hpp"
#include "app/subcommand.hpp"
#include "miura/base/log.hpp"
#include "miura/base/version.hpp"
#include "miura/differential/regions.hpp"
#include "miura/differential/tables.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/report/stored_report.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;
using differential::Test;

std::string told(const DifferentialOptions& o, const differential::Result& found,
                 const differential::Regions& regions) {
  std::string text = fmt::format("{} - {}: {} features tested", o.compared, o.reference, found.family_size);
  if (o.tests.test == Test::moderated)
    text += fmt::format("; prior of the variances: {:.4g} degrees of freedom, s0^2 {:.4g}", found.prior.df,
                        found.prior.variance);
  text += "\n";
  for (const auto& row : regions.rows) {
    text += fmt::format("{:<12} {:<5} {} of {}", row.region, direction_word(row.direction, o.tests.scale), row.n_hits,
                        row.n_tested);
    if (!std::isnan(row.null.mean))
      text += fmt::format("; relabeled samples {:.1f}, 95 % point {:.0f}, p {:.3g}", row.null.mean, row.null.upper_95,
                          row.null.p);
    text += "\n";
  }
  return text;
}

/// Why the moderated test is not to be relied on, or nothing: its variances lean on those of all features.
std::string doubt_of_moderation(const DifferentialOptions& o, std::int64_t n_features, double prior_df) {
  constexpr std::int64_t few = 20;
  if (o.tests.test != Test::moderated) return {};
  if (n_features < few)
    return fmt::format(
        "the moderated test estimates from {} features how much variances differ, which takes {} or more: take --test "
        "t, "
        "which looks at each feature by itself",
        n_features, few);
  if (std::isinf(prior_df))
    return fmt::format(
        "the variances of the {} features differ no more than chance, so that the moderated test gives all of them the "
        "same "
        "(infinite prior degrees of freedom): where you do not expect that, take --test t",
        n_features);
  return {};
}

void warn(std::string warning, DifferentialStudy& study) {
  if (warning.empty()) return;
  log::warn(warning);
  study.warnings.push_back(std::move(warning));
}

std::vector<matrix::Table> compared_over_times(MPI_Comm comm, const DifferentialOptions& o, DifferentialStudy& study) {
  warn(doubt_of_moderation(o, study.table.n_features(), 0.0), study);
  const auto rows = differential::compare_courses(comm, study.table, study.design, o.tests);
  const auto n_hits = std::ranges::count_if(rows, [](const auto& row) { return row.direction != 0; });
  log::info(fmt::format("{} - {}: {} features at {} times, {} hits", o.compared, o.reference, study.table.n_features(),
                        study.design.times.size(), n_hits));
  return {differential::course_table(rows, study.table, o.tests.scale)};
}

std::vector<matrix::Table> compared_once(MPI_Comm comm, const DifferentialOptions& o, DifferentialStudy& study) {
  const auto found = differential::compare_groups(comm, study.table, study.design.samples, o.tests);
  warn(doubt_of_moderation(o, found.family_size, found.prior.df), study);
  const auto regions =
      differential::count_regions(comm, study.table, study.design.samples, o.tests, found, study.annotation, o.regions);
  std::vector<matrix::Table> tables{differential_table(found, study.table, study.annotation, o.tests.scale),
                                    region_table(regions, o.tests.scale)};
  if (!o.annotation.empty()) {
    tables.push_back(gene_table(regions, study.table, found, o.tests.scale));
    tables.push_back(gene_count_table(regions, o.tests.scale));
    if (!o.genes.empty())
      tables.push_back(gene_probe_table(found, study.table, study.annotation, study.drawn_genes, o.tests.scale));
  }
  if (!o.common.quiet) print(comm, told(o, found, regions));
  return tables;
}

std::vector<std::uint8_t> page_of(const DifferentialOptions& o, std::span<const matrix::Table> tables,
                                  const TablesRecord& record) {
  auto page = differential_page(tables);
  page.study = fs::path(o.table).filename().string();
  page.reference = o.reference;
  page.compared = o.compared;
  page.alpha = o.tests.hits.alpha;
  page.warnings = record.warnings;
  for (const auto& [name, value] : record.settings.items())
    page.settings.push_back({name, value.is_string() ? value.get<std::string>() : value.dump()});
  return report::stored(page);
}

}  // namespace

int differential(MPI_Comm comm, const std::vector<std::string>& arguments) {
  DifferentialOptions o;
  o.common.seed = 1;
  const auto options = describe(o);
  po::positional_options_description positional;
  positional.add("table", 1);
  if (!understand(comm, arguments, options, positional, o.common)) return 0;
  check(o);
  apply(comm, o.common);
  const double started = MPI_Wtime();
  DifferentialStudy study;
  parallel::together(comm, [&] { study = read_differential_study(o); });

  const fs::path out =
      o.common.out.empty() ? fs::path(fs::path(o.table).stem().string() + "-differential") : fs::path(o.common.out);
  ResultFolder folder(comm, out, "differential");
  parallel::together(comm, [&] {
    log::start(parallel::rank_of(comm) == 0, log_level(o.common), !o.common.quiet, folder.unfinished_log());
  });
  const auto& group = study.design.samples.group;
  log::info(fmt::format("miura {} ({}): {} features; {} samples {}, {} samples {}; {} ranks x {} threads", version(),
                        commit(), study.table.n_features(), std::ranges::count(group, 0), o.reference,
                        std::ranges::count(group, 1), o.compared, parallel::size_of(comm), omp_get_max_threads()));
  for (const auto& warning : study.warnings) log::warn(warning);
  const auto tables = o.time.empty() ? compared_once(comm, o, study) : compared_over_times(comm, o, study);
  std::vector<fs::path> inputs{o.table, o.sheet};
  if (!o.annotation.empty()) inputs.emplace_back(o.annotation);
  TablesRecord record{.settings = settings_of(o), .inputs = inputs, .warnings = study.warnings};
  if (parallel::rank_of(comm) == 0) record.page = page_of(o, tables, record);
  record.seconds = MPI_Wtime() - started;
  folder.publish(tables, record);
  return 0;
}

}  // namespace miura::app
