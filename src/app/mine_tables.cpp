#include "app/mine_tables.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "miura/matrix/table_columns.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::app {

namespace {

using matrix::TableColumns;

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

/// Mid-ranks of the values that are there; the others have none.
std::vector<double> ranks_of(std::span<const double> values) {
  std::vector<double> there, ranks;
  std::ranges::copy_if(values, std::back_inserter(there), [](double v) { return !std::isnan(v); });
  const auto doubled = stats::doubled_mid_ranks(there);
  std::size_t next = 0;
  for (const double v : values)
    ranks.push_back(std::isnan(v) ? missing : (doubled[next++] + static_cast<double>(there.size()) + 1.0) / 2.0);
  return ranks;
}

std::int64_t n_known(std::span<const double> values) {
  return std::ranges::count_if(values, [](double v) { return !std::isnan(v); });
}

/// Thirds of the lines of a set.
std::string level_of(double rank, std::int64_t n) {
  if (std::isnan(rank)) return "";
  const double place = (rank - 0.5) / static_cast<double>(n);
  return place < 1.0 / 3 ? "low" : place > 2.0 / 3 ? "high" : "middle";
}

/// Places of a survivor in a set: the training panel itself, or the panel of its platform and method that has the
/// probe.
struct Place {
  const mining::Panel* panel = nullptr;
  std::int64_t probe = 0;
};

std::vector<Place> places_of(const Survivor& survivor, const mining::Panel& from, const mining::LineSet& set) {
  std::vector<Place> places;
  for (const auto& panel : set.panels) {
    const auto& probe = from.probes.feature[survivor.probe];
    const bool same_kind = panel.platform == from.platform && panel.method == from.method;
    for (std::int64_t p = 0; p < panel.probes.n_features(); ++p)
      if (same_kind ? panel.probes.feature[p] == probe : !survivor.gene.empty() && panel.gene[p] == survivor.gene)
        places.push_back({&panel, p});
  }
  return places;
}

/// Where the survivor itself is measured, in the units of its threshold; nothing where the set lacks its platform.
std::optional<Place> own_place(const Survivor& survivor, const mining::Panel& from, const mining::LineSet& set) {
  for (const auto& place : places_of(survivor, from, set))
    if (place.panel->platform == from.platform && place.panel->method == from.method) return place;
  return std::nullopt;
}

struct PropensityRow {
  const LinePropensity* propensity;
  const propensity::Propensity* fitted;
  std::int64_t line;
};

struct MarkerRow {
  std::string outcome;
  const propensity::Marker* marker;
};

/// A marker in a line.
struct ExpressionRow {
  const LinePropensity* propensity;
  const propensity::Marker* marker;  ///< as it was fitted to training lines
  std::int64_t number, line;

  double value() const { return propensity->markers.of(number)[line]; }
};

}  // namespace

matrix::Table marker_expression_table(std::span<const NamedSet> sets,
                                      std::span<const MeasurementOptions> measurements) {
  std::map<std::string, const propensity::Component*> fitted;
  std::vector<ExpressionRow> rows;
  for (const auto& set : sets)
    for (const auto& p : set.read->propensities) {
      if (p.set == "train") fitted[p.outcome] = &p.found.component;
      const auto& markers = fitted.at(p.outcome)->markers;
      for (std::int64_t m = 0; m < std::ssize(markers); ++m)
        for (std::int64_t l = 0; l < std::ssize(p.line); ++l) rows.push_back({&p, &markers[m], m, l});
    }
  const auto from = [&](const ExpressionRow& row) -> const MeasurementOptions& {
    return *std::ranges::find(measurements, row.propensity->measurement, &MeasurementOptions::name);
  };
  TableColumns<ExpressionRow> table("marker_expression", rows);
  table.add("outcome", [](const auto& row) { return row.propensity->outcome; });
  table.add("set", [](const auto& row) { return row.propensity->set; });
  table.add("measurement", [](const auto& row) { return row.propensity->measurement; });
  table.add("platform", [&](const auto& row) { return from(row).platform; });
  table.add("method", [&](const auto& row) { return from(row).method; });
  table.add("marker", [](const auto& row) { return row.marker->name; });
  table.add("line", [](const auto& row) { return row.propensity->line[row.line]; });
  table.add("value", [](const auto& row) { return row.value(); });
  table.add("z", [](const auto& row) {
    return row.marker->status == "OK" ? (row.value() - row.marker->mean) / row.marker->sd : missing;
  });
  return table.take();
}

