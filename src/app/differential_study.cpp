#include "app/differential_study.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "app/sample_labels.hpp"
#include "miura/base/error.hpp"
#include "miura/base/nearest_name.hpp"
#include "miura/input/delimited.hpp"
#include "miura/input/measurements.hpp"
#include "miura/input/outcome_sheet.hpp"
#include "miura/input/probe_annotation.hpp"

namespace miura::app {

using differential::Scale;

namespace {

/// Labels of the table's samples, empty for those without a row.
std::vector<std::string> labels_of(const DifferentialOptions& o, const input::OutcomeSheet& sheet,
                                   const std::vector<std::string>& samples, const std::string& column) {
  const auto joined = samples_in_sheet(o.sheet, sheet, samples, o.table);
  const auto known = input::read_labels(o.sheet, sheet, joined, column);
  std::vector<std::string> labels;
  for (std::size_t next = 0; const auto& sample : samples)
    labels.push_back(next < joined.size() && joined[next] == sample ? known[next++] : std::string());
  return labels;
}

/// Group of each sample; fills in the name of the compared group.
std::vector<std::int32_t> groups_of(DifferentialOptions& o, const std::vector<std::string>& label) {
  std::set<std::string> values(label.begin(), label.end());
  values.erase("");
  if (!values.contains(o.reference))
    throw InputError({o.sheet, 0, o.group},
                     fmt::format("has no group {}; there is {}", o.reference, fmt::join(values, ", ")));
  if (o.compared.empty()) {
    if (values.size() != 2)
      throw InputError({o.sheet, 0, o.group},
                       fmt::format("has the groups {}: say which is compared with {} (--compared)",
                                   fmt::join(values, ", "), o.reference));
    o.compared = *values.begin() == o.reference ? *values.rbegin() : *values.begin();
  }
  if (!values.contains(o.compared) || o.compared == o.reference)
    throw InputError({o.sheet, 0, o.group},
                     fmt::format("has no other group {}; there is {}", o.compared, fmt::join(values, ", ")));
  std::vector<std::int32_t> group;
  for (const auto& word : label) group.push_back(word == o.reference ? 0 : word == o.compared ? 1 : -1);
  return group;
}

/// Numbers for words; an empty word leaves the sample out of its group.
std::vector<std::int32_t> numbered_in(std::vector<std::int32_t>& group, const std::vector<std::string>& label) {
  for (std::size_t s = 0; s < label.size(); ++s)
    if (label[s].empty()) group[s] = -1;
  return numbered(label);
}

/// Two samples a pair, one of each group. (Over time a pair has two at each: that is looked at there.)
void check_pairs(const DifferentialOptions& o, const std::vector<std::string>& label,
                 const std::vector<std::int32_t>& group) {
  std::map<std::string, std::array<int, 2>> members;
  for (std::size_t s = 0; s < label.size(); ++s)
    if (group[s] >= 0) ++members[label[s]][static_cast<std::size_t>(group[s])];
  for (const auto& [pair, n] : members)
    if (n != std::array{1, 1})
      throw InputError({o.sheet, 0, o.pair},
                       fmt::format("pair {} has {} samples of {} and {} of {}: it needs one of each", pair, n[0],
                                   o.reference, n[1], o.compared));
}

/// Times in the order of their numbers, or of the sheet where one is a word.
void read_times(const std::vector<std::string>& label, differential::CourseDesign& design) {
  for (std::size_t s = 0; s < label.size(); ++s) {
    if (label[s].empty()) design.samples.group[s] = -1;
    if (design.samples.group[s] >= 0 && std::ranges::find(design.times, label[s]) == design.times.end())
      design.times.push_back(label[s]);
  }
  if (std::ranges::all_of(design.times, [](const auto& t) { return input::parse_number(t).has_value(); }))
    std::ranges::stable_sort(design.times, {}, [](const auto& t) { return *input::parse_number(t); });
  for (const auto& word : label) {
    const auto at = std::ranges::find(design.times, word);
    design.time.push_back(at == design.times.end() ? -1 : static_cast<std::int32_t>(at - design.times.begin()));
  }
}

void check_beta(const DifferentialOptions& o, const matrix::Measurements& table) {
  for (std::int64_t f = 0; f < table.n_features(); ++f)
    for (std::int32_t s = 0; s < table.n_samples(); ++s)
      if (const double x = table.of(f)[s]; x < 0.0 || x > 1.0)
        throw InputError({o.table, 0, table.sample[s]},
                         fmt::format("{} of {} is no beta value: these lie between 0 and 1", x, table.feature[f]));
}

/// Numbers of the genes whose probes are drawn.
std::vector<std::int32_t> genes_to_draw(const DifferentialOptions& o, const matrix::ProbeAnnotation& annotation) {
  if (!o.genes.empty() && annotation.place.empty())
    throw InputError({o.annotation}, "has no columns chromosome and position (CHR and MAPINFO), which --gene needs");
  std::vector<std::int32_t> numbers;
  for (const auto& gene : o.genes) {
    const auto at = std::ranges::find(annotation.gene, gene);
    if (at == annotation.gene.end()) {
      const auto nearest = nearest_name(gene, annotation.gene);
      throw InputError({o.annotation}, fmt::format("no feature of {} lies in gene {}{}", o.table, gene,
                                                   nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
    }
    numbers.push_back(static_cast<std::int32_t>(at - annotation.gene.begin()));
  }
  return numbers;
}

}  // namespace

DifferentialStudy read_differential_study(DifferentialOptions& o) {
  DifferentialStudy study{
      .table = input::read_measurements(o.table), .design = {}, .annotation = {}, .drawn_genes = {}, .warnings = {}};
  if (o.tests.scale != Scale::plain) check_beta(o, study.table);
  const auto sheet = input::survey_outcomes(o.sheet);
  const auto labels = [&](const std::string& column) { return labels_of(o, sheet, study.table.sample, column); };
  auto& design = study.design;
  design.samples.group = groups_of(o, labels(o.group));
  if (!o.pair.empty()) {
    const auto pair = labels(o.pair);
    design.samples.pair = numbered_in(design.samples.group, pair);
    if (o.time.empty()) check_pairs(o, pair, design.samples.group);
  }
  if (!o.unit.empty()) design.unit = numbered_in(design.samples.group, labels(o.unit));
  if (!o.time.empty()) read_times(labels(o.time), design);
  const auto left_out = std::ranges::count(design.samples.group, -1);
  if (left_out > 0)
    study.warnings.push_back(fmt::format("{} of {} samples of {} are in neither group: left out", left_out,
                                         study.table.n_samples(), o.table));
  if (o.annotation.empty()) return study;
  study.annotation = input::read_probe_annotation(o.annotation, study.table.feature);
  const auto unlisted = std::ranges::count(study.annotation.listed, 0);
  if (unlisted == study.table.n_features())
    throw InputError({o.annotation}, "names none of the features of " + o.table);
  if (unlisted > 0)
    study.warnings.push_back(
        fmt::format("{} names {} of the {} features not", o.annotation, unlisted, study.table.n_features()));
  for (const auto& word : o.regions.promoter)
    if (std::ranges::find(study.annotation.region, word) == study.annotation.region.end())
      throw UsageError(fmt::format("promoter: {} has no region class {}; there is {}", o.annotation, word,
                                   fmt::join(study.annotation.region, ", ")));
  study.drawn_genes = genes_to_draw(o, study.annotation);
  return study;
}

}  // namespace miura::app
