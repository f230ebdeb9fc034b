#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "miura/matrix/table.hpp"

namespace miura::comparability {

/// What a lot should be able to do, and the attribute that is to tell it beforehand.
struct Claim {
  enum class Scale { logit_share, as_is };
  std::string attribute, outcome;
  std::vector<double> attribute_value;  ///< of each lot, on the scale of the model; NaN: missing
  std::vector<double> outcome_value;    ///< of each lot; NaN: missing
  Scale scale = Scale::logit_share;     ///< how the table shows the threshold
  double requirement = std::numeric_limits<double>::quiet_NaN();  ///< of the outcome; NaN: the median of the lots
  bool at_least = true;  ///< the outcome must reach the requirement; else must not exceed it
};

struct SpecificationOptions {
  double level = 0.9;  ///< of the predicted interval; lowered to n / (n + 1) where the lots are too few for it
};

/// A proposed acceptance rule: a lot is accepted if its attribute is at or beyond the threshold.
struct Specification {
  std::int32_t n = 0;
  double requirement = 0;
  bool requirement_is_median = false;
  double rho = 0;                                ///< Spearman's, of the lots
  bool accept_high = true;                       ///< accepted at or above the threshold; else at or below
  double threshold = 0;                          ///< in units of attribute_value
  double threshold_low = 0, threshold_high = 0;  ///< range over the fits that leave one lot out
  double predicted = 0;                          ///< outcome of a lot at the threshold
  double predicted_low = 0, predicted_high = 0;
  double level = 0;    ///< of that interval
  double covered = 0;  ///< share of the lots inside the interval predicted from the others
  std::int32_t suitable = 0, suitable_accepted = 0;  ///< lots that meet the requirement; of these, by the others' rule
  std::int32_t unsuitable = 0, unsuitable_rejected = 0;  ///< lots that do not
  std::string status;  ///< OK, LOW_N, CONSTANT_FEATURE, CONSTANT_OUTCOME, NOT_TESTED (all on one side)

  double sensitivity() const;  ///< NaN without suitable lots
  double specificity() const;
};

/// From a claim to a specification.
///
/// Threshold: halfway between neighbouring lots, where sensitivity + specificity is largest (Youden 1950), the middle
/// one of several; the side that is accepted is the sign of Spearman's rho. Predicted interval of the outcome: least
/// squares on the attribute, jackknife+ (Barber et al. 2021, Ann. Stat. 49:486), which needs no normality and no right
/// model for its coverage. Sensitivity and specificity: every lot is judged by the rule, side included, that the others
/// give. Not collective.
Specification specify(const Claim& claim, const SpecificationOptions& options);

/// The table `specification`, a row a claim.
matrix::Table specification_table(std::span<const Claim> claims, std::span<const Specification> found);

}  // namespace miura::comparability