std::vector<matrix::Table> propensity_tables(std::span<const NamedSet> sets) {
  std::map<std::string, const propensity::Propensity*> fitted;
  std::vector<PropensityRow> rows;
  std::vector<MarkerRow> markers;
  for (const auto& set : sets)
    for (const auto& p : set.read->propensities) {
      if (p.set == "train") {
        fitted[p.outcome] = &p.found;
        for (const auto& marker : p.found.component.markers) markers.push_back({p.outcome, &marker});
      }
      for (std::int64_t l = 0; l < std::ssize(p.line); ++l) rows.push_back({&p, fitted.at(p.outcome), l});
    }
  TableColumns<PropensityRow> lines("propensity", rows);
  lines.add("outcome", [](const auto& row) { return row.propensity->outcome; });
  lines.add("set", [](const auto& row) { return row.propensity->set; });
  lines.add("line", [](const auto& row) { return row.propensity->line[row.line]; });
  lines.add("score", [](const auto& row) { return row.propensity->score[row.line]; });
  lines.add("rank", [](const auto& row) { return row.propensity->rank[row.line]; });
  lines.add("n_lines", [](const auto& row) { return std::ssize(row.propensity->line); });
  lines.add("variance_share", [](const auto& row) { return row.fitted->component.variance_share; });
  lines.add("sign_correlation", [](const auto& row) { return row.fitted->component.sign_correlation; });
  lines.add("jackknife_min_spearman", [](const auto& row) { return row.fitted->jackknife_spearman; });
  lines.add("status", [](const auto& row) { return row.fitted->component.status; });
  TableColumns<MarkerRow> weights("propensity_markers", markers);
  weights.add("outcome", [](const auto& row) { return row.outcome; });
  weights.add("marker", [](const auto& row) { return row.marker->name; });
  weights.add("loading", [](const auto& row) { return row.marker->loading; });
  weights.add("mean", [](const auto& row) { return row.marker->mean; });
  weights.add("sd", [](const auto& row) { return row.marker->sd; });
  weights.add("status", [](const auto& row) { return row.marker->status; });
  return {lines.take(), weights.take()};
}

namespace {

/// A unit of an intersection with all its terms, or a hit.
struct Candidate {
  std::vector<Survivor> terms;
  double p;
};

/// Rule, measurement and unit of what test lines confirm; empty where there are none.
using Confirmed = std::set<std::tuple<std::string, std::string, std::string>>;

Confirmed confirmed_by(const mining::Replication& replication) {
  Confirmed confirmed;
  for (const auto& row : replication.rows)
    if (row.replicated) confirmed.emplace(row.rule, row.measurement, row.unit);
  return confirmed;
}

/// The `most` candidates of smallest p; of equal ones the earlier.
void take_best(std::vector<Candidate>& candidates, std::ptrdiff_t most, std::vector<Survivor>& survivors) {
  std::ranges::stable_sort(candidates, {}, &Candidate::p);
  for (std::ptrdiff_t c = 0; c < std::min(most, std::ssize(candidates)); ++c)
    std::ranges::move(candidates[c].terms, std::back_inserter(survivors));
}

}  // namespace

