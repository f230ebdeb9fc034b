#include <fmt/format.h>
#include <fmt/ostream.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "app/common_options.hpp"
#include "app/folder_lock.hpp"
#include "app/result_folder.hpp"
#include "app/subcommand.hpp"
#include "miura/association/feature_association.hpp"
#include "miura/association/tables.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/base/nearest_name.hpp"
#include "miura/base/version.hpp"
#include "miura/input/measurements.hpp"
#include "miura/input/outcome_sheet.hpp"
#include "miura/input/sample_sheet.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

struct AssociateOptions {
  CommonOptions common;
  std::string table, sheet;
  std::vector<std::string> outcomes;
  std::string primary, strata, covariate;
  std::string statistic = "spearman", side = "two-sided", interval = "bonett-wright", correction = "max-t";
  association::Options tests;
};

po::options_description describe(AssociateOptions& o) {
  po::options_description all("miura associate TABLE --outcomes SHEET");
  all.add(describe(o.common, "TABLE-association"));
  po::options_description inputs("Input");
  inputs.add_options()(
      "table", po::value(&o.table),
      "features x samples (CSV or TSV, plain or gzip): a header with the samples, then a feature a row")(
      "outcomes", po::value(&o.sheet), "sheet with a column sample and an outcome a column")(
      "outcome", po::value(&o.outcomes), "column to test; repeat it for more; none: all that hold numbers")(
      "primary", with_default(o.primary), "the outcome of family 1; empty: the first")(
      "strata", with_default(o.strata), "column of labels; samples are relabeled within equal labels only")(
      "covariate", with_default(o.covariate), "column that is held fixed (Freedman and Lane; approximate)");
  all.add(inputs);
  po::options_description tests("Tests");
  tests.add_options()("statistic", with_default(o.statistic),
                      "spearman, or of two groups t (equal variances), welch or wilcoxon")(
      "side", with_default(o.side), "two-sided; greater or less only where declared before the outcomes were seen")(
      "alpha", with_default(o.tests.alpha), "family-wise error rate")(
      "exact-up-to", with_default(o.tests.relabelings.exact_up_to),
      "most samples for which all relabelings are enumerated")(
      "permutations", with_default(o.tests.relabelings.permutations), "relabelings drawn where there are more")(
      "correction", with_default(o.correction), "family-wise: max-t, or min-p where ties differ much")(
      "ci", with_default(o.interval), "interval of rho: bonett-wright or bca (bootstrap)");
  all.add(tests);
  return all;
}

