#include "miura/stats/ranks.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

namespace miura::stats {

namespace {

double rho_of(std::int64_t s, std::int64_t square_x, std::int64_t square_y) {
  if (square_x == 0 || square_y == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(s) / std::sqrt(static_cast<double>(square_x) * static_cast<double>(square_y));
}

std::int32_t sign_of(std::int32_t difference) noexcept { return (difference > 0) - (difference < 0); }

}  // namespace

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
  return rho_of(spearman_s(x, y), spearman_s(x, x), spearman_s(y, y));
}

double spearman_rho(std::span<const double> x, std::span<const double> y) {
  return spearman_rho(doubled_mid_ranks(x), doubled_mid_ranks(y));
}

std::vector<double> spearman_rho_without_each(std::span<const double> x, std::span<const double> y) {
  const auto rank_x = doubled_mid_ranks(x), rank_y = doubled_mid_ranks(y);
  const auto n = std::ssize(rank_x);
  std::vector<double> rho;
  for (std::int64_t out = 0; out < n; ++out) {
    std::int64_t s = 0, square_x = 0, square_y = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      const std::int64_t a = rank_x[i] - sign_of(rank_x[i] - rank_x[out]);
      const std::int64_t b = rank_y[i] - sign_of(rank_y[i] - rank_y[out]);
      s += a * b;
      square_x += a * a;
      square_y += b * b;
    }
    const std::int64_t a = rank_x[out], b = rank_y[out];  // the one itself, which was among them
    rho.push_back(rho_of(s - a * b, square_x - a * a, square_y - b * b));
  }
  return rho;
}

}  // namespace miura::stats
