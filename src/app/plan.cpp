#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <list>

#include "app/common_options.hpp"
#include "app/finished_study.hpp"
#include "app/plan_tables.hpp"
#include "app/subcommand.hpp"
#include "app/table_file.hpp"
#include "miura/base/error.hpp"
#include "miura/input/delimited.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

/// What the user typed; lists are texts until they are checked.
struct PlanOptions {
  CommonOptions common;
  std::string study;
  std::string lots = "8,11,15,20,30", rho;
  double power = 0.8;
  std::int32_t most_lots = 100;
  std::int32_t tests = 7, outcomes = 0;
  double outcome_correlation = 0.5, independent_tests = 0.0;
  std::string shares = "0.01,0.02,0.05", cells, min_cells = "20,50";
  double lot_sd = 0.5;
  power::Options simulation;
};

po::options_description describe(PlanOptions& o) {
  po::options_description all("miura plan, miura plan --study RESULT");
  all.add(describe(o.common));

  po::options_description lots("Lots and effect");
  lots.add_options()("study", with_default(o.study),
                     "result folder of miura run to plan the next study from: its clusters, its effect made smaller")(
      "lots", with_default(o.lots), "numbers of lots, comma-separated")(
      "rho", with_default(o.rho),
      "Spearman's rho of share and outcome over all lots there could be, comma-separated; empty: "
      "what the study tells, else 0.6,0.7,0.8,0.9")("power", with_default(o.power),
                                                    "chance of a declaration to plan for")(
      "most-lots", with_default(o.most_lots), "where the search for the lots needed ends");
  all.add(lots);

  po::options_description family("Tests that share an error rate");
  family.add_options()("tests", with_default(o.tests), "clusters tested against each outcome; --study takes its own")(
      "outcomes", with_default(o.outcomes), "outcomes of the primary family; 0: those of the study, else 1")(
      "outcome-correlation", with_default(o.outcome_correlation), "Pearson's r of every two outcomes, 0 to 1")(
      "independent-tests", with_default(o.independent_tests),
      "divide alpha by this number instead of simulating the family; 0: simulate")(
      "alpha", with_default(o.simulation.alpha), "family-wise error rate");
  all.add(family);

  po::options_description rare("Rare populations");
  rare.add_options()("shares", with_default(o.shares), "median shares of cells over lots, comma-separated, 0 to 1")(
      "cells", with_default(o.cells),
      "cells of a lot, comma-separated; empty: the median of the study, else 500,1000,2000,5000")(
      "min-cells", with_default(o.min_cells), "cells of the population that are enough, comma-separated")(
      "lot-sd", with_default(o.lot_sd), "standard deviation between lots of the logit of a share");
  all.add(rare);

  po::options_description simulation("Simulation");
  simulation.add_options()("replicates", with_default(o.simulation.replicates), "simulated studies behind a power")(
      "null-replicates", with_default(o.simulation.null_replicates),
      "simulated null studies behind the critical value of a family")(
      "relabelings", with_default(o.simulation.relabelings_drawn),
      "relabelings drawn behind the critical value of one test of more than 12 lots");
  all.add(simulation);
  return all;
}

template <class T>
void check_range(const std::string& option, T given, T lowest, T highest) {
  if (!(given >= lowest && given <= highest))  // also refuses NaN
    throw UsageError(fmt::format("{} lies between {} and {}, not {}", option, lowest, highest, given));
}

std::vector<double> numbers(const std::string& option, const std::string& text, double lowest, double highest) {
  std::vector<double> values;
  for (const auto& part : split_list(text)) {
    const auto value = input::parse_number(part);
    if (!value) throw UsageError(fmt::format("{}: '{}' is not a number", option, part));
    check_range(option, *value, lowest, highest);
    values.push_back(*value);
  }
  if (values.empty()) throw UsageError(option + " is empty");
  return values;
}

template <class Integer>
std::vector<Integer> whole_numbers(const std::string& option, const std::string& text, Integer lowest,
                                   Integer highest) {
  std::vector<Integer> values;
  for (const double v : numbers(option, text, static_cast<double>(lowest), static_cast<double>(highest))) {
    if (v != std::floor(v)) throw UsageError(fmt::format("{} are whole numbers, not {}", option, v));
    values.push_back(static_cast<Integer>(v));
  }
  return values;
}

