#pragma once

#include <cstdint>
#include <span>

namespace miura::comparability {

/// Two one-sided t tests (Schuirmann 1987) of means after less before, and the test of no difference beside them.
struct Equivalence {
  std::int32_t n_before = 0, n_after = 0;
  double difference = 0, standard_error = 0, degrees = 0, margin = 0;
  double p_lower = 0;              ///< of: the difference is at most -margin
  double p_upper = 0;              ///< of: the difference is at least +margin
  double ci_low = 0, ci_high = 0;  ///< at level 1 - 2 alpha: inside +-margin if and only if both p <= alpha
  double p_difference = 0;         ///< two-sided, of: there is no difference
  double sd = 0;                   ///< of lots within a side, pooled; of differences where lots are paired
  bool equivalent = false;         ///< both p <= alpha
};

/// By Welch's (1947) t, for sides of unequal variance. All but the numbers of lots, the margin and, from one lot a side
/// on, the difference are NaN with fewer than 2 lots on a side or no variance; without a margin (NaN) only what needs
/// it is. Values must not be NaN.
Equivalence welch_equivalence(std::span<const double> before, std::span<const double> after, double margin,
                              double alpha = 0.05);

/// The same of the differences after - before of lots that belong together.
Equivalence paired_equivalence(std::span<const double> difference, double margin, double alpha = 0.05);

/// What can go wrong with so many lots.
struct ErrorRates {
  double false_accept = 0;  ///< chance to declare equivalence although the true difference is the margin
  double false_reject = 0;  ///< chance not to declare it although there is no difference
};

/// Of normal lots with standard deviation `sd` on both sides. The difference is integrated exactly, the two variances
/// at the midpoints of 60 equally likely parts each. NaN where the test is not defined. Some milliseconds.
ErrorRates welch_error_rates(std::int32_t n_before, std::int32_t n_after, double margin, double sd,
                             double alpha = 0.05);
ErrorRates paired_error_rates(std::int32_t n_pairs, double margin, double sd, double alpha = 0.05);

}  // namespace miura::comparability
