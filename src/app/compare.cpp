#include <fmt/format.h>
#include <fmt/ostream.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

#include "app/common_options.hpp"
#include "app/compared_lots.hpp"
#include "app/result_folder.hpp"
#include "app/subcommand.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/base/version.hpp"
#include "miura/comparability/comparability.hpp"
#include "miura/comparability/deviation.hpp"
#include "miura/comparability/heterogeneity.hpp"
#include "miura/comparability/specification.hpp"
#include "miura/input/delimited.hpp"
#include "miura/input/outcome_sheet.hpp"
#include "miura/input/sample_sheet.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;
using comparability::Endpoint;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// What the user typed.
struct CompareOptions {
  CommonOptions common;
  std::string result, partition, sheet, source, before, after;
  std::vector<std::string> clusters, outcomes, margins, requirements;
};

po::options_description describe(CompareOptions& o) {
  po::options_description all("miura compare RESULT");
  all.add(describe(o.common));
  po::options_description study("Study");
  study.add_options()("result", po::value(&o.result), "result folder of miura run")(
      "partition", po::value(&o.partition),
      "integration,resolution,seed of the clusters, as in tables/composition.tsv; empty: the primary partition")(
      "samples", po::value(&o.sheet), "sample sheet: outcomes of the lots, and their pairs (column pair)");
  study.add_options()("source", po::value(&o.source),
                      "compare lots of this source alone, and with lots of it; empty: of all");
  all.add(study);
  po::options_description change("Before and after a change");
  change.add_options()("before", po::value(&o.before), "process (column process of the sheet) before the change")(
      "after", po::value(&o.after), "process after the change")(
      "cluster", po::value(&o.clusters)->composing(), "cluster whose share matters; several times for several")(
      "outcome", po::value(&o.outcomes)->composing(), "outcome of the sample sheet that matters; several times")(
      "margin", po::value(&o.margins)->composing(),
      "[USE:]NAME=VALUE: largest change of a cluster (of the logit of its share) or outcome that does not matter, for "
      "a final use of the product; fix it before looking")(
      "require", po::value(&o.requirements)->composing(),
      "OUTCOME>=VALUE or OUTCOME<=VALUE: what a lot must reach; else the median of the lots");
  all.add(change);
  return all;
}

nlohmann::ordered_json settings_of(const CompareOptions& o) {
  return {{"partition", o.partition}, {"source", o.source},        {"before", o.before},
          {"after", o.after},         {"cluster", o.clusters},     {"outcome", o.outcomes},
          {"margin", o.margins},      {"require", o.requirements}, {"seed", o.common.seed}};
}

void check(const CompareOptions& o) {
  if (o.result.empty()) throw UsageError("no result: miura compare RESULT");
  if (o.before.empty() != o.after.empty()) throw UsageError("--before and --after go together");
  if (!o.before.empty() && o.before == o.after) throw UsageError("--before and --after are the same process");
  if (!o.before.empty() && o.clusters.empty() && o.outcomes.empty())
    throw UsageError("--before and --after need an endpoint: --cluster or --outcome");
  if (!o.outcomes.empty() && o.sheet.empty()) throw UsageError("--outcome needs --samples SHEET");
}

double number_of(const std::string& option, const std::string& typed, const std::string& text) {
  const auto value = input::parse_number(text);
  if (!value || !std::isfinite(*value))
    throw UsageError(fmt::format("{} {}: '{}' is not a number", option, typed, text));
  return *value;
}

/// Columns of the sample sheet, in the order of the lots.
void read_sheet(const CompareOptions& o, matrix::Lots& lots, std::vector<input::Outcome>& outcomes) {
  if (o.sheet.empty()) return;
  const auto sheet = input::survey_outcomes(o.sheet);
  std::vector<std::string> ids;
  for (const auto& lot : lots) ids.push_back(lot.id);
  if (!o.outcomes.empty()) outcomes = input::read_outcomes(o.sheet, sheet.key_column, ids, o.outcomes);
  if (std::ranges::find(sheet.columns, "pair") == sheet.columns.end()) return;
  const auto pairs = input::read_labels(o.sheet, sheet, ids, "pair");
  for (std::size_t l = 0; l < lots.size(); ++l) lots[l].pair = pairs[l];
}

