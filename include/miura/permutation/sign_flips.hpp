#pragma once

#include <cstdint>
#include <span>

#include "miura/permutation/rank_tests.hpp"

namespace miura::permutation {

/// One feature measured twice in each lot. A flip changes the signs of some lots' differences.
struct SignFlipResult {
  std::int64_t n_flips = 0;  ///< 2^n, or the drawn ones and the observed one: p = count / n_flips
  bool exact = false;
  double mean = 0;              ///< of the differences; NaN without lots
  std::int64_t as_extreme = 0;  ///< flips whose mean is as extreme by options.side; the observed one is among them
  double p_min_attainable = 1;  ///< by differences of these sizes, if all had the same sign; zeros have none

  double p() const { return static_cast<double>(as_extreme) / static_cast<double>(n_flips); }
};

/// Fisher's permutation test of paired differences (The Design of Experiments, 1935, section 21): under no difference
/// each lot's could as well have the other sign. All 2^n flips where they are not more than would be drawn (16 lots by
/// default), else drawn ones. Differences are compared in units of 2^-40 of the sum of their sizes, so that equal means
/// are equal. For a few features; markers::lot_consistency flips thousands of genes at once, two-sided. Not collective.
SignFlipResult sign_flip_test(std::span<const double> difference, const Options& options);

}  // namespace miura::permutation
