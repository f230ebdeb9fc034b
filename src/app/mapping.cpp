#include "app/mapping.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "app/stages.hpp"
#include "app/stop_request.hpp"
#include "miura/base/log.hpp"
#include "miura/base/memory.hpp"
#include "miura/comparability/deviation.hpp"
#include "miura/composition/count_cells.hpp"
#include "miura/matrix/table_columns.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/transfer/mixtures.hpp"

namespace miura::app {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A row of tables/mapped_lots.tsv.
struct LotRow {
  matrix::Lot lot;
  std::int64_t n_cells = 0, n_outside = 0, n_unassigned = 0;
  double share_outside = 0, p_share = 0;
  double shift = not_a_number, p_shift = not_a_number, beyond_labels = not_a_number;
  bool held_out = false;
  std::string status;
};

matrix::Table lots_table(std::span<const LotRow> rows) {
  matrix::TableColumns<LotRow> columns("mapped_lots", rows);
  columns.add("lot", [](const LotRow& row) { return row.lot.id; });
  columns.add("source", [](const LotRow& row) { return row.lot.source; });
  columns.add("role", [](const LotRow& row) { return row.lot.role; });
  columns.add("n_cells", &LotRow::n_cells);
  columns.add("n_outside", &LotRow::n_outside);
  columns.add("share_outside", &LotRow::share_outside);
  columns.add("p_share_outside", &LotRow::p_share);
  columns.add("n_unassigned", &LotRow::n_unassigned);
  columns.add("shift", &LotRow::shift);
  columns.add("p_shift", &LotRow::p_shift);
  columns.add("held_out", &LotRow::held_out);
  columns.add("status", &LotRow::status);
  columns.add("beyond_labels", &LotRow::beyond_labels);
  return columns.take();
}

void enter(MappingStage& stage, std::int64_t cell, const transfer::Mapping& mapping, std::int64_t row) {
  stage.label[cell] = mapping.assigned(row);
  stage.likeliest[cell] = mapping.label[row];
  stage.second[cell] = mapping.second_label[row];
  stage.score[cell] = mapping.mapping_score[row];
  stage.margin[cell] = mapping.margin[row];
  stage.knn_dist[cell] = mapping.knn_dist[row];
  stage.p_outlier[cell] = mapping.p_outlier[row];
  stage.p_neighborhood[cell] = mapping.p_neighborhood[row];
  stage.n_anchors[cell] = mapping.n_anchors_used[row];
  stage.status[cell] = static_cast<std::uint8_t>(mapping.status[row]);
}

std::string status_of(const transfer::LotVerdict& verdict, bool far, const RunOptions& o) {
  if (verdict.n_cells == 0) return "NO_CELLS";
  if (verdict.no_anchors) return "NO_ANCHORS";
  if (far) return "FAR";
  return verdict.n_cells < o.association.min_cells_per_lot ? "FEW_CELLS" : "OK";
}

/// Mean scores of the cells of every group on the first `dims` components. Collective.
std::vector<double> mean_scores(MPI_Comm comm, const matrix::Embedding& scores, std::span<const std::int32_t> group,
                                std::int64_t n_groups, std::int32_t dims) {
  constexpr double steps = 1 << 20;  // sums in integers: 2^30 cells with scores below 2^12 fit
  std::vector<std::int64_t> sums(n_groups * dims), n_cells(n_groups);
  for (std::int64_t i = 0; i < std::ssize(group); ++i) {
    ++n_cells[group[i]];
    for (std::int32_t d = 0; d < dims; ++d)
      sums[group[i] * std::int64_t{dims} + d] += std::llround(scores.row(i)[d] * steps);
  }
  parallel::sum_over_ranks(comm, sums);
  parallel::sum_over_ranks(comm, n_cells);
  std::vector<double> means;
  for (std::int64_t at = 0; at < std::ssize(sums); ++at) {
    const auto n = static_cast<double>(n_cells[at / dims]);
    means.push_back(n > 0 ? static_cast<double>(sums[at]) / steps / n : not_a_number);
  }
  return means;
}

/// How far the lots as wholes lie from the reference lots: the distance of a lot's mean scores to those of the others,
/// its p by the distances of the reference lots among themselves; and its distance to the nearest mixture of the
/// labels, in median distances of labels, which no composition of these can bring about. First the reference's lots,
/// then those of the study. Collective.
struct Shifts {
  std::vector<double> distance, p, beyond_labels;

