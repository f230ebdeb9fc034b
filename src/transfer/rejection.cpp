#include "miura/transfer/rejection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "miura/base/log.hpp"
#include "miura/base/memory.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/requested_rows.hpp"
#include "miura/stats/random.hpp"
#include "transfer/rest.hpp"

namespace miura::transfer {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

double lack_of_score(double mapping_score) { return std::isnan(mapping_score) ? 1.0 : 1 - mapping_score; }

std::int64_t n_below(const std::vector<double>& ascending, double value) {
  return std::ranges::lower_bound(ascending, value) - ascending.begin();
}

/// The cells of one part of the reference, or all others.
matrix::Embedding rows_of(MPI_Comm comm, const matrix::Embedding& all, std::span<const std::int32_t> part,
                          std::int32_t wanted, bool others) {
  matrix::Embedding some{{}, all.n_dims, {}};
  std::int64_t n = 0;
  for (std::int64_t i = 0; i < std::ssize(part); ++i) {
    if ((part[i] != wanted) != others) continue;
    ++n;
    if (all.n_dims == 0) continue;
    const auto row = all.row(i);
    some.value.insert(some.value.end(), row.begin(), row.end());
  }
  some.points = parallel::Partition::from_local(comm, n);
  return some;
}

Reference without_part(MPI_Comm comm, const Reference& all, std::span<const std::int32_t> part, std::int32_t wanted) {
  Reference rest{.scores = rows_of(comm, all.scores, part, wanted, true),
                 .expression = rows_of(comm, all.expression, part, wanted, true),
                 .label = {},
                 .lot = {},
                 .n_labels = all.n_labels,
                 .n_lots = all.n_lots};
  for (std::size_t i = 0; i < part.size(); ++i)
    if (part[i] != wanted) {
      rest.label.push_back(all.label[i]);
      rest.lot.push_back(all.lot[i]);
    }
  return rest;
}

/// What is held out in turn: lots, or of a single lot two halves.
struct Parts {
  std::vector<std::int32_t> part;  ///< of this rank's cells
  std::int32_t n_parts = 0;
};
Parts parts_of(MPI_Comm comm, const Reference& reference) {
  std::vector<std::int64_t> n_cells(reference.n_lots);
  for (const auto lot : reference.lot) ++n_cells[lot];
  parallel::sum_over_ranks(comm, n_cells);
  if (std::ranges::count_if(n_cells, [](auto n) { return n > 0; }) != 1) return {reference.lot, reference.n_lots};
  Parts halves{{}, 2};
  const auto first = reference.scores.points.begin(parallel::rank_of(comm));
  for (std::int64_t i = 0; i < std::ssize(reference.lot); ++i)
    halves.part.push_back(static_cast<std::int32_t>(stats::mix(static_cast<std::uint64_t>(first + i)) & 1U));
  return halves;
}

/// Share of values at least as large, itself counted.
double conformal_p(const std::vector<double>& ascending, double value) {
  if (ascending.empty() || std::isnan(value)) return not_a_number;
  const auto n = std::ssize(ascending);
  return static_cast<double>(1 + n - n_below(ascending, value)) / static_cast<double>(1 + n);
}

std::vector<double> gathered_ascending(MPI_Comm comm, std::span<const double> mine) {
  auto all = parallel::gather_everywhere<double>(comm, mine);
  std::erase_if(all, [](double value) { return std::isnan(value); });
  std::ranges::sort(all);
  return all;
}

}  // namespace

Outlyingness::Outlyingness(MPI_Comm comm, std::span<const double> mapping_score, std::span<const double> knn_dist)
    : knn_dist_(gathered_ascending(comm, knn_dist)) {
  std::vector<double> lack;
  for (std::size_t i = 0; i < knn_dist.size(); ++i)
    if (!std::isnan(knn_dist[i])) lack.push_back(lack_of_score(mapping_score[i]));
  lack_of_score_ = gathered_ascending(comm, lack);
}

std::int64_t Outlyingness::operator()(double mapping_score, double knn_dist) const {
  return std::max(n_below(lack_of_score_, lack_of_score(mapping_score)), n_below(knn_dist_, knn_dist));
}

std::vector<double> Outlyingness::around(MPI_Comm comm, const Mapping& mapping) const {
  const auto n = mapping.n_cells();
  const bool none = parallel::sum_over_ranks(comm, std::ssize(mapping.around)) == 0;
  std::vector<double> mean(n, not_a_number);
  if (none) return mean;
  std::vector<std::int64_t> own;
  for (std::int64_t i = 0; i < n; ++i) own.push_back((*this)(mapping.mapping_score[i], mapping.knn_dist[i]));
  const parallel::RequestedRows<std::int64_t> of(comm, mapping.cells, own, 1, mapping.around);
  const auto k = n > 0 ? std::ssize(mapping.around) / n : 0;
  for (std::int64_t i = 0; i < n; ++i) {
    std::int64_t sum = 0, cells = 0;
    for (const auto cell : std::span(mapping.around).subspan(i * k, k)) {
      if (cell < 0) continue;
      sum += of[cell].front();
      ++cells;
    }
    mean[i] = static_cast<double>(sum) / static_cast<double>(cells);
  }
  return mean;
}