void check(AssociateOptions& o) {
  using association::FamilyMethod, association::IntervalMethod, association::Statistic, permutation::Side;
  if (o.table.empty()) throw UsageError("no table: miura associate TABLE --outcomes SHEET");
  if (o.sheet.empty()) throw UsageError("no sheet of outcomes: miura associate TABLE --outcomes SHEET");
  o.tests.statistic = chosen<Statistic>("statistic", o.statistic,
                                        {{"spearman", Statistic::spearman},
                                         {"t", Statistic::t},
                                         {"welch", Statistic::welch},
                                         {"wilcoxon", Statistic::wilcoxon}});
  o.tests.relabelings.side =
      chosen<Side>("side", o.side, {{"two-sided", Side::two_sided}, {"greater", Side::greater}, {"less", Side::less}});
  o.tests.family = chosen<FamilyMethod>("correction", o.correction,
                                        {{"max-t", FamilyMethod::max_t}, {"min-p", FamilyMethod::min_p}});
  o.tests.interval = chosen<IntervalMethod>(
      "ci", o.interval, {{"bonett-wright", IntervalMethod::bonett_wright}, {"bca", IntervalMethod::bca}});
  if (!(o.tests.alpha >= 1e-9 && o.tests.alpha <= 0.5))
    throw UsageError(fmt::format("alpha lies between 1e-9 and 0.5, not {}", o.tests.alpha));
  if (o.tests.relabelings.exact_up_to < 2 || o.tests.relabelings.exact_up_to > 13)
    throw UsageError(fmt::format("exact-up-to lies between 2 and 13, not {}", o.tests.relabelings.exact_up_to));
  if (o.tests.relabelings.permutations < 1 || o.tests.relabelings.permutations > 1'000'000'000)
    throw UsageError(
        fmt::format("permutations lies between 1 and 1000000000, not {}", o.tests.relabelings.permutations));
  o.tests.relabelings.seed = o.common.seed;
}

/// What shapes the result; the names are those of the options.
nlohmann::ordered_json settings_of(const AssociateOptions& o, const std::vector<std::string>& outcomes) {
  return {{"outcome", outcomes},
          {"primary", o.tests.primary.empty() ? outcomes.front() : o.tests.primary.front()},
          {"strata", o.strata},
          {"covariate", o.covariate},
          {"statistic", o.statistic},
          {"side", o.side},
          {"alpha", o.tests.alpha},
          {"exact-up-to", o.tests.relabelings.exact_up_to},
          {"permutations", o.tests.relabelings.permutations},
          {"correction", o.correction},
          {"ci", o.interval},
          {"seed", o.common.seed}};
}

/// Table and sheet, joined by sample.
struct Study {
  matrix::Measurements features;
  std::vector<association::Outcome> outcomes;  ///< of the table's samples
  association::Design design;
  std::vector<std::string> warnings;
};

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 5;
  const std::vector<std::string> first(names.begin(), names.begin() + std::min(most, names.size()));
  return fmt::format("{}{}", fmt::join(first, ", "),
                     names.size() > most ? fmt::format(" and {} more", names.size() - most) : "");
}

/// The columns to test: those asked for, or all with numbers that are no covariate, stratum or column of lots.
std::vector<std::string> chosen_outcomes(const AssociateOptions& o, const input::OutcomeSheet& sheet) {
  auto names = o.outcomes;
  if (!o.primary.empty() && !names.empty() && std::ranges::find(names, o.primary) == names.end())
    names.push_back(o.primary);
  if (names.empty())
    std::ranges::copy_if(sheet.numeric, std::back_inserter(names),
                         [&](const auto& name) { return name != o.strata && name != o.covariate; });
  for (const auto& name : names)
    if (name == o.strata || name == o.covariate)
      throw UsageError(
          fmt::format("{} is an outcome and {} at once", name, name == o.strata ? "the strata" : "the covariate"));
  if (names.empty()) throw InputError({o.sheet}, "has no column that holds numbers");
  return names;
}

void check_covariate(const AssociateOptions& o, const std::vector<double>& values) {
  std::set<double> different;
  for (const double v : values)
    if (!std::isnan(v)) different.insert(v);
  if (different.size() < 2)
    throw InputError({o.sheet, 0, o.covariate}, "does not vary over the samples of the table: nothing to hold fixed");
}

/// Values of the table's samples, from those of the samples that have a row.
template <class Value>
std::vector<Value> spread(const std::vector<std::int32_t>& place, const std::vector<Value>& known, std::int32_t n,
                          Value missing) {
  std::vector<Value> all(n, missing);
  for (std::size_t i = 0; i < place.size(); ++i) all[place[i]] = known[i];
  return all;
}

