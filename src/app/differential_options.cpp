#include "app/differential_options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "miura/base/error.hpp"

namespace miura::app {

using differential::HitRule, differential::Scale, differential::Test;

po::options_description describe(DifferentialOptions& o) {
  po::options_description all("miura differential TABLE --groups SHEET --reference VALUE");
  all.add(describe(o.common, "TABLE-differential"));
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

namespace {

std::vector<std::string> words_of(const std::string& list) {
  std::vector<std::string> words;
  for (std::size_t from = 0; from <= list.size();) {
    const auto to = std::min(list.find(',', from), list.size());
    if (to > from) words.push_back(list.substr(from, to - from));
    from = to + 1;
  }
  return words;
}

}  // namespace

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

}  // namespace miura::app
