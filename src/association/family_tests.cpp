#include "association/family_tests.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "miura/permutation/freedman_lane.hpp"
#include "miura/permutation/marginal.hpp"
#include "miura/permutation/max_t.hpp"
#include "miura/stats/multiplicity.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::association {

namespace {

using Lots = std::vector<std::int32_t>;

/// Collects tests over common lots; a feature or outcome that is constant over them is not taken.
class TestCollection {
public:
  explicit TestCollection(const Lots& lots) { tests_.n_lots = static_cast<std::int32_t>(std::ssize(lots)); }

  /// Values over the common lots. `row` is what the caller calls the test.
  void add(std::int64_t row, std::span<const double> feature, const Outcome* outcome, std::span<const double> value) {
    const auto x = stats::doubled_mid_ranks(feature), y = stats::doubled_mid_ranks(value);
    if (stats::spearman_s(x, x) == 0 || stats::spearman_s(y, y) == 0) return;
    const auto known = outcome_.find(outcome);
    const auto m = known != outcome_.end() ? known->second : static_cast<std::int32_t>(std::ssize(outcome_));
    if (known == outcome_.end()) {
      outcome_[outcome] = m;
      tests_.outcome.insert(tests_.outcome.end(), y.begin(), y.end());
    }
    tests_.pair.push_back({static_cast<std::int32_t>(std::ssize(row_)), m});
    tests_.feature.insert(tests_.feature.end(), x.begin(), x.end());
    row_.push_back(row);
  }

  const permutation::RankTests& tests() const noexcept { return tests_; }
  std::int64_t row(std::int64_t test) const noexcept { return row_[test]; }

private:
  permutation::RankTests tests_;
  std::vector<std::int64_t> row_;
  std::map<const Outcome*, std::int32_t> outcome_;
};

/// Positions of the rows that are wanted, by the lots they are tested on.
template <class Wanted, class LotsOf>
std::map<Lots, std::vector<std::int64_t>> by_lots(std::span<const Tested> rows, Wanted&& wanted, LotsOf&& lots_of) {
  std::map<Lots, std::vector<std::int64_t>> groups;
  for (std::int64_t i = 0; i < std::ssize(rows); ++i)
    if (wanted(rows[i])) groups[lots_of(i)].push_back(i);
  return groups;
}

/// maxT of some rows over common lots.
void test_together(MPI_Comm comm, std::span<Tested> rows, const std::vector<std::int64_t>& members, const Lots& lots,
                   const Options& options) {
  TestCollection collection(lots);
  for (const auto i : members) collection.add(i, rows[i].share->fractions(lots), rows[i].outcome, rows[i].values(lots));
  const auto family = permutation::max_t(comm, collection.tests(), options.relabelings);
  for (std::int64_t t = 0; t < collection.tests().size(); ++t) {
    auto& row = rows[collection.row(t)].row;
    row.p_max_t_single = family.p(family.single_step[t]);
    row.p_max_t_step = family.p(family.step_down[t]);
  }
}

/// Holm's method between families of which each controls its own error: the most significant family first.
void correct_between(std::span<Tested> rows, std::vector<std::vector<std::int64_t>> families) {
  const auto smallest = [&](const std::vector<std::int64_t>& members) {
    double p = 1.0;
    for (const auto i : members) p = std::fmin(p, rows[i].row.p_max_t_step);
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
      correct(rows[i].row.p_max_t_single);
      correct(rows[i].row.p_max_t_step);
    }
    floor = std::max(floor, smallest(families[f]));
  }
}

/// Lots that have all outcomes of the rows in the family.
Lots common_lots(std::span<const Tested> rows) {
  std::optional<Lots> common;
  for (const auto& tested : rows) {
    if (!tested.in_family()) continue;
    Lots both;
    std::ranges::set_intersection(common.value_or(tested.lots), tested.lots, std::back_inserter(both));
    common = std::move(both);
  }
  return common.value_or(Lots{});
}

/// Which of several declared clusters is the foremost: the larger, where rho is equal.
std::pair<double, double> strength(const Tested& tested) {
  return {std::abs(tested.row.rho), tested.row.mean_fraction};
}

void adjust_marginal(std::span<Tested> rows) {
  std::vector<double> p;
  for (const auto& tested : rows) p.push_back(tested.in_family() ? tested.row.p_exact : not_computed);
  const auto holm = stats::holm(p), q = stats::benjamini_hochberg(p);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].row.p_holm = holm[i];
    rows[i].row.q_bh = q[i];
  }
}

}  // namespace

void test_each(MPI_Comm comm, std::span<Tested> rows, const Options& options) {
  const auto groups = by_lots(
      rows, [](const Tested& t) { return !std::isnan(t.row.rho); }, [&](std::int64_t i) { return rows[i].lots; });
  for (const auto& [lots, members] : groups) {
    TestCollection collection(lots);
    for (const auto i : members)
      collection.add(i, rows[i].share->fractions(lots), rows[i].outcome, rows[i].values(lots));
    const auto result = permutation::marginal_tests(comm, collection.tests(), options.relabelings);
    for (std::int64_t t = 0; t < collection.tests().size(); ++t) {
      auto& tested = rows[collection.row(t)];
      tested.row.p_exact = result.p(result.two_sided[t]);
      tested.row.p_min_attainable = result.p_min_attainable[t];
      tested.row.n_perm = result.exact ? result.n_relabelings : result.n_relabelings - 1;
      tested.row.perm_type = result.exact ? "exact" : "mc";
      if (tested.in_family() && tested.row.p_min_attainable > options.alpha) tested.row.status = Status::too_many_ties;
    }
  }
}

