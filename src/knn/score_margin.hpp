#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace miura::knn {

/// Rounding of the scores s(b) = q.b - |b|^2/2 that the kernel computes in single precision. For a query q the nearest
/// point has the largest score: |q - b|^2 = |q|^2 - 2 s(b).
///
/// |computed s - true s| <= gamma (|b|^2/2 + |q||b|) + underflow, in any order of summation, fused or not (Higham 2002,
/// Accuracy and Stability of Numerical Algorithms, section 3.1), where gamma counts n_dims additions, a product and the
/// rounding of the coordinates to float. A point within distance d has |b| <= |q| + d, which turns this into
/// 2 |error| <= gamma (5 |q|^2 + 3 d^2) + 2 underflow without knowing b.
class ScoreMargin {
public:
  explicit ScoreMargin(std::int32_t n_dims) noexcept
      : gamma_(1.01 * (n_dims + 8) * 0x1p-24), underflow_((n_dims + 1) * 0x1p-120) {}

  /// No point within `distance2` of the query has a computed score below this.
  float lowest_score(double query_norm2, double distance2) const noexcept {
    const double lowest = (query_norm2 - distance2) / 2 - gamma_ / 2 * (5 * query_norm2 + 3 * distance2) - underflow_;
    const auto rounded = static_cast<float>(lowest);
    return rounded <= lowest ? rounded : std::nextafter(rounded, -std::numeric_limits<float>::infinity());
  }

  /// A point with this computed score or more is no farther, squared.
  double largest_distance2(double query_norm2, float score) const noexcept {
    return (std::max(query_norm2 - 2.0 * score, 0.0) + gamma_ * 5 * query_norm2 + 2 * underflow_) / (1 - 3 * gamma_);
  }

  /// A point with this computed score or more is nearer than `distance2`, by more than distances are rounded; infinite
  /// where no score says as much.
  float score_within(double query_norm2, double distance2) const noexcept {
    constexpr double rounding = 1e-12;
    const double left = distance2 * (1 - rounding) * (1 - 3 * gamma_) - gamma_ * 5 * query_norm2 - 2 * underflow_;
    if (!(left > 0)) return std::numeric_limits<float>::infinity();
    return std::nextafter(static_cast<float>((query_norm2 - left) / 2), std::numeric_limits<float>::infinity());
  }

private:
  double gamma_, underflow_;
};

}  // namespace miura::knn
