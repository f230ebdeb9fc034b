#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "miura/comparability/lot_vectors.hpp"
#include "miura/matrix/lots.hpp"
#include "miura/matrix/table.hpp"

namespace miura::comparability {

/// How far one lot lies from the reference lots by one statistic.
struct Deviation {
  std::int32_t lot = 0;
  std::string statistic;        ///< that of the vectors, or outside_share
  double distance = 0;          ///< D: to the mean of the reference lots; arcsine of the root of the share
  double median_reference = 0;  ///< median D of the reference lots
  double p_conformal = 0;   ///< share of lots that lie as far, itself among them; exact, at least 1 / (n_reference + 1)
  double p_t = 0;           ///< by Student's t of log D; NaN where D does not vary, or is 0
  double p_bonferroni = 0;  ///< p_t for as many statistics as the lot was looked at by
  std::int32_t n_reference = 0;  ///< lots it is compared with
  bool alarm = false;            ///< p_bonferroni <= alpha
};

struct DeviationOptions {
  double alpha = 0.05;  ///< chance of a false alarm for a lot, over all statistics
};

/// Distance of every lot of `set` to the mean of the others in it, in the order of `set`; NaN for a single lot.
std::vector<double> leave_one_out_distances(const LotVectors& vectors, std::span<const std::int32_t> set);

/// Whether each lot is like the reference lots. A lot is put into the set of the reference lots and the distance D of
/// each to the mean of the others is taken, so that under no deviation all are of equal footing; then the lot's D is
/// ranked among them (conformal p), and log D compared with a t prediction interval: p = P(T_{n-1} >= (log D - mean) /
/// (sd sqrt(1 + 1/n))) over the n reference lots. A reference lot is compared with the other ones. Other lots do not
/// see each other.
///
/// `is_reference` marks lots; `outside_share` is the share of a lot's cells that lie outside of the reference (NaN: not
/// known; empty: not looked at): there D = asin(sqrt(share)), which is neither a distance nor logged. A lot without a
/// vector has no row for it. Rows by lot, then statistic. Not collective.
std::vector<Deviation> deviations(std::span<const LotVectors> statistics, std::span<const double> outside_share,
                                  std::span<const std::uint8_t> is_reference, const DeviationOptions& options);

/// The table `deviation`: lot, source, role, statistic, D, D_reference, p_conf, p_t, p_bonferroni, n_ref, alarm, status
/// (LOW_N below 5 reference lots), flags.
matrix::Table deviation_table(std::span<const Deviation> rows, const matrix::Lots& lots);

}  // namespace miura::comparability
