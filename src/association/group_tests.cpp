#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "association/row_tests.hpp"
#include "miura/base/error.hpp"
#include "miura/permutation/two_sample.hpp"

namespace miura::association {

namespace {

/// 1 for the lots with the larger of the outcome's two values.
std::vector<std::int32_t> groups_of(std::span<const double> outcome) {
  const double larger = std::ranges::max(outcome);
  std::vector<std::int32_t> group;
  for (const double value : outcome) group.push_back(value == larger ? 1 : 0);
  return group;
}

permutation::TwoSample engine_name(Statistic statistic) {
  if (statistic == Statistic::t) return permutation::TwoSample::t;
  return statistic == Statistic::welch ? permutation::TwoSample::welch : permutation::TwoSample::wilcoxon;
}

permutation::TwoSampleResult compared(MPI_Comm comm, std::span<const Tested> tested,
                                      const std::vector<std::int64_t>& members, const Lots& lots,
                                      std::span<const std::int32_t> group, const Options& options,
                                      FamilyMethod family) {
  std::vector<double> feature;
  for (const auto i : members) {
    const auto x = tested[i].x(lots);
    feature.insert(feature.end(), x.begin(), x.end());
  }
  const auto statistic = engine_name(options.statistic);
  if (family == FamilyMethod::min_p)
    return permutation::two_sample_min_p(comm, feature, group, statistic, options.relabelings);
  return permutation::two_sample_max_t(comm, feature, group, statistic, options.relabelings);
}

/// The smallest p that any data could reach: the observed labeling, and where the groups are equally large and both
/// sides count, its mirror image.
double floor_of(const permutation::TwoSampleResult& result, std::span<const std::int32_t> group,
                const Options& options) {
  const bool mirrored =
      options.relabelings.side == permutation::Side::two_sided && 2 * std::ranges::count(group, 1) == std::ssize(group);
  return result.p(mirrored && result.exact ? 2 : 1);
}

bool large_enough(std::span<const std::int32_t> group) {
  return std::ranges::count(group, 0) >= 2 && std::ranges::count(group, 1) >= 2;
}

}  // namespace

RowTests group_tests(MPI_Comm comm, std::span<Tested> tested, std::span<FeatureRow> rows, const Options& options) {
  RowTests tests{.outcomes_apart = true, .alone = {}, .family = {}};
  tests.alone = [=, &options](const std::vector<std::int64_t>& members, const Lots& lots) {
    const auto group = groups_of(tested[members.front()].y(lots));
    if (!large_enough(group)) {
      for (const auto i : members)
        if (rows[i].in_family()) rows[i].status = Status::low_n;
      return;
    }
    const auto result = compared(comm, tested, members, lots, group, options, FamilyMethod::max_t);
    for (std::int64_t f = 0; f < std::ssize(members); ++f) {
      auto& row = rows[members[f]];
      if (std::isnan(result.t[f])) continue;
      row.statistic = result.t[f];
      row.p_exact = result.p(result.raw[f]);
      row.p_min_attainable = floor_of(result, group, options);
      row.n_perm = result.exact ? result.n_labelings : result.n_labelings - 1;
      row.perm_type = result.exact ? "exact" : "mc";
    }
  };
  tests.family = [=, &options](const std::vector<std::int64_t>& members, const Lots& lots) {
    const auto group = groups_of(tested[members.front()].y(lots));
    if (!large_enough(group)) return;
    const auto result = compared(comm, tested, members, lots, group, options, options.family);
    for (std::int64_t f = 0; f < std::ssize(members); ++f) {
      if (std::isnan(result.t[f])) continue;
      rows[members[f]].p_max_t_single = result.p(result.single_step[f]);
      rows[members[f]].p_max_t_step = result.p(result.step_down[f]);
    }
  };
  return tests;
}

void check_groups(std::span<const Outcome> outcomes, const Options& options) {
  if (options.statistic == Statistic::spearman) return;
  if (!options.design.stratum.empty() || !options.design.covariate.empty())
    throw UsageError("groups are compared without strata and covariate; Spearman's rho takes both, also of 0 and 1");
  for (const auto& outcome : outcomes) {
    std::set<double> values;
    for (const double value : outcome.value)
      if (!std::isnan(value)) values.insert(value);
    if (values.size() != 2)
      throw UsageError(fmt::format("outcome {} has {} different value{}; two groups need two", outcome.name,
                                   values.size(), values.size() == 1 ? "" : "s"));
  }
}

}  // namespace miura::association
