#include "miura/transfer/rejection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "miura/parallel/communicator.hpp"

namespace miura::transfer {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

double lack_of_score(double mapping_score) { return std::isnan(mapping_score) ? 1.0 : 1 - mapping_score; }

std::int64_t n_below(const std::vector<double>& ascending, double value) {
  return std::ranges::lower_bound(ascending, value) - ascending.begin();
}

/// The cells of one lot of the reference, or all others.
matrix::Embedding rows_of(MPI_Comm comm, const matrix::Embedding& all, std::span<const std::int32_t> lot,
                          std::int32_t wanted, bool others) {
  matrix::Embedding some{{}, all.n_dims, {}};
  std::int64_t n = 0;
  for (std::int64_t i = 0; i < std::ssize(lot); ++i) {
    if ((lot[i] != wanted) != others) continue;
    ++n;
    if (all.n_dims == 0) continue;
    const auto row = all.row(i);
    some.value.insert(some.value.end(), row.begin(), row.end());
  }
  some.points = parallel::Partition::from_local(comm, n);
  return some;
}

Reference without_lot(MPI_Comm comm, const Reference& all, std::int32_t lot) {
  Reference rest{.scores = rows_of(comm, all.scores, all.lot, lot, true),
                 .expression = rows_of(comm, all.expression, all.lot, lot, true),
                 .label = {},
                 .lot = {},
                 .n_labels = all.n_labels,
                 .n_lots = all.n_lots};
  for (std::size_t i = 0; i < all.lot.size(); ++i)
    if (all.lot[i] != lot) {
      rest.label.push_back(all.label[i]);
      rest.lot.push_back(all.lot[i]);
    }
  return rest;
}

}  // namespace

HeldOutScores leave_one_lot_out(MPI_Comm comm, const Reference& reference, const MapOptions& options) {
  const auto n = std::ssize(reference.lot);
  HeldOutScores held_out{std::vector<double>(n, not_a_number), std::vector<double>(n, not_a_number)};
  for (std::int32_t lot = 0; lot < reference.n_lots; ++lot) {
    const Query query{.scores = rows_of(comm, reference.scores, reference.lot, lot, false),
                      .expression = rows_of(comm, reference.expression, reference.lot, lot, false)};
    const auto n_query = query.scores.points.size();
    if (n_query == 0 || n_query == reference.scores.points.size()) continue;
    const auto others = prepare(comm, without_lot(comm, reference, lot), options);
    const auto mapping = map_lot(comm, others, query, options);
    std::int64_t cell = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      if (reference.lot[i] != lot) continue;
      held_out.mapping_score[i] = mapping.mapping_score[cell];
      held_out.knn_dist[i] = mapping.knn_dist[cell];
      ++cell;
    }
  }
  return held_out;
}

Calibration::Calibration(MPI_Comm comm, const HeldOutScores& held_out, std::span<const std::int32_t> lot,
                         std::int32_t n_lots, const RejectionOptions& options) {
  const auto was_held_out = [&](std::size_t i) { return !std::isnan(held_out.knn_dist[i]); };
  std::vector<double> lack, distance;
  for (std::size_t i = 0; i < held_out.knn_dist.size(); ++i) {
    if (!was_held_out(i)) continue;
    lack.push_back(lack_of_score(held_out.mapping_score[i]));
    distance.push_back(held_out.knn_dist[i]);
  }
  lack_of_score_ = parallel::gather_everywhere<double>(comm, lack);
  knn_dist_ = parallel::gather_everywhere<double>(comm, distance);
  std::ranges::sort(lack_of_score_);
  std::ranges::sort(knn_dist_);

  std::vector<std::int64_t> mine;
  for (std::size_t i = 0; i < held_out.knn_dist.size(); ++i)
    if (was_held_out(i)) mine.push_back(outlyingness(held_out.mapping_score[i], held_out.knn_dist[i]));
  outlyingness_ = parallel::gather_everywhere<std::int64_t>(comm, mine);
  std::ranges::sort(outlyingness_);

  std::vector<std::int64_t> n_cells(n_lots), n_outside(n_lots);
  for (std::size_t i = 0; i < held_out.knn_dist.size(); ++i) {
    if (!was_held_out(i)) continue;
    ++n_cells[lot[i]];
    const bool outside =
        std::isnan(held_out.mapping_score[i]) || p(held_out.mapping_score[i], held_out.knn_dist[i]) < options.alpha;
    if (outside) ++n_outside[lot[i]];
  }
  parallel::sum_over_ranks(comm, n_cells);
  parallel::sum_over_ranks(comm, n_outside);
  for (std::int32_t l = 0; l < n_lots; ++l)
    lot_share_outside_.push_back(n_cells[l] > 0 ? static_cast<double>(n_outside[l]) / static_cast<double>(n_cells[l])
                                                : not_a_number);
}

std::int64_t Calibration::outlyingness(double mapping_score, double knn_dist) const {
  return std::max(n_below(lack_of_score_, lack_of_score(mapping_score)), n_below(knn_dist_, knn_dist));
}

double Calibration::p(double mapping_score, double knn_dist) const {
  if (outlyingness_.empty()) return not_a_number;
  const auto inner =
      std::ranges::lower_bound(outlyingness_, outlyingness(mapping_score, knn_dist)) - outlyingness_.begin();
  return static_cast<double>(1 + n_cells() - inner) / static_cast<double>(1 + n_cells());
}

double Calibration::lot_p(double share_outside) const {
  std::int64_t lots = 1, reached = 1;
  for (const double share : lot_share_outside_) {
    if (std::isnan(share)) continue;
    ++lots;
    if (share >= share_outside) ++reached;
  }
  return lots > 1 && !std::isnan(share_outside) ? static_cast<double>(reached) / static_cast<double>(lots)
                                                : not_a_number;
}

LotVerdict reject(MPI_Comm comm, Mapping& mapping, const Calibration& calibration, const RejectionOptions& options) {
  std::vector<std::int64_t> count(4);  // cells, outside, unassigned, without an anchor in their lot
  for (std::int64_t i = 0; i < mapping.n_cells(); ++i) {
    const double score = mapping.mapping_score[i];
    const double p = mapping.p_outlier[i] = calibration.p(score, mapping.knn_dist[i]);
    auto& status = mapping.status[i];
    const bool outside = p < options.alpha || std::isnan(score);
    if (!std::isnan(score))
      status = outside ? Status::outside : score < options.min_score ? Status::low_score : Status::ok;
    ++count[0];
    if (outside) ++count[1];
    if (status != Status::ok) ++count[2];
    if (status == Status::no_anchors) ++count[3];
  }
  parallel::sum_over_ranks(comm, count);
  LotVerdict verdict{.n_cells = count[0], .n_outside = count[1], .n_unassigned = count[2], .no_anchors = count[3] > 0};
  verdict.share_outside = count[0] > 0 ? static_cast<double>(count[1]) / static_cast<double>(count[0]) : not_a_number;
  verdict.p_share = calibration.lot_p(verdict.share_outside);
  return verdict;
}

}  // namespace miura::transfer
