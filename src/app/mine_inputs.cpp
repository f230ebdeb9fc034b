#include "app/mine_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "app/compared_names.hpp"
#include "miura/base/error.hpp"
#include "miura/base/sha256.hpp"
#include "miura/input/gene_map.hpp"
#include "miura/input/measurements.hpp"
#include "miura/input/outcome_sheet.hpp"
#include "miura/input/sample_sheet.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

std::string kind_of(const MeasurementOptions& m) { return m.platform + "\t" + m.method; }

/// The line of each sample; the sample itself without a sheet.
std::vector<std::string> lines_of(const MeasurementOptions& m, const std::vector<std::string>& samples) {
  if (m.samples.empty()) return samples;
  const auto sheet = input::survey_outcomes(m.samples);
  for (const auto& sample : samples)
    if (std::ranges::find(sheet.sample, sample) == sheet.sample.end())
      throw InputError({m.samples, 0, sheet.key_column}, "has no row for sample " + sample + " of " + m.table.string());
  return input::read_labels(m.samples, sheet, samples, "line");
}

matrix::Measurements read_values(const MeasurementOptions& m) {
  const std::vector<std::string> undetected{"Undetermined", "undetermined", "ND", "No Ct"};
  auto table = m.is_ct ? input::read_measurements(m.table, undetected) : input::read_measurements(m.table);
  if (m.is_ct) normalize::delta_ct(table, m.ct, {m.table});
  if (m.log2) normalize::log2_transform(table, {m.table});
  return table;
}

std::vector<std::string> genes_of(const MeasurementOptions& m, const std::vector<std::string>& features) {
  if (m.genes.empty()) return features;
  const auto map = input::read_gene_map(m.genes);
  std::vector<std::string> genes;
  bool any = false;
  for (const auto& feature : features) {
    const auto at = map.find(feature);
    genes.push_back(at == map.end() ? std::string() : at->second);
    any = any || at != map.end();
  }
  if (!any)
    throw InputError({m.genes}, fmt::format("names none of the features of {}: {}", m.table.string(),
                                            compared_names(map.empty() ? "" : map.begin()->first, features.front())));
  return genes;
}

/// `reference`: of training lines of the platform and method; empty: the table's own, which is then stored there.
PreparedTable prepare(const MeasurementOptions& m, std::vector<double>* reference) {
  auto values = read_values(m);
  if (m.quantile_normalize) {
    if (reference->empty()) *reference = normalize::quantile_reference(values);
    normalize::quantile_normalize(values, *reference);
  }
  auto table = normalize::mean_by_name(values, lines_of(m, values.sample));
  if (m.min_expression) table = normalize::select_features(table, normalize::expressed(table, *m.min_expression));
  if (table.n_features() == 0) throw InputError({m.table}, "no feature reaches min_expression");
  auto genes = genes_of(m, table.feature);
  return {m.name, std::move(table), std::move(genes)};
}

const PreparedTable* find(const std::vector<PreparedTable>& tables, const std::string& measurement) {
  const auto at = std::ranges::find(tables, measurement, &PreparedTable::measurement);
  return at == tables.end() ? nullptr : &*at;
}

/// Values in the order of `lines`, missing where the table has no such line.
matrix::Measurements spread(const matrix::Measurements& table, const std::vector<std::string>& lines) {
  matrix::Measurements all{.feature = table.feature, .sample = lines, .value = {}};
  std::vector<std::int64_t> place;
  for (const auto& line : lines) {
    const auto at = std::ranges::find(table.sample, line);
    place.push_back(at == table.sample.end() ? -1 : at - table.sample.begin());
  }
  for (std::int64_t f = 0; f < table.n_features(); ++f)
    for (const auto p : place) all.value.push_back(p < 0 ? missing : table.of(f)[p]);
  return all;
}

/// Features under the names that markers are asked for by: the gene, or the feature itself.
matrix::Measurements named_by_gene(const PreparedTable& prepared, const std::vector<std::string>& markers) {
  auto table = prepared.table;
  const std::set<std::string> wanted(markers.begin(), markers.end());
  for (std::int64_t f = 0; f < table.n_features(); ++f)
    if (!wanted.contains(table.feature[f])) table.feature[f] = prepared.gene[f];
  return table;
}

mining::LineSet panels_of(const MineOptions& o, const std::vector<PreparedTable>& tables) {
  mining::LineSet set;
  std::set<std::string> names;
  for (const auto& prepared : tables)
    if (o.measurement(prepared.measurement)->tests_probes)
      names.insert(prepared.table.sample.begin(), prepared.table.sample.end());
  set.line.assign(names.begin(), names.end());
  for (const auto& prepared : tables) {
    const auto& m = *o.measurement(prepared.measurement);
    if (m.tests_probes)
      set.panels.push_back({m.name, m.platform, m.method, spread(prepared.table, set.line), prepared.gene});
  }
  return set;
}

