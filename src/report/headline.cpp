#include "miura/report/headline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "report/gene_words.hpp"
#include "report/mapped_words.hpp"
#include "report/numbers.hpp"

namespace miura::report {

namespace {

struct Power {
  std::int64_t n_lots;
  double declared;
};
/// maxT over seven clusters and one outcome, a single causal cluster with latent correlation 0.8, alpha 0.05; 1,000
/// simulated studies each (docs/methods/report.md).
constexpr std::array power_at_rho_08{Power{6, 0.03},  Power{8, 0.15},  Power{11, 0.30},
                                     Power{15, 0.55}, Power{20, 0.80}, Power{30, 0.97}};

bool elsewhere(const StudyReport& report, const AssociationRow& row) {
  return row.partition != report.composition.partition;
}

std::string name_of(const StudyReport& report, const AssociationRow& row) {
  const auto cluster = "cluster " + row.cluster;
  if (row.population.empty()) return cluster + (elsewhere(report, row) ? " (" + row.partition + ")" : "");
  return "population " + row.population + " (" + cluster + (elsewhere(report, row) ? ", " + row.partition : "") + ")";
}

/// How firmly a population stands in the grid of partitions, for one that is claimed.
std::string standing_of(const StudyReport& report, const AssociationRow& row) {
  const auto found = std::ranges::find_if(report.populations, [&](const PopulationRow& p) {
    return p.population == row.population && p.outcome == row.outcome;
  });
  if (found == report.populations.end()) return {};
  const auto where =
      fmt::format("{} is found in {} of {} partitions (stability {:.2f}, {} core cells)", row.population,
                  found->n_partitions, found->of_partitions, found->stability, count_text(found->core_cells));
  if (found->claim.find("unstable") == std::string::npos) return where + ".";
  return "The claim is on an unstable population: " + where +
         ", so other seeds or resolutions draw its border elsewhere.";
}

std::string figures_of(const StudyReport& report, const AssociationRow& row) {
  auto text = "Spearman's rho " + rho_text(row.rho);
  if (std::isfinite(row.ci_lo) && std::isfinite(row.ci_hi))
    text += ", 95 % interval " + rho_text(row.ci_lo) + " to " + rho_text(row.ci_hi);
  return text + "; family-wise p = " + p_text(row.p_step, report.alpha);
}

bool passes(const StudyReport& report, const AssociationRow& row) {
  return row.in_family() && row.p_step <= report.alpha;
}

bool primary_passed(const StudyReport& report) {
  return std::ranges::any_of(report.association, [&](const AssociationRow& row) {
    return row.family == Family::primary && passes(report, row);
  });
}

std::string power_caveat(std::int64_t n_lots) {
  if (n_lots < 5) return "With fewer than five lots no test of ranks can reach 0.05, whatever the truth is.";
  if (n_lots < power_at_rho_08.front().n_lots)
    return fmt::format("With {} lots hardly any true association can be declared: more lots are needed.", n_lots);
  const auto row = std::ranges::find_if(power_at_rho_08.rbegin(), power_at_rho_08.rend(),
                                        [&](const Power& power) { return power.n_lots <= n_lots; });
  return fmt::format(
      "This does not show that there is none: among simulated studies of {} lots with seven clusters and one outcome, "
      "a "
      "true correlation of 0.8 was declared in {:.0f} of 100.",
      row->n_lots, 100 * row->declared);
}

std::string how_the_p_was_found(const AssociationRow& best, std::size_t tests) {
  const auto family = tests == 1 ? std::string("one test") : fmt::format("all {} tests together", tests);
  if (best.permutation_kind == "exact")
    return fmt::format("The p-value counts all {} ways to deal the outcomes to {} lots and holds for {}.",
                       count_text(best.permutations), best.n_lots, family);
  const auto kind = best.permutation_kind == "mc"           ? "drawn at random"
                    : best.permutation_kind == "stratified" ? "within strata"
                    : best.permutation_kind == "FL"         ? "of residuals, after Freedman and Lane"
                                                            : best.permutation_kind;
  return fmt::format("The p-value is taken from {} relabelings of {} lots, {}, and holds for {}.",
                     count_text(best.permutations), best.n_lots, kind, family);
}

std::string list(const StudyReport& report, const std::vector<const AssociationRow*>& rows) {
  constexpr std::size_t longest = 5;
  std::string text;
  for (std::size_t i = 0; i < std::min(rows.size(), longest); ++i)
    text += fmt::format("{}{} with {} (rho {}, p = {})", i > 0 ? ", " : "", name_of(report, *rows[i]), rows[i]->outcome,
                        rho_text(rows[i]->rho), p_text(rows[i]->p_step, report.alpha));
  if (rows.size() > longest) text += fmt::format(" and {} more", rows.size() - longest);
  return text;
}

void add_secondary(const StudyReport& report, Headline& result) {
  auto rows = distinct_rows(report, Family::secondary);
  std::erase_if(rows, [&](const AssociationRow* row) { return !passes(report, *row); });
  if (rows.empty()) return;
  result.caveats.push_back(
      result.declared
          ? "Among the secondary outcomes, confirmed since the primary one passed: " + list(report, rows) + "."
          : "Among the secondary outcomes, exploratory only since the primary one did not pass: " + list(report, rows) +
                ".");
}

}  // namespace

bool AssociationRow::in_family() const { return status == "OK" || status == "APPROX" || status == "FEW_CELLS"; }

std::vector<const AssociationRow*> ranked_tests(const StudyReport& report, Family family) {
  std::vector<const AssociationRow*> rows;
  for (const auto& row : report.association)
    if (row.family == family && row.in_family() && std::isfinite(row.p_step)) rows.push_back(&row);
  std::ranges::stable_sort(rows, [&](const AssociationRow* a, const AssociationRow* b) {
    const double strength_a = -std::abs(a->rho), strength_b = -std::abs(b->rho);
    const bool elsewhere_a = elsewhere(report, *a), elsewhere_b = elsewhere(report, *b);
    return std::tie(a->p_step, strength_a, a->outcome, elsewhere_a, a->partition, a->cluster) <
           std::tie(b->p_step, strength_b, b->outcome, elsewhere_b, b->partition, b->cluster);
  });
  return rows;
}

std::vector<const AssociationRow*> distinct_rows(const StudyReport& report, Family family) {
  auto rows = ranked_tests(report, family);
  const std::set<const AssociationRow*> ranked(rows.begin(), rows.end());
  for (const auto& row : report.association)
    if (row.family == family && !ranked.contains(&row)) rows.push_back(&row);
  std::vector<const AssociationRow*> distinct;
  std::map<std::pair<std::string, std::string>, std::size_t> place;
  for (const auto* row : rows) {
    const auto [known, is_new] = place.emplace(std::pair(row->population, row->outcome), distinct.size());
    if (row->population.empty() || is_new)
      distinct.push_back(row);
    else if (auto*& chosen = distinct[known->second]; elsewhere(report, *chosen) && !elsewhere(report, *row))
      chosen = row;
  }
  return distinct;
}

bool is_declared(const StudyReport& report, const AssociationRow& row) {
  return passes(report, row) && (row.family == Family::primary || primary_passed(report));
}

namespace {

Headline association_headline(const StudyReport& report) {
  if (report.association.empty())
    return {
        "No outcome was named, so no association was tested: the page shows the composition of the lots.", {}, false};
  auto tests = ranked_tests(report, Family::primary);
  if (tests.empty()) {
    Headline result{
        "No association with the primary outcome could be tested; the status column of the table says why.", {}, false};
    add_secondary(report, result);
    return result;
  }
  const auto n_tests = tests.size();
  const auto& best = *tests.front();
  Headline result;
  result.declared = passes(report, best);
  if (result.declared) {
    auto name = name_of(report, best);
    name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
    result.claim = fmt::format("{} goes with {}: lots with a larger share of it have {} values ({}).", name,
                               best.outcome, best.rho > 0 ? "higher" : "lower", figures_of(report, best));
    result.caveats.push_back(how_the_p_was_found(best, n_tests));
    if (const auto standing = standing_of(report, best); !standing.empty()) result.caveats.push_back(standing);
    tests = distinct_rows(report, Family::primary);
    std::erase_if(tests, [&](const AssociationRow* row) {
      const bool same = row == &best || (!best.population.empty() && row->population == best.population &&
                                         row->outcome == best.outcome);
      return same || !passes(report, *row);
    });
    if (!tests.empty()) result.caveats.push_back("Also declared: " + list(report, tests) + ".");
    result.caveats.push_back(
        "Shares sum to one, so where one cluster rises others must fall; and an association over lots is not yet a "
        "cause. "
        "Confirm it in lots that took no part here.");
  } else {
    result.claim = fmt::format("No cluster is declared; the strongest is {} with {} ({}).", name_of(report, best),
                               best.outcome, figures_of(report, best));
    result.caveats.push_back(how_the_p_was_found(best, n_tests));
    result.caveats.push_back(power_caveat(best.n_lots));
  }
  add_secondary(report, result);
  return result;
}

}  // namespace

Headline headline(const StudyReport& report) {
  auto result = report.of_new_lots ? Headline{claim_on_new_lots(report), {comparison_with_held_out(report)}, false}
                                   : association_headline(report);
  std::string sets;
  if (const auto tests = ranked_tests(report, Family::primary); result.declared && !elsewhere(report, *tests.front()))
    sets = words_on_sets_in(report, tests.front()->cluster);
  for (const auto& sentence : {sets, words_on_split(report), words_on_conditions(report),
                               warning_of_foreign_lots(report), words_on_replication(report)})
    if (!sentence.empty()) result.caveats.push_back(sentence);
  return result;
}

}  // namespace miura::report
