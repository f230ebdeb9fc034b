#include <fmt/format.h>
#include <fmt/ostream.h>
#include <omp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "app/common_options.hpp"
#include "app/compared_names.hpp"
#include "app/differential_page.hpp"
#include "app/result_folder.hpp"
#include "app/subcommand.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"
#include "miura/base/nearest_name.hpp"
#include "miura/base/version.hpp"
#include "miura/differential/courses.hpp"
#include "miura/differential/regions.hpp"
#include "miura/differential/tables.hpp"
#include "miura/input/delimited.hpp"
#include "miura/input/measurements.hpp"
#include "miura/input/outcome_sheet.hpp"
#include "miura/input/probe_annotation.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;
using differential::HitRule, differential::Scale, differential::Test;

/// What the user typed.
struct DifferentialOptions {
  CommonOptions common;
  std::string table, sheet, group = "group", reference, compared, pair, time, unit, annotation;
  std::vector<std::string> genes;
  std::string test, side = "two-sided", hits = "q", promoter = "TSS1500,TSS200";
  bool beta = false, m_values = false;
  differential::Options tests;
  differential::RegionOptions regions;
};

po::options_description describe(DifferentialOptions& o) {
  po::options_description all("miura differential TABLE --groups SHEET --reference VALUE");
  all.add(describe(o.common));
  const auto with_default = [](auto& field) { return po::value(&field)->default_value(field); };
  po::options_description inputs("Input");
  inputs.add_options()(
      "table", po::value(&o.table),
      "features x samples (CSV or TSV, plain or gzip): a header with the samples, then a feature a row")(
      "groups", po::value(&o.sheet), "sheet with a column sample and the columns below")("group", with_default(o.group),
                                                                                         "column with the groups")(
      "reference", po::value(&o.reference), "the group that differences are taken from: control, wild type")(
      "compared", po::value(&o.compared), "the other group; needed where there are more than two")(
      "pair", po::value(&o.pair), "column that says which two samples are a pair")(
      "time", po::value(&o.time), "column of times: the difference at each, their average, and whether they differ")(
      "unit", po::value(&o.unit), "with --time: column of what was measured again at each time (culture, animal)")(
      "annotation", po::value(&o.annotation),
      "where probes lie: columns probe, gene, region_class, or a manifest of Illumina")(
      "gene", po::value(&o.genes)->composing(),
      "gene whose probes are drawn along it (the annotation tells chromosome and position); several times");
  all.add(inputs);
  po::options_description tests("Tests");
  tests.add_options()(
      "test", with_default(o.test),
      "moderated (t with variances of all features; limma), or by relabeled samples t, welch, wilcoxon; "
      "empty: moderated, with --time t")("beta", po::bool_switch(&o.beta), "values are methylated shares in [0, 1]")(
      "m-values", po::bool_switch(&o.m_values), "the same, tested as log2(beta / (1 - beta))")(
      "side", with_default(o.side), "two-sided; greater or less only where declared before the groups were seen")(
      "permutations", with_default(o.tests.relabelings.permutations),
      "relabelings drawn where there are more; of t, welch, wilcoxon, and over times");
  all.add(tests);
  po::options_description hits("Hits, regions and genes");
  hits.add_options()("hits", with_default(o.hits), "what is held against alpha: q (Benjamini-Hochberg) or p")(
      "alpha", with_default(o.tests.hits.alpha), "largest q or p of a hit")(
      "min-difference", with_default(o.tests.hits.min_difference),
      "least difference of means of a hit, in the units of the table")(
      "promoter", with_default(o.promoter), "region classes that are promoter, separated by commas")(
      "null-permutations", with_default(o.regions.permutations),
      "relabelings behind the null of counts: all where they are not more; 0: none");
  all.add(hits);
  return all;
}

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  for (std::size_t from = 0; from <= list.size();) {
    const auto to = std::min(list.find(',', from), list.size());
    if (to > from) words.push_back(list.substr(from, to - from));
    from = to + 1;
  }
  return words;
}

void check(DifferentialOptions& o) {
  using permutation::Side;
  if (o.table.empty()) throw UsageError("no table: miura differential TABLE --groups SHEET --reference VALUE");
  if (o.sheet.empty())
    throw UsageError("no sheet of groups: miura differential TABLE --groups SHEET --reference VALUE");
  if (o.reference.empty()) throw UsageError("say which group differences are taken from: --reference VALUE");
  if (!o.unit.empty() && o.time.empty()) throw UsageError("--unit goes with --time");
  if (!o.annotation.empty() && !o.time.empty()) throw UsageError("--annotation and --time do not go together");
  if (!o.genes.empty() && o.annotation.empty())
    throw UsageError("--gene needs an --annotation with the columns chromosome and position (CHR and MAPINFO)");
  if (o.test.empty()) o.test = o.time.empty() ? "moderated" : "t";  // a handful of genes tells no prior of variances
  o.tests.test = chosen<Test>(
      "test", o.test,
      {{"moderated", Test::moderated}, {"t", Test::t}, {"welch", Test::welch}, {"wilcoxon", Test::wilcoxon}});
  o.tests.relabelings.side =
      chosen<Side>("side", o.side, {{"two-sided", Side::two_sided}, {"greater", Side::greater}, {"less", Side::less}});
  o.tests.hits.by = chosen<HitRule::By>("hits", o.hits, {{"q", HitRule::By::q}, {"p", HitRule::By::p}});
  o.tests.scale = o.m_values ? Scale::m_of_beta : o.beta ? Scale::beta : Scale::plain;
  if (o.regions.permutations < 0 || o.regions.permutations > 10'000'000)
    throw UsageError(fmt::format("null-permutations lies between 0 and 10000000, not {}", o.regions.permutations));
  o.regions.promoter = words_of(o.promoter);
  o.tests.relabelings.seed = o.common.seed;
}

