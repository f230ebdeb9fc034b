#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "miura/matrix/measurements.hpp"

namespace miura::propensity {

struct Options {
  /// Below this |correlation| of the component with the mean of its markers its direction is a matter of chance
  /// (UNSTABLE_SIGN).
  double least_sign_correlation = 0.3;
};

/// One marker gene, as it was seen in the lines that the component is fitted to.
struct Marker {
  std::string name;
  double mean = 0, sd = 0;  ///< over lines; sd by n - 1
  double loading = 0;       ///< weight in the component; the squares sum to 1
  std::string status;       ///< OK, or why it has no weight: CONSTANT_FEATURE, MISSING_VALUES, NOT_MEASURED
};

/// What turns markers into a score. Fitted to training lines alone; test lines are scored by it.
struct Component {
  std::vector<Marker> markers;  ///< as asked for
  double variance_share = 0;    ///< of the first component, of all markers with weight
  double sign_correlation = 0;  ///< of the score with the mean z-score of the markers, not negative
  std::string status;           ///< OK, UNSTABLE_SIGN, NOT_TESTED (no marker varies, or fewer than three lines)
};

/// How far lines lean to a fate, as their markers tell.
struct Propensity {
  Component component;
  std::vector<double> score;      ///< of each line
  std::vector<double> rank;       ///< mid-ranks of the scores, 1 is the lowest
  double jackknife_spearman = 0;  ///< smallest Spearman's rho of the ranks with those fitted without one line
};

/// Rank of the first principal component over marker genes: z-scores over lines, constant markers dropped, the
/// component by its eigenvector, with the sign that makes it go with the mean z-score. Markers that miss a value are
/// dropped too. Not collective; the same bits on one machine.
///
/// `table`: features x lines, in which markers are found by name; several features of one name are averaged.
Propensity first_component(const matrix::Measurements& table, const std::vector<std::string>& markers,
                           const Options& options);

/// The score of other lines under weights that were fitted before: their values never change a weight. Markers that
/// the table lacks, or that miss a value, count as the mean of the fitted lines. NaN where there is no component.
std::vector<double> project(const Component& component, const matrix::Measurements& table);

/// Markers x samples: of each marker the mean of all features of its name, NaN where there is none.
matrix::Measurements marker_values(const matrix::Measurements& table, const std::vector<std::string>& markers);

}  // namespace miura::propensity
