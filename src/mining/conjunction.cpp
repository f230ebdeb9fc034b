#include "miura/mining/conjunction.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace miura::mining {

std::vector<double> partial_conjunction(std::span<const double> p) {
  std::vector<double> sorted(p.begin(), p.end());
  for (auto& value : sorted)
    if (std::isnan(value)) value = 1.0;
  std::ranges::sort(sorted);
  const auto m = std::ssize(sorted);
  for (std::int64_t u = 0; u < m; ++u) sorted[u] = std::min(1.0, static_cast<double>(m - u) * sorted[u]);
  return sorted;
}

}  // namespace miura::mining
