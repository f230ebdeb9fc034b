#include "association/cell_noise.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <vector>

#include "miura/stats/random.hpp"
#include "miura/stats/ranks.hpp"

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

/// Fractions of a cluster when every lot's cells are drawn again: lot x resample.
std::vector<std::vector<double>> drawn_fractions(const ClusterShare& share, const Options& options) {
  std::vector<std::vector<double>> drawn(share.partition().n_lots);
  for (std::int32_t lot = 0; lot < share.partition().n_lots; ++lot) {
    const auto size = share.partition().lot_size[lot];
    if (size == 0) continue;
    const BinomialTable cells(size, share.cells(lot));
    stats::RandomStream random(options.relabelings.seed, stats::Purpose::cell_noise, stream_of(share, lot));
    for (std::int32_t b = 0; b < options.cell_resamples; ++b)
      drawn[lot].push_back(static_cast<double>(cells.draw(random)) / static_cast<double>(size));
  }
  return drawn;
}

/// Type 7 of Hyndman & Fan (1996), the default of R and NumPy.
double quantile(const std::vector<double>& sorted, double p) {
  const double at = p * static_cast<double>(std::ssize(sorted) - 1);
  const auto low = static_cast<std::int64_t>(at);
  const auto high = std::min(low + 1, std::ssize(sorted) - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

void fill(Tested& tested, const std::vector<std::vector<double>>& drawn, const Options& options) {
  const auto rank_y = stats::doubled_mid_ranks(tested.values(tested.lots));
  std::vector<double> x(tested.lots.size()), rho;
  for (std::int32_t b = 0; b < options.cell_resamples; ++b) {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = drawn[tested.lots[i]][b];
    const double r = stats::spearman_rho(stats::doubled_mid_ranks(x), rank_y);
    if (!std::isnan(r)) rho.push_back(r);  // a resample without variation has no rho
  }
  if (rho.empty()) return;
  std::ranges::sort(rho);
  tested.row.rho_cell_lo = quantile(rho, options.alpha / 2);
  tested.row.rho_cell_hi = quantile(rho, 1 - options.alpha / 2);
}

}  // namespace

void add_cell_noise(std::span<Tested> rows, const Options& options) {
  std::map<const ClusterShare*, std::vector<Tested*>> by_cluster;
  for (auto& tested : rows)
    if (!std::isnan(tested.row.rho)) by_cluster[tested.share].push_back(&tested);
  std::vector<std::vector<Tested*>> clusters;
  for (auto& [share, members] : by_cluster) clusters.push_back(std::move(members));
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t i = 0; i < std::ssize(clusters); ++i) {
    const auto drawn = drawn_fractions(*clusters[i].front()->share, options);
    for (auto* tested : clusters[i]) fill(*tested, drawn, options);
  }
}

}  // namespace miura::association
