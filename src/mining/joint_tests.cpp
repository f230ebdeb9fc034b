#include "mining/joint_tests.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "miura/stats/ranks.hpp"

namespace miura::mining {

namespace {

std::vector<double> at(std::span<const double> values, std::span<const std::int32_t> places) {
  std::vector<double> chosen;
  for (const auto l : places) chosen.push_back(values[l]);
  return chosen;
}

bool varies(std::span<const std::int32_t> ranks) {
  return std::ranges::any_of(ranks, [](std::int32_t r) { return r != 0; });
}

std::int32_t class_of(std::map<Ties, std::int32_t>& classes, std::span<const std::int32_t> ranks) {
  Ties ties(ranks.begin(), ranks.end());
  std::ranges::sort(ties);
  return classes.try_emplace(std::move(ties), static_cast<std::int32_t>(std::ssize(classes))).first->second;
}

/// Options with a term's own threshold in place of theirs.
Options with_threshold(Options options, double threshold) {
  if (threshold > 0.0) {
    options.threshold = threshold;
    options.least_rho = 0.0;
  }
  return options;
}

}  // namespace

std::vector<std::uint8_t> measured_lines(const Panel& panel) {
  std::vector<std::uint8_t> measured(panel.probes.n_samples());
  for (std::int64_t p = 0; p < panel.probes.n_features(); ++p)
    for (std::int32_t l = 0; l < panel.probes.n_samples(); ++l)
      if (!std::isnan(panel.probes.of(p)[l])) measured[l] = 1;
  return measured;
}

permutation::Options relabelings_for(const Options& options, std::int32_t n_lines, std::int64_t n_tests) {
  auto chosen = options.relabelings;
  constexpr std::int32_t most = 14;
  while (chosen.exact_up_to >= std::min(n_lines, most) &&
         permutation::factorial(std::min(n_lines, most)) > options.affordable / std::max<std::int64_t>(n_tests, 1))
    --chosen.exact_up_to;
  if (n_lines > chosen.exact_up_to) {  // a drawn relabeling costs a product a line, an exact one a sixth of ten
    constexpr std::int64_t fewest = 999;
    const auto cost = std::max<std::int64_t>(n_tests, 1) * std::max<std::int64_t>(n_lines / 6, 1);
    chosen.permutations = std::min(chosen.permutations, std::max(fewest, options.affordable / cost));
  }
  return chosen;
}

JointTests::JointTests(const LineSet& all, std::vector<std::int32_t> lines) : all_(all), lines_(std::move(lines)) {
  tests_.n_lots = static_cast<std::int32_t>(std::ssize(lines_));
}

const JointTests::RankedPanel& JointTests::ranked(std::int32_t panel) {
  const auto [found, is_new] = panels_.try_emplace(panel);
  auto& feature = found->second.feature;
  if (!is_new) return found->second;
  const auto& probes = all_.panels[panel].probes;
  for (std::int64_t p = 0; p < probes.n_features(); ++p) {
    feature.push_back(-1);
    const auto values = at(probes.of(p), lines_);
    if (std::ranges::any_of(values, [](double v) { return std::isnan(v); })) continue;
    const auto ranks = stats::doubled_mid_ranks(values);
    if (!varies(ranks)) continue;
    feature.back() = static_cast<std::int32_t>(std::ssize(feature_class_));
    feature_class_.push_back(class_of(feature_classes_, ranks));
    tests_.feature.insert(tests_.feature.end(), ranks.begin(), ranks.end());
  }
  return found->second;
}

std::optional<std::int32_t> JointTests::row_of_outcome(std::int32_t outcome) {
  const auto [found, is_new] = outcomes_.try_emplace(outcome);
  if (!is_new) return found->second;
  const auto ranks = stats::doubled_mid_ranks(at(all_.outcomes[outcome].value, lines_));
  if (!varies(ranks)) return found->second;
  found->second = static_cast<std::int32_t>(std::ssize(outcome_class_));
  outcome_class_.push_back(class_of(outcome_classes_, ranks));
  tests_.outcome.insert(tests_.outcome.end(), ranks.begin(), ranks.end());
  return found->second;
}

bool JointTests::add(const Term& term) {
  std::vector<std::int64_t> probes(all_.panels[term.panel].probes.n_features());
  std::iota(probes.begin(), probes.end(), 0);
  return add(term, probes);
}

bool JointTests::add(const Term& term, std::span<const std::int64_t> probes) {
  if (n_lines() < fewest_lines) return false;
  const auto y = row_of_outcome(term.outcome);
  if (!y) return false;
  const auto& from = all_.panels[term.panel];
  const auto& what = all_.outcomes[term.outcome];
  const bool same_samples = std::ranges::find(what.same_samples_as, from.name) != what.same_samples_as.end();
  const std::set<std::string> markers(what.markers.begin(), what.markers.end());
  const auto& feature = ranked(term.panel).feature;
  auto& by_probe = test_of_[key_of(term)];
  by_probe.resize(feature.size(), -1);
  for (const auto p : probes) {
    if (feature[p] < 0 || by_probe[p] >= 0) continue;
    if (same_samples && (markers.contains(from.gene[p]) || markers.contains(from.probes.feature[p]))) continue;
    by_probe[p] = static_cast<std::int32_t>(tests_.size());
    tests_.pair.push_back({feature[p], *y});
    source_.push_back({term.panel, term.outcome, term.threshold, p});
  }
  return true;
}

JointTests::Bars JointTests::bars_at(const Options& options) const {
  const auto n_outcomes = std::ssize(outcome_classes_);
  const auto n_patterns = std::ssize(feature_classes_) * n_outcomes;
  Bars bars{std::vector<std::int32_t>(n_patterns), std::vector<double>(n_patterns)};
  const double critical = nulls_->critical_rho(options.threshold);
#pragma omp parallel for schedule(static)
  for (std::int64_t i = 0; i < n_patterns; ++i) {
    const auto x = i / n_outcomes, y = i % n_outcomes;
    bars.bar[i] = options.least_rho > 0.0 ? nulls_->bar_of_rho(x, y, options.least_rho)
                                          : nulls_->bar(x, y, options.threshold, critical);
    bars.chance[i] =
        bars.bar[i] == std::numeric_limits<std::int32_t>::max() ? 0.0 : nulls_->p(x, y, bars.bar[i]).greater;
  }
  return bars;
}

void JointTests::settle(MPI_Comm comm, const Options& options) {
  const auto in_order = [](const std::map<Ties, std::int32_t>& classes) {
    std::vector<Ties> ties(classes.size());
    for (const auto& [its, place] : classes) ties[place] = its;
    return ties;
  };
  nulls_.emplace(comm, in_order(feature_classes_), in_order(outcome_classes_), n_lines(), options.exact_p_up_to);
  std::map<double, Bars> bars;
  for (const auto& [key, by_probe] : test_of_) {
    const double threshold = std::get<double>(key);
    if (!bars.contains(threshold)) bars.emplace(threshold, bars_at(with_threshold(options, threshold)));
  }
  for (std::int32_t t = 0; t < tests_.size(); ++t) {
    const auto& at = bars.at(source_[t].threshold);
    bar_.push_back(at.bar[pattern_of(t)]);
    chance_.push_back(at.chance[pattern_of(t)]);
  }
}

bool JointTests::is_hit(std::int32_t test) const {
  return std::abs(stats::spearman_s(tests_.x(test), tests_.y(test))) >= bar_[test];
}

std::int32_t JointTests::test_of(const Term& term, std::int64_t probe) const {
  const auto found = test_of_.find(key_of(term));
  return found == test_of_.end() ? -1 : found->second[probe];
}

ProbeRow JointTests::row(std::int32_t test) const {
  const auto& [panel, outcome, threshold, probe] = source_[test];
  const auto x = feature_class_[tests_.pair[test].feature], y = outcome_class_[tests_.pair[test].outcome];
  const auto s = stats::spearman_s(tests_.x(test), tests_.y(test));
  const auto p = nulls_->p(x, y, s);
  return {.panel = panel,
          .outcome = outcome,
          .probe = probe,
          .n = n_lines(),
          .s = s,
          .rho = nulls_->rho(x, y, s),
          .p = p.two_sided,
          .p_greater = p.greater,
          .p_less = p.less,
          .hit = std::abs(s) >= bar_[test]};
}

}  // namespace miura::mining
