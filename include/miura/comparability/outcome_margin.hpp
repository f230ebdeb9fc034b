#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/matrix/table.hpp"

namespace miura::comparability {

/// How much an attribute may change before a function changes by more than what is acceptable.
struct OutcomeMargin {
  std::int32_t n = 0;      ///< lots with both values
  double slope = 0;        ///< of the outcome on the attribute, by least squares
  double slope_bound = 0;  ///< the upper 1 - alpha bound of its size: how strongly the outcome may depend on it at most
  double at_slope = 0;     ///< amount / |slope|; tells the likely change, and is as uncertain as the slope
  double margin = 0;       ///< amount / slope_bound: what is used
  std::string status;      ///< OK; LOW_N below 5 lots, CONSTANT_FEATURE, CONSTANT_OUTCOME: no margin (NaN)
};

/// From lots that are not those after the change: the margin is fixed before these are looked at. The bound of the
/// slope (Student's t) and not the slope itself makes the margin smaller, not wider, the less is known of the
/// dependence. An attribute that is measured with noise has a slope that is too flat, and so a margin that is too wide.
/// `attribute` and `outcome` have a value for each lot (NaN: missing); `lots` are those to use. Not collective.
OutcomeMargin outcome_margin(std::span<const double> attribute, std::span<const double> outcome,
                             std::span<const std::int32_t> lots, double amount, double alpha = 0.05);

/// A margin that was derived, for a use of the product.
struct DerivedMargin {
  std::string final_use, endpoint, outcome;
  double amount = 0;  ///< acceptable change of the outcome, in its units
  OutcomeMargin found;
};

/// The table `margin`: final_use, endpoint, outcome, amount, n, slope, slope_bound, at_slope, margin, status.
matrix::Table margin_table(std::span<const DerivedMargin> margins);

}  // namespace miura::comparability
