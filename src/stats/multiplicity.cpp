#include "miura/stats/multiplicity.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace miura::stats {

namespace {

/// Positions of the p-values that are in the family, smallest p first.
std::vector<std::int64_t> ascending(std::span<const double> p) {
  std::vector<std::int64_t> order;
  for (std::int64_t i = 0; i < std::ssize(p); ++i)
    if (!std::isnan(p[i])) order.push_back(i);
  std::ranges::stable_sort(order, {}, [&](std::int64_t i) { return p[i]; });
  return order;
}

}  // namespace

std::vector<double> holm(std::span<const double> p) {
  const auto order = ascending(p);
  std::vector<double> adjusted(p.size(), std::numeric_limits<double>::quiet_NaN());
  const auto n = std::ssize(order);
  double largest = 0.0;
  for (std::int64_t i = 0; i < n; ++i) {
    largest = std::max(largest, static_cast<double>(n - i) * p[order[i]]);
    adjusted[order[i]] = std::min(1.0, largest);
  }
  return adjusted;
}

std::vector<double> benjamini_hochberg(std::span<const double> p) {
  const auto order = ascending(p);
  std::vector<double> adjusted(p.size(), std::numeric_limits<double>::quiet_NaN());
  const auto n = std::ssize(order);
  double smallest = 1.0;
  for (auto i = n - 1; i >= 0; --i) {
    smallest = std::min(smallest, static_cast<double>(n) / static_cast<double>(i + 1) * p[order[i]]);
    adjusted[order[i]] = smallest;
  }
  return adjusted;
}

std::vector<double> benjamini_hochberg_log10(std::span<const double> log10_p) {
  const auto order = ascending(log10_p);
  std::vector<double> adjusted(log10_p.size(), std::numeric_limits<double>::quiet_NaN());
  const auto n = std::ssize(order);
  double smallest = 0.0;
  for (auto i = n - 1; i >= 0; --i) {
    smallest = std::min(smallest, std::log10(static_cast<double>(n) / static_cast<double>(i + 1)) + log10_p[order[i]]);
    adjusted[order[i]] = smallest;
  }
  return adjusted;
}

}  // namespace miura::stats