  /// Farther from all labels than labels are from each other; and farther than the reference lots are, where their
  /// number tells.
  bool other_kind(std::size_t lot, double alpha) const { return beyond_labels[lot] > 1 && !(p[lot] >= alpha); }
};
Shifts shifts_of(MPI_Comm comm, const MappingReference& reference, const Study& study, const RunOptions& o) {
  const auto n_own = std::ssize(reference.lots), n = n_own + std::ssize(study.lots);
  const auto& cells = reference.cells;
  const auto dims = std::min(o.mapping.dims, cells.scores.n_dims);
  comparability::LotVectors means{"mean_scores", static_cast<std::int32_t>(n), dims,
                                  mean_scores(comm, cells.scores, cells.lot, n_own, dims)};
  const auto newer = mean_scores(comm, study.pca.scores, study.cells.cells.mine.lot, std::ssize(study.lots), dims);
  means.value.insert(means.value.end(), newer.begin(), newer.end());
  std::vector<std::uint8_t> is_reference(n);
  std::fill_n(is_reference.begin(), n_own, std::uint8_t{1});
  const auto labels = mean_scores(comm, cells.scores, cells.label, cells.n_labels, dims);
  const double apart = transfer::median_distance(labels, dims);
  Shifts shifts{std::vector<double>(n, not_a_number), std::vector<double>(n, not_a_number), {}};
  const auto share = parallel::Partition::even(n, parallel::size_of(comm));
  const int rank = parallel::rank_of(comm);
  std::vector<double> beyond(share.n_local(rank));
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t i = 0; i < std::ssize(beyond); ++i)
    beyond[i] =
        transfer::distance_to_mixtures(std::span(means.value).subspan((share.begin(rank) + i) * dims, dims), labels) /
        apart;
  shifts.beyond_labels = parallel::gather_everywhere<double>(comm, beyond);
  for (const auto& row : comparability::deviations(std::span(&means, 1), {}, is_reference, {})) {
    shifts.distance[row.lot] = row.distance;
    shifts.p[row.lot] = row.p_t;
  }
  return shifts;
}

/// How the lots of the reference fare when each is held out. Collective.
std::vector<LotRow> held_out_rows(MPI_Comm comm, const MappingReference& reference,
                                  const transfer::Calibration& calibration, const Shifts& shifts) {
  std::vector<std::int64_t> n_cells(reference.lots.size());
  for (const auto lot : reference.cells.lot) ++n_cells[lot];
  parallel::sum_over_ranks(comm, n_cells);
  const auto& share = calibration.lot_share_outside();
  const auto known = std::ranges::count_if(share, [](double s) { return !std::isnan(s); });
  std::vector<LotRow> rows;
  for (std::size_t lot = 0; lot < reference.lots.size(); ++lot) {
    if (std::isnan(share[lot])) continue;
    const auto as_many = std::ranges::count_if(share, [&](double s) { return s >= share[lot]; });
    rows.push_back({.lot = reference.lots[lot],
                    .n_cells = n_cells[lot],
                    .n_outside = std::llround(share[lot] * static_cast<double>(n_cells[lot])),
                    .share_outside = share[lot],
                    .p_share = static_cast<double>(as_many) / static_cast<double>(known),
                    .shift = shifts.distance[lot],
                    .p_shift = shifts.p[lot],
                    .beyond_labels = shifts.beyond_labels[lot],
                    .held_out = true,
                    .status = "OK"});
  }
  return rows;
}

/// The reference for a lot whose file lacks some of the features by which anchors are checked: without them.
transfer::PreparedReference without_features(const transfer::PreparedReference& all,
                                             std::span<const std::int32_t> checked,
                                             std::span<const std::uint8_t> present) {
  auto part = all;
  auto& expression = part.cells.expression;
  for (std::int64_t i = 0; i < expression.n_local(); ++i)
    for (std::int32_t f = 0; f < expression.n_dims; ++f)
      if (!present[checked[f]]) expression.value[i * expression.n_dims + f] = 0;
  return part;
}

}  // namespace

MappingStage blank_mapping(const MappingReference& reference, std::size_t n) {
  MappingStage stage;
  stage.transferred = reference.transferred;
  stage.label_name = reference.label_name;
  for (auto* labels : {&stage.label, &stage.likeliest, &stage.second, &stage.training_label}) labels->assign(n, -1);
  for (auto* values : {&stage.score, &stage.margin, &stage.knn_dist, &stage.p_outlier, &stage.p_neighborhood,
                       &stage.held_out_score, &stage.held_out_dist, &stage.held_out_neighborhood})
    values->assign(n, not_a_number);
  stage.n_anchors.assign(n, 0);
  stage.status.assign(n, 0);
  return stage;
}

std::vector<std::int32_t> checked_features(const pca::Model& model, const RunOptions& o) {
  if (o.mapping.mode != transfer::Mode::anchor) return {};
  return transfer::filter_features(model, o.mapping.dims);
}

matrix::GridMatrix checked_grid(const Study& study, std::span<const std::int32_t> checked, const RunOptions& o) {
  std::vector<std::int32_t> columns;
  for (const auto f : checked) columns.push_back(study.genes.variable.selected[f]);
  return grid_of(study, columns, o);
}

matrix::Embedding dense_rows(MPI_Comm comm, const matrix::GridMatrix& grid, std::span<const std::uint8_t> marked) {
  std::vector<std::int32_t> all(grid.n_features);
  std::iota(all.begin(), all.end(), 0);
  return transfer::dense_features(marked_rows(comm, grid, marked), all);
}

