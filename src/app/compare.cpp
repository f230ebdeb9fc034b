#include <fmt/format.h>
#include <fmt/ostream.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "app/compare_options.hpp"
#include "app/compared_endpoints.hpp"
#include "app/compared_lots.hpp"
#include "app/comparison_page.hpp"
#include "app/marker_expression.hpp"
#include "app/result_folder.hpp"
#include "app/subcommand.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/base/version.hpp"
#include "miura/comparability/comparability.hpp"
#include "miura/comparability/deviation.hpp"
#include "miura/comparability/distance_equivalence.hpp"
#include "miura/comparability/heterogeneity.hpp"
#include "miura/comparability/specification.hpp"
#include "miura/input/outcome_sheet.hpp"
#include "miura/input/sample_sheet.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "miura/report/stored_report.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;
using comparability::Endpoint;

/// Columns of the sample sheet, in the order of the lots: pairs, and the outcomes that were named, or else the primary
/// one of the study: composition is compared together with function.
std::vector<input::Outcome> read_sheet(const CompareOptions& o, ComparedLots& study) {
  if (o.sheet.empty()) return {};
  const auto sheet = input::survey_outcomes(o.sheet);
  std::vector<std::string> ids, names = o.outcomes;
  for (const auto& lot : study.lots) ids.push_back(lot.id);
  const auto has = [](const std::vector<std::string>& columns, const std::string& name) {
    return std::ranges::find(columns, name) != columns.end();
  };
  if (has(sheet.columns, "pair")) {
    const auto pairs = input::read_labels(o.sheet, sheet, ids, "pair");
    for (std::size_t l = 0; l < ids.size(); ++l) study.lots[l].pair = pairs[l];
  }
  if (names.empty())
    std::ranges::copy_if(study.outcomes, std::back_inserter(names),
                         [&](const std::string& name) { return has(sheet.numeric, name); });
  return input::read_outcomes(o.sheet, sheet.key_column, ids, names);
}

/// The composition as a whole: its leading components over the lots that are not compared.
Endpoint components_of(const CompareOptions& o, const ComparedLots& study, const comparability::Sides& sides) {
  auto scores =
      comparability::leading_scores(comparability::centred_log_ratios(study.composition), sides.others, o.components);
  return {.final_use = {},
          .name = "components",
          .kind = Endpoint::Kind::components,
          .value = std::move(scores.value),
          .width = scores.width};
}

/// Attributes and outcomes that matter, with values for every lot. Collective.
std::vector<Endpoint> named_endpoints(MPI_Comm comm, const CompareOptions& o, const ComparedLots& study,
                                      const std::vector<input::Outcome>& outcomes,
                                      const std::optional<comparability::Sides>& sides) {
  std::vector<Endpoint> named;
  for (const auto& name : o.clusters) {
    const auto at = std::ranges::find(study.clusters, name) - study.clusters.begin();
    if (at == std::ssize(study.clusters))
      throw UsageError(fmt::format("--cluster {}: the partition has {}", name, fmt::join(study.clusters, ", ")));
    named.push_back({.final_use = {},
                     .name = name,
                     .value = comparability::logit_shares(study.composition, static_cast<std::int32_t>(at))});
  }
  for (auto& marker : read_marker_expression(comm, study, o.markers))
    named.push_back(
        {.final_use = {}, .name = marker.name, .kind = Endpoint::Kind::marker, .value = std::move(marker.value)});
  for (const auto& outcome : outcomes)
    named.push_back({.final_use = {}, .name = outcome.name, .kind = Endpoint::Kind::outcome, .value = outcome.value});
  if (sides && o.components > 0) named.push_back(components_of(o, study, *sides));
  return named;
}

bool of_source(const CompareOptions& o, const matrix::Lot& lot) { return o.source.empty() || lot.source == o.source; }

