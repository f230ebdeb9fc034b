#include "miura/stats/ranks.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace miura::stats {

std::vector<std::int32_t> doubled_mid_ranks(std::span<const double> values) {
  const auto n = static_cast<std::int32_t>(values.size());
  std::vector<std::int32_t> order(n), rank(n);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](std::int32_t a, std::int32_t b) { return values[a] < values[b]; });
  for (std::int32_t first = 0, last = 0; first < n; first = last) {
    for (last = first; last < n && values[order[last]] == values[order[first]]; ++last) {
    }
    for (auto i = first; i < last; ++i) rank[order[i]] = first + 1 + last - (n + 1);  // ranks first + 1 .. last
  }
  return rank;
}

std::int64_t spearman_s(std::span<const std::int32_t> x, std::span<const std::int32_t> y) {
  assert(x.size() == y.size());
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += std::int64_t{x[i]} * y[i];
  return sum;
}

double spearman_rho(std::span<const std::int32_t> x, std::span<const std::int32_t> y) {
  const auto norm_x = static_cast<double>(spearman_s(x, x)), norm_y = static_cast<double>(spearman_s(y, y));
  if (norm_x == 0.0 || norm_y == 0.0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(spearman_s(x, y)) / std::sqrt(norm_x * norm_y);
}

double spearman_rho(std::span<const double> x, std::span<const double> y) {
  return spearman_rho(doubled_mid_ranks(x), doubled_mid_ranks(y));
}

}  // namespace miura::stats
