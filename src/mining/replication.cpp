#include "miura/mining/replication.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "mining/count_row.hpp"
#include "mining/intersect.hpp"
#include "mining/joint_tests.hpp"
#include "miura/stats/multiplicity.hpp"

namespace miura::mining {

namespace {

/// Probes of the test panels in which a training probe is looked up.
struct LookUp {
  std::int32_t panel;
  std::vector<std::int64_t> probes;
};

/// Where the probes and genes of each test panel are.
class Places {
public:
  Places(const LineSet& training, const LineSet& test) : training_(training), test_(test) {
    for (const auto& panel : test.panels) {
      auto& by_probe = probe_.emplace_back();
      auto& by_gene = gene_.emplace_back();
      for (std::int64_t p = 0; p < panel.probes.n_features(); ++p) {
        by_probe.try_emplace(panel.probes.feature[p], p);
        if (!panel.gene[p].empty()) by_gene[panel.gene[p]].push_back(p);
      }
    }
  }

  /// Of a training probe, or nothing. Among several panels of the platform and method the first.
  std::vector<LookUp> of(std::int32_t training_panel, std::int64_t probe) const {
    const auto& from = training_.panels[training_panel];
    bool platform_is_there = false;
    for (std::int32_t k = 0; k < std::ssize(test_.panels); ++k) {
      platform_is_there = platform_is_there || test_.panels[k].platform == from.platform;
      if (test_.panels[k].platform != from.platform || test_.panels[k].method != from.method) continue;
      const auto at = probe_[k].find(from.probes.feature[probe]);
      if (at != probe_[k].end()) return {{k, {at->second}}};
    }
    std::vector<LookUp> places;
    for (std::int32_t k = 0; !platform_is_there && k < std::ssize(test_.panels); ++k)
      if (const auto at = gene_[k].find(from.gene[probe]); at != gene_[k].end() && !from.gene[probe].empty())
        places.push_back({k, at->second});
    return places;
  }

private:
  const LineSet &training_, &test_;
  std::vector<std::map<std::string, std::int64_t>> probe_;
  std::vector<std::map<std::string, std::vector<std::int64_t>>> gene_;
};

/// A training hit as the test lines see it.
struct Candidate {
  ReplicationRow row;
  std::vector<std::vector<std::int64_t>> probes;  ///< of each term of the row, in its test panel
};

/// What one rule selected: candidates that are looked up, relabeled and corrected together.
struct Selection {
  std::string name, measurement, signs;
  std::vector<Candidate> candidates;
};

void look_up(Candidate& candidate, const Places& places, const ReplicatedTerm& term) {
  auto found = places.of(term.asked.panel, term.train_probe);
  if (found.empty()) found.push_back({-1, {}});
  for (auto& place : found) {
    candidate.row.terms.push_back(term);
    candidate.row.terms.back().test_panel = place.panel;
    candidate.probes.push_back(std::move(place.probes));
  }
}

std::vector<Selection> select(const LineSet& training, const Screen& found, std::span<const Intersection> intersections,
                              const Places& places) {
  std::vector<Selection> selections;
  std::map<std::pair<std::int32_t, std::int32_t>, std::size_t> of_pair;
  for (const auto& hit : found.probes) {
    if (!hit.hit) continue;
    const auto& panel = training.panels[hit.panel];
    const auto [at, is_new] = of_pair.try_emplace({hit.panel, hit.outcome}, selections.size());
    if (is_new) selections.push_back({training.outcomes[hit.outcome].name, panel.name, "+ or -", {}});
    auto& candidate = selections[at->second].candidates.emplace_back();
    candidate.row = {.rule = training.outcomes[hit.outcome].name,
                     .measurement = panel.name,
                     .tested_in = {},
                     .unit = panel.probes.feature[hit.probe],
                     .gene = panel.gene[hit.probe],
                     .terms = {},
                     .train_p = hit.p};
    const bool falls = hit.rho < 0;
    look_up(candidate, places,
            {.asked = {hit.panel, hit.outcome, falls},
             .train_probe = hit.probe,
             .train_rho = hit.rho,
             .train_p = falls ? hit.p_less : hit.p_greater});
  }
  for (std::int32_t i = 0; i < std::ssize(intersections); ++i) {
    auto& selection =
        selections.emplace_back(Selection{intersections[i].name, {}, signs_of(training, intersections[i]), {}});
    for (const auto& unit : found.units) {
      if (unit.intersection != i || !unit.member) continue;
      auto& candidate = selection.candidates.emplace_back();
      candidate.row = {.rule = intersections[i].name,
                       .measurement = {},
                       .tested_in = {},
                       .unit = unit.unit,
                       .gene = unit.gene,
                       .is_intersection = true,
                       .reversed = unit.reversed,
                       .terms = {},
                       .train_p = unit.p_partial.back()};
      for (std::size_t t = 0; t < unit.terms.size(); ++t) {
        auto asked = intersections[i].terms[t];
        asked.negative = asked.negative != unit.reversed;
        const auto& met = unit.terms[t];
        look_up(candidate, places, {.asked = asked, .train_probe = met.probe, .train_rho = met.rho, .train_p = met.p});
      }
    }
  }
  return selections;
}

/// Test lines that all terms of a selection have.
std::vector<std::int32_t> common_lines(const LineSet& test, const Selection& selection,
                                       const std::vector<std::vector<std::uint8_t>>& measured) {
  std::set<std::pair<std::int32_t, std::int32_t>> pairs;
  for (const auto& candidate : selection.candidates)
    for (const auto& term : candidate.row.terms)
      if (term.test_panel >= 0) pairs.emplace(term.test_panel, term.asked.outcome);
  std::vector<std::int32_t> lines;
  for (std::int32_t l = 0; l < test.n_lines(); ++l)
    if (!pairs.empty() && std::ranges::all_of(pairs, [&](const auto& pair) {
          return measured[pair.first][l] != 0 && !std::isnan(test.outcomes[pair.second].value[l]);
        }))
      lines.push_back(l);
  return lines;
}

/// The term as test lines see it.
Term in_test(const ReplicatedTerm& term) {
  auto own = term.asked;
  own.panel = term.test_panel;
  return own;
}

/// Finds the probe of the test panel that meets the term best.
std::vector<permutation::SignedTest> judge(ReplicatedTerm& term, std::span<const std::int64_t> probes,
                                           const JointTests& joint, bool& is_hit) {
  std::vector<permutation::SignedTest> tests;
  is_hit = false;
  double best = std::numeric_limits<double>::infinity();
  for (const auto probe : probes) {
    const auto number = joint.test_of(in_test(term), probe);
    if (number < 0) continue;
    tests.push_back({number, term.asked.negative});
    const auto found = joint.row(number);
    is_hit = is_hit || (found.hit && (found.rho < 0) == term.asked.negative);
    const double p = term.asked.negative ? found.p_less : found.p_greater;
    if (p >= best) continue;
    best = p;
    term.test_rho = found.rho;
    term.test_probe = probe;
  }
  if (!tests.empty()) term.p_test = std::min(1.0, static_cast<double>(tests.size()) * best);
  return tests;
}

/// What is not measured is weaker than any p.
double weakness(const ReplicatedTerm& term) {
  return std::isnan(term.p_test) ? std::numeric_limits<double>::infinity() : term.p_test;
}

void judge(Candidate& candidate, const JointTests& joint, const LineSet& test, permutation::HitRule& rule) {
  auto& row = candidate.row;
  row.n_test = joint.n_lines();
  row.naive = true;
  std::vector<std::vector<permutation::SignedTest>> tests;
  for (std::size_t t = 0; t < row.terms.size(); ++t) {
    auto& term = row.terms[t];
    bool is_hit = false;
    tests.push_back(judge(term, candidate.probes[t], joint, is_hit));
    row.naive = row.naive && is_hit;
    if (term.test_panel < 0) continue;
    const auto& name = test.panels[term.test_panel].name;
    if (row.tested_in.find(name) == std::string::npos) row.tested_in += (row.tested_in.empty() ? "" : ";") + name;
  }
  const auto weakest = std::ranges::max_element(row.terms, {}, weakness);
  row.weakest = static_cast<std::int32_t>(weakest - row.terms.begin());
  row.p_test = weakest->p_test;
  if (std::isnan(row.p_test)) return;  // a term that was not measured is not met
  for (const auto& of_term : tests) rule.add_term(of_term);
  rule.end_unit();
}

CountRow untested(const Selection& selection, std::int64_t n_lines) {
  auto row = untested_row("replication", selection.name, n_lines);
  row.measurement = selection.measurement;
  row.rule = selection.signs;
  return row;
}

/// Every probe that the selections look up, as tests of the same lines.
JointTests joint_tests(MPI_Comm comm, const LineSet& test, const std::vector<std::int32_t>& lines,
                       std::span<const Selection* const> selections, const Options& options) {
  struct Wanted {
    Term term;
    std::vector<std::int64_t> probes;
  };
  std::map<std::tuple<std::int32_t, std::int32_t, double>, Wanted> wanted;
  for (const auto* selection : selections)
    for (const auto& candidate : selection->candidates)
      for (std::size_t t = 0; t < candidate.row.terms.size(); ++t) {
        const auto term = in_test(candidate.row.terms[t]);
        if (term.panel < 0) continue;
        auto& [its_term, probes] = wanted[{term.panel, term.outcome, term.threshold}];
        its_term = term;
        probes.insert(probes.end(), candidate.probes[t].begin(), candidate.probes[t].end());
      }
  JointTests joint(test, lines);
  for (const auto& [key, asked] : wanted) joint.add(asked.term, asked.probes);
  joint.settle(comm, options);
  return joint;
}

/// Fills the rows of a selection; the rule counts its naive survivors.
permutation::HitRule judge(Selection& selection, const JointTests& joint, const LineSet& test, double alpha) {
  permutation::HitRule rule;
  std::vector<double> p;
  for (auto& candidate : selection.candidates) {
    judge(candidate, joint, test, rule);
    p.push_back(candidate.row.p_test);
  }
  const auto q = stats::benjamini_hochberg(p);
  for (std::size_t i = 0; i < q.size(); ++i) {
    selection.candidates[i].row.q_test = q[i];
    selection.candidates[i].row.replicated = q[i] <= alpha;
  }
  return rule;
}

}  // namespace

Replication replicate(MPI_Comm comm, const LineSet& training, const Screen& found,
                      std::span<const Intersection> intersections, const LineSet& test, const Options& options,
                      const ReplicationOptions& replication) {
  constexpr std::int32_t exact_up_to = 13;
  auto of_test = options;
  of_test.relabelings.exact_up_to = std::max(options.relabelings.exact_up_to, exact_up_to);
  const Places places(training, test);
  std::vector<std::vector<std::uint8_t>> measured;
  for (const auto& panel : test.panels) measured.push_back(measured_lines(panel));
  auto selections = select(training, found, intersections, places);
  std::map<std::vector<std::int32_t>, std::vector<std::size_t>> by_lines;  // usually all have the same
  for (std::size_t i = 0; i < selections.size(); ++i)
    by_lines[common_lines(test, selections[i], measured)].push_back(i);

  Replication result;
  result.counts.resize(selections.size());
  for (const auto& [lines, members] : by_lines) {
    std::vector<const Selection*> together;
    for (const auto i : members) together.push_back(&selections[i]);
    const auto joint = joint_tests(comm, test, lines, together, options);
    std::vector<permutation::HitRule> rules;
    for (const auto i : members) rules.push_back(judge(selections[i], joint, test, replication.alpha));
    for (const auto i : members) result.counts[i] = untested(selections[i], std::ssize(lines));
    if (joint.tests().size() == 0) continue;
    const auto counts = permutation::count_hits(comm, joint.tests(), joint.bar(), rules,
                                                relabelings_for(of_test, joint.n_lines(), joint.tests().size()));
    for (std::size_t r = 0; r < rules.size(); ++r)
      if (rules[r].n_units() > 0) fill(result.counts[members[r]], counts, counts.of_rule[r], joint, rules[r]);
  }
  for (auto& selection : selections)
    for (auto& candidate : selection.candidates) result.rows.push_back(std::move(candidate.row));
  return result;
}

}  // namespace miura::mining