/// The sides of the comparison. UsageError that lists the processes if one has no lot. Other lots are those of the
/// same sources: what differs between sources is no spread of lots.
comparability::Sides sides_of(const CompareOptions& o, const matrix::Lots& lots) {
  comparability::Sides sides;
  std::set<std::string> known, sources;
  for (std::int32_t l = 0; l < std::ssize(lots); ++l) {
    if (!of_source(o, lots[l])) continue;
    known.insert(lots[l].process);
    if (lots[l].process != o.before && lots[l].process != o.after) continue;
    (lots[l].process == o.before ? sides.before : sides.after).push_back(l);
    sources.insert(lots[l].source);
  }
  for (const auto& [side, name] : {std::pair{&sides.before, &o.before}, {&sides.after, &o.after}})
    if (side->empty())
      throw UsageError(fmt::format("no lot has process {}; there is {}", *name, fmt::join(known, ", ")));
  for (std::int32_t l = 0; l < std::ssize(lots); ++l)
    if (of_source(o, lots[l]) && sources.contains(lots[l].source) && lots[l].process != o.before &&
        lots[l].process != o.after)
      sides.others.push_back(l);
  return sides;
}

/// Takes process `before` and `after` where nothing else was said, there are such lots, and something is to be
/// compared.
void find_change(CompareOptions& o, const matrix::Lots& lots) {
  const auto there = [&](const char* process) {
    return std::ranges::any_of(lots,
                               [&](const matrix::Lot& lot) { return lot.process == process && of_source(o, lot); });
  };
  if (!o.before.empty() || !o.names_endpoint() || !there("before") || !there("after")) return;
  o.before = "before";
  o.after = "after";
}

/// Whether some lots that are compared were clustered and others mapped.
bool compares_unlike_lots(const ComparedLots& study, const comparability::Sides& sides) {
  const auto trains = [&](std::int32_t lot) { return study.lots[lot].role == "train"; };
  const auto n = std::ranges::count_if(sides.before, trains) + std::ranges::count_if(sides.after, trains);
  return n > 0 && n < std::ssize(sides.before) + std::ssize(sides.after);
}

/// What a reader of the result should know that no table says.
std::vector<std::string> warnings_on(const CompareOptions& o, const ComparedLots& study,
                                     const std::optional<comparability::Sides>& sides,
                                     const std::vector<Endpoint>& named,
                                     const std::vector<comparability::DerivedMargin>& derived) {
  std::vector<std::string> warnings;
  if (study.outside_share.empty())
    warnings.emplace_back(
        "the share of cells outside of the reference is not looked at: the study has no tables/mapped_lots.tsv");
  if (sides && compares_unlike_lots(study, *sides))
    warnings.emplace_back(
        "training lots, which were clustered, are compared with lots that were mapped: their shares are not found "
        "alike");
  const auto components = std::ranges::find(named, Endpoint::Kind::components, &Endpoint::kind);
  if (components != named.end() && components->width < o.components)
    warnings.push_back(fmt::format("{} components were asked for; the lots that are not compared vary in {}",
                                   o.components, components->width));
  for (const auto& margin : derived)
    if (margin.found.status != "OK")
      warnings.push_back(fmt::format("{} gives no margin of {}: {}, {} lots", margin.outcome, margin.endpoint,
                                     margin.found.status, margin.found.n));
  return warnings;
}

/// What others are measured by: the training lots, without those after the change.
std::vector<std::int32_t> reference_lots(const CompareOptions& o, const matrix::Lots& lots) {
  std::vector<std::int32_t> reference;
  for (std::int32_t l = 0; l < std::ssize(lots); ++l)
    if (lots[l].role == "train" && of_source(o, lots[l]) && (o.after.empty() || lots[l].process != o.after))
      reference.push_back(l);
  return reference;
}