std::vector<double> spread(const std::vector<std::string>& from, const std::vector<double>& values,
                           const std::vector<std::string>& lines) {
  std::vector<double> all;
  for (const auto& line : lines) {
    const auto at = std::ranges::find(from, line);
    all.push_back(at == from.end() ? missing : values[at - from.begin()]);
  }
  return all;
}

/// Outcomes that are columns of sheets, by name, for the lines that have a row there; the others are missing. Every
/// sheet is read once.
std::map<std::string, std::vector<double>> columns_of(const MineOptions& o, const std::vector<std::string>& lines,
                                                      std::vector<std::string>& warnings) {
  std::map<fs::path, std::vector<const OutcomeOptions*>> of_sheet;
  for (const auto& outcome : o.outcomes)
    if (!outcome.is_propensity()) of_sheet[outcome.sheet].push_back(&outcome);
  std::map<std::string, std::vector<double>> values;
  for (const auto& [path, outcomes] : of_sheet) {
    const auto sheet = input::survey_outcomes(path);
    std::vector<std::string> joined, without_row, columns;
    for (const auto& line : lines)
      (std::ranges::find(sheet.sample, line) != sheet.sample.end() ? joined : without_row).push_back(line);
    if (joined.empty())
      throw InputError({path, 0, sheet.key_column},
                       fmt::format("names none of the lines: {}",
                                   compared_names(sheet.sample.empty() ? "" : sheet.sample.front(), lines.front())));
    if (!without_row.empty())
      warnings.push_back(fmt::format("{} has no row for {}: left out", path.string(), fmt::join(without_row, ", ")));
    for (const auto* outcome : outcomes) columns.push_back(outcome->column);
    const auto known = input::read_outcomes(path, sheet.key_column, joined, columns);
    for (std::size_t i = 0; i < outcomes.size(); ++i) values[outcomes[i]->name] = spread(joined, known[i].value, lines);
  }
  return values;
}

std::vector<double> mid_ranks(const std::vector<double>& values) {
  std::vector<double> ranks;
  for (const auto doubled : stats::doubled_mid_ranks(values))
    ranks.push_back((doubled + static_cast<double>(values.size()) + 1.0) / 2.0);
  return ranks;
}

mining::Outcome empty_outcome(const OutcomeOptions& options) {
  mining::Outcome outcome{.name = options.name, .value = {}, .markers = options.markers};
  outcome.same_samples_as = options.same_samples;
  if (!options.measurement.empty()) outcome.same_samples_as.push_back(options.measurement);
  if (!options.test_measurement.empty()) outcome.same_samples_as.push_back(options.test_measurement);
  return outcome;
}

/// The test measurement that a propensity is projected from; nothing if there is none of its kind.
const MeasurementOptions* projected_from(const MineOptions& o, const OutcomeOptions& outcome) {
  if (!outcome.test_measurement.empty()) return o.measurement(outcome.test_measurement);
  const auto kind = kind_of(*o.measurement(outcome.measurement));
  for (const auto& m : o.measurements)
    if (m.is_test && kind_of(m) == kind) return &m;
  return nullptr;
}

void warn_of_markers(const propensity::Component& component, const std::string& outcome,
                     std::vector<std::string>& warnings) {
  for (const auto& marker : component.markers)
    if (marker.status != "OK")
      warnings.push_back(fmt::format("outcome {}: marker {} has no weight: {}", outcome, marker.name, marker.status));
  if (component.status != "OK")
    warnings.push_back(fmt::format("outcome {}: {} (correlation with the mean of its markers {:.2f})", outcome,
                                   component.status, component.sign_correlation));
}

/// An outcome that has a section of its own is meant to be mined; of `columns = all` some may be empty.
void check_known(const OutcomeOptions& outcome, const std::vector<double>& value) {
  constexpr std::ptrdiff_t fewest = 3;
  const auto n = std::ranges::count_if(value, [](double v) { return !std::isnan(v); });
  if (n < fewest && outcome.row > 0)
    throw InputError(
        {outcome.sheet, 0, outcome.column},
        fmt::format("is known of {} of the {} training lines; at least {} are needed", n, value.size(), fewest));
}

[[noreturn]] void refuse_markers(const MineOptions& o, const OutcomeOptions& outcome, const PreparedTable& table,
                                 const propensity::Component& component) {
  const bool none_there = std::ranges::none_of(component.markers, [](const auto& m) { return m.status != "NOT_MEASURED"; });
  const auto place = fmt::format("[outcome.{}]: ", outcome.name);
  if (!none_there)
    throw InputError({o.file, outcome.row},
                     fmt::format("{}no marker varies over three lines of {}", place, outcome.measurement));
  const auto& gene = table.gene.front();
  throw InputError(
      {o.file, outcome.row},
      fmt::format("{}none of the markers {} is in measurement {}: {}", place, fmt::join(outcome.markers, ", "),
                  outcome.measurement,
                  compared_names(outcome.markers.front(), gene.empty() ? table.table.feature.front() : gene)));
}

}  // namespace

