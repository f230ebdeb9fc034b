#include "umap/memberships.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace miura::umap {

namespace {

/// The width sigma at which the degrees sum to `target`, by umap-learn's bisection: its path, so also its last digits.
double bisect_width(std::span<const float> distance, double rho, double target) {
  constexpr int most_steps = 64;
  constexpr double tolerance = 1e-5;
  double low = 0, high = std::numeric_limits<double>::infinity(), width = 1;
  for (int step = 0; step < most_steps; ++step) {
    double sum = 0;
    for (const float d : distance) sum += d > rho ? std::exp(-(d - rho) / width) : 1.0;
    if (std::abs(sum - target) < tolerance) break;
    (sum > target ? high : low) = width;
    width = std::isinf(high) ? 2 * width : (low + high) / 2;
  }
  return width;
}

}  // namespace

void memberships(std::span<const float> distance, std::span<double> degree) {
  constexpr double least_width = 1e-3;
  const auto k = static_cast<double>(std::ssize(distance) + 1);
  const auto first = std::ranges::find_if(distance, [](float d) { return d > 0; });
  const double rho = first == distance.end() ? 0.0 : *first;
  const double mean = std::accumulate(distance.begin(), distance.end(), 0.0) / k;
  const double width = std::max(bisect_width(distance, rho, std::log2(k)), least_width * mean);
  std::ranges::transform(distance, degree.begin(),
                         [&](float d) { return d > rho ? std::exp(-(d - rho) / width) : 1.0; });
}

}  // namespace miura::umap
