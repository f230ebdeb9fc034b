#include "association/cluster_share.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "miura/stats/ranks.hpp"

namespace miura::association {

namespace {

/// How a cluster is spread over the lots of a row.
struct Spread {
  double overall_share = 0.0;  ///< of all cells of the lots
  double largest_lot = 0.0;    ///< of the sum of fractions, so that each lot counts the same
  double largest_donor = 0.0;  ///< of the sum of the donors' mean fractions; 0 where there is one donor, or none known
  std::int32_t nonzero_lots = 0;
  std::int64_t smallest_size = 0;
};

double largest_share(std::span<const double> parts) {
  const double sum = std::accumulate(parts.begin(), parts.end(), 0.0);
  return sum > 0.0 ? std::ranges::max(parts) / sum : 0.0;
}

double share_of_largest_donor(const Lots& lots, std::span<const double> fraction,
                              const std::vector<std::string>& donor) {
  if (donor.empty()) return 0.0;
  std::map<std::string, std::vector<double>> of_donor;
  for (std::size_t i = 0; i < lots.size(); ++i) {
    const auto& name = donor[lots[i]];
    of_donor[name.empty() ? "lot " + std::to_string(lots[i]) : name].push_back(fraction[i]);
  }
  std::vector<double> mean;
  for (const auto& [name, values] : of_donor)
    mean.push_back(std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()));
  return mean.size() < 2 ? 0.0 : largest_share(mean);
}

Spread spread_of(const Lots& lots, const ClusterShare& share, std::span<const double> fraction,
                 const std::vector<std::string>& donor) {
  Spread spread;
  std::int64_t cells = 0, all_cells = 0;
  for (const auto lot : lots) {
    const auto size = share.partition().lot_size[lot];
    cells += share.cells(lot);
    spread.smallest_size = all_cells == 0 ? size : std::min(spread.smallest_size, size);
    all_cells += size;
    spread.nonzero_lots += share.cells(lot) > 0 ? 1 : 0;
  }
  spread.largest_lot = largest_share(fraction);
  spread.largest_donor = share_of_largest_donor(lots, fraction, donor);
  if (all_cells > 0) spread.overall_share = static_cast<double>(cells) / static_cast<double>(all_cells);
  return spread;
}

/// The rules on few and unequal cells look at cell numbers and shares; of them only FEW_CELLS, which keeps
/// a row in the family, also looks at the outcome.
void set_status(const Tested& tested, const ClusterShare& share, const Spread& spread, const Options& options) {
  constexpr double rare_share = 0.005, related_to_size = 0.5, few_expected = 5.0;
  auto& row = *tested.row;
  if (spread.largest_lot > options.one_lot_share) {
    row.status = Status::one_lot;
  } else if (spread.largest_donor > options.one_lot_share) {
    row.status = Status::one_lot;
    flag(row, "ONE_DONOR");
  } else if (spread.overall_share < rare_share || 2 * spread.nonzero_lots < row.n) {
    row.status = Status::empty_cluster;
  } else {
    std::vector<double> size;
    for (const auto lot : *tested.lots) size.push_back(static_cast<double>(share.partition().lot_size[lot]));
    const bool related = std::abs(stats::spearman_rho(size, tested.y(*tested.lots))) > related_to_size;
    if (!related && row.min_expected_count >= few_expected) return;
    if (row.status == Status::approx) flag(row, "APPROX");
    row.status = Status::few_cells;
  }
}

}  // namespace

ClusterShare::ClusterShare(const matrix::Composition& partition, std::int32_t cluster, bool aligned)
    : partition_(&partition), cluster_(cluster), aligned_(aligned) {
  for (std::int32_t lot = 0; lot < partition.n_lots; ++lot)
    value_.push_back(partition.lot_size[lot] == 0 ? not_computed : value_of(cells(lot), partition.lot_size[lot]));
}

double ClusterShare::value_of(std::int64_t cells_of_cluster, std::int64_t all_cells) const {
  const auto c = static_cast<double>(cells_of_cluster), n = static_cast<double>(all_cells);
  return aligned_ ? std::log((c + 0.5) / (n - c + 0.5)) : c / n;
}

void describe_cells(const Tested& tested, const ClusterShare& share, const Options& options) {
  auto& row = *tested.row;
  if (row.n == 0) return;
  std::vector<double> fraction;
  for (const auto lot : *tested.lots) fraction.push_back(share.fraction(lot));
  const auto spread = spread_of(*tested.lots, share, fraction, options.design.donor);
  row.mean_fraction = std::accumulate(fraction.begin(), fraction.end(), 0.0) / row.n;
  row.min_expected_count = static_cast<double>(spread.smallest_size) * spread.overall_share;
  if (row.in_family()) set_status(tested, share, spread, options);
}

}  // namespace miura::association
