#pragma once

#include <mpi.h>

#include <cstdint>
#include <span>
#include <vector>

#include "miura/transfer/mapping.hpp"

namespace miura::transfer {

struct RejectionOptions {
  double min_score = 0.5;  ///< a smaller mapping_score is no label
  double alpha = 0.01;     ///< a smaller p_outlier or p_neighborhood is outside
};

/// How far from the reference a cell lies, among cells held out of it: the larger of two ranks, of 1 - mapping_score
/// and of knn_dist (a score that is NaN counts as 0).
class Outlyingness {
public:
  Outlyingness() = default;
  /// Collective. Of the held-out cells of this rank; a cell whose distance is NaN was not held out.
  Outlyingness(MPI_Comm comm, std::span<const double> mapping_score, std::span<const double> knn_dist);

  /// In 0 .. the number of held-out cells.
  std::int64_t operator()(double mapping_score, double knn_dist) const;

  /// Mean over the cells around each, between 0 and the number of held-out cells. Collective.
  std::vector<double> around(MPI_Comm comm, const Mapping& mapping) const;

private:
  std::vector<double> lack_of_score_, knn_dist_;  // ascending
};

/// Where each reference cell lands when its lot is mapped onto the other lots. Entries of this rank's cells; a cell
/// whose lot had no anchor, or to which none spoke, has mapping_score NaN. Enough to judge further lots: what a study
/// file keeps.
struct HeldOutScores {
  std::vector<double> mapping_score;
  std::vector<double> knn_dist;
  std::vector<double> neighborhood;  ///< `Outlyingness::around`; NaN if compressed
};

/// Maps every reference lot onto the other lots, on the components of all, and if compressed along the directions of
/// the soft clusters of all. A reference of one lot is cut in two halves by chance (a hash of the cell's row), each
/// mapped onto the other: that knows of differences within a lot alone. Collective; costs n_lots mappings.
HeldOutScores leave_one_lot_out(MPI_Comm comm, const Reference& reference, const MapOptions& options);

/// How far out held-out reference cells lie. Replicated: 32 bytes a reference cell.
///
/// p = (1 + reference cells at least as outlying) / (1 + reference cells): a conformal p, valid for cells of lots like
/// the reference's. `p_neighborhood` is that of the mean outlyingness of a cell and those around it in its lot: cells
/// of a kind which the reference lacks lie together, whereas the outlying cells of every lot lie scattered.
class Calibration {
public:
  /// Collective. `lot` of this rank's reference cells, as in Reference.
  Calibration(MPI_Comm comm, const HeldOutScores& held_out, std::span<const std::int32_t> lot, std::int32_t n_lots,
              const RejectionOptions& options);

  std::int64_t n_cells() const noexcept { return std::ssize(of_cells_); }
  /// Lots that were held out; of one, halves were.
  std::int64_t n_lots() const noexcept;
  const Outlyingness& outlyingness() const noexcept { return outlyingness_; }
  /// In (0, 1]; NaN without reference cells.
  double p(double mapping_score, double knn_dist) const;
  /// Likewise, of a mean of `Outlyingness::around`; NaN for NaN.
  double p_neighborhood(double mean_outlyingness) const;
  /// Share of outside cells of each reference lot when held out; NaN for a lot without cells.
  const std::vector<double>& lot_share_outside() const noexcept { return lot_share_outside_; }
  /// Share of lots, this one counted, that have at least this share outside: at least 1 / (n_lots + 1).
  double lot_p(double share_outside) const;

private:
  Outlyingness outlyingness_;
  std::vector<double> of_cells_, of_neighborhoods_;  // ascending
  std::vector<double> lot_share_outside_;
};

/// Over all ranks.
struct LotVerdict {
  std::int64_t n_cells = 0;
  std::int64_t n_outside = 0;     ///< p_outlier or p_neighborhood < alpha, no score at all, or a lot of another kind
  std::int64_t n_unassigned = 0;  ///< those, and the cells below min_score
  double share_outside = 0;       ///< NaN for a lot without cells
  double p_share = 0;             ///< `lot_p` of it; NaN where undefined
  bool no_anchors = false;        ///< nothing of the lot could be mapped: a warning to the user
};

/// Fills p_outlier and p_neighborhood and turns the status of cells that do not belong: of all cells where the lot as a
/// whole is known to be of another kind. Collective.
LotVerdict reject(MPI_Comm comm, Mapping& mapping, const Calibration& calibration, const RejectionOptions& options,
                  bool other_kind = false);

}  // namespace miura::transfer
