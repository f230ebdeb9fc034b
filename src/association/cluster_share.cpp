#include "association/cluster_share.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "miura/stats/correlation_interval.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::association {

std::vector<double> ClusterShare::fractions(std::span<const std::int32_t> lots) const {
  std::vector<double> values;
  for (const auto lot : lots) values.push_back(fraction(lot));
  return values;
}

std::vector<double> Tested::values(std::span<const std::int32_t> of_lots) const {
  std::vector<double> picked;
  for (const auto lot : of_lots) picked.push_back(outcome->value[lot]);
  return picked;
}

void flag(Row& row, std::string_view remark) {
  if (!row.flags.empty()) row.flags += ';';
  row.flags += remark;
}

std::string_view name_of(Status status) {
  switch (status) {
    case Status::ok:
      return "OK";
    case Status::few_cells:
      return "FEW_CELLS";
    case Status::low_n:
      return "LOW_N";
    case Status::constant_feature:
      return "CONSTANT_FEATURE";
    case Status::constant_outcome:
      return "CONSTANT_OUTCOME";
    case Status::too_many_ties:
      return "TOO_MANY_TIES";
    case Status::empty_cluster:
      return "EMPTY_CLUSTER";
    case Status::one_lot:
      return "ONE_LOT";
  }
  return {};
}

namespace {

bool constant(std::span<const double> values) {
  return std::ranges::all_of(values, [&](double v) { return v == values.front(); });
}

/// Smallest and largest rho over leaving out one lot each; NaN where none can be computed.
void leave_lots_out(Row& row, std::span<const double> x, std::span<const double> y) {
  for (std::int64_t out = 0; out < std::ssize(x) && row.n >= 4; ++out) {
    std::vector<double> rest_x(x.begin(), x.end()), rest_y(y.begin(), y.end());
    rest_x.erase(rest_x.begin() + out);
    rest_y.erase(rest_y.begin() + out);
    const auto rho = stats::spearman_rho(rest_x, rest_y);
    row.loo_rho_min = std::fmin(row.loo_rho_min, rho);  // fmin and fmax pass over NaN
    row.loo_rho_max = std::fmax(row.loo_rho_max, rho);
  }
}

struct Spread {
  double overall_share = 0.0;  ///< of all cells of the lots
  double largest_lot = 0.0;    ///< of the sum of fractions, so that each lot counts the same
  std::int32_t nonzero_lots = 0;
  std::int64_t smallest_size = 0;
};

Spread spread_of(const Tested& tested, std::span<const double> fraction) {
  Spread spread;
  std::int64_t cells = 0, all_cells = 0;
  for (const auto lot : tested.lots) {
    const auto size = tested.share->partition().lot_size[lot];
    cells += tested.share->cells(lot);
    spread.smallest_size = all_cells == 0 ? size : std::min(spread.smallest_size, size);
    all_cells += size;
    spread.nonzero_lots += tested.share->cells(lot) > 0 ? 1 : 0;
  }
  const double sum = std::accumulate(fraction.begin(), fraction.end(), 0.0);
  if (sum > 0.0) spread.largest_lot = std::ranges::max(fraction) / sum;
  if (all_cells > 0) spread.overall_share = static_cast<double>(cells) / static_cast<double>(all_cells);
  return spread;
}

/// The rules on few and unequal cells (METHOD 1.5) look at cell numbers and shares; of them only FEW_CELLS, which keeps
/// a row in the family, also looks at the outcome.
Status status_of(const Tested& tested, const Spread& spread, std::span<const double> x, std::span<const double> y,
                 const Options& options) {
  constexpr double rare_share = 0.005, related_to_size = 0.5, few_expected = 5.0;
  const auto n = tested.row.n;
  if (n == 0) return Status::constant_outcome;
  if (n < 3) return Status::low_n;
  if (constant(y)) return Status::constant_outcome;
  if (constant(x)) return Status::constant_feature;
  if (n < 5) return Status::low_n;
  if (spread.largest_lot > options.one_lot_share) return Status::one_lot;
  if (spread.overall_share < rare_share || 2 * spread.nonzero_lots < n) return Status::empty_cluster;
  std::vector<double> size;
  for (const auto lot : tested.lots) size.push_back(static_cast<double>(tested.share->partition().lot_size[lot]));
  const bool related = std::abs(stats::spearman_rho(size, y)) > related_to_size;
  return related || tested.row.min_expected_count < few_expected ? Status::few_cells : Status::ok;
}

}  // namespace

void describe(Tested& tested, const Options& options) {
  auto& row = tested.row;
  row.n = static_cast<std::int32_t>(std::ssize(tested.lots));
  const auto x = tested.share->fractions(tested.lots), y = tested.values(tested.lots);
  const auto spread = spread_of(tested, x);
  if (row.n > 0) {
    row.mean_fraction = std::accumulate(x.begin(), x.end(), 0.0) / row.n;
    row.min_expected_count = static_cast<double>(spread.smallest_size) * spread.overall_share;
  }
  row.status = status_of(tested, spread, x, y, options);
  if (row.n < 3) return;
  const auto rank_x = stats::doubled_mid_ranks(x), rank_y = stats::doubled_mid_ranks(y);
  row.s = stats::spearman_s(rank_x, rank_y);
  row.rho = stats::spearman_rho(rank_x, rank_y);
  if (std::isnan(row.rho)) return;
  const auto interval = stats::spearman_interval(row.rho, row.n, 1.0 - options.alpha);
  row.ci_lo = interval.low;
  row.ci_hi = interval.high;
  leave_lots_out(row, x, y);
}

}  // namespace miura::association
