#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>

#include "app/group_expression.hpp"
#include "app/stages.hpp"
#include "miura/markers/lot_consistency.hpp"
#include "miura/markers/rank_sum.hpp"
#include "miura/matrix/table_columns.hpp"
#include "miura/normalize/log_normalize.hpp"

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

/// Genes that were tested in a cluster at least, by their symbols.
std::vector<std::string> tested_genes(const Study& study, const Found& found) {
  const auto& symbol = study.cells.features.symbol;
  std::vector<std::string> tested;
  for (std::int32_t gene = 0; gene < found.cells.n_genes; ++gene)
    for (std::int32_t k = 0; k < study.clusters.primary().n_clusters; ++k) {
      const auto at = found.cells.at(k, gene);
      if (std::isnan(found.by_lots(k) ? found.lots.difference[at] : found.cells.z[at]) || symbol[gene].empty())
        continue;
      tested.push_back(symbol[gene]);
      break;
    }
  return tested;
}

/// A gene of a cluster as a volcano plot draws it.
struct VolcanoPoint {
  std::int32_t cluster = 0, gene = 0;
  bool agreed = false;  ///< over lots, in one direction
};

/// The genes of a cluster that a volcano plot needs: of those that would lie on the same place in it the first, once
/// for those that the lots agree on and once for the others.
void add_points(const Found& found, std::int32_t cluster, std::vector<VolcanoPoint>& points) {
  constexpr double columns = 160, rows = 120;
  const auto& cells = found.cells;
  const auto is_drawn = [&](std::int64_t at) {
    return std::isfinite(cells.log10_p[at]) && std::isfinite(cells.log2_fold_seurat[at]);
  };
  double widest = 0, highest = 0;
  for (auto at = cells.at(cluster, 0); at < cells.at(cluster + 1, 0); ++at)
    if (is_drawn(at)) {
      widest = std::max(widest, std::abs(cells.log2_fold_seurat[at]));
      highest = std::max(highest, -cells.log10_p[at]);
    }
  std::set<std::array<std::int64_t, 3>> taken;
  for (const auto gene : in_order(found, cluster)) {
    const auto at = cells.at(cluster, gene);
    if (!is_drawn(at) || widest == 0 || highest == 0) continue;
    const bool agreed = found.by_lots(cluster) && std::abs(found.lots.effect[at]) > 0;
    const std::array<std::int64_t, 3> place{std::llround(columns * cells.log2_fold_seurat[at] / widest / 2),
                                            std::llround(-rows * cells.log10_p[at] / highest), agreed ? 1 : 0};
    if (taken.insert(place).second) points.push_back({cluster, gene, agreed});
  }
}

matrix::Table volcano_table(const Study& study, const Found& found) {
  std::vector<VolcanoPoint> points;
  const auto& clusters = study.clusters.primary();
  for (std::int32_t k = 0; k < clusters.n_clusters; ++k) add_points(found, k, points);
  const auto& features = study.cells.features;
  const auto at = [&](const VolcanoPoint& p) { return found.cells.at(p.cluster, p.gene); };
  matrix::TableColumns<VolcanoPoint> table("marker_volcano", points);
  table.add("cluster", [&](const VolcanoPoint& p) { return clusters.name_of(p.cluster); });
  table.add("gene", [&](const VolcanoPoint& p) { return features.symbol[p.gene]; });
  table.add("gene_id", [&](const VolcanoPoint& p) { return features.id[p.gene]; });
  table.add("log2_fold", [&](const VolcanoPoint& p) { return found.cells.log2_fold_seurat[at(p)]; });
  table.add("log10_p", [&](const VolcanoPoint& p) { return found.cells.log10_p[at(p)]; });
  table.add("n_lots", [&](const VolcanoPoint& p) { return found.lots.n_lots[p.cluster]; });
  table.add("n_higher", [&](const VolcanoPoint& p) { return found.lots.n_higher[at(p)]; });
  table.add("n_lower", [&](const VolcanoPoint& p) { return found.lots.n_lower[at(p)]; });
  table.add("p_lot_maxT", [&](const VolcanoPoint& p) { return found.lots.p_max_t[at(p)]; });
  table.add("lots_agree", &VolcanoPoint::agreed);
  return table.take();
}

}  // namespace

MarkerStage marker_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  MarkerStage stage;
  const auto& clusters = study.clusters.primary();
  if (study.cells.is_table || !o.markers || clusters.n_clusters < 2) return stage;
  const auto n_genes = study.cells.features.size();
  const auto sums = sums_of_groups(comm, study);
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
  stage.volcano = volcano_table(study, found);
  stage.tested = tested_genes(study, found);
  return stage;
}

}  // namespace miura::app
