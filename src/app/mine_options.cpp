#include "app/mine_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "app/mine_settings.hpp"
#include "miura/base/error.hpp"
#include "miura/input/gene_table.hpp"
#include "miura/input/outcome_sheet.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

/// One `[kind.NAME]` of the file.
struct Section {
  std::string kind, name;
  std::vector<Setting> settings;  ///< by key alone
};

/// What a key does with its value.
using Keys = std::map<std::string, std::function<void(const Setting&)>>;

std::vector<Section> sections_of(const Configuration& configuration, const fs::path& file) {
  std::vector<Section> sections;
  std::map<std::string, std::size_t> at;
  for (const auto& [name, value, row] : configuration.named) {
    const auto first = name.find('.'), last = name.rfind('.');
    if (first == last || last == first + 1)
      refuse(file, row, fmt::format("[{0}] needs a name: [{0}.NAME]", name.substr(0, first)));
    const auto whole = name.substr(0, last);
    const auto [found, is_new] = at.try_emplace(whole, sections.size());
    if (is_new) sections.push_back({name.substr(0, first), name.substr(first + 1, last - first - 1), {}});
    sections[found->second].settings.push_back({name.substr(last + 1), value, row});
  }
  return sections;
}

void apply(const Section& section, const Keys& keys, const fs::path& file) {
  std::vector<std::string> known;
  std::set<std::string> seen;
  for (const auto& [key, action] : keys) known.push_back(key);
  for (const auto& setting : section.settings) {
    const auto key = keys.find(setting.name);
    const auto place = fmt::format("[{}.{}]", section.kind, section.name);
    if (key == keys.end())
      refuse(file, setting.row,
             fmt::format("unknown option '{}' of {}{}", setting.name, place, suggestion(setting.name, known)));
    if (!seen.insert(setting.name).second)
      refuse(file, setting.row, fmt::format("{} has {} twice", place, setting.name));
    key->second(setting);
  }
}

/// The value that goes with a word.
template <class Value>
Value word(const fs::path& file, const Setting& setting, const std::vector<std::pair<std::string, Value>>& values) {
  std::vector<std::string> known;
  for (const auto& [its_word, value] : values) {
    if (its_word == setting.value) return value;
    known.push_back(its_word);
  }
  refuse(file, setting.row,
         fmt::format("{} is one of {}, not '{}'", setting.name, fmt::join(known, ", "), setting.value));
}

MeasurementOptions measurement_of(const Section& section, const fs::path& file, const fs::path& folder) {
  MeasurementOptions m{.name = section.name,
                       .row = section.settings.front().row,
                       .table = {},
                       .genes = {},
                       .samples = {},
                       .platform = section.name,
                       .method = {},
                       .min_expression = {},
                       .ct = {}};
  std::optional<bool> tests_probes;
  const auto path = [&](fs::path& to) { return [&](const Setting& s) { to = folder / s.value; }; };
  const auto text = [](std::string& to) { return [&](const Setting& s) { to = s.value; }; };
  const auto choose = [&](auto& to, const std::string& yes, const std::string& no) {
    return [&to, &file, yes, no](const Setting& s) { to = word<bool>(file, s, {{yes, true}, {no, false}}); };
  };
  apply(section,
        {{"table", path(m.table)},
         {"genes", path(m.genes)},
         {"samples", path(m.samples)},
         {"platform", text(m.platform)},
         {"method", text(m.method)},
         {"set", choose(m.is_test, "test", "train")},
         {"kind", choose(m.is_ct, "ct", "expression")},
         {"transform", choose(m.log2, "log2", "none")},
         {"quantile_normalise", choose(m.quantile_normalize, "yes", "no")},
         {"use", choose(tests_probes, "probes", "markers")},
         {"min_expression", [&](const Setting& s) { m.min_expression = number(file, s); }},
         {"reference_genes", [&](const Setting& s) { m.ct.reference_genes = split_list(s.value); }},
         {"undetected_ct", [&](const Setting& s) { m.ct.undetected_ct = number(file, s); }}},
        file);
  m.tests_probes = tests_probes.value_or(!m.is_ct);
  const auto place = fmt::format("[measurement.{}] ", m.name);
  if (m.table.empty()) refuse(file, m.row, place + "needs a table");
  if (m.is_ct && m.ct.reference_genes.empty()) refuse(file, m.row, place + "is of kind ct and needs reference_genes");
  if (!m.is_ct && !m.ct.reference_genes.empty())
    refuse(file, m.row, place + "has reference_genes: is it of kind = ct?");
  if (m.is_ct && m.log2) refuse(file, m.row, place + "is of kind ct: cycles are logarithms already");
  if (m.is_test && m.min_expression)
    refuse(file, m.row, place + "is of test lines: which genes are looked at is the choice of the training lines");
  return m;
}