std::vector<Survivor> survivors_of(const mining::LineSet& training, const mining::Screen& found,
                                   std::span<const mining::Intersection> intersections,
                                   const mining::Replication& replication) {
  constexpr std::ptrdiff_t most = 10;
  const bool has_test = !replication.counts.empty();
  const auto confirmed = confirmed_by(replication);
  std::vector<std::vector<Candidate>> of_rule(intersections.size());
  for (const auto& unit : found.units) {
    const auto& rule = intersections[unit.intersection];
    if (!unit.member || (has_test && !confirmed.contains({rule.name, "", unit.unit}))) continue;
    Candidate candidate{{}, unit.p_partial.back()};
    for (std::size_t t = 0; t < unit.terms.size(); ++t)
      candidate.terms.push_back(
          {rule.name, unit.unit, unit.gene, rule.terms[t].panel, rule.terms[t].outcome, unit.terms[t].probe});
    of_rule[unit.intersection].push_back(std::move(candidate));
  }
  std::vector<Survivor> survivors;
  for (auto& candidates : of_rule) take_best(candidates, most, survivors);
  if (!survivors.empty() && !has_test) return survivors;

  std::map<std::pair<std::int32_t, std::int32_t>, std::vector<Candidate>> of_outcome;  // and panel
  for (const auto& row : found.probes) {
    const auto& panel = training.panels[row.panel];
    const auto& outcome = training.outcomes[row.outcome].name;
    const auto& probe = panel.probes.feature[row.probe];
    if (!row.hit || (has_test && !confirmed.contains({outcome, panel.name, probe}))) continue;
    of_outcome[{row.outcome, row.panel}].push_back(
        {{{outcome, probe, panel.gene[row.probe], row.panel, row.outcome, row.probe}}, row.p});
  }
  for (auto& [pair, candidates] : of_outcome) take_best(candidates, has_test ? most : 1, survivors);
  return survivors;
}

matrix::Table survivor_table(std::span<const Survivor> survivors, std::span<const NamedSet> sets) {
  struct Row {
    const Survivor* survivor;
    const char* set;
    const mining::Panel* panel;
    std::string probe, line, outcome;
    double value, value_rank, outcome_value, outcome_rank;
  };
  std::vector<Row> rows;
  const auto& training = sets.front().read->lines;
  for (const auto& survivor : survivors)
    for (const auto& [name, read] : sets) {
      const auto& outcome = read->lines.outcomes[survivor.outcome];
      const auto outcome_rank = ranks_of(outcome.value);
      for (const auto& [panel, probe] : places_of(survivor, training.panels[survivor.panel], read->lines)) {
        const auto value = panel->probes.of(probe);
        const auto value_rank = ranks_of(value);
        for (std::int32_t l = 0; l < read->lines.n_lines(); ++l)
          rows.push_back({&survivor, name, panel, panel->probes.feature[probe], read->lines.line[l], outcome.name,
                          value[l], value_rank[l], outcome.value[l], outcome_rank[l]});
      }
    }
  TableColumns<Row> table("survivors", rows);
  table.add("rule", [](const Row& row) { return row.survivor->rule; });
  table.add("unit", [](const Row& row) { return row.survivor->unit; });
  table.add("gene", [](const Row& row) { return row.survivor->gene; });
  table.add("set", [](const Row& row) { return std::string(row.set); });
  table.add("measurement", [](const Row& row) { return row.panel->name; });
  table.add("platform", [](const Row& row) { return row.panel->platform; });
  table.add("method", [](const Row& row) { return row.panel->method; });
  table.add("probe", &Row::probe);
  table.add("line", &Row::line);
  table.add("value", &Row::value);
  table.add("value_rank", &Row::value_rank);
  table.add("outcome", &Row::outcome);
  table.add("outcome_value", &Row::outcome_value);
  table.add("outcome_rank", &Row::outcome_rank);
  return table.take();
}

