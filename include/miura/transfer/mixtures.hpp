#pragma once

#include <cstdint>
#include <span>

namespace miura::transfer {

/// Distance of a point to the nearest mixture of corners (their convex hull), by Frank and Wolfe's algorithm (Jaggi
/// 2013, ICML 28:427) to within 1 % of the largest distance between a corner and the point. `corners` x `point.size()`,
/// replicated; corners that are NaN are passed over, and NaN comes back where none is left.
double distance_to_mixtures(std::span<const double> point, std::span<const double> corners);

/// Median distance between two different corners; NaN for fewer than two.
double median_distance(std::span<const double> corners, std::int64_t n_dims);

}  // namespace miura::transfer