OutcomeOptions outcome_of(const Section& section, const fs::path& file, const fs::path& folder,
                          const std::string& sheet) {
  OutcomeOptions outcome{.name = section.name,
                         .row = section.settings.front().row,
                         .column = {},
                         .sheet = sheet.empty() ? fs::path() : folder / sheet,
                         .markers = {},
                         .measurement = {},
                         .test_measurement = {},
                         .same_samples = {}};
  const auto markers = [&](const Setting& s) {
    outcome.markers = fs::is_regular_file(folder / s.value)
                          ? input::read_gene_list(folder / s.value, input::GeneRow::name_first)
                          : split_list(s.value);
    const std::set<std::string> of_files{".txt", ".csv", ".tsv", ".gmt"};
    if (outcome.markers.size() == 1 && of_files.contains(fs::path(outcome.markers.front()).extension().string()))
      throw NotFoundError({folder / s.value});
    if (outcome.markers.empty()) refuse(file, s.row, "propensity is a list of marker genes, or a file of them");
  };
  const auto text = [](std::string& to) { return [&](const Setting& s) { to = s.value; }; };
  apply(section,
        {{"column", text(outcome.column)},
         {"sheet", [&](const Setting& s) { outcome.sheet = folder / s.value; }},
         {"propensity", markers},
         {"measurement", text(outcome.measurement)},
         {"test_measurement", text(outcome.test_measurement)},
         {"same_samples", [&](const Setting& s) { outcome.same_samples = split_list(s.value); }}},
        file);
  const auto place = fmt::format("[outcome.{}] ", outcome.name);
  if (outcome.column.empty() == outcome.markers.empty())
    refuse(file, outcome.row, place + "is either a column of a sheet or a propensity");
  if (!outcome.column.empty() && outcome.sheet.empty())
    refuse(file, outcome.row, place + "needs a sheet, here or as mining.sheet");
  if (outcome.is_propensity() && outcome.measurement.empty())
    refuse(file, outcome.row, place + "needs the measurement of its markers");
  if (!outcome.is_propensity() && !(outcome.measurement + outcome.test_measurement).empty())
    refuse(file, outcome.row, place + "is a column: a measurement is for propensities");
  return outcome;
}

IntersectionOptions intersection_of(const Section& section, const fs::path& file) {
  IntersectionOptions i{.name = section.name,
                        .row = section.settings.front().row,
                        .rule = {},
                        .measurement = {},
                        .outcome = {},
                        .by_gene = {}};
  const auto text = [](std::string& to) { return [&](const Setting& s) { to = s.value; }; };
  using mining::Promoters;
  apply(section,
        {{"rule",
          [&](const Setting& s) {
            i.rule = s.value;
            i.row = s.row;
          }},
         {"measurement", text(i.measurement)},
         {"outcome", text(i.outcome)},
         {"match",
          [&](const Setting& s) {
            i.by_gene = word<bool>(file, s, {{"gene", true}, {"probe", false}});
          }},
         {"threshold",
          [&](const Setting& s) {
            i.threshold = number(file, s);
            check_threshold(file, s.row, i.threshold);
          }},
         {"promoters",
          [&](const Setting& s) {
            i.promoters = word<Promoters>(
                file, s, {{"any", Promoters::any}, {"all", Promoters::all}, {"strongest", Promoters::strongest}});
          }}},
        file);
  if (i.rule.empty()) refuse(file, i.row, fmt::format("[intersection.{}] needs a rule", i.name));
  return i;
}

/// Columns that have no section of their own, as outcomes of their name.
void add_columns(MineOptions& o, const fs::path& folder) {
  if (o.columns.empty()) return;
  if (o.sheet.empty()) throw UsageError("mining.columns needs mining.sheet");
  const auto path = folder / o.sheet;
  std::set<std::string> taken;
  for (const auto& outcome : o.outcomes) {
    taken.insert(outcome.name);
    if (!outcome.is_propensity() && outcome.sheet == path) taken.insert(outcome.column);
  }
  if (!fs::is_regular_file(path)) throw NotFoundError({path});
  for (const auto& column : o.columns == "all" ? input::survey_outcomes(path).numeric : split_list(o.columns))
    if (taken.insert(column).second)
      o.outcomes.push_back({.name = column,
                            .column = column,
                            .sheet = path,
                            .markers = {},
                            .measurement = {},
                            .test_measurement = {},
                            .same_samples = {}});
}

