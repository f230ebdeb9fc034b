#include "app/mining_page.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>

#include "app/comparison_page.hpp"
#include "app/page_of_tables.hpp"
#include "app/table_cells.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::app {

namespace {

void add_counts(report::MiningReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.counts.push_back({.kind = of.text("kind", i),
                           .name = of.text("name", i),
                           .measurement = of.text("measurement", i),
                           .rule = of.text("rule", i),
                           .n_lines = of.integer("n_lines", i),
                           .n_units = of.integer("n_units", i),
                           .observed = of.integer("observed", i),
                           .null_mean = of.real("null_mean", i),
                           .null_95 = of.integer("null_95", i),
                           .p = of.real("p", i),
                           .permutations = of.integer("n_perm", i),
                           .permutation_kind = of.text("perm_type", i),
                           .independent_mean = of.real("wrong_independent_mean", i),
                           .status = of.text("status", i)});
}

void add_members(report::MiningReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i) {
    if (of.integer("member", i) == 0) continue;
    const auto rule = of.text("intersection", i), unit = of.text("unit", i);
    if (page.members.empty() || page.members.back().intersection != rule || page.members.back().unit != unit)
      page.members.push_back({.intersection = rule,
                              .unit = unit,
                              .gene = of.text("gene", i),
                              .p_conjunction = of.real("p_conjunction", i),
                              .q_conjunction = of.real("q_conjunction", i),
                              .terms = {}});
    page.members.back().terms.push_back({.measurement = of.text("measurement", i),
                                         .outcome = of.text("outcome", i),
                                         .probe = of.text("probe", i),
                                         .rho = of.real("rho", i),
                                         .p = of.real("p_one_sided", i)});
  }
}

void add_selections(report::MiningReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.selections.push_back({.rule = of.text("rule", i),
                               .measurement = of.text("measurement", i),
                               .unit = of.text("unit", i),
                               .gene = of.text("gene", i),
                               .is_intersection = of.text("kind", i) == "intersection",
                               .term = of.text("term", i),
                               .train_rho = of.real("train_rho", i),
                               .train_p = of.real("train_p", i),
                               .n_test = of.integer("n_test", i),
                               .test_rho = of.real("test_rho", i),
                               .p_test = of.real("p_test", i),
                               .q_test = of.real("q_test", i),
                               .replicated = of.integer("replicated", i) != 0});
}

void add_outcome_pairs(report::MiningReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i)
    page.outcome_pairs.push_back({.first = of.text("outcome_a", i),
                                  .second = of.text("outcome_b", i),
                                  .n = of.integer("n", i),
                                  .rho = of.real("rho", i),
                                  .p = of.real("p", i)});
}

void add_propensities(report::MiningReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i) {
    const auto outcome = of.text("outcome", i);
    auto panel = std::ranges::find(page.propensities, outcome, &report::PropensityPanel::outcome);
    if (panel == page.propensities.end())
      panel = page.propensities.insert(panel, {.outcome = outcome,
                                               .status = of.text("status", i),
                                               .variance_share = of.real("variance_share", i),
                                               .sign_correlation = of.real("sign_correlation", i),
                                               .jackknife = of.real("jackknife_min_spearman", i),
                                               .points = {}});
    panel->points.push_back({of.text("line", i), of.text("set", i), of.real("score", i), of.real("rank", i)});
  }
}

/// Rows stand together by outcome and set, marker after marker, each over the same lines.
void add_markers(report::MiningReport& page, const matrix::Table& t) {
  const Cells of(t);
  for (std::int64_t i = 0; i < t.n_rows(); ++i) {
    const auto outcome = of.text("outcome", i), set = of.text("set", i), marker = of.text("marker", i),
               line = of.text("line", i);
    if (page.markers.empty() || page.markers.back().outcome != outcome || page.markers.back().set != set)
      page.markers.push_back({.outcome = outcome,
                              .measurement = of.text("measurement", i),
                              .platform = of.text("platform", i),
                              .method = of.text("method", i),
                              .set = set,
                              .marker = {},
                              .line = {},
                              .value = {},
                              .z = {}});
    auto& panel = page.markers.back();
    if (panel.marker.empty() || panel.marker.back() != marker) panel.marker.push_back(marker);
    if (panel.marker.size() == 1) panel.line.push_back(line);
    panel.value.push_back(of.real("value", i));
    panel.z.push_back(of.real("z", i));
  }
}

double rho_of_known(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> x, y;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) || std::isnan(b[i])) continue;
    x.push_back(a[i]);
    y.push_back(b[i]);
  }
  if (x.size() < 3) return report::missing;
  return stats::spearman_rho(stats::doubled_mid_ranks(x), stats::doubled_mid_ranks(y));
}

