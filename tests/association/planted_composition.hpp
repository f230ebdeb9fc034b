#pragma once

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "miura/association/cluster_association.hpp"
#include "miura/stats/random.hpp"

namespace miura::test {

/// Lots with `n_clusters` clusters of varying share (log-normal), no cluster with a function; `study` names the draw.
inline matrix::Composition random_composition(std::int32_t n_lots, std::int32_t n_clusters, std::int64_t lot_size,
                                              std::uint64_t study) {
  stats::RandomStream random(study, stats::Purpose::simulate, 0);
  const auto normal = [&] {
    double sum = -6.0;  // twelve uniform numbers: near enough, and the same bits anywhere
    for (int i = 0; i < 12; ++i) sum += random.uniform();
    return sum;
  };
  matrix::Composition composition{.resolution = 0.5,
                                  .n_lots = n_lots,
                                  .n_clusters = n_clusters,
                                  .count = std::vector<std::int64_t>(std::int64_t{n_lots} * n_clusters),
                                  .lot_size = std::vector<std::int64_t>(n_lots, lot_size)};
  for (std::int32_t lot = 0; lot < n_lots; ++lot) {
    std::vector<double> up_to(n_clusters);
    double sum = 0.0;
    for (auto& u : up_to) u = sum += std::exp(0.5 * normal());
    for (std::int64_t cell = 0; cell < lot_size; ++cell) {
      const auto k = std::lower_bound(up_to.begin(), up_to.end(), random.uniform() * sum) - up_to.begin();
      ++composition.count[k * n_lots + lot];
    }
  }
  return composition;
}

/// Values without any relation to the lots.
inline association::Outcome random_outcome(std::string name, std::int32_t n_lots, std::uint64_t study) {
  stats::RandomStream random(study, stats::Purpose::simulate, 1 + stats::hash_text(0, name) % 1'000);
  association::Outcome outcome{std::move(name), {}};
  for (std::int32_t lot = 0; lot < n_lots; ++lot) outcome.value.push_back(random.uniform());
  return outcome;
}

}  // namespace miura::test
