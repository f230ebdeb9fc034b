#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "miura/simulate/study.hpp"
#include "simulate/populations.hpp"

namespace miura::simulate {

/// A readout of the lots, as it stands in the sample sheet.
struct Outcome {
  std::string name;
  std::vector<double> value;  ///< per lot
};

/// Spearman's rho with average ranks for ties; NaN for fewer than 3 values or where one side is constant.
double spearman(std::span<const double> x, std::span<const double> y);

/// Draws the readouts: vegf_ischemia tied to the functional state's realised fraction, vegf_normoxia weakly to the
/// same, ido_activity to the immune state, osteo_diff to nothing. With `options.null` no fraction is looked at.
/// `fraction` is n_lots x n_states, row-major.
std::vector<Outcome> draw_outcomes(const Options& options, const Populations& populations,
                                   const std::vector<LotPlan>& lots, std::span<const double> fraction);

/// The entries that belong to lots of role train.
std::vector<double> of_training_lots(const std::vector<LotPlan>& lots, std::span<const double> value);

}  // namespace miura::simulate