/// Rank against rank of the two foremost genes of each rule: a panel for each measurement, its outcomes in it.
void add_ranks(report::MiningReport& page, const matrix::Table& t) {
  constexpr std::size_t most_units = 2, most_panels = 24;
  const Cells of(t);
  std::map<std::string, std::set<std::string>> units;
  using Key = std::tuple<std::string, std::string, std::string>;  // rule, unit, measurement
  std::map<Key, std::size_t> place;
  for (std::int64_t i = 0; i < t.n_rows(); ++i) {
    const auto rule = of.text("rule", i), unit = of.text("unit", i), gene = of.text("gene", i);
    auto& shown = units[rule];
    const auto& name = gene.empty() ? unit : gene;
    if (!shown.contains(name) && shown.size() >= most_units) continue;
    const auto measurement = of.text("measurement", i), outcome = of.text("outcome", i), probe = of.text("probe", i);
    const Key key{rule, name, measurement};
    if (!place.contains(key)) {
      if (page.ranks.size() >= most_panels) continue;
      shown.insert(name);
      place[key] = page.ranks.size();
      page.ranks.push_back({.rule = rule,
                            .gene = gene,
                            .probe = probe,
                            .measurement = measurement,
                            .set = of.text("set", i),
                            .line = {},
                            .outcomes = {}});
    }
    auto& panel = page.ranks[place[key]];
    if (panel.probe != probe) continue;  // a gene's first probe stands for it
    const auto line = of.text("line", i);
    auto series = std::ranges::find(panel.outcomes, outcome, &report::RankPanel::Series::outcome);
    if (series == panel.outcomes.end())
      series = panel.outcomes.insert(
          series, {.outcome = outcome, .rho = report::missing, .value_rank = {}, .outcome_rank = {}});
    if (panel.outcomes.size() == 1 && std::ranges::find(panel.line, line) == panel.line.end())
      panel.line.push_back(line);
    if (series->value_rank.size() >= panel.line.size()) continue;  // the probe stands for several terms
    series->value_rank.push_back(of.real("value_rank", i));
    series->outcome_rank.push_back(of.real("outcome_rank", i));
  }
  for (auto& panel : page.ranks)
    for (auto& series : panel.outcomes) {
      series.value_rank.resize(panel.line.size(), report::missing);
      series.outcome_rank.resize(panel.line.size(), report::missing);
      series.rho = rho_of_known(series.value_rank, series.outcome_rank);
    }
}

void add_lines(report::MiningReport& page, const matrix::Table& t) {
  const Cells of(t);
  std::map<std::pair<std::string, std::string>, std::size_t> place;
  for (std::int64_t i = 0; i < t.n_rows(); ++i) {
    const auto line = of.text("line", i), set = of.text("set", i), outcome = of.text("outcome", i);
    if (std::ranges::find(page.outcomes, outcome) == page.outcomes.end()) page.outcomes.push_back(outcome);
    const auto [at, is_new] = place.try_emplace({set, line}, page.lines.size());
    if (is_new) page.lines.push_back({.line = line, .set = set, .group = of.text("group", i), .products = {}});
    page.lines[at->second].products.push_back({.rank = of.real("rank", i),
                                               .n = of.integer("n", i),
                                               .level = of.text("level", i),
                                               .selected = of.text("selected", i)});
  }
}

/// The rules that lines are judged by: the first of each outcome.
void add_specification(report::MiningReport& page, const matrix::Table& t) {
  constexpr std::size_t most = 20;
  std::set<std::string> outcomes;
  for (auto& row : specification_rows(t))
    if (outcomes.size() < most && outcomes.insert(row.outcome).second) page.specification.push_back(std::move(row));
}

std::vector<report::MethodStep> method() {
  return {
      {"Propensity",
       "Rank of the first principal component over z-scores of the markers, its sign that of the mean z-score; qPCR as "
       "cycles of the reference genes less cycles of the gene. Test lines are scored by the mean, standard deviation "
       "and "
       "weight of training."},
      {"Single probes",
       "Spearman's rho, exact p over all relabelings of up to 13 lines for each pattern of ties, beyond by Student's "
       "t."},
      {"Counts",
       "Beside those of relabeled lines, one relabeling for all probes, outcomes, platforms and methods, so that what "
       "goes together stays together (Westfall & Young 1993); p is the share of relabelings with as many."},
      {"Intersections",
       "All terms in the required signs; conjunction p is the largest one-sided p (Berger 1982), partial conjunction "
       "Bonferroni's (Benjamini & Heller 2008). Combined p-values of the union type are not used: one strong term "
       "would "
       "carry them."},
      {"Test lines",
       "Opened after the choices of training were hashed. Replicated: Benjamini & Hochberg (1995) within what a rule "
       "selected, of the one-sided p, of an intersection its largest."},
      {"What this is not",
       "The relabelings test no association at all; a gene tied to one outcome, and by it to another, is a true "
       "association with both. Function is shown by taking the gene away or adding it (miura differential)."}};
}

}  // namespace

report::MiningReport mining_page(std::span<const matrix::Table> tables) {
  const PagePart<report::MiningReport> parts[] = {
      {"mining_counts", "hits, intersections and replications beside relabeled lines", add_counts},
      {"mining_probes", "every hit with rho and p", nullptr},
      {"mining_intersections", "members of intersections, term by term", add_members},
      {"mining_replication", "what training selected, in the test lines", add_selections},
      {"mining_replication_terms", "the same for intersections, term by term", nullptr},
      {"outcome_correlation", "outcome against outcome", add_outcome_pairs},
      {"propensity", "propensities of all lines", add_propensities},
      {"propensity_markers", "weights of the markers", nullptr},
      {"marker_expression", "markers in every line, by method", add_markers},
      {"survivors", "value and rank of surviving genes and their outcomes, for scatter plots", add_ranks},
      {"lines", "lines and products", add_lines},
      {"specification", "proposed thresholds of the survivors", add_specification}};
  auto page = page_of<report::MiningReport>(tables, parts);
  page.method = method();
  return page;
}

}  // namespace miura::app
