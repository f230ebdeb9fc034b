#include "app/mapping.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "app/stages.hpp"
#include "app/stop_request.hpp"
#include "miura/base/log.hpp"
#include "miura/composition/count_cells.hpp"
#include "miura/matrix/table_columns.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::app {

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A row of tables/mapped_lots.tsv.
struct LotRow {
  matrix::Lot lot;
  std::int64_t n_cells = 0, n_outside = 0, n_unassigned = 0;
  double share_outside = 0, p_share = 0;
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
  columns.add("held_out", &LotRow::held_out);
  columns.add("status", &LotRow::status);
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
  stage.n_anchors[cell] = mapping.n_anchors_used[row];
  stage.status[cell] = static_cast<std::uint8_t>(mapping.status[row]);
}

/// What a user must not overlook of a lot.
void warn_of(const LotRow& row) {
  constexpr double most = 0.5;  // a lot of which more is outside is hardly of the reference's kind
  if (row.status == "NO_ANCHORS")
    log::warn(fmt::format("lot {}: NO ANCHORS, nothing of it is like the reference; all {} cells are unassigned",
                          row.lot.id, row.n_cells));
  else if (row.share_outside > most)
    log::warn(
        fmt::format("lot {}: {:.0f} % of its {} cells lie OUTSIDE of the reference: its shares are not to be used",
                    row.lot.id, 100 * row.share_outside, row.n_cells));
}

std::string status_of(const transfer::LotVerdict& verdict, std::int64_t few) {
  if (verdict.n_cells == 0) return "NO_CELLS";
  if (verdict.no_anchors) return "NO_ANCHORS";
  return verdict.n_cells < few ? "FEW_CELLS" : "OK";
}

/// How the lots of the reference fare when each is held out. Collective.
std::vector<LotRow> held_out_rows(MPI_Comm comm, const MappingReference& reference,
                                  const transfer::Calibration& calibration) {
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
  for (auto* values :
       {&stage.score, &stage.margin, &stage.knn_dist, &stage.p_outlier, &stage.held_out_score, &stage.held_out_dist})
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
  return grid_of(study.cells, study.genes, columns, o);
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

MappingStage map_lots(MPI_Comm comm, MappingReference reference, const Study& study,
                      std::span<const std::uint8_t> mapped, const RunOptions& o) {
  const auto& lot_of = study.cells.cells.mine.lot;
  auto stage = blank_mapping(reference, lot_of.size());
  const transfer::Calibration calibration(comm, reference.held_out, reference.cells.lot, reference.cells.n_lots,
                                          o.rejection);
  if (calibration.n_cells() == 0)
    log::warn(
        "the reference is of one lot: how far out its cells may lie is not known, and cells are refused by their "
        "score alone");
  const auto expression = checked_grid(study, reference.checked, o);
  auto rows = held_out_rows(comm, reference, calibration);
  const auto prepared = transfer::prepare(comm, std::move(reference.cells), o.mapping);
  for (std::int32_t lot = 0; lot < std::ssize(study.lots); ++lot) {
    if (!mapped[lot]) continue;
    std::vector<std::uint8_t> marked;
    for (const auto l : lot_of) marked.push_back(l == lot ? 1 : 0);
    const transfer::Query query{.scores = marked_rows(comm, study.pca.scores, marked),
                                .expression = dense_rows(comm, expression, marked)};
    const auto present = features_present(study, lot);
    auto mapping = present.empty() ? transfer::map_lot(comm, prepared, query, o.mapping)
                                   : transfer::map_lot(comm, without_features(prepared, reference.checked, present),
                                                       query, o.mapping);
    const auto verdict = transfer::reject(comm, mapping, calibration, o.rejection);
    for (std::int64_t i = 0, row = 0; i < std::ssize(lot_of); ++i)
      if (marked[i]) enter(stage, i, mapping, row++);
    rows.push_back({.lot = study.lots[lot],
                    .n_cells = verdict.n_cells,
                    .n_outside = verdict.n_outside,
                    .n_unassigned = verdict.n_unassigned,
                    .share_outside = verdict.share_outside,
                    .p_share = verdict.p_share,
                    .held_out = false,
                    .status = status_of(verdict, o.association.min_cells_per_lot)});
    warn_of(rows.back());
    stop_if_requested(comm);
  }
  stage.lots = lots_table(rows);
  return stage;
}

}  // namespace miura::app
