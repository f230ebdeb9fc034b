#include "association/test_collection.hpp"

#include <algorithm>
#include <cmath>

#include "miura/base/error.hpp"
#include "miura/permutation/freedman_lane.hpp"
#include "miura/permutation/marginal.hpp"
#include "miura/permutation/max_t.hpp"
#include "miura/permutation/min_p.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::association {

namespace {

using permutation::Side;

double on_side(double rho, Side side) {
  return side == Side::two_sided ? std::abs(rho) : side == Side::greater ? rho : -rho;
}

}  // namespace

TestCollection::TestCollection(const LotDesign& design, const Lots& lots)
    : design_(design), lots_(lots), covariate_(design.covariate_ranks(lots)) {
  tests_.n_lots = static_cast<std::int32_t>(std::ssize(lots));
  tests_.stratum = design.strata_of(lots);
}

void TestCollection::add(std::int64_t row, std::span<const double> feature, const Outcome* outcome,
                         std::span<const double> value) {
  const auto x = design_.ranks(feature, lots_), y = design_.ranks(value, lots_);
  if (stats::spearman_s(x, x) == 0 || stats::spearman_s(y, y) == 0) return;
  const auto [known, is_new] = outcome_.try_emplace(outcome, static_cast<std::int32_t>(std::ssize(outcome_)));
  if (is_new) tests_.outcome.insert(tests_.outcome.end(), y.begin(), y.end());
  tests_.pair.push_back({static_cast<std::int32_t>(std::ssize(row_)), known->second});
  tests_.feature.insert(tests_.feature.end(), x.begin(), x.end());
  row_.push_back(row);
}

TestCollection::Marginal TestCollection::marginal(MPI_Comm comm, const Options& options) const {
  Marginal found;
  if (size() == 0) return found;
  if (design_.adjusted()) {
    const auto result = permutation::freedman_lane(comm, tests_, covariate_, options.relabelings);
    for (std::int64_t t = 0; t < size(); ++t)
      found.p.push_back(std::isnan(result.rho[t]) ? not_computed : result.p(result.marginal[t]));
    found.p_min_attainable.assign(size(), not_computed);
    found.n_perm = result.exact ? result.n_relabelings : result.n_relabelings - 1;
    found.perm_type = "FL";
    return found;
  }
  const auto side = options.relabelings.side;
  const auto result = permutation::marginal_tests(comm, tests_, options.relabelings);
  const auto& counts = side == Side::two_sided ? result.two_sided
                       : side == Side::greater ? result.greater
                                               : result.less;
  for (const auto count : counts) found.p.push_back(result.p(count));
  found.p_min_attainable = result.p_min_attainable;
  if (side != Side::two_sided)
    for (std::int64_t t = 0; t < size(); ++t) {
      const double share = permutation::smallest_share(tests_.x(t), tests_.y(t), tests_.stratum, side);
      const auto n = static_cast<double>(result.n_relabelings);
      found.p_min_attainable[t] = result.exact ? std::round(share * n) / n : std::max(result.p(1), share);
    }
  found.n_perm = result.exact ? result.n_relabelings : result.n_relabelings - 1;
  found.perm_type = design_.stratified() ? "stratified" : result.exact ? "exact" : "mc";
  return found;
}

TestCollection::FamilyWise TestCollection::family_wise(MPI_Comm comm, const Options& options) const {
  FamilyWise found;
  if (size() == 0) return found;
  const auto relabelings = options.family_relabelings.value_or(options.relabelings);
  const auto take = [&](const auto& result, const auto& rho_of) {
    for (std::int64_t i = 0; i < size(); ++i) {
      found.t.push_back(on_side(rho_of(i), relabelings.side));
      found.p_single.push_back(std::isnan(found.t[i]) ? not_computed : result.p(result.single_step[i]));
      found.p_step.push_back(std::isnan(found.t[i]) ? not_computed : result.p(result.step_down[i]));
    }
  };
  const auto plain_rho = [&](std::int64_t i) { return stats::spearman_rho(tests_.x(i), tests_.y(i)); };
  if (design_.adjusted()) {
    if (options.family == FamilyMethod::min_p) throw UsageError("minP is not offered given a covariate");
    const auto result = permutation::freedman_lane(comm, tests_, covariate_, relabelings);
    take(result, [&](std::int64_t i) { return result.rho[i]; });
  } else if (options.family == FamilyMethod::min_p) {
    take(permutation::min_p(comm, tests_, relabelings), plain_rho);
  } else {
    take(permutation::max_t(comm, tests_, relabelings), plain_rho);
  }
  return found;
}

}  // namespace miura::association