/// Checks everything that was typed and makes the question of it.
PlanQuestion question_of(const PlanOptions& o) {
  constexpr std::int64_t most_cells = 100'000'000;
  check_range("--power", o.power, 0.01, 0.999);
  check_range("--most-lots", o.most_lots, power::fewest_lots, power::most_lots);
  check_range("--tests", o.tests, 1, 10'000);
  check_range("--outcomes", o.outcomes, 0, 1'000);
  check_range("--outcome-correlation", o.outcome_correlation, 0.0, 1.0);
  check_range("--independent-tests", o.independent_tests, 0.0, 1e9);
  if (o.independent_tests > 0.0) check_range("--independent-tests", o.independent_tests, 1.0, 1e9);
  check_range("--alpha", o.simulation.alpha, 1e-6, 0.5);
  check_range("--lot-sd", o.lot_sd, 0.0, 5.0);
  check_range("--replicates", o.simulation.replicates, 100, 10'000'000);
  check_range("--null-replicates", o.simulation.null_replicates, 100, 10'000'000);
  check_range<std::int64_t>("--relabelings", o.simulation.relabelings_drawn, 1'000, 1'000'000'000);
  PlanQuestion q;
  q.lots = whole_numbers<std::int32_t>("--lots", o.lots, power::fewest_lots, power::most_lots);
  const std::string rho = o.rho.empty() ? "0.6,0.7,0.8,0.9" : o.rho,
                    cells = o.cells.empty() ? "500,1000,2000,5000" : o.cells;
  for (const double r : numbers("--rho", rho, -0.99, 0.99)) q.effects.push_back({r, "given"});
  q.power = o.power;
  q.most_lots = o.most_lots;
  q.family = {power::even_pattern(o.tests), std::max(o.outcomes, 1), o.outcome_correlation, o.independent_tests};
  q.shares = numbers("--shares", o.shares, 1e-6, 0.999);
  q.cells = whole_numbers<std::int64_t>("--cells", cells, 1, most_cells);
  q.min_cells = whole_numbers<std::int64_t>("--min-cells", o.min_cells, 1, most_cells);
  q.lot_sd = o.lot_sd;
  q.simulation = o.simulation;
  q.simulation.seed = o.common.seed;
  return q;
}

/// Replaces what was not typed by what the study tells; returns what there is to say about it.
std::string take_from_study(const FinishedStudy& study, const PlanOptions& o, PlanQuestion& q) {
  q.family.pattern = power::study_pattern(study.partitions, study.tested);
  if (o.outcomes == 0) q.family.outcomes = study.n_outcomes;
  if (o.cells.empty()) q.cells = {study.median_cells};
  auto text = fmt::format("From a study of {} lots: {} clusters tested against {} outcome(s).\n", study.n_lots,
                          study.n_tested, study.n_outcomes);
  text += fmt::format(
      "Its strongest association: cluster {} with {}, rho {:.3f} (interval {:.3f} to {:.3f}); "
      "median share {:.3g}, sd of its logit {:.2f}.\n",
      study.cluster, study.outcome, study.rho, study.ci_lo, study.ci_hi, study.median_share, study.logit_sd);
  const double cautious = study.cautious_rho();
  if (!o.rho.empty()) return text;
  if (cautious > 0.0) {
    q.effects = {{cautious, "ci"}};
    return text + "The best of many is too good, so the plan takes the end of its interval nearer to zero.\n";
  }
  return text + (std::isnan(cautious)
                     ? "So few lots have no interval: no effect can be taken from them, and 0.6 to 0.9 are used.\n"
                     : "Its interval holds zero: no effect can be taken from it, and 0.6 to 0.9 are used.\n");
}

void publish(MPI_Comm comm, const fs::path& out, const std::vector<matrix::Table>& tables) {
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;
    std::error_code failure;
    fs::create_directories(out / "tables", failure);
    if (failure) throw Error(ExitCode::cannot_create, out.string() + ": cannot be created: " + failure.message());
    std::list<report::WholeFile> files;
    for (const auto& table : tables) {
      write_table(table, files.emplace_back(out / "tables" / (table.name + ".tsv")));
      files.back().digest();  // is on the disk now, so that no older table is replaced while another may still fail
    }
    for (auto& file : files) file.publish();
  });
}

}  // namespace

int plan(MPI_Comm comm, const std::vector<std::string>& arguments) {
  PlanOptions o;
  o.common.seed = o.simulation.seed;
  const auto options = describe(o);
  if (!understand(comm, arguments, options, {}, o.common)) return 0;
  apply(comm, o.common);
  auto question = question_of(o);
  std::string text;
  if (!o.study.empty()) {
    FinishedStudy study;  // small tables: every rank reads them
    parallel::together(comm, [&] { study = read_finished_study(o.study); });
    text = take_from_study(study, o, question);
  }
  const auto answer = answer_plan(comm, question);
  if (!o.common.out.empty()) publish(comm, o.common.out, answer.tables);
  if (!o.common.quiet) print(comm, text + answer.text);
  return 0;
}

}  // namespace miura::app