MinedLines read_training(const MineOptions& o, TrainingChoices& choices) {
  MinedLines read;
  for (const auto& m : o.measurements)
    if (!m.is_test) read.tables.push_back(prepare(m, &choices.quantiles[kind_of(m)]));
  read.lines = panels_of(o, read.tables);
  auto columns = columns_of(o, read.lines.line, read.warnings);
  for (const auto& options : o.outcomes) {
    auto outcome = empty_outcome(options);
    if (options.is_propensity()) {
      const auto& table = *find(read.tables, options.measurement);
      const auto by_gene = named_by_gene(table, options.markers);
      auto found = propensity::first_component(by_gene, options.markers, o.propensity);
      if (found.component.status == "NOT_TESTED") refuse_markers(o, options, table, found.component);
      warn_of_markers(found.component, options.name, read.warnings);
      choices.component[options.name] = found.component;
      outcome.value = spread(table.table.sample, found.score, read.lines.line);
      const auto score = found.score, rank = found.rank;
      read.propensities.push_back({options.name, "train", table.table.sample, std::move(found), score, rank,
                                   options.measurement, propensity::marker_values(by_gene, options.markers)});
    } else {
      outcome.value = std::move(columns.at(options.name));
      check_known(options, outcome.value);
    }
    read.lines.outcomes.push_back(std::move(outcome));
  }
  return read;
}

MinedLines read_test(const MineOptions& o, const TrainingChoices& choices, const mining::LineSet& training) {
  MinedLines read;
  for (const auto& m : o.measurements) {
    if (!m.is_test) continue;
    auto quantiles = choices.quantiles.contains(kind_of(m)) ? choices.quantiles.at(kind_of(m)) : std::vector<double>();
    read.tables.push_back(prepare(m, &quantiles));
    for (const auto& line : read.tables.back().table.sample)
      if (std::ranges::find(training.line, line) != training.line.end())
        throw InputError({m.table, 0, {}, line}, "a line of the test set is one of the training lines");
  }
  read.lines = panels_of(o, read.tables);
  auto columns = columns_of(o, read.lines.line, read.warnings);
  for (const auto& options : o.outcomes) {
    auto outcome = empty_outcome(options);
    outcome.value.assign(read.lines.n_lines(), missing);
    if (!options.is_propensity()) {
      outcome.value = std::move(columns.at(options.name));
    } else if (const auto* from = projected_from(o, options); from == nullptr) {
      read.warnings.push_back(fmt::format("outcome {}: no test measurement has its markers", options.name));
    } else {
      const auto& table = *find(read.tables, from->name);
      const auto by_gene = named_by_gene(table, options.markers);
      const auto score = propensity::project(choices.component.at(options.name), by_gene);
      outcome.value = spread(table.table.sample, score, read.lines.line);
      outcome.same_samples_as.push_back(from->name);
      read.propensities.push_back({options.name,
                                   "test",
                                   table.table.sample,
                                   {},
                                   score,
                                   mid_ranks(score),
                                   from->name,
                                   propensity::marker_values(by_gene, options.markers)});
    }
    read.lines.outcomes.push_back(std::move(outcome));
  }
  return read;
}

std::string digest_of(const TrainingChoices& choices, const mining::LineSet& training, const mining::Screen& found) {
  Sha256 digest;
  const auto add = [&](const std::vector<double>& values) { digest.add(std::as_bytes(std::span(values))); };
  for (const auto& [kind, quantiles] : choices.quantiles) {
    digest.add(kind);
    add(quantiles);
  }
  for (const auto& [outcome, component] : choices.component) {
    digest.add(outcome);
    for (const auto& marker : component.markers) {
      digest.add(marker.name);
      add({marker.mean, marker.sd, marker.loading});
    }
  }
  for (const auto& panel : training.panels)
    for (const auto& probe : panel.probes.feature) digest.add(probe);
  for (const auto& row : found.probes)
    if (row.hit) digest.add(fmt::format("{} {} {} {}", row.panel, row.outcome, row.probe, row.rho > 0 ? '+' : '-'));
  for (const auto& unit : found.units)
    if (unit.member) digest.add(fmt::format("{} {} {}", unit.intersection, unit.unit, unit.reversed));
  return digest.hex();
}

std::vector<fs::path> input_files(const MineOptions& o) {
  std::vector<fs::path> files{o.file};
  const auto add = [&](const fs::path& file) {
    if (!file.empty() && std::ranges::find(files, file) == files.end()) files.push_back(file);
  };
  for (const auto& m : o.measurements) {
    add(m.table);
    add(m.genes);
    add(m.samples);
  }
  for (const auto& outcome : o.outcomes) add(outcome.is_propensity() ? fs::path() : outcome.sheet);
  return files;
}

}  // namespace miura::app
