#include "association/family_tests.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>

#include "miura/base/error.hpp"
#include "miura/stats/multiplicity.hpp"

namespace miura::association {

namespace {

using Members = std::vector<std::int64_t>;  ///< places of rows

/// Holm's method between families of which each controls its own error: the most significant family first.
void correct_between(std::span<Tested> rows, std::vector<Members> families) {
  const auto smallest = [&](const Members& members) {
    double p = 1.0;
    for (const auto i : members) p = std::fmin(p, rows[i].row->p_max_t_step);
    return p;
  };
  std::ranges::stable_sort(families, {}, smallest);
  double floor = 0.0;
  for (std::int64_t f = 0; f < std::ssize(families); ++f) {
    const auto factor = static_cast<double>(std::ssize(families) - f);
    const auto correct = [&](double& p) {
      if (!std::isnan(p)) p = std::min(1.0, std::max(floor, factor * p));
    };
    for (const auto i : families[f]) {
      correct(rows[i].row->p_max_t_single);
      correct(rows[i].row->p_max_t_step);
    }
    floor = std::max(floor, smallest(families[f]));
  }
}

/// Lots that have every outcome of which a row is in the family.
Lots common_lots(std::span<const Tested> rows, const LotDesign& design) {
  std::vector<const Outcome*> outcomes;
  for (const auto& tested : rows)
    if (tested.row->in_family() && std::ranges::find(outcomes, tested.outcome) == outcomes.end())
      outcomes.push_back(tested.outcome);
  if (outcomes.empty()) return {};
  auto common = design.lots();
  for (const auto* outcome : outcomes) std::erase_if(common, [&](auto lot) { return std::isnan(outcome->value[lot]); });
  return common;
}

/// Rows in the family whose feature has a value in all lots of their maxT; the others leave it.
Members complete_rows(std::span<Tested> rows, std::span<const Lots* const> lots_of) {
  Members members;
  for (std::int64_t i = 0; i < std::ssize(rows); ++i) {
    auto& tested = rows[i];
    if (!tested.row->in_family()) continue;
    if (std::ranges::any_of(*lots_of[i], [&](auto lot) { return std::isnan(tested.value[lot]); })) {
      tested.row->status = Status::not_tested;
      flag(*tested.row, "INCOMPLETE");
    } else {
      members.push_back(i);
    }
  }
  return members;
}

std::int64_t n_outcomes(std::span<const Tested> rows) {
  std::set<const Outcome*> outcomes;
  for (const auto& tested : rows) outcomes.insert(tested.outcome);
  return std::ssize(outcomes);
}

void adjust_marginal(std::span<Tested> rows) {
  std::vector<double> p;
  for (const auto& tested : rows) p.push_back(tested.row->in_family() ? tested.row->p_exact : not_computed);
  const auto holm = stats::holm(p), q = stats::benjamini_hochberg(p);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].row->p_holm = holm[i];
    rows[i].row->q_bh = q[i];
  }
}

}  // namespace

void check(std::span<const Outcome> outcomes, std::int32_t n_lots, const Options& options) {
  const auto known = [&](const std::string& name) { return std::ranges::count(outcomes, name, &Outcome::name); };
  for (const auto& outcome : outcomes) {
    if (known(outcome.name) != 1) throw UsageError(fmt::format("outcome {} is named twice", outcome.name));
    if (std::ssize(outcome.value) != n_lots) throw std::logic_error("an outcome does not have a value for every lot");
    if (std::ranges::any_of(outcome.value, [](double v) { return std::isinf(v); }))
      throw UsageError(fmt::format("outcome {} is infinite for some lot", outcome.name));
  }
  for (const auto& name : options.primary)
    if (known(name) == 0) throw UsageError(fmt::format("the primary outcome {} is not among the outcomes", name));
  if (!(options.alpha > 0.0 && options.alpha < 1.0)) throw UsageError("association.alpha must lie between 0 and 1");
}

std::vector<std::pair<std::string, std::vector<const Outcome*>>> families_of(std::span<const Outcome> outcomes,
                                                                             const Options& options) {
  std::vector<std::pair<std::string, std::vector<const Outcome*>>> families{{"primary", {}}, {"secondary", {}}};
  for (const auto& outcome : outcomes) {
    const bool first =
        options.primary.empty() ? &outcome == &outcomes.front() : std::ranges::count(options.primary, outcome.name) > 0;
    families[first ? 0 : 1].second.push_back(&outcome);
  }
  std::erase_if(families, [](const auto& family) { return family.second.empty(); });
  return families;
}

void test_each(std::span<Tested> rows, const Options& options, const RowTests& tests) {
  std::map<std::pair<Lots, std::string>, Members> groups;
  for (std::int64_t i = 0; i < std::ssize(rows); ++i)
    if (!std::isnan(rows[i].row->rho))
      groups[{*rows[i].lots, tests.outcomes_apart ? rows[i].outcome->name : std::string()}].push_back(i);
  for (const auto& [key, members] : groups) tests.alone(members, key.first);
  for (auto& tested : rows)
    if (tested.row->in_family() && tested.row->p_min_attainable > options.alpha)
      tested.row->status = Status::too_many_ties;
}

std::vector<const Lots*> test_family(std::span<Tested> rows, const LotDesign& design, const Options& options,
                                     const RowTests& tests, LotSets& lot_sets, Family& family) {
  const auto& common = *lot_sets.insert(common_lots(rows, design)).first;
  const bool apart =
      (tests.outcomes_apart && n_outcomes(rows) > 1) || std::ssize(common) < fewest_lots(options, std::ssize(rows));
  std::vector<const Lots*> lots_of;
  for (const auto& tested : rows)
    lots_of.push_back(apart ? &*lot_sets.insert(design.lots_with(*tested.outcome)).first : &common);

  const auto members = complete_rows(rows, lots_of);
  family.n_tests = std::ssize(members);
  family.n_lots = apart ? 0 : static_cast<std::int32_t>(std::ssize(common));
  std::map<std::string, Members> together;  // by outcome where they are apart
  for (const auto i : members) together[apart ? rows[i].outcome->name : std::string()].push_back(i);
  std::vector<Members> families;
  for (auto& [name, some] : together) {
    tests.family(some, *lots_of[some.front()]);
    families.push_back(std::move(some));
  }
  if (apart) correct_between(rows, std::move(families));
  for (const auto i : members) {
    auto& row = *rows[i].row;
    if (apart)
      flag(row, "OUTCOMES_APART");
    else if (row.n > family.n_lots)
      flag(row, "FAMILY_N_" + std::to_string(family.n_lots));
  }
  adjust_marginal(rows);
  return lots_of;
}

void declare(std::span<Tested> rows, const Options& options, Family& family) {
  for (auto& tested : rows) {
    auto& row = *tested.row;
    row.declared = row.p_max_t_step <= options.alpha;  // false for NaN
    if (row.status == Status::few_cells && row.p_adj_n > options.alpha) row.declared = false;
    family.rejects = family.rejects || row.declared;
  }
}

void gate(std::span<Tested> rows, std::span<const Family> earlier) {
  if (earlier.empty() || earlier.front().rejects) return;
  for (auto& tested : rows)
    if (tested.row->in_family()) flag(*tested.row, "EXPLORATORY");
}

}  // namespace miura::association