void check_measurement_names(const MineOptions& o) {
  std::vector<std::string> known;
  for (const auto& m : o.measurements) known.push_back(m.name);
  const auto check = [&](const std::string& name, std::int64_t row) {
    if (!name.empty() && o.measurement(name) == nullptr)
      refuse(o.file, row, fmt::format("no [measurement.{}]{}", name, suggestion(name, known)));
  };
  for (const auto& outcome : o.outcomes) {
    check(outcome.measurement, outcome.row);
    check(outcome.test_measurement, outcome.row);
    for (const auto& name : outcome.same_samples) check(name, outcome.row);
    if (const auto* m = o.measurement(outcome.measurement); m != nullptr && m->is_test)
      refuse(o.file, outcome.row,
             fmt::format("[outcome.{}] is fitted to training lines; {} is of test lines", outcome.name,
                         outcome.measurement));
    if (const auto* m = o.measurement(outcome.test_measurement); m != nullptr && !m->is_test)
      refuse(o.file, outcome.row,
             fmt::format("[outcome.{}]: {} is of training lines", outcome.name, outcome.test_measurement));
  }
  if (std::ranges::none_of(o.measurements, [](const auto& m) { return m.tests_probes && !m.is_test; }))
    refuse(o.file, 0,
           "no measurement of training lines whose probes are tested: of kind = ct they are only with use = probes");
  if (o.outcomes.empty()) refuse(o.file, 0, "no [outcome.NAME] and no mining.columns");
}

void check_values(MineOptions& o) {
  if (!(o.mining.threshold > 0.0 && o.mining.threshold <= 0.5))
    throw UsageError(fmt::format("mining.threshold lies between 0 and 0.5, not {}", o.mining.threshold));
  if (!(o.replication.alpha > 0.0 && o.replication.alpha <= 0.5))
    throw UsageError(fmt::format("mining.alpha lies between 0 and 0.5, not {}", o.replication.alpha));
  if (!(o.mining.least_rho >= 0.0 && o.mining.least_rho <= 1.0))
    throw UsageError(fmt::format("mining.least-rho lies between 0 and 1, not {}", o.mining.least_rho));
  auto& relabelings = o.mining.relabelings;
  if (relabelings.exact_up_to < 2 || relabelings.exact_up_to > 13)
    throw UsageError(fmt::format("mining.exact-up-to lies between 2 and 13, not {}", relabelings.exact_up_to));
  if (relabelings.permutations < 1 || relabelings.permutations > 10'000'000)
    throw UsageError(fmt::format("mining.permutations lies between 1 and 10000000, not {}", relabelings.permutations));
  relabelings.seed = o.common.seed;
  o.mining.list_all = chosen<bool>("mining.list", o.list, {{"hits", false}, {"all", true}});
}

}  // namespace

const MeasurementOptions* MineOptions::measurement(const std::string& name) const {
  const auto at = std::ranges::find(measurements, name, &MeasurementOptions::name);
  return at == measurements.end() ? nullptr : &*at;
}

po::options_description describe(MineOptions& o) {
  po::options_description all("miura mine MINE.ini");
  all.add(describe(o.common, "MINE-mining"));
  po::options_description mining(
      "Mining (tables, outcomes and rules: [measurement.NAME], [outcome.NAME], "
      "[intersection.NAME] of the file)");
  mining.add_options()("mining.sheet", with_default(o.sheet),
                       "sheet with a row a line (column sample) and outcomes as columns")(
      "mining.columns", with_default(o.columns),
      "columns of the sheet that are outcomes beside [outcome.NAME], between commas; all: those that hold numbers")(
      "mining.threshold", with_default(o.mining.threshold), "two-sided p of a single probe that makes it a hit")(
      "mining.least-rho", with_default(o.mining.least_rho),
      "above 0: |rho| that makes a hit, in place of the threshold")(
      "mining.alpha", with_default(o.replication.alpha),
      "false discovery rate in the test lines, within what training selected")(
      "mining.exact-up-to", with_default(o.mining.relabelings.exact_up_to),
      "most lines for which all relabelings are taken")(
      "mining.permutations", with_default(o.mining.relabelings.permutations), "relabelings drawn where there are more")(
      "mining.affordable", with_default(o.mining.affordable),
      "most tests x relabelings for which all relabelings are taken")("mining.list", with_default(o.list),
                                                                      "rows of hits, or of all probes and genes")(
      "mining.least-sign-correlation", with_default(o.propensity.least_sign_correlation),
      "of a propensity with the mean of its markers; below, its direction is UNSTABLE_SIGN");
  all.add(mining);
  return all;
}

void read_sections(const Configuration& configuration, MineOptions& o) {
  o.file = o.common.config;
  if (o.common.config.empty()) throw UsageError("no configuration: miura mine MINE.ini");
  check_values(o);
  for (const auto& section : sections_of(configuration, o.file)) {
    if (section.kind == "measurement")
      o.measurements.push_back(measurement_of(section, o.file, configuration.folder));
    else if (section.kind == "outcome")
      o.outcomes.push_back(outcome_of(section, o.file, configuration.folder, o.sheet));
    else
      o.intersections.push_back(intersection_of(section, o.file));
  }
  add_columns(o, configuration.folder);
  check_measurement_names(o);
}

}  // namespace miura::app
