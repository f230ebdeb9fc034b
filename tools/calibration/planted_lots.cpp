#include "planted_lots.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "simulate/samplers.hpp"

namespace miura::calibration {

namespace {

using stats::RandomStream;

/// What is drawn of the lots but their cells.
struct DrawnLots {
  std::vector<std::int32_t> source;
  std::vector<double> covariate, size;
  std::vector<std::vector<double>> outcome, weight;  ///< outcome x lot; lot x cluster
};

double mixed(double r, double common, double own) { return r * common + std::sqrt(1 - r * r) * own; }

DrawnLots draw_lots(const LotModel& m, RandomStream& random) {
  const auto n = m.n_lots;
  const auto n_clusters = std::ssize(m.share);
  const auto normal = [&] { return simulate::normal(random); };
  DrawnLots lots;
  for (std::size_t s = 0; s < m.lots_of_source.size(); ++s)
    lots.source.insert(lots.source.end(), m.lots_of_source[s], static_cast<std::int32_t>(s));
  for (std::int32_t l = 0; l < n; ++l) lots.covariate.push_back(normal());

  std::vector<double> common(n);
  for (auto& c : common) c = normal();
  lots.outcome.assign(m.outcomes, std::vector<double>(n));
  for (auto& outcome : lots.outcome)
    for (std::int32_t l = 0; l < n; ++l) outcome[l] = mixed(std::sqrt(m.outcome_correlation), common[l], normal());
  lots.weight.assign(n, std::vector<double>(n_clusters));
  for (std::int32_t l = 0; l < n; ++l) {
    for (std::int64_t k = 0; k < n_clusters; ++k) {
      double z = k == m.causal ? mixed(m.rho, lots.outcome[0][l], normal()) : normal();
      if (m.confounder != 0.0)  // up and down in turn, or the shares would not see it
        z = mixed(m.confounder, k % 2 == 0 ? lots.covariate[l] : -lots.covariate[l], z);
      lots.weight[l][k] = z;
    }
    const double size = mixed(m.size_with_outcome, lots.outcome[0][l], normal());
    const double even = 0.5 * std::erfc(-size / std::sqrt(2.0));
    lots.size.push_back(std::round(std::exp(std::log(static_cast<double>(m.fewest_cells)) * (1 - even) +
                                            std::log(static_cast<double>(m.most_cells)) * even)));
  }
  if (m.confounder != 0.0)
    for (auto& outcome : lots.outcome)
      for (std::int32_t l = 0; l < n; ++l) outcome[l] = mixed(m.confounder, lots.covariate[l], outcome[l]);

  std::vector<std::vector<double>> shift(m.lots_of_source.size(), std::vector<double>(n_clusters + m.outcomes));
  for (auto& source : shift)
    for (auto& s : source) s = m.source_sd * normal();
  for (std::int32_t l = 0; l < n && !shift.empty(); ++l) {
    const auto& of_source = shift[lots.source[l]];
    for (std::int64_t k = 0; k < n_clusters; ++k) lots.weight[l][k] += of_source[k];
    for (std::int32_t o = 0; o < m.outcomes; ++o) lots.outcome[o][l] += of_source[n_clusters + o];
  }
  return lots;
}

/// Cells of one lot over clusters with these weights.
std::vector<std::int64_t> count_cells(RandomStream& random, std::int64_t cells, std::vector<double> weight) {
  std::vector<std::int64_t> count(weight.size());
  std::partial_sum(weight.begin(), weight.end(), weight.begin());
  for (std::int64_t i = 0; i < cells; ++i) {
    const auto at = std::ranges::upper_bound(weight, random.uniform() * weight.back()) - weight.begin();
    ++count[std::min<std::int64_t>(at, std::ssize(count) - 1)];
  }
  return count;
}

matrix::Composition empty_composition(const DrawnLots& lots, std::int32_t n_clusters) {
  const auto n = static_cast<std::int32_t>(std::ssize(lots.size));
  matrix::Composition c{.n_lots = n,
                        .n_clusters = n_clusters,
                        .count = std::vector<std::int64_t>(std::int64_t{n_clusters} * n),
                        .lot_size = {}};
  for (const double size : lots.size) c.lot_size.push_back(static_cast<std::int64_t>(size));
  return c;
}

PlantedLots describe(const DrawnLots& lots) {
  PlantedLots planted;
  planted.covariate = lots.covariate;
  for (const auto s : lots.source) planted.source.push_back(std::string(1, static_cast<char>('A' + s)));
  for (std::size_t o = 0; o < lots.outcome.size(); ++o)
    planted.outcomes.push_back({"outcome" + std::to_string(o), lots.outcome[o]});
  return planted;
}

double weight_of(const LotModel& m, const DrawnLots& lots, std::int32_t lot, std::int64_t cluster) {
  const double sd = cluster == m.causal ? m.causal_sd : m.lot_sd;
  return m.share[cluster] * std::exp(sd * lots.weight[lot][cluster]);
}

}  // namespace

PlantedLots plant(const LotModel& model, std::uint64_t seed, std::uint64_t study) {
  RandomStream random(seed, stats::Purpose::simulate, study);
  const auto lots = draw_lots(model, random);
  auto planted = describe(lots);
  auto& c =
      planted.partitions.emplace_back(empty_composition(lots, static_cast<std::int32_t>(std::ssize(model.share))));
  for (std::int32_t l = 0; l < c.n_lots; ++l) {
    std::vector<double> weight;
    for (std::int32_t k = 0; k < c.n_clusters; ++k) weight.push_back(weight_of(model, lots, l, k));
    const auto count = count_cells(random, c.lot_size[l], weight);
    for (std::int32_t k = 0; k < c.n_clusters; ++k) c.count[k * c.n_lots + l] = count[k];
  }
  return planted;
}

PlantedLots plant(LotModel model, const Grid& grid, std::uint64_t seed, std::uint64_t study) {
  constexpr std::int32_t types = 12, blocks = 5;
  constexpr double block_sd = 0.3, moved = 0.15;
  RandomStream random(seed, stats::Purpose::simulate, study);
  model.share.assign(types, 1.0);
  const auto lots = draw_lots(model, random);
  auto planted = describe(lots);
  std::vector<std::vector<std::int64_t>> block_count;  // lot x block
  for (std::int32_t l = 0; l < model.n_lots; ++l) {
    std::vector<double> weight;
    for (std::int32_t b = 0; b < types * blocks; ++b)
      weight.push_back(weight_of(model, lots, l, b / blocks) * std::exp(block_sd * simulate::normal(random)));
    block_count.push_back(count_cells(random, static_cast<std::int64_t>(lots.size[l]), weight));
  }
  for (const auto n_clusters : grid.clusters)
    for (std::int32_t s = 0; s < grid.seeds; ++s) {
      auto& c = planted.partitions.emplace_back(empty_composition(lots, n_clusters));
      c.resolution = n_clusters;
      c.seed = static_cast<std::uint64_t>(s);
      for (std::int32_t b = 0; b < types * blocks; ++b) {
        auto cluster = b / blocks * n_clusters / types;
        if (random.uniform() < moved) cluster = (cluster + 1) % n_clusters;
        for (std::int32_t l = 0; l < c.n_lots; ++l) c.count[cluster * c.n_lots + l] += block_count[l][b];
      }
    }
  return planted;
}

}  // namespace miura::calibration