/// Outcomes that nobody named are compared where both sides have enough of them.
void leave_out_unmeasured(const CompareOptions& o, const comparability::Sides& sides, std::vector<Endpoint>& named) {
  if (!o.outcomes.empty()) return;
  std::erase_if(named, [&](const Endpoint& e) {
    const auto known = [&](const std::vector<std::int32_t>& side) {
      return std::ranges::count_if(side, [&](std::int32_t lot) { return !std::isnan(e.value[lot]); });
    };
    return e.kind == Endpoint::Kind::outcome &&
           std::min(known(sides.before), known(sides.after)) < comparability::fewest_lots;
  });
}

/// The lots that others are compared with, by deviation.
std::vector<std::uint8_t> reference_of(const CompareOptions& o, const matrix::Lots& lots) {
  std::vector<std::uint8_t> marks(lots.size());
  for (const auto lot : reference_lots(o, lots)) marks[lot] = 1;
  return marks;
}

std::vector<comparability::Deviation> deviations_of(MPI_Comm comm, const CompareOptions& o, const ComparedLots& study) {
  const auto n_lots = study.composition.n_lots;
  const auto reference = reference_of(o, study.lots);
  const comparability::VectorOptions options{.seed = o.common.seed};
  const double bandwidth = median_bandwidth(comm, study.cells, study.lot_of, reference, options);
  const std::vector<comparability::LotVectors> vectors{
      comparability::centred_log_ratios(study.composition),
      sliced_quantiles(comm, study.cells, study.lot_of, n_lots, options),
      mean_embeddings(comm, study.cells, study.lot_of, n_lots, bandwidth, options)};
  return comparability::deviations(vectors, study.outside_share, reference, {});
}

/// Every file that was read.
std::vector<fs::path> inputs_of(const CompareOptions& o) {
  std::vector<fs::path> inputs;
  std::vector<fs::path> folders{o.result};
  folders.insert(folders.end(), o.mapped.begin(), o.mapped.end());
  for (const auto& folder : folders)
    for (const char* name : {"tables/lots.tsv", "tables/composition.tsv", "study.h5ad", "tables/mapped_lots.tsv",
                             "tables/association.tsv"})
      if (const auto path = folder / name; fs::exists(path)) inputs.push_back(path);
  if (!o.sheet.empty()) inputs.emplace_back(o.sheet);
  return inputs;
}

/// What an endpoint is, and on which scale its difference is told.
std::string words_of(const Endpoint& endpoint) {
  const auto what = [&]() -> std::string {
    switch (endpoint.kind) {
      case Endpoint::Kind::share:
        return fmt::format("cluster {}, logit of its share", endpoint.name);
      case Endpoint::Kind::marker:
        return fmt::format("{}, log2 counts per million", endpoint.name);
      case Endpoint::Kind::outcome:
        return fmt::format("{}, in its own unit", endpoint.name);
      case Endpoint::Kind::components:
        return fmt::format("composition, distance in {} components in standard deviations", endpoint.width);
    }
    throw std::logic_error("an endpoint of no kind");
  }();
  return endpoint.final_use.empty() ? what : fmt::format("{}: {}", endpoint.final_use, what);
}

std::string told_of(const comparability::EndpointResult& e) {
  const auto& test = e.test;
  const auto name = words_of(e.endpoint);
  if (e.outcome == comparability::EndpointResult::Outcome::descriptive)
    return fmt::format("{}: {:+.3g} with {} and {} lots, descriptive only\n", name, test.difference, test.n_before,
                       test.n_after);
  return fmt::format(
      "{}: {:+.3g} [90 % interval {:.3g} to {:.3g}] within +-{:.3g}? {}; with {} and {} lots chance to accept a change "
      "of the margin "
      "{:.2f}, to reject no change {:.2f}\n",
      name, test.difference, test.ci_low, test.ci_high, test.margin, test.equivalent ? "yes" : "not shown",
      test.n_before, test.n_after, e.rates.false_accept, e.rates.false_reject);
}

