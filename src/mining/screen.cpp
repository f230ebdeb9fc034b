#include "miura/mining/screen.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "mining/count_row.hpp"
#include "mining/intersect.hpp"
#include "mining/joint_tests.hpp"
#include "miura/permutation/hit_counts.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::mining {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// A panel against an outcome, and where its rows go.
struct Single {
  std::int32_t panel, outcome;
  std::int64_t place;
};

/// What is relabeled together, as it looks at the same lines.
struct Block {
  std::vector<Single> singles;
  std::vector<std::int32_t> intersections;
};

using Lines = std::vector<std::int32_t>;

/// What the result is put together from; a slot for each panel and outcome, and for each intersection.
struct Findings {
  std::vector<std::vector<ProbeRow>> probes;
  std::vector<std::vector<CountRow>> single_counts;
  std::vector<CountRow> intersection_counts;
  std::vector<std::vector<IntersectionRow>> units;
};

class Screening {
public:
  Screening(MPI_Comm comm, const LineSet& all, std::span<const Intersection> intersections, const Options& options)
      : comm_(comm), all_(all), intersections_(intersections), options_(options) {
    for (const auto& panel : all.panels) measured_.push_back(measured_lines(panel));
    const auto n_singles = all.panels.size() * all.outcomes.size();
    found_.probes.resize(n_singles);
    found_.single_counts.resize(n_singles);
    found_.intersection_counts.resize(intersections.size());
    found_.units.resize(intersections.size());
  }

  Findings run() {
    for (const auto& [lines, block] : blocks()) {
      // Terms of intersections must be at hand at once; of the other outcomes a few at a time keep tests in memory few.
      auto [together, others] = parted(block);
      if (!block.intersections.empty()) look_at(lines, together, block.intersections);
      constexpr std::int64_t tests_at_once = 2'000'000;
      std::vector<Single> now;
      std::int64_t n_tests = 0;
      for (const auto& single : others) {
        now.push_back(single);
        n_tests += all_.panels[single.panel].probes.n_features();
        if (n_tests < tests_at_once) continue;
        look_at(lines, now, {});
        now.clear();
        n_tests = 0;
      }
      if (!now.empty()) look_at(lines, now, {});
    }
    return std::move(found_);
  }

private:
  Lines lines_of(std::span<const Term> terms) const {
    Lines lines;
    for (std::int32_t l = 0; l < all_.n_lines(); ++l)
      if (std::ranges::all_of(terms, [&](const Term& term) {
            return measured_[term.panel][l] != 0 && !std::isnan(all_.outcomes[term.outcome].value[l]);
          }))
        lines.push_back(l);
    return lines;
  }

  std::map<Lines, Block> blocks() const {
    std::map<Lines, Block> blocks;
    std::int64_t place = 0;
    for (std::int32_t panel = 0; panel < std::ssize(all_.panels); ++panel)
      for (std::int32_t outcome = 0; outcome < std::ssize(all_.outcomes); ++outcome, ++place) {
        const Term term{panel, outcome};
        blocks[lines_of({&term, 1})].singles.push_back({panel, outcome, place});
      }
    for (std::int32_t i = 0; i < std::ssize(intersections_); ++i)
      blocks[lines_of(intersections_[i].terms)].intersections.push_back(i);
    return blocks;
  }

  /// The pairs of panel and outcome that intersections of the block ask for, and the others.
  std::pair<std::vector<Single>, std::vector<Single>> parted(const Block& block) const {
    std::set<std::pair<std::int32_t, std::int32_t>> asked;
    for (const auto i : block.intersections)
      for (const auto& term : intersections_[i].terms) asked.emplace(term.panel, term.outcome);
    std::pair<std::vector<Single>, std::vector<Single>> parts;
    for (const auto& single : block.singles)
      (asked.contains({single.panel, single.outcome}) ? parts.first : parts.second).push_back(single);
    return parts;
  }

  /// Probes x outcomes of all panels: what relabelings have to be affordable for where no intersection asks.
  std::int64_t n_tests_of_all() const {
    std::int64_t n = 0;
    for (const auto& panel : all_.panels) n += panel.probes.n_features();
    return n * std::ssize(all_.outcomes);
  }