namespace {

/// The rule by which a survivor selects lines for its outcome.
struct Selector {
  const Survivor* survivor;
  comparability::Claim claim;
  comparability::Specification rule;
};

std::vector<Selector> selectors_of(std::span<const Survivor> survivors, const mining::LineSet& training) {
  std::vector<Selector> selectors;
  std::set<std::tuple<std::int32_t, std::int32_t, std::int64_t>> seen;
  for (const auto& survivor : survivors) {
    if (!seen.emplace(survivor.panel, survivor.outcome, survivor.probe).second) continue;
    const auto& panel = training.panels[survivor.panel];
    const auto value = panel.probes.of(survivor.probe);
    comparability::Claim claim{.attribute = panel.name + "/" + panel.probes.feature[survivor.probe],
                               .outcome = training.outcomes[survivor.outcome].name,
                               .attribute_value = {value.begin(), value.end()},
                               .outcome_value = training.outcomes[survivor.outcome].value,
                               .scale = comparability::Claim::Scale::as_is};
    auto rule = comparability::specify(claim, {});
    selectors.push_back({&survivor, std::move(claim), std::move(rule)});
  }
  return selectors;
}

struct LineRow {
  std::string line, set, outcome, level, group, marker, selected;
  double value = missing, rank = missing, marker_value = missing, threshold = missing;
  std::int64_t n = 0;
};

/// Lines of one set for every product. `number` numbers the groups of lines by their levels for all products.
void append_lines(std::vector<LineRow>& rows, const NamedSet& set, const mining::LineSet& training,
                  const std::vector<Selector>& selectors, std::map<std::string, std::string>& number) {
  const auto& lines = set.read->lines;
  std::vector<std::string> levels(lines.n_lines());
  const auto first = std::ssize(rows);
  for (std::int32_t o = 0; o < std::ssize(lines.outcomes); ++o) {
    const auto& outcome = lines.outcomes[o];
    const auto ranks = ranks_of(outcome.value);
    const auto n = n_known(outcome.value);
    const auto best = std::ranges::find(selectors, o, [](const Selector& s) { return s.survivor->outcome; });
    std::optional<Place> place;
    if (best != selectors.end()) place = own_place(*best->survivor, training.panels[best->survivor->panel], lines);
    for (std::int32_t l = 0; l < lines.n_lines(); ++l) {
      auto& row = rows.emplace_back(LineRow{.line = lines.line[l],
                                            .set = set.name,
                                            .outcome = outcome.name,
                                            .level = level_of(ranks[l], n),
                                            .group = {},
                                            .marker = {},
                                            .selected = {},
                                            .value = outcome.value[l],
                                            .rank = ranks[l],
                                            .n = n});
      levels[l] += row.level.empty() ? "-" : row.level.substr(0, 1);
      if (best == selectors.end()) continue;
      row.marker = best->claim.attribute;
      row.threshold = best->rule.threshold;
      if (place) row.marker_value = place->panel->probes.of(place->probe)[l];
      if (std::isnan(row.marker_value) || std::isnan(row.threshold)) continue;
      const bool accepted =
          best->rule.accept_high ? row.marker_value >= row.threshold : row.marker_value <= row.threshold;
      row.selected = accepted ? "yes" : "no";
    }
  }
  for (auto i = first; i < std::ssize(rows); ++i)
    rows[i].group =
        number.try_emplace(levels[(i - first) % lines.n_lines()], std::to_string(number.size() + 1)).first->second;
}

}  // namespace

std::vector<matrix::Table> line_tables(std::span<const Survivor> survivors, std::span<const NamedSet> sets) {
  const auto& training = sets.front().read->lines;
  const auto selectors = selectors_of(survivors, training);
  std::vector<LineRow> rows;
  std::map<std::string, std::string> group;
  for (const auto& set : sets) append_lines(rows, set, training, selectors, group);
  TableColumns<LineRow> table("lines", rows);
  table.add("line", &LineRow::line);
  table.add("set", &LineRow::set);
  table.add("outcome", &LineRow::outcome);
  table.add("value", &LineRow::value);
  table.add("rank", &LineRow::rank);
  table.add("n", &LineRow::n);
  table.add("level", &LineRow::level);
  table.add("group", &LineRow::group);
  table.add("marker", &LineRow::marker);
  table.add("marker_value", &LineRow::marker_value);
  table.add("threshold", &LineRow::threshold);
  table.add("selected", &LineRow::selected);
  std::vector<matrix::Table> tables{table.take()};
  if (selectors.empty()) return tables;
  std::vector<comparability::Claim> claims;
  std::vector<comparability::Specification> rules;
  for (const auto& selector : selectors) {
    claims.push_back(selector.claim);
    rules.push_back(selector.rule);
  }
  tables.push_back(comparability::specification_table(claims, rules));
  return tables;
}

}  // namespace miura::app