/// Attributes and outcomes the user named, with values for every lot.
std::vector<Endpoint> named_endpoints(const CompareOptions& o, const ComparedLots& study,
                                      const std::vector<input::Outcome>& outcomes) {
  std::vector<Endpoint> named;
  for (const auto& name : o.clusters) {
    const auto at = std::ranges::find(study.clusters, name) - study.clusters.begin();
    if (at == std::ssize(study.clusters))
      throw UsageError(fmt::format("--cluster {}: the partition has {}", name, fmt::join(study.clusters, ", ")));
    named.push_back({.final_use = {},
                     .name = name,
                     .value = comparability::logit_shares(study.composition, static_cast<std::int32_t>(at))});
  }
  for (const auto& outcome : outcomes)
    named.push_back({.final_use = {}, .name = outcome.name, .kind = Endpoint::Kind::outcome, .value = outcome.value});
  return named;
}

/// One endpoint for each margin; those without one fall back.
std::vector<Endpoint> with_margins(const CompareOptions& o, const std::vector<Endpoint>& named) {
  std::vector<Endpoint> endpoints;
  std::vector<std::uint8_t> used(named.size());
  for (const auto& typed : o.margins) {
    const auto equals = typed.rfind('=');
    if (equals == std::string::npos) throw UsageError(fmt::format("--margin is [USE:]NAME=VALUE, not {}", typed));
    const auto colon = typed.substr(0, equals).rfind(':');
    const auto from = colon == std::string::npos ? 0 : colon + 1;
    const auto name = typed.substr(from, equals - from);
    const auto at = std::ranges::find(named, name, &Endpoint::name);
    if (at == named.end()) throw UsageError(fmt::format("--margin {}: {} is no --cluster or --outcome", typed, name));
    used[at - named.begin()] = 1;
    auto& endpoint = endpoints.emplace_back(*at);
    if (from > 0) endpoint.final_use = typed.substr(0, from - 1);
    endpoint.margin = number_of("--margin", typed, typed.substr(equals + 1));
    if (endpoint.margin <= 0.0) throw UsageError(fmt::format("--margin {}: a margin is above 0", typed));
  }
  for (std::size_t i = 0; i < named.size(); ++i)
    if (used[i] == 0) endpoints.push_back(named[i]);
  return endpoints;
}

/// Every cluster against every outcome, over the training lots.
std::vector<comparability::Claim> claims_of(const CompareOptions& o, const matrix::Lots& lots,
                                            const std::vector<Endpoint>& named) {
  std::vector<comparability::Claim> claims;
  for (const auto& share : named)
    for (const auto& outcome : named) {
      if (share.kind != Endpoint::Kind::share || outcome.kind != Endpoint::Kind::outcome) continue;
      auto& claim = claims.emplace_back(comparability::Claim{.attribute = share.name,
                                                             .outcome = outcome.name,
                                                             .attribute_value = share.value,
                                                             .outcome_value = outcome.value});
      for (std::size_t l = 0; l < lots.size(); ++l)
        if (lots[l].role != "train") claim.outcome_value[l] = none;
    }
  for (const auto& typed : o.requirements) {
    const auto sign = std::min(typed.find(">="), typed.find("<="));
    if (sign == std::string::npos)
      throw UsageError(fmt::format("--require is OUTCOME>=VALUE or OUTCOME<=VALUE, not {}", typed));
    const auto name = typed.substr(0, sign);
    if (std::ranges::find(o.outcomes, name) == o.outcomes.end())
      throw UsageError(fmt::format("--require {}: {} is no --outcome", typed, name));
    for (auto& claim : claims) {
      if (claim.outcome != name) continue;
      claim.requirement = number_of("--require", typed, typed.substr(sign + 2));
      claim.at_least = typed[sign] == '>';
    }
  }
  return claims;
}

bool of_source(const CompareOptions& o, const matrix::Lot& lot) { return o.source.empty() || lot.source == o.source; }

