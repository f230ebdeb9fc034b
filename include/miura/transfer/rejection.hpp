#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/transfer/mapping.hpp"

namespace miura::transfer {

struct RejectionOptions {
  double min_score = 0.5;  ///< a smaller mapping_score is no label
  double alpha = 0.01;     ///< a smaller p_outlier is outside
};

/// Where each reference cell lands when its lot is mapped onto the other lots. Entries of this rank's cells; a cell
/// whose lot had no anchor, or to which none spoke, has mapping_score NaN. Enough to judge further lots: what a study
/// file keeps.
struct HeldOutScores {
  std::vector<double> mapping_score;
  std::vector<double> knn_dist;
};

/// Maps every reference lot onto the other lots, on the components of all. Collective; costs n_lots mappings. NaN
/// throughout for a reference of fewer than two lots.
HeldOutScores leave_one_lot_out(MPI_Comm comm, const Reference& reference, const MapOptions& options);

/// How far out held-out reference cells lie. Replicated: 24 bytes a reference cell.
///
/// A cell's outlyingness is the larger of two ranks among the held-out reference cells: of 1 - mapping_score and of
/// knn_dist (a score that is NaN counts as 0). p = (1 + reference cells at least as outlying) / (1 + reference cells):
/// a conformal p, valid for cells of lots like the reference's.
class Calibration {
public:
  /// Collective. `lot` of this rank's reference cells, as in Reference.
  Calibration(MPI_Comm comm, const HeldOutScores& held_out, std::span<const std::int32_t> lot, std::int32_t n_lots,
              const RejectionOptions& options);

  std::int64_t n_cells() const noexcept { return std::ssize(outlyingness_); }
  /// In (0, 1]; NaN without reference cells.
  double p(double mapping_score, double knn_dist) const;
  /// Share of outside cells of each reference lot when held out; NaN for a lot without cells.
  const std::vector<double>& lot_share_outside() const noexcept { return lot_share_outside_; }
  /// Share of lots, this one counted, that have at least this share outside: at least 1 / (n_lots + 1).
  double lot_p(double share_outside) const;

private:
  std::int64_t outlyingness(double mapping_score, double knn_dist) const;

  std::vector<double> lack_of_score_, knn_dist_;  // ascending
  std::vector<std::int64_t> outlyingness_;        // ascending
  std::vector<double> lot_share_outside_;
};

/// Over all ranks.
struct LotVerdict {
  std::int64_t n_cells = 0;
  std::int64_t n_outside = 0;     ///< p_outlier < alpha, or no score at all
  std::int64_t n_unassigned = 0;  ///< those, and the cells below min_score
  double share_outside = 0;       ///< NaN for a lot without cells
  double p_share = 0;             ///< `lot_p` of it; NaN where undefined
  bool no_anchors = false;        ///< nothing of the lot could be mapped: a warning to the user
};

/// Fills p_outlier and turns the status of cells that do not belong. Collective.
LotVerdict reject(MPI_Comm comm, Mapping& mapping, const Calibration& calibration, const RejectionOptions& options);

}  // namespace miura::transfer