Study read_study(const AssociateOptions& o) {
  Study study{.features = input::read_measurements(o.table), .outcomes = {}, .design = {}, .warnings = {}};
  const auto sheet = input::survey_outcomes(o.sheet);
  const auto& samples = study.features.sample;
  const std::set<std::string> in_table(samples.begin(), samples.end()),
      in_sheet(sheet.sample.begin(), sheet.sample.end());
  std::vector<std::string> joined, without_row, without_values;
  std::vector<std::int32_t> place;
  for (std::int32_t s = 0; s < study.features.n_samples(); ++s) {
    if (!in_sheet.contains(samples[s])) {
      without_row.push_back(samples[s]);
      continue;
    }
    joined.push_back(samples[s]);
    place.push_back(s);
  }
  std::ranges::copy_if(sheet.sample, std::back_inserter(without_values),
                       [&](const auto& sample) { return !in_table.contains(sample); });
  if (joined.empty()) throw InputError({o.sheet, 0, sheet.key_column}, "names none of the samples of " + o.table);
  if (!without_row.empty())
    study.warnings.push_back(fmt::format("{} has no row for {}: left out", o.sheet, listed(without_row)));
  if (!without_values.empty())
    study.warnings.push_back(fmt::format("{} has no column for {}: passed over", o.table, listed(without_values)));

  const auto n = study.features.n_samples();
  for (auto& outcome : input::read_outcomes(o.sheet, sheet.key_column, joined, chosen_outcomes(o, sheet)))
    study.outcomes.push_back({outcome.name, spread(place, outcome.value, n, association::not_computed)});
  if (!o.strata.empty())
    study.design.stratum = spread(place, input::read_labels(o.sheet, sheet, joined, o.strata), n, std::string());
  if (!o.covariate.empty()) {
    const std::vector<std::string> name{o.covariate};
    const auto covariate = input::read_outcomes(o.sheet, sheet.key_column, joined, name).front();
    check_covariate(o, covariate.value);
    study.design.covariate = spread(place, covariate.value, n, association::not_computed);
  }
  std::vector<std::string> outside;
  for (const auto s : place)
    if ((!o.strata.empty() && study.design.stratum[s].empty()) ||
        (!o.covariate.empty() && std::isnan(study.design.covariate[s])))
      outside.push_back(samples[s]);
  if (!outside.empty())
    study.warnings.push_back(
        fmt::format("{} {} no stratum or covariate: left out", listed(outside), outside.size() == 1 ? "has" : "have"));
  return study;
}

void tell(const association::FeatureResult& found) {
  for (const auto& family : found.families) {
    const auto declared =
        std::ranges::count_if(found.rows, [&](const auto& row) { return row.family == family.name && row.declared; });
    log::info(fmt::format("{} family: {} tests, {} declared{}", family.name, family.n_tests, declared,
                          family.n_lots > 0 ? fmt::format(", {} samples", family.n_lots) : ""));
  }
}

}  // namespace

int associate(MPI_Comm comm, const std::vector<std::string>& arguments) {
  AssociateOptions o;
  const auto options = describe(o);
  po::positional_options_description positional;
  positional.add("table", 1);
  if (!understand(comm, arguments, options, positional, o.common)) return 0;
  check(o);
  apply(comm, o.common);
  const double started = MPI_Wtime();
  Study study;
  parallel::together(comm, [&] { study = read_study(o); });
  if (!o.primary.empty()) o.tests.primary = {o.primary};
  o.tests.design = study.design;

  const fs::path out =
      o.common.out.empty() ? fs::path(fs::path(o.table).stem().string() + "-association") : fs::path(o.common.out);
  ResultFolder folder(comm, out, "associate");
  parallel::together(comm, [&] {
    log::start(parallel::rank_of(comm) == 0, log_level(o.common), !o.common.quiet, folder.unfinished_log());
  });
  log::info(fmt::format("miura {} ({}): {} features of {} samples, {} outcomes, {} ranks x {} threads", version(),
                        commit(), study.features.n_features(), study.features.n_samples(), study.outcomes.size(),
                        parallel::size_of(comm), omp_get_max_threads()));
  const auto found = association::associate_features(comm, study.features, study.outcomes, o.tests);
  for (const auto s : found.left_out)
    study.warnings.push_back(
        fmt::format("sample {} misses more than half of the features: left out", study.features.sample[s]));
  for (const auto& warning : study.warnings) log::warn(warning);
  tell(found);
  std::vector<std::string> names;
  for (const auto& outcome : study.outcomes) names.push_back(outcome.name);
  folder.publish({association::association_table(found, study.features)}, {.settings = settings_of(o, names),
                                                                           .inputs = {o.table, o.sheet},
                                                                           .warnings = study.warnings,
                                                                           .seconds = MPI_Wtime() - started});
  return 0;
}

}  // namespace miura::app
