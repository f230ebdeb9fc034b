#include "association/tested.hpp"

#include <cmath>
#include <numeric>

#include "miura/stats/correlation_interval.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::association {

namespace {

/// Smallest and largest rho over leaving out one lot each; NaN where none can be computed.
void leave_lots_out(const Tested& tested, const LotDesign& design) {
  auto& row = *tested.row;
  if (row.n < 4) return;
  std::vector<double> rhos;
  if (!design.stratified() && !design.adjusted())
    rhos = stats::spearman_rho_without_each(tested.x(*tested.lots), tested.y(*tested.lots));
  else
    for (std::int32_t out = 0; out < row.n; ++out) {
      auto rest = *tested.lots;
      rest.erase(rest.begin() + out);
      rhos.push_back(design.correlate(tested.x(rest), tested.y(rest), rest).rho);
    }
  for (const auto rho : rhos) {
    row.loo_rho_min = std::fmin(row.loo_rho_min, rho);  // fmin and fmax pass over NaN
    row.loo_rho_max = std::fmax(row.loo_rho_max, rho);
  }
}

stats::Interval interval_of(const Tested& tested, const LotDesign& design, const Options& options) {
  const double level = 1.0 - options.alpha;
  const auto& lots = *tested.lots;
  const auto n = std::ssize(lots);
  if (options.interval == IntervalMethod::bonett_wright)
    return stats::spearman_interval(tested.row->rho, n - design.n_fitted(lots), level);
  const auto rho_of = [&](std::span<const std::int32_t> drawn) {
    Lots again;
    for (const auto i : drawn) again.push_back(lots[i]);
    return design.correlate(tested.x(again), tested.y(again), again).rho;
  };
  return stats::bca_interval(n, rho_of, {.level = level, .seed = options.relabelings.seed});
}

Status status_of(const Tested& tested, const LotDesign& design, std::int32_t fewest) {
  constexpr std::int32_t fewest_degrees = 4;  // left for the residuals given a covariate
  auto& row = *tested.row;
  if (row.n == 0) return Status::constant_outcome;
  if (row.n < 3) return Status::low_n;
  if (constant(tested.y(*tested.lots))) return Status::constant_outcome;
  if (constant(tested.x(*tested.lots))) return Status::constant_feature;
  if (std::isnan(row.rho)) {  // nothing varies within strata, or given the covariate
    flag(row, "ALIASED");
    return Status::not_tested;
  }
  if (row.n < fewest) return Status::low_n;
  if (!design.adjusted()) return Status::ok;
  if (row.n - 1 - design.n_fitted(*tested.lots) >= fewest_degrees) return Status::approx;
  flag(row, "FEW_DEGREES_OF_FREEDOM");
  return Status::not_tested;
}

}  // namespace

std::vector<double> Tested::x(std::span<const std::int32_t> of_lots) const {
  std::vector<double> picked;
  picked.reserve(of_lots.size());
  for (const auto lot : of_lots) picked.push_back(value[lot]);
  return picked;
}

std::vector<double> Tested::y(std::span<const std::int32_t> of_lots) const {
  std::vector<double> picked;
  picked.reserve(of_lots.size());
  for (const auto lot : of_lots) picked.push_back(outcome->value[lot]);
  return picked;
}

std::int32_t fewest_lots(const Options& options, std::int64_t n_tests) {
  return options.relabelings.side != permutation::Side::two_sided && n_tests == 1 ? 4 : 5;
}

void describe(const Tested& tested, const LotDesign& design, const Options& options, std::int32_t fewest) {
  auto& row = *tested.row;
  const auto& lots = *tested.lots;
  row.n = static_cast<std::int32_t>(std::ssize(lots));
  row.n_strata = design.n_strata(lots);
  if (row.n >= 3) {
    const auto found = design.correlate(tested.x(lots), tested.y(lots), lots);
    row.s = found.s;
    row.rho = found.rho;
  }
  if (options.relabelings.side == permutation::Side::greater) flag(row, "ONE_SIDED_GREATER");
  if (options.relabelings.side == permutation::Side::less) flag(row, "ONE_SIDED_LESS");
  if (design.has_single_lot(lots)) flag(row, "STRATUM_OF_ONE_LOT");
  row.status = status_of(tested, design, fewest);
  if (std::isnan(row.rho)) return;
  const auto interval = interval_of(tested, design, options);
  row.ci_lo = interval.low;
  row.ci_hi = interval.high;
  leave_lots_out(tested, design);
}

}  // namespace miura::association