/// What shapes the result; the names are those of the options.
nlohmann::ordered_json settings_of(const DifferentialOptions& o) {
  return {{"group", o.group},
          {"reference", o.reference},
          {"compared", o.compared},
          {"pair", o.pair},
          {"time", o.time},
          {"unit", o.unit},
          {"test", o.test},
          {"beta", o.beta},
          {"m-values", o.m_values},
          {"side", o.side},
          {"permutations", o.tests.relabelings.permutations},
          {"hits", o.hits},
          {"alpha", o.tests.hits.alpha},
          {"min-difference", o.tests.hits.min_difference},
          {"promoter", o.promoter},
          {"null-permutations", o.regions.permutations},
          {"gene", o.genes},
          {"seed", o.common.seed}};
}

/// Table and sheet, joined by sample.
struct Study {
  matrix::Measurements table;
  differential::CourseDesign design;
  matrix::ProbeAnnotation annotation;
  std::vector<std::int32_t> drawn_genes;  ///< of the annotation
  std::vector<std::string> warnings;
};

/// Labels of the table's samples, empty for those without a row.
std::vector<std::string> labels_of(const DifferentialOptions& o, const input::OutcomeSheet& sheet,
                                   const std::vector<std::string>& samples, const std::string& column) {
  std::vector<std::string> joined;
  const std::set<std::string> in_sheet(sheet.sample.begin(), sheet.sample.end());
  std::ranges::copy_if(samples, std::back_inserter(joined), [&](const auto& s) { return in_sheet.contains(s); });
  if (joined.empty())
    throw InputError({o.sheet, 0, sheet.key_column},
                     fmt::format("names none of the samples of {}: {}", o.table,
                                 compared_names(sheet.sample.empty() ? "" : sheet.sample.front(), samples.front())));
  const auto known = input::read_labels(o.sheet, sheet, joined, column);
  std::vector<std::string> labels;
  auto next = known.begin();
  for (const auto& sample : samples) labels.push_back(in_sheet.contains(sample) ? *next++ : std::string());
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
std::vector<std::int32_t> numbered(const std::vector<std::string>& label, std::vector<std::int32_t>& group) {
  std::map<std::string, std::int32_t> number;
  std::vector<std::int32_t> numbers;
  for (std::size_t s = 0; s < label.size(); ++s) {
    if (label[s].empty()) group[s] = -1;
    numbers.push_back(number.try_emplace(label[s], static_cast<std::int32_t>(number.size())).first->second);
  }
  return numbers;
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

Study read_study(DifferentialOptions& o) {
  Study study{
      .table = input::read_measurements(o.table), .design = {}, .annotation = {}, .drawn_genes = {}, .warnings = {}};
  if (o.tests.scale != Scale::plain) check_beta(o, study.table);
  const auto sheet = input::survey_outcomes(o.sheet);
  const auto labels = [&](const std::string& column) { return labels_of(o, sheet, study.table.sample, column); };
  auto& design = study.design;
  design.samples.group = groups_of(o, labels(o.group));
  if (!o.pair.empty()) {
    const auto pair = labels(o.pair);
    design.samples.pair = numbered(pair, design.samples.group);
    if (o.time.empty()) check_pairs(o, pair, design.samples.group);
  }
  if (!o.unit.empty()) design.unit = numbered(labels(o.unit), design.samples.group);
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

void warn(std::string warning, Study& study) {
  if (warning.empty()) return;
  log::warn(warning);
  study.warnings.push_back(std::move(warning));
}

std::vector<matrix::Table> compared_over_times(MPI_Comm comm, const DifferentialOptions& o, Study& study) {
  warn(doubt_of_moderation(o, study.table.n_features(), 0.0), study);
  const auto rows = differential::compare_courses(comm, study.table, study.design, o.tests);
  const auto n_hits = std::ranges::count_if(rows, [](const auto& row) { return row.direction != 0; });
  log::info(fmt::format("{} - {}: {} features at {} times, {} hits", o.compared, o.reference, study.table.n_features(),
                        study.design.times.size(), n_hits));
  return {differential::course_table(rows, study.table, o.tests.scale)};
}

std::vector<matrix::Table> compared_once(MPI_Comm comm, const DifferentialOptions& o, Study& study) {
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

std::string page_of(const DifferentialOptions& o, std::span<const matrix::Table> tables, const TablesRecord& record) {
  auto page = differential_page(tables);
  page.study = fs::path(o.table).filename().string();
  page.reference = o.reference;
  page.compared = o.compared;
  page.alpha = o.tests.hits.alpha;
  page.warnings = record.warnings;
  for (const auto& [name, value] : record.settings.items())
    page.settings.push_back({name, value.is_string() ? value.get<std::string>() : value.dump()});
  return report::render_differential(page);
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
  Study study;
  parallel::together(comm, [&] { study = read_study(o); });

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
