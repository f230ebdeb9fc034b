#include "association/cell_noise.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <vector>

#include "miura/stats/correlation_interval.hpp"
#include "miura/stats/random.hpp"

namespace miura::association {

namespace {

/// Cumulative weights of a binomial count around its mode, by the ratio of neighbours: no logarithms or exponentials,
/// so the same bits on any machine. What is left out has less than 1e-17 of the mode's probability an entry.
class BinomialTable {
public:
  BinomialTable(std::int64_t n, std::int64_t successes) : first_(0) {
    if (successes == 0 || successes == n) {
      first_ = successes;
      cumulative_ = {1.0};
      return;
    }
    const double odds = static_cast<double>(successes) / static_cast<double>(n - successes);
    std::vector<double> down;
    auto k = successes;  // p n is whole, so it is the mode
    for (double w = 1.0; k > 0 && w > 1e-17; --k, down.push_back(w))
      w *= static_cast<double>(k) / (static_cast<double>(n - k + 1) * odds);
    first_ = k;
    std::vector<double> weight(down.rbegin(), down.rend());
    weight.push_back(1.0);
    k = successes;
    for (double w = 1.0; k < n && w > 1e-17; ++k, weight.push_back(w))
      w *= static_cast<double>(n - k) * odds / static_cast<double>(k + 1);
    double sum = 0.0;
    for (const double w : weight) cumulative_.push_back(sum += w);
  }

  std::int64_t draw(stats::RandomStream& random) const {
    const auto at = std::ranges::upper_bound(cumulative_, random.uniform() * cumulative_.back());
    return first_ + std::min<std::int64_t>(at - cumulative_.begin(), std::ssize(cumulative_) - 1);
  }

private:
  std::int64_t first_;
  std::vector<double> cumulative_;
};

std::uint64_t stream_of(const ClusterShare& share, std::int32_t lot) {
  const auto& p = share.partition();
  auto key = stats::hash_text(p.seed, p.integration);
  key = stats::mix(key ^ std::bit_cast<std::uint64_t>(p.resolution));
  key = stats::mix(key ^ static_cast<std::uint64_t>(share.cluster()));
  return stats::mix(key ^ static_cast<std::uint64_t>(lot));
}

/// What is ranked of a cluster when every lot's cells are drawn again: lot x resample.
std::vector<std::vector<double>> drawn_values(const ClusterShare& share, const Options& options) {
  std::vector<std::vector<double>> drawn(share.partition().n_lots);
  for (std::int32_t lot = 0; lot < share.partition().n_lots; ++lot) {
    const auto size = share.partition().lot_size[lot];
    if (size == 0) continue;
    const BinomialTable cells(size, share.cells(lot));
    stats::RandomStream random(options.relabelings.seed, stats::Purpose::cell_noise, stream_of(share, lot));
    for (std::int32_t b = 0; b < options.cell_resamples; ++b)
      drawn[lot].push_back(share.value_of(cells.draw(random), size));
  }
  return drawn;
}

void fill(const Tested& tested, const std::vector<std::vector<double>>& drawn, const LotDesign& design,
          const Options& options) {
  const auto& lots = *tested.lots;
  const auto y = tested.y(lots);
  std::vector<double> x(lots.size()), rho;
  for (std::int32_t b = 0; b < options.cell_resamples; ++b) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = drawn[lots[i]][b];
    const double r = design.correlate(x, y, lots).rho;
    if (!std::isnan(r)) rho.push_back(r);  // a resample without variation has no rho
  }
  if (rho.empty()) return;
  std::ranges::sort(rho);
  tested.row->rho_cell_lo = stats::quantile(rho, options.alpha / 2);
  tested.row->rho_cell_hi = stats::quantile(rho, 1 - options.alpha / 2);
}

}  // namespace

void add_cell_noise(ClusterFamily& family, const LotDesign& design, const Options& options) {
  std::map<const ClusterShare*, std::vector<const Tested*>> by_cluster;
  for (std::size_t i = 0; i < family.rows.size(); ++i)
    if (!std::isnan(family.rows[i].rho)) by_cluster[family.share[i]].push_back(&family.tested[i]);
  const std::vector<std::pair<const ClusterShare*, std::vector<const Tested*>>> clusters(by_cluster.begin(),
                                                                                         by_cluster.end());
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t i = 0; i < std::ssize(clusters); ++i) {
    const auto& [share, members] = clusters[i];
    const auto drawn = drawn_values(*share, options);
    for (const auto* tested : members) fill(*tested, drawn, design, options);
  }
}

}  // namespace miura::association
