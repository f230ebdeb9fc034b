#include "mining/intersect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <optional>

#include "miura/mining/conjunction.hpp"
#include "miura/stats/multiplicity.hpp"

namespace miura::mining {

namespace {

double mean_level(const Panel& panel, std::int64_t probe) {
  double sum = 0;
  std::int32_t n = 0;
  for (const double v : panel.probes.of(probe))
    if (v == v) sum += v, ++n;
  return sum / n;
}

std::vector<std::int64_t> chosen(std::vector<std::int64_t> probes, const Panel& panel, Promoters promoters) {
  if (promoters != Promoters::strongest || probes.size() < 2) return probes;
  return {*std::ranges::max_element(probes, {}, [&](std::int64_t p) { return mean_level(panel, p); })};
}

/// Units have one more term for each further promoter where all are asked for.
std::vector<std::vector<permutation::SignedTest>> terms_of(const Intersection& intersection, const Unit& unit,
                                                           const JointTests& joint) {
  std::vector<std::vector<permutation::SignedTest>> terms;
  for (std::size_t t = 0; t < intersection.terms.size(); ++t) {
    const auto& term = intersection.terms[t];
    std::vector<permutation::SignedTest> tests;
    for (const auto p : unit.probes[t]) tests.push_back({joint.test_of(term, p), term.negative});
    if (intersection.promoters == Promoters::all)
      for (const auto& test : tests) terms.push_back({test});
    else
      terms.push_back(std::move(tests));
  }
  return terms;
}

/// A unit's term in one direction, and whether it holds.
struct Judged {
  IntersectionRow::Term term;
  bool holds;
};

Judged judge(const Intersection& intersection, std::size_t t, const Unit& unit, const JointTests& joint,
             bool reversed) {
  const auto& term = intersection.terms[t];
  const bool all = intersection.promoters == Promoters::all;
  const auto n = static_cast<std::int32_t>(std::ssize(unit.probes[t]));
  Judged judged{.term = {.n_probes = n, .p = all ? -1.0 : std::numeric_limits<double>::infinity()}, .holds = all};
  for (const auto probe : unit.probes[t]) {
    const auto row = joint.row(joint.test_of(term, probe));
    const bool wants_less = term.negative != reversed;
    const double p = wants_less ? row.p_less : row.p_greater;
    const bool is_hit = row.hit && (row.rho < 0) == wants_less;
    judged.holds = all ? judged.holds && is_hit : judged.holds || is_hit;
    if (all ? p <= judged.term.p : p >= judged.term.p) continue;
    judged.term.probe = probe;
    judged.term.rho = row.rho;
    judged.term.p = p;
  }
  if (!all) judged.term.p = std::min(1.0, n * judged.term.p);
  return judged;
}

IntersectionRow row_of(const Intersection& intersection, const Unit& unit, const JointTests& joint, bool reversed) {
  IntersectionRow row{
      .unit = unit.name, .gene = unit.gene, .reversed = reversed, .member = true, .terms = {}, .p_partial = {}};
  std::vector<double> p;
  for (std::size_t t = 0; t < intersection.terms.size(); ++t) {
    const auto judged = judge(intersection, t, unit, joint, reversed);
    row.member = row.member && judged.holds;
    row.terms.push_back(judged.term);
    p.push_back(judged.term.p);
  }
  row.p_partial = partial_conjunction(p);
  if (intersection.either_direction)
    for (auto& value : row.p_partial) value = std::min(1.0, 2.0 * value);
  return row;
}

}  // namespace

std::vector<Unit> units_of(const LineSet& lines, const Intersection& intersection, const JointTests& joint) {
  std::map<std::string, Unit> found;
  std::vector<Unit> units;
  const auto n_terms = intersection.terms.size();
  for (std::size_t t = 0; t < n_terms; ++t) {
    const auto& term = intersection.terms[t];
    const auto& from = lines.panels[term.panel];
    for (std::int64_t p = 0; p < from.probes.n_features(); ++p) {
      const auto& name = intersection.by_gene ? from.gene[p] : from.probes.feature[p];
      if (name.empty() || joint.test_of(term, p) < 0) continue;
      // a probe is told from another of its name by its place
      auto& unit = found[intersection.by_gene ? name : std::to_string(1'000'000'000 + p)];
      unit.name = name;
      unit.gene = from.gene[p];
      unit.probes.resize(n_terms);
      unit.probes[t].push_back(p);
    }
  }
  for (auto& [key, unit] : found) {
    if (std::ranges::any_of(unit.probes, [](const auto& probes) { return probes.empty(); })) continue;
    for (std::size_t t = 0; t < n_terms; ++t)
      unit.probes[t] =
          chosen(std::move(unit.probes[t]), lines.panels[intersection.terms[t].panel], intersection.promoters);
    units.push_back(std::move(unit));
  }
  return units;
}

permutation::HitRule rule_of(const Intersection& intersection, const std::vector<Unit>& units,
                             const JointTests& joint) {
  permutation::HitRule rule(intersection.either_direction);
  for (const auto& unit : units) {
    for (const auto& term : terms_of(intersection, unit, joint)) rule.add_term(term);
    rule.end_unit();
  }
  return rule;
}

std::vector<IntersectionRow> rows_of(const Intersection& intersection, std::int32_t number,
                                     const std::vector<Unit>& units, const JointTests& joint) {
  std::vector<IntersectionRow> rows;
  std::vector<double> conjunction;
  for (const auto& unit : units) {
    auto row = row_of(intersection, unit, joint, false);
    if (intersection.either_direction) {
      auto other = row_of(intersection, unit, joint, true);
      if (other.member > row.member || (other.member == row.member && other.p_partial.back() < row.p_partial.back()))
        row = std::move(other);
    }
    row.intersection = number;
    conjunction.push_back(row.p_partial.back());
    rows.push_back(std::move(row));
  }
  const auto q = stats::benjamini_hochberg(conjunction);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].q = q[i];
  return rows;
}

std::string pair_of(const LineSet& lines, const Term& term) {
  return lines.panels[term.panel].name + "/" + lines.outcomes[term.outcome].name;
}

std::string signs_of(const LineSet& lines, const Intersection& intersection) {
  const auto& terms = intersection.terms;
  const bool differ = std::ranges::any_of(terms, [&](const Term& t) { return t.threshold != terms[0].threshold; });
  std::string text;
  for (const auto& term : terms) {
    if (!text.empty()) text += ' ';
    text += pair_of(lines, term) + ":";
    text += intersection.either_direction ? (term.negative ? "-s" : "s") : (term.negative ? "-" : "+");
    if (differ && term.threshold > 0.0) text += fmt::format("@{}", term.threshold);
  }
  if (!differ && terms[0].threshold > 0.0) text += fmt::format(" at p <= {}", terms[0].threshold);
  return text;
}

}  // namespace miura::mining
