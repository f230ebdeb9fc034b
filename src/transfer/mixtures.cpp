#include "miura/transfer/mixtures.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "miura/stats/median.hpp"

namespace miura::transfer {

namespace {

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t d = 0; d < a.size(); ++d) sum += a[d] * b[d];
  return sum;
}

std::vector<double> difference(std::span<const double> a, std::span<const double> b) {
  std::vector<double> c(a.begin(), a.end());
  for (std::size_t d = 0; d < c.size(); ++d) c[d] -= b[d];
  return c;
}

/// The corners that are known, seen from a point.
std::vector<std::vector<double>> seen_from(std::span<const double> point, std::span<const double> corners) {
  std::vector<std::vector<double>> seen;
  for (std::size_t at = 0; at + point.size() <= corners.size(); at += point.size()) {
    const auto corner = corners.subspan(at, point.size());
    if (std::ranges::none_of(corner, [](double x) { return std::isnan(x); })) seen.push_back(difference(corner, point));
  }
  return seen;
}

}  // namespace

double distance_to_mixtures(std::span<const double> point, std::span<const double> corners) {
  constexpr int most_steps = 100'000;
  constexpr double precision = 1e-4;  // of the squared distance: 1 % of the distance
  const auto seen = seen_from(point, corners);
  if (seen.empty()) return std::numeric_limits<double>::quiet_NaN();
  double farthest = 0;
  for (const auto& corner : seen) farthest = std::max(farthest, dot(corner, corner));
  auto mixture = seen.front();
  std::vector<double> product(seen.size());
  for (int step = 0; step < most_steps; ++step) {
    // The corner most against the direction in which the mixture lies.
    std::ranges::transform(seen, product.begin(), [&](const auto& corner) { return dot(corner, mixture); });
    const auto way = difference(seen[std::ranges::min_element(product) - product.begin()], mixture);
    const double gain = -dot(way, mixture);  // bounds what is left to gain in half the squared distance
    if (2 * gain <= precision * farthest) break;
    const double length = std::min(1.0, gain / dot(way, way));
    for (std::size_t d = 0; d < mixture.size(); ++d) mixture[d] += length * way[d];
  }
  return std::sqrt(dot(mixture, mixture));
}

double median_distance(std::span<const double> corners, std::int64_t n_dims) {
  const std::vector<double> origin(n_dims);
  const auto known = seen_from(origin, corners);
  std::vector<double> distances;
  for (std::size_t a = 0; a < known.size(); ++a)
    for (std::size_t b = 0; b < a; ++b) {
      const auto way = difference(known[a], known[b]);
      distances.push_back(std::sqrt(dot(way, way)));
    }
  return distances.empty() ? std::numeric_limits<double>::quiet_NaN() : stats::median(distances);
}

}  // namespace miura::transfer
