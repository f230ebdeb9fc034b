#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "app/stages.hpp"
#include "miura/markers/lot_consistency.hpp"
#include "miura/markers/rank_sum.hpp"
#include "miura/normalize/log_normalize.hpp"
#include "miura/pseudobulk/sum_counts.hpp"

namespace miura::app {

namespace {

using markers::LotConsistency, markers::RankSums;

constexpr std::int64_t drawn_genes = 5;  // of each cluster, in the dot plot

/// One row of the table: a gene that is higher, or lower, in a cluster than in the others.
struct Marker {
  std::int32_t cluster = 0, gene = 0;
  std::int64_t rank = 0;  ///< from 1, among the cluster's markers of the same direction
  bool up = true;
};

/// What was found of all clusters and genes.
struct Found {
  LotConsistency lots;
  RankSums cells;

  bool by_lots(std::int32_t cluster) const { return lots.n_lots[cluster] >= 2; }
};

/// All genes, the most clearly higher ones of the cluster first and the most clearly lower ones last: by lots, or by
/// cells where no two lots can be compared.
std::vector<std::int32_t> in_order(const Found& found, std::int32_t cluster) {
  if (found.by_lots(cluster)) return markers::ranked_genes(found.lots, cluster);
  std::vector<std::int32_t> order(found.cells.n_genes);
  std::iota(order.begin(), order.end(), 0);
  std::erase_if(order, [&](std::int32_t gene) { return std::isnan(found.cells.z[found.cells.at(cluster, gene)]); });
  std::ranges::stable_sort(order, std::greater{},
                           [&](std::int32_t gene) { return found.cells.z[found.cells.at(cluster, gene)]; });
  return order;
}

/// The foremost genes up and down, `top` of each; 0: all that differ at all.
std::vector<Marker> markers_of(const Found& found, std::int32_t cluster, std::int64_t top) {
  const auto order = in_order(found, cluster);
  std::vector<Marker> chosen;
  const auto take = [&](auto first, auto last, bool up) {
    std::int64_t rank = 0;
    for (; first != last && (top == 0 || rank < top); ++first) {
      const auto at = found.cells.at(cluster, *first);
      const double strength = found.by_lots(cluster) ? found.lots.difference[at] : found.cells.z[at];
      if (up ? strength > 0 : strength < 0) chosen.push_back({cluster, *first, ++rank, up});  // neither: not tested
    }
  };
  take(order.begin(), order.end(), true);
  take(order.rbegin(), order.rend(), false);
  return chosen;
}

/// Columns of a table, filled row by row.
template <class Of, class Rows>
auto column_of(const Rows& rows, Of&& of) {
  std::vector<std::decay_t<decltype(of(rows[0]))>> values;
  for (const auto& row : rows) values.push_back(of(row));
  return values;
}

matrix::Table marker_table(const Study& study, const Found& found, const std::vector<Marker>& rows) {
  const auto& [lots, cells] = found;
  const auto& features = study.cells.features;
  const auto text = [&](auto&& of) { return column_of(rows, [&](const Marker& m) { return std::string(of(m)); }); };
  const auto integer = [&](auto&& of) { return column_of(rows, [&](const Marker& m) { return std::int64_t{of(m)}; }); };
  const auto real = [&](const std::vector<double>& of_gene) {
    return column_of(rows, [&](const Marker& m) { return of_gene[cells.at(m.cluster, m.gene)]; });
  };
  const auto flag = [&](const Marker& m) {
    if (!found.by_lots(m.cluster)) return "NO_LOTS";
    return lots.effect[cells.at(m.cluster, m.gene)] == 0 ? "LOTS_DISAGREE" : "";
  };
  return {"markers",
          {{"cluster", text([&](const Marker& m) { return study.clusters.primary().name_of(m.cluster); })},
           {"direction", text([](const Marker& m) { return m.up ? "up" : "down"; })},
           {"rank", integer([](const Marker& m) { return m.rank; })},
           {"gene", text([&](const Marker& m) { return features.symbol[m.gene]; })},
           {"gene_id", text([&](const Marker& m) { return features.id[m.gene]; })},
           {"n_lots", integer([&](const Marker& m) { return lots.n_lots[m.cluster]; })},
           {"n_higher", integer([&](const Marker& m) { return lots.n_higher[cells.at(m.cluster, m.gene)]; })},
           {"n_lower", integer([&](const Marker& m) { return lots.n_lower[cells.at(m.cluster, m.gene)]; })},
           {"difference", real(lots.difference)},
           {"effect", real(lots.effect)},
           {"p_lot", real(lots.p)},
           {"p_lot_maxT", real(lots.p_max_t)},
           {"p_min_attainable", column_of(rows, [&](const Marker& m) { return lots.p_min[m.cluster]; })},
           {"z", real(cells.z)},
           {"log10_p", real(cells.log10_p)},
           {"log10_q", real(cells.log10_q)},
           {"auc", real(cells.auc)},
           {"log2_fold_seurat", real(cells.log2_fold_seurat)},
           {"log2_fold_scanpy", real(cells.log2_fold_scanpy)},
           {"share_in", real(cells.share_in)},
           {"share_out", real(cells.share_out)},
           {"flags", text(flag)}}};
}

/// The foremost genes of each cluster in all clusters: what a dot plot shows. A gene that is foremost in several
/// clusters belongs to the first.
matrix::Table dot_table(const Study& study, const Found& found, const std::vector<Marker>& rows) {
  struct Dot {
    std::int32_t marked = 0, gene = 0, cluster = 0;
  };
  const auto& clusters = study.clusters.primary();
  std::vector<Dot> dots;
  std::set<std::int32_t> drawn;
  for (const auto& m : rows) {
    if (!m.up || m.rank > drawn_genes || !drawn.insert(m.gene).second) continue;
    for (std::int32_t k = 0; k < clusters.n_clusters; ++k) dots.push_back({m.cluster, m.gene, k});
  }
  const auto& features = study.cells.features;
  const auto real = [&](const std::vector<double>& of_gene) {
    return column_of(dots, [&](const Dot& d) { return of_gene[found.cells.at(d.cluster, d.gene)]; });
  };
  return {"marker_dots",
          {{"marker_of", column_of(dots, [&](const Dot& d) { return clusters.name_of(d.marked); })},
           {"gene", column_of(dots, [&](const Dot& d) { return features.symbol[d.gene]; })},
           {"gene_id", column_of(dots, [&](const Dot& d) { return features.id[d.gene]; })},
           {"cluster", column_of(dots, [&](const Dot& d) { return clusters.name_of(d.cluster); })},
           {"share", real(found.cells.share_in)},
           {"log2_fold", real(found.cells.log2_fold_seurat)}}};
}

}  // namespace

MarkerStage marker_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  MarkerStage stage;
  const auto& clusters = study.clusters.primary();
  if (study.cells.is_table || !o.markers || clusters.n_clusters < 2) return stage;
  const auto n_genes = study.cells.features.size();
  const auto sums = pseudobulk::sum_counts(
      comm, study.cells.cells, clusters.label,
      {.n_genes = n_genes, .n_lots = static_cast<std::int32_t>(study.lots.size()), .n_clusters = clusters.n_clusters});
  std::vector<std::uint8_t> training;
  for (const auto& lot : study.lots) training.push_back(lot.role == "train" ? 1 : 0);
  const auto x = [scale = o.scale](std::uint32_t count, std::int64_t n_counts) {
    return normalize::log_normalized(count, n_counts, {.scale = scale});
  };
  // Cells of lots that do not train have no label, and so take no part.
  const Found found{markers::lot_consistency(comm, sums, training, {.seed = o.common.seed}),
                    markers::rank_sums(comm, study.cells.cells, x, clusters.label, n_genes, clusters.n_clusters, {})};
  std::vector<Marker> rows;
  for (std::int32_t k = 0; k < clusters.n_clusters; ++k) {
    const auto some = markers_of(found, k, o.marker_top);
    rows.insert(rows.end(), some.begin(), some.end());
  }
  stage.table = marker_table(study, found, rows);
  stage.dots = dot_table(study, found, rows);
  return stage;
}

}  // namespace miura::app
