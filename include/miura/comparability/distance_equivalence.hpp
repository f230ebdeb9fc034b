#pragma once

#include <cstdint>
#include <span>

#include "miura/comparability/equivalence.hpp"
#include "miura/comparability/lot_vectors.hpp"

namespace miura::comparability {

inline constexpr std::int32_t most_components = 3;  ///< with the few lots that there are, more cost too much power

/// The scores of all lots on the `count` leading principal components of the vectors of the lots in `set`, which must
/// be other lots than those that are compared. Fewer components where `set` has too few lots (count + 1 at least) or
/// they vary in fewer directions; width 0 where none is left. NaN for a lot without a vector. Not collective.
LotVectors leading_scores(const LotVectors& vectors, std::span<const std::int32_t> set, std::int32_t count);

/// Equivalence of two groups of lots in several dimensions at once.
struct DistanceEquivalence {
  std::int32_t n_before = 0, n_after = 0;
  double distance = 0;  ///< Mahalanobis distance of the two means, in standard deviations of lots within a side
  double degrees = 0;   ///< of the denominator of F
  double margin = 0;
  double p_margin = 0;             ///< of: the true distance is at least the margin
  double p_difference = 0;         ///< of: there is no difference (Hotelling)
  double ci_low = 0, ci_high = 0;  ///< of the true distance, at level 1 - 2 alpha: ci_high < margin iff equivalent
  bool equivalent = false;         ///< p_margin <= alpha
};

/// Wellek (2010), Testing Statistical Hypotheses of Equivalence and Noninferiority: with N lots in p dimensions and D
/// the Mahalanobis distance by the pooled covariance, F = (N - 1 - p) / (p (N - 2)) n1 n2 / N D^2 has the noncentral F
/// distribution with p and N - 1 - p degrees of freedom and noncentrality n1 n2 / N (true distance)^2; equivalent where
/// F lies below its alpha quantile at the margin. Exact for normal lots of one covariance.
///
/// `before` and `after` hold lots x width, row-major. All but the numbers of lots and the margin are NaN where
/// N < width + 2 or the lots do not vary in all dimensions; without a margin (NaN) what needs it is.
DistanceEquivalence distance_equivalence(std::span<const double> before, std::span<const double> after,
                                         std::int32_t width, double margin, double alpha = 0.05);

/// What can go wrong with so many lots: false_accept is alpha itself, the test being exact.
ErrorRates distance_error_rates(std::int32_t n_before, std::int32_t n_after, std::int32_t width, double margin,
                                double alpha = 0.05);

}  // namespace miura::comparability