  void look_at(const Lines& lines, const std::vector<Single>& singles, const std::vector<std::int32_t>& intersections) {
    JointTests joint(all_, lines);
    std::vector<bool> tested;  // of the singles
    for (const auto& single : singles) tested.push_back(joint.add({single.panel, single.outcome}));
    for (const auto i : intersections)
      for (const auto& term : intersections_[i].terms) joint.add(term);
    joint.settle(comm_, options_);

    std::vector<permutation::HitRule> rules;
    std::vector<CountRow*> rows;
    for (std::size_t i = 0; i < singles.size(); ++i) {
      const auto& single = singles[i];
      auto& counts = found_.single_counts[single.place];
      counts.assign(2, empty_row("hits", all_.outcomes[single.outcome].name, joint.n_lines()));
      for (int side = 0; side < 2; ++side) {
        counts[side].measurement = all_.panels[single.panel].name;
        counts[side].rule = side == 0 ? "+" : "-";
        if (!tested[i]) continue;
        rules.push_back(rule_of(joint, single, side == 1));
        rows.push_back(&counts[side]);
      }
      list_probes(joint, single);
    }
    for (const auto i : intersections) {
      const auto& wanted = intersections_[i];
      auto& row = found_.intersection_counts[i] = empty_row("intersection", wanted.name, joint.n_lines());
      row.rule = signs_of(all_, wanted);
      const auto units = units_of(all_, wanted, joint);
      if (units.empty()) continue;
      rules.push_back(mining::rule_of(wanted, units, joint));
      rows.push_back(&row);
      found_.units[i] = rows_of(wanted, i, units, joint);
      if (!options_.list_all) std::erase_if(found_.units[i], [](const auto& unit) { return !unit.member; });
    }
    if (rules.empty()) return;
    const auto n_tests = intersections.empty() ? n_tests_of_all() : joint.tests().size();
    const auto counts = permutation::count_hits(comm_, joint.tests(), joint.bar(), rules,
                                                relabelings_for(options_, joint.n_lines(), n_tests));
    for (std::size_t r = 0; r < rules.size(); ++r) fill(*rows[r], counts, counts.of_rule[r], joint, rules[r]);
  }

  static CountRow empty_row(const char* kind, const std::string& name, std::int32_t n_lines) {
    auto row = untested_row(kind, name, n_lines);
    if (n_lines < fewest_lines) row.status = "LOW_N";
    return row;
  }

  permutation::HitRule rule_of(const JointTests& joint, const Single& single, bool negative) const {
    permutation::HitRule rule;
    for (std::int64_t p = 0; p < all_.panels[single.panel].probes.n_features(); ++p)
      if (const auto test = joint.test_of({single.panel, single.outcome}, p); test >= 0)
        rule.add_unit_of({test, negative});
    return rule;
  }

  void list_probes(const JointTests& joint, const Single& single) {
    for (std::int64_t p = 0; p < all_.panels[single.panel].probes.n_features(); ++p) {
      const auto test = joint.test_of({single.panel, single.outcome}, p);
      if (test >= 0 && (options_.list_all || joint.is_hit(test)))
        found_.probes[single.place].push_back(joint.row(test));
    }
  }

  MPI_Comm comm_;
  const LineSet& all_;
  std::span<const Intersection> intersections_;
  const Options& options_;
  std::vector<std::vector<std::uint8_t>> measured_;
  Findings found_;
};

/// Rho and p of the outcomes among themselves.
std::vector<OutcomeCorrelation> correlate_outcomes(MPI_Comm comm, const LineSet& all, const Options& options) {
  std::vector<OutcomeCorrelation> found;
  for (std::int32_t a = 0; a < std::ssize(all.outcomes); ++a)
    for (std::int32_t b = a + 1; b < std::ssize(all.outcomes); ++b) {
      std::vector<double> x, y;
      for (std::int32_t l = 0; l < all.n_lines(); ++l) {
        if (std::isnan(all.outcomes[a].value[l]) || std::isnan(all.outcomes[b].value[l])) continue;
        x.push_back(all.outcomes[a].value[l]);
        y.push_back(all.outcomes[b].value[l]);
      }
      const auto n = static_cast<std::int32_t>(std::ssize(x));
      auto& row = found.emplace_back(OutcomeCorrelation{a, b, n, none, none});
      if (n < fewest_lines) continue;
      auto ranks_x = stats::doubled_mid_ranks(x), ranks_y = stats::doubled_mid_ranks(y);
      const auto s = stats::spearman_s(ranks_x, ranks_y);
      row.rho = stats::spearman_rho(ranks_x, ranks_y);
      if (std::isnan(row.rho)) continue;
      std::ranges::sort(ranks_x);
      std::ranges::sort(ranks_y);
      row.p = RankNulls(comm, {ranks_x}, {ranks_y}, n, options.exact_p_up_to).p(0, 0, s).two_sided;
    }
  return found;
}

template <class Row>
void append(std::vector<Row>& all, std::vector<std::vector<Row>>& parts) {
  for (auto& part : parts) std::ranges::move(part, std::back_inserter(all));
}

}  // namespace

Screen screen(MPI_Comm comm, const LineSet& lines, std::span<const Intersection> intersections,
              const Options& options) {
  auto found = Screening(comm, lines, intersections, options).run();
  Screen result;
  append(result.probes, found.probes);
  append(result.counts, found.single_counts);
  std::ranges::move(found.intersection_counts, std::back_inserter(result.counts));
  append(result.units, found.units);
  constexpr std::size_t most_outcomes = 100;  // a panel of a thousand drugs would print half a million pairs
  if (lines.outcomes.size() <= most_outcomes) result.outcomes = correlate_outcomes(comm, lines, options);
  return result;
}

}  // namespace miura::mining