/// The sides of the comparison. UsageError that lists the processes if one has no lot.
comparability::Sides sides_of(const CompareOptions& o, const matrix::Lots& lots) {
  comparability::Sides sides;
  std::vector<std::string> known;
  for (std::int32_t l = 0; l < std::ssize(lots); ++l) {
    if (!of_source(o, lots[l])) continue;
    const auto& process = lots[l].process;
    (process == o.before ? sides.before : process == o.after ? sides.after : sides.others).push_back(l);
    if (std::ranges::find(known, process) == known.end()) known.push_back(process);
  }
  for (const auto& [side, name] : {std::pair{&sides.before, &o.before}, {&sides.after, &o.after}})
    if (side->empty())
      throw UsageError(fmt::format("no lot has process {}; there is {}", *name, fmt::join(known, ", ")));
  return sides;
}

/// The lots that others are compared with, by deviation: those before the change, or the training lots.
std::vector<std::uint8_t> reference_of(const CompareOptions& o, const matrix::Lots& lots) {
  std::vector<std::uint8_t> marks;
  for (const auto& lot : lots) {
    const bool before = o.before.empty() ? lot.role == "train" : lot.process == o.before;
    marks.push_back(before && of_source(o, lot) ? 1 : 0);
  }
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
  return comparability::deviations(vectors, {}, reference, {});
}

std::string told(const ComparedLots& study, const std::vector<comparability::Deviation>& deviations,
                 const comparability::Comparability& compared) {
  std::string text;
  for (const auto& d : deviations)
    if (d.alarm)
      text += fmt::format("lot {} deviates by {}: p {:.2g} over all statistics, conformal p {:.2g}\n",
                          study.lots[d.lot].id, d.statistic, d.p_bonferroni, d.p_conformal);
  if (text.empty()) text = "no lot deviates beyond chance\n";
  for (const auto& e : compared.endpoints)
    text += fmt::format(
        "{}: {:+.3g} [{:.3g}, {:.3g}] within +-{:.3g}? {}; with {} and {} lots chance to accept a change of the margin "
        "{:.2f}, to reject no change {:.2f}\n",
        e.endpoint.name, e.test.difference, e.test.ci_low, e.test.ci_high, e.test.margin,
        e.test.equivalent ? "yes" : "not shown", e.test.n_before, e.test.n_after, e.rates.false_accept,
        e.rates.false_reject);
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
  auto study = read_compared_lots(comm, result, o.partition);
  std::vector<input::Outcome> outcomes;
  parallel::together(comm, [&] { read_sheet(o, study.lots, outcomes); });
  const auto named = named_endpoints(o, study, outcomes);
  const auto endpoints = with_margins(o, named);
  const auto claims = claims_of(o, study.lots, named);
  std::optional<comparability::Sides> sides;
  if (!o.before.empty()) sides = sides_of(o, study.lots);

  ResultFolder folder(comm, o.common.out.empty() ? fs::path(o.result + "-comparison") : fs::path(o.common.out),
                      "compare");
  parallel::together(comm, [&] {
    log::start(parallel::rank_of(comm) == 0, log_level(o.common), !o.common.quiet, folder.unfinished_log());
  });
  log::info(fmt::format("miura {} ({}): {} lots, {} ranks x {} threads", version(), commit(), study.lots.size(),
                        parallel::size_of(comm), omp_get_max_threads()));
  const auto deviations = deviations_of(comm, o, study);
  const auto spread = comparability::lot_spread(comm, study.cells, study.lot_of, study.composition.n_lots);
  std::vector<matrix::Table> tables{deviation_table(deviations, study.lots),
                                    comparability::heterogeneity_table(study.lots, spread, study.composition)};
  comparability::Comparability compared;
  if (sides) {
    compared = compare_lots(study.lots, *sides, endpoints, {});
    tables.push_back(comparability_table(compared));
    tables.push_back(verdict_table(compared));
  }
  if (!claims.empty()) {
    std::vector<comparability::Specification> found;
    for (const auto& claim : claims) found.push_back(comparability::specify(claim, {}));
    tables.push_back(specification_table(claims, found));
  }
  std::vector<fs::path> inputs{result / "tables" / "lots.tsv", result / "tables" / "composition.tsv",
                               result / "study.h5ad"};
  if (!o.sheet.empty()) inputs.emplace_back(o.sheet);
  folder.publish(tables,
                 {.settings = settings_of(o), .inputs = inputs, .warnings = {}, .seconds = MPI_Wtime() - started});
  if (!o.common.quiet) print(comm, told(study, deviations, compared));
  return 0;
}

}  // namespace miura::app