HeldOutScores leave_one_lot_out(MPI_Comm comm, const Reference& reference, const MapOptions& options) {
  const auto n = std::ssize(reference.lot);
  const std::vector<double> unknown(n, not_a_number);
  HeldOutScores held_out{unknown, unknown, unknown};
  const auto [part, n_parts] = parts_of(comm, reference);
  std::vector<Mapping> mappings(n_parts);
  const bool by_anchors = options.mode == Mode::anchor;
  std::optional<NeighborhoodsOfRest> neighborhoods;
  Centroids of_all;
  if (by_anchors)
    neighborhoods.emplace(comm, unit_rows(reference.scores, options.dims), part, options.anchor.k_score,
                          options.safe_point);
  else
    of_all = summarize(comm, reference.scores, options.dims, options.centroids);
  const auto for_each_cell = [&](std::int32_t p, auto&& visit) {
    for (std::int64_t i = 0, row = 0; i < n; ++i)
      if (part[i] == p) visit(i, row++);
  };
  log::Progress progress("holding lots out", n_parts);
  for (std::int32_t p = 0; p < n_parts; ++p, progress.advance(1)) {
    if (options.safe_point != nullptr) options.safe_point(comm);
    give_back_freed_memory_above();
    const Query query{.scores = rows_of(comm, reference.scores, part, p, false),
                      .expression = rows_of(comm, reference.expression, part, p, false)};
    const auto n_query = query.scores.points.size();
    if (n_query == 0 || n_query == reference.scores.points.size()) continue;
    auto rest = without_part(comm, reference, part, p);
    KnownOfReference known;
    if (by_anchors)
      known.neighborhood = neighborhoods->without(comm, p, unit_rows(rest.scores, options.dims));
    else
      known.centroids = without_cells(comm, of_all, query.scores, options.centroids);
    const auto others = prepare(comm, std::move(rest), options, std::move(known));
    mappings[p] = map_lot(comm, others, query, options);
    for_each_cell(p, [&](std::int64_t cell, std::int64_t row) {
      held_out.mapping_score[cell] = mappings[p].mapping_score[row];
      held_out.knn_dist[cell] = mappings[p].knn_dist[row];
    });
    mappings[p].label_score = {};  // what neighbors are to be judged by stays: all lots at once would be the largest
    mappings[p].anchors = {};
  }
  const Outlyingness outlyingness(comm, held_out.mapping_score, held_out.knn_dist);
  for (std::int32_t p = 0; p < n_parts; ++p) {
    if (mappings[p].cells.size() == 0) continue;
    const auto mean = outlyingness.around(comm, mappings[p]);
    for_each_cell(p, [&](std::int64_t cell, std::int64_t row) { held_out.neighborhood[cell] = mean[row]; });
  }
  return held_out;
}

Calibration::Calibration(MPI_Comm comm, const HeldOutScores& held_out, std::span<const std::int32_t> lot,
                         std::int32_t n_lots, const RejectionOptions& options)
    : outlyingness_(comm, held_out.mapping_score, held_out.knn_dist),
      of_neighborhoods_(gathered_ascending(comm, held_out.neighborhood)) {
  std::vector<double> mine;
  for (std::size_t i = 0; i < held_out.knn_dist.size(); ++i)
    if (!std::isnan(held_out.knn_dist[i]))
      mine.push_back(static_cast<double>(outlyingness_(held_out.mapping_score[i], held_out.knn_dist[i])));
  of_cells_ = gathered_ascending(comm, mine);

  std::vector<std::int64_t> n_cells(n_lots), n_outside(n_lots);
  for (std::size_t i = 0; i < held_out.knn_dist.size(); ++i) {
    if (std::isnan(held_out.knn_dist[i])) continue;
    ++n_cells[lot[i]];
    const bool outside = std::isnan(held_out.mapping_score[i]) ||
                         p(held_out.mapping_score[i], held_out.knn_dist[i]) < options.alpha ||
                         p_neighborhood(held_out.neighborhood[i]) < options.alpha;
    if (outside) ++n_outside[lot[i]];
  }
  parallel::sum_over_ranks(comm, n_cells);
  parallel::sum_over_ranks(comm, n_outside);
  for (std::int32_t l = 0; l < n_lots; ++l)
    lot_share_outside_.push_back(n_cells[l] > 0 ? static_cast<double>(n_outside[l]) / static_cast<double>(n_cells[l])
                                                : not_a_number);
}

std::int64_t Calibration::n_lots() const noexcept {
  return std::ranges::count_if(lot_share_outside_, [](double share) { return !std::isnan(share); });
}

double Calibration::p(double mapping_score, double knn_dist) const {
  return conformal_p(of_cells_, static_cast<double>(outlyingness_(mapping_score, knn_dist)));
}

double Calibration::p_neighborhood(double mean_outlyingness) const {
  return conformal_p(of_neighborhoods_, mean_outlyingness);
}

double Calibration::lot_p(double share_outside) const {
  if (n_lots() == 0 || std::isnan(share_outside)) return not_a_number;
  const auto reached = std::ranges::count_if(lot_share_outside_, [&](double share) { return share >= share_outside; });
  return static_cast<double>(1 + reached) / static_cast<double>(1 + n_lots());
}

LotVerdict reject(MPI_Comm comm, Mapping& mapping, const Calibration& calibration, const RejectionOptions& options,
                  bool other_kind) {
  const auto neighborhood = calibration.outlyingness().around(comm, mapping);
  std::vector<std::int64_t> count(4);  // cells, outside, unassigned, without an anchor in their lot
  for (std::int64_t i = 0; i < mapping.n_cells(); ++i) {
    const double score = mapping.mapping_score[i];
    const double p = mapping.p_outlier[i] = calibration.p(score, mapping.knn_dist[i]);
    const double p_around = mapping.p_neighborhood[i] = calibration.p_neighborhood(neighborhood[i]);
    auto& status = mapping.status[i];
    const bool outside = other_kind || p < options.alpha || p_around < options.alpha || std::isnan(score);
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
