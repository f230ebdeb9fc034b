#include <boost/math/distributions/normal.hpp>
#include <stdexcept>

#include "miura/power/critical_value.hpp"
#include "miura/stats/ranks.hpp"

namespace miura::power {

Pattern even_pattern(std::int32_t n_clusters) {
  Pattern pattern{n_clusters, n_clusters, std::vector<double>(std::int64_t{n_clusters} * n_clusters)};
  for (std::int32_t k = 0; k < n_clusters; ++k)
    for (std::int32_t j = 0; j < n_clusters; ++j)
      pattern.loading[k * n_clusters + j] = (k == j ? 1.0 : 0.0) - (n_clusters > 1 ? 1.0 / n_clusters : 0.0);
  return pattern;
}

Pattern study_pattern(std::span<const matrix::Composition> partitions, std::span<const std::uint8_t> chosen) {
  Pattern pattern;
  std::size_t at = 0;
  for (const auto& partition : partitions) {
    std::vector<std::int32_t> lots;
    for (std::int32_t l = 0; l < partition.n_lots; ++l)
      if (partition.lot_size[l] > 0) lots.push_back(l);
    pattern.n_sources = static_cast<std::int32_t>(std::ssize(lots));
    const auto n = static_cast<double>(lots.size());
    for (std::int32_t k = 0; k < partition.n_clusters; ++k) {
      if (at == chosen.size()) throw std::logic_error("fewer marks than clusters");
      if (chosen[at++] == 0) continue;
      std::vector<double> fraction;
      for (const auto l : lots)
        fraction.push_back(static_cast<double>(partition.cells(k, l)) / static_cast<double>(partition.lot_size[l]));
      // van der Waerden's scores: the normal quantile of rank / (n + 1)
      for (const auto r : stats::doubled_mid_ranks(fraction))
        pattern.loading.push_back(boost::math::quantile(boost::math::normal(), 0.5 + r / (2.0 * (n + 1.0))));
      ++pattern.n_clusters;
    }
  }
  return pattern;
}

}  // namespace miura::power