std::vector<std::vector<std::int32_t>> test_family(MPI_Comm comm, std::span<Tested> rows, const Options& options,
                                                   Family& family) {
  constexpr std::int64_t fewest_lots = 5;  // with 4, no test can reach .05
  const auto in_family = [](const Tested& t) { return t.in_family(); };
  std::vector<Lots> lots_of(rows.size());
  const auto common = common_lots(rows);
  const bool together = std::ssize(common) >= fewest_lots;
  for (std::size_t i = 0; i < rows.size(); ++i) lots_of[i] = together ? common : rows[i].lots;
  family.n_tests = std::ranges::count_if(rows, in_family);
  family.n_lots = together ? static_cast<std::int32_t>(std::ssize(common)) : 0;

  if (together) {
    std::vector<std::int64_t> members;
    for (std::int64_t i = 0; i < std::ssize(rows); ++i)
      if (rows[i].in_family()) members.push_back(i);
    test_together(comm, rows, members, common, options);
  } else {
    std::map<std::string, std::vector<std::int64_t>> outcomes;
    for (std::int64_t i = 0; i < std::ssize(rows); ++i)
      if (rows[i].in_family()) outcomes[rows[i].outcome->name].push_back(i);
    std::vector<std::vector<std::int64_t>> families;
    for (const auto& [name, members] : outcomes) {
      test_together(comm, rows, members, rows[members.front()].lots, options);
      families.push_back(members);
    }
    correct_between(rows, std::move(families));
  }
  for (auto& tested : rows) {
    if (!tested.in_family()) continue;
    if (!together)
      flag(tested.row, "OUTCOMES_APART");
    else if (tested.row.n > family.n_lots)
      flag(tested.row, "FAMILY_N_" + std::to_string(family.n_lots));
  }
  adjust_marginal(rows);
  return lots_of;
}

void adjust_for_cell_numbers(MPI_Comm comm, std::span<Tested> rows, const Options& options) {
  constexpr std::int32_t fewest_lots = 6;  // n - 1 - 1 covariate >= 4 degrees of freedom
  std::map<std::string, std::vector<std::int64_t>> groups;
  for (std::int64_t i = 0; i < std::ssize(rows); ++i)
    if (rows[i].in_family() && rows[i].row.n >= fewest_lots) groups[rows[i].outcome->name].push_back(i);
  for (const auto& [name, members] : groups) {
    const auto& lots = rows[members.front()].lots;
    const auto& partition = rows[members.front()].share->partition();  // all have lots of the same size
    std::vector<double> size;
    for (const auto lot : lots) size.push_back(static_cast<double>(partition.lot_size[lot]));
    std::vector<std::int32_t> feature;
    for (const auto i : members) {
      const auto ranks = stats::doubled_mid_ranks(rows[i].share->fractions(lots));
      feature.insert(feature.end(), ranks.begin(), ranks.end());
    }
    const auto result =
        permutation::freedman_lane(comm, feature, stats::doubled_mid_ranks(rows[members.front()].values(lots)),
                                   stats::doubled_mid_ranks(size), options.relabelings);
    for (std::int64_t f = 0; f < std::ssize(members); ++f)
      if (!std::isnan(result.rho[f])) rows[members[f]].row.p_adj_n = result.p(result.two_sided[f]);
  }
}

void test_given_foremost(MPI_Comm comm, std::span<Tested> rows,
                         const std::vector<std::vector<std::int32_t>>& family_lots, const Options& options) {
  std::map<std::pair<const matrix::Composition*, const Outcome*>, const Tested*> foremost;
  for (const auto& tested : rows) {
    if (!tested.row.declared) continue;
    auto& first = foremost[{&tested.share->partition(), tested.outcome}];
    if (first == nullptr || strength(tested) > strength(*first)) first = &tested;
  }
  const auto foremost_of = [&](const Tested& tested) -> const Tested* {
    const auto found = foremost.find({&tested.share->partition(), tested.outcome});
    return found == foremost.end() ? nullptr : found->second;
  };
  const auto groups = by_lots(
      rows, [&](const Tested& t) { return t.in_family() && foremost_of(t) != nullptr && foremost_of(t) != &t; },
      [&](std::int64_t i) { return family_lots[i]; });
  for (const auto& [lots, members] : groups) {
    TestCollection collection(lots);
    for (const auto i : members) {
      const auto& share = *rows[i].share;
      std::vector<double> fraction;
      for (const auto lot : lots) {
        const auto rest = share.partition().lot_size[lot] - foremost_of(rows[i])->share->cells(lot);
        if (rest > 0) fraction.push_back(static_cast<double>(share.cells(lot)) / static_cast<double>(rest));
      }
      if (fraction.size() == lots.size()) collection.add(i, fraction, rows[i].outcome, rows[i].values(lots));
    }
    const auto result = permutation::max_t(comm, collection.tests(), options.relabelings);
    for (std::int64_t t = 0; t < collection.tests().size(); ++t)
      rows[collection.row(t)].row.p_conditional = result.p(result.step_down[t]);
  }
}

}  // namespace miura::association