matrix::Composition mapped_composition(MPI_Comm comm, const Study& study, const MappingStage& mapping,
                                       const matrix::Labeling& of) {
  auto composition = composition::count_cells(comm, study.cells.cells.mine.lot, mapping.label_of_cells(),
                                              static_cast<std::int32_t>(study.lots.size()), of.n_clusters);
  composition.integration = of.integration;
  composition.resolution = of.resolution;
  composition.seed = of.seed;
  return composition;
}

MappingStage map_lots(MPI_Comm comm, MappingReference reference, const Study& study, const matrix::GridMatrix& checked,
                      std::span<const std::uint8_t> mapped, const RunOptions& o) {
  const auto& lot_of = study.cells.cells.mine.lot;
  auto stage = blank_mapping(reference, lot_of.size());
  const transfer::Calibration calibration(comm, reference.held_out, reference.cells.lot, reference.cells.n_lots,
                                          o.rejection);
  if (calibration.n_lots() == 1)
    log::warn(
        "the reference is of one lot: how far out cells may lie is known from its two halves alone, and cells of a "
        "good lot may be refused where lots differ by more than that");
  const auto shifts = shifts_of(comm, reference, study, o);
  const auto n_own = std::ssize(reference.lots);
  auto rows = held_out_rows(comm, reference, calibration, shifts);
  const auto prepared = transfer::prepare(comm, std::move(reference.cells), o.mapping);
  for (std::int32_t lot = 0; lot < std::ssize(study.lots); ++lot) {
    if (!mapped[lot]) continue;
    give_back_freed_memory_above();
    std::vector<std::uint8_t> marked;
    for (const auto l : lot_of) marked.push_back(l == lot ? 1 : 0);
    const transfer::Query query{.scores = marked_rows(comm, study.pca.scores, marked),
                                .expression = dense_rows(comm, checked, marked)};
    const auto present = features_present(study, lot);
    auto mapping = present.empty() ? transfer::map_lot(comm, prepared, query, o.mapping)
                                   : transfer::map_lot(comm, without_features(prepared, reference.checked, present),
                                                       query, o.mapping);
    const auto n_cells = query.scores.points.size();
    const bool other_kind =
        n_cells >= o.association.min_cells_per_lot && shifts.other_kind(n_own + lot, o.rejection.alpha);
    const auto verdict = transfer::reject(comm, mapping, calibration, o.rejection, other_kind);
    for (std::int64_t i = 0, row = 0; i < std::ssize(lot_of); ++i)
      if (marked[i]) enter(stage, i, mapping, row++);
    rows.push_back({.lot = study.lots[lot],
                    .n_cells = verdict.n_cells,
                    .n_outside = verdict.n_outside,
                    .n_unassigned = verdict.n_unassigned,
                    .share_outside = verdict.share_outside,
                    .p_share = verdict.p_share,
                    .shift = shifts.distance[n_own + lot],
                    .p_shift = shifts.p[n_own + lot],
                    .beyond_labels = shifts.beyond_labels[n_own + lot],
                    .held_out = false,
                    .status = status_of(verdict, other_kind || shifts.p[n_own + lot] < o.rejection.alpha, o)});
    stop_if_requested(comm);
  }
  stage.lots = lots_table(rows);
  for (const auto& warning : mapping_warnings(stage.lots)) log::warn(warning);
  return stage;
}

std::vector<std::string> mapping_warnings(const matrix::Table& lots) {
  constexpr double most = 0.5;  // a lot of which more is outside is hardly of the reference's kind
  std::vector<std::string> warnings;
  if (lots.columns.empty()) return warnings;
  const auto& lot = lots.column<std::string>("lot");
  const auto& status = lots.column<std::string>("status");
  const auto& n_cells = lots.column<std::int64_t>("n_cells");
  const auto& outside = lots.column<double>("share_outside");
  const auto& shift = lots.column<double>("shift");
  const auto& p_shift = lots.column<double>("p_shift");
  for (std::size_t l = 0; l < lot.size(); ++l)
    if (status[l] == "NO_ANCHORS")
      warnings.push_back(fmt::format(
          "lot {}: NO ANCHORS, nothing of it is like the reference; all {} cells are unassigned", lot[l], n_cells[l]));
    else if (outside[l] > most && status[l] == "FAR")
      warnings.push_back(fmt::format(
          "lot {}: {:.0f} % of its {} cells lie OUTSIDE of the reference, and the lot as a whole FAR from its "
          "lots (shift {:.1f}): cells of another kind, or much changed; its shares are not to be used",
          lot[l], 100 * outside[l], n_cells[l], shift[l]));
    else if (outside[l] > most)
      warnings.push_back(
          fmt::format("lot {}: {:.0f} % of its {} cells lie OUTSIDE of the reference: its shares are not to be used",
                      lot[l], 100 * outside[l], n_cells[l]));
    else if (status[l] == "FAR")
      warnings.push_back(fmt::format(
          "lot {}: as a whole it lies FAR from the reference lots (shift {:.1f}, p = {:.2g}): its cells may "
          "be of another kind, or changed, and labels mean little",
          lot[l], shift[l], p_shift[l]));
  return warnings;
}

}  // namespace miura::app