std::string told(const ComparedLots& study, const std::vector<comparability::Deviation>& deviations,
                 const comparability::Comparability& compared) {
  std::string text;
  for (const auto& d : deviations)
    if (d.alarm)
      text += fmt::format("lot {} deviates by {}: p {:.2g} over all statistics, conformal p {:.2g}\n",
                          study.lots[d.lot].id, d.statistic, d.p_bonferroni, d.p_conformal);
  if (text.empty()) text = "no lot deviates beyond chance\n";
  if (!compared.endpoints.empty()) text += "after less before:\n";
  for (const auto& e : compared.endpoints) text += "  " + told_of(e);
  for (const auto& v : compared.verdicts) text += v.text + "\n";
  return text;
}

}  // namespace

int compare(MPI_Comm comm, const std::vector<std::string>& arguments) {
  CompareOptions o;
  o.common.seed = 1;
  const auto options = describe(o);
  po::positional_options_description positional;
  positional.add("result", 1);
  if (!understand(comm, arguments, options, positional, o.common)) return 0;
  check(o);
  apply(comm, o.common);
  const double started = MPI_Wtime();
  const fs::path result(o.result);
  auto study = read_compared_lots(comm, result, o.mapped, o.partition);
  std::vector<input::Outcome> outcomes;
  parallel::together(comm, [&] { outcomes = read_sheet(o, study); });
  find_change(o, study.lots);
  std::optional<comparability::Sides> sides;
  if (!o.before.empty()) sides = sides_of(o, study.lots);
  auto named = named_endpoints(comm, o, study, outcomes, sides);
  const auto claims = claims_of(o, study.lots, named);
  if (sides) leave_out_unmeasured(o, *sides, named);
  const auto declared = declare_endpoints(o, named, reference_lots(o, study.lots));

  ResultFolder folder(comm, o.common.out.empty() ? fs::path(o.result + "-comparison") : fs::path(o.common.out),
                      "compare");
  parallel::together(comm, [&] {
    log::start(parallel::rank_of(comm) == 0, log_level(o.common), !o.common.quiet, folder.unfinished_log());
  });
  log::info(fmt::format("miura {} ({}): {} lots, {} ranks x {} threads", version(), commit(), study.lots.size(),
                        parallel::size_of(comm), omp_get_max_threads()));
  const auto warnings = warnings_on(o, study, sides, named, declared.derived);
  for (const auto& warning : warnings) log::warn(warning);
  const auto deviations = deviations_of(comm, o, study);
  const auto spread = comparability::lot_spread(comm, study.cells, study.lot_of, study.composition.n_lots);
  std::vector<matrix::Table> tables{deviation_table(deviations, study.lots),
                                    comparability::heterogeneity_table(study.lots, spread, study.composition)};
  comparability::Comparability compared;
  if (sides) {
    compared = compare_lots(study.lots, *sides, declared.endpoints, {.measured_functions = study.outcomes});
    tables.push_back(comparability_table(compared));
    tables.push_back(verdict_table(compared));
  }
  if (!declared.derived.empty()) tables.push_back(margin_table(declared.derived));
  if (!claims.empty()) {
    std::vector<comparability::Specification> found;
    for (const auto& claim : claims) found.push_back(comparability::specify(claim, {}));
    tables.push_back(specification_table(claims, found));
  }
  const auto inputs = inputs_of(o);
  auto page = comparison_page(tables);
  page.study = result.filename().string();
  page.warnings = warnings;
  const auto settings = settings_of(o);
  for (const auto& [name, value] : settings.items())
    page.settings.push_back({name, value.is_string() ? value.get<std::string>() : value.dump()});
  folder.publish(tables, {.settings = settings,
                          .inputs = inputs,
                          .warnings = warnings,
                          .seconds = MPI_Wtime() - started,
                          .page = report::stored(page)});
  if (!o.common.quiet) print(comm, told(study, deviations, compared));
  return 0;
}

}  // namespace miura::app
