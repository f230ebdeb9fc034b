#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <set>

#include "app/found_markers.hpp"
#include "app/group_expression.hpp"
#include "app/pairwise_markers.hpp"
#include "app/split_markers.hpp"
#include "app/stages.hpp"
#include "miura/matrix/table_columns.hpp"

namespace miura::app {

namespace {

constexpr std::int64_t drawn_genes = 5;  // of each cluster, in the dot plot

/// The foremost genes of each cluster in all clusters: what a dot plot shows. A gene that is foremost in several
/// clusters belongs to the first.
matrix::Table dot_table(const Study& study, const FoundMarkers& found, const std::vector<Marker>& rows) {
  struct Dot {
    std::int32_t marked = 0, gene = 0, cluster = 0;
  };
  const auto& clusters = study.clusters.primary();
  std::vector<Dot> dots;
  std::set<std::int32_t> drawn;
  for (const auto& m : rows) {
    if (!m.up || m.rank > drawn_genes || !drawn.insert(m.gene).second) continue;
    for (std::int32_t k = 0; k < clusters.n_clusters; ++k) dots.push_back({m.contrast, m.gene, k});
  }
  const auto& features = study.cells.features;
  const auto at = [&](const Dot& d) { return found.cells.at(d.cluster, d.gene); };
  matrix::TableColumns<Dot> table("marker_dots", dots);
  table.add("marker_of", [&](const Dot& d) { return clusters.name_of(d.marked); });
  table.add("gene", [&](const Dot& d) { return features.symbol[d.gene]; });
  table.add("gene_id", [&](const Dot& d) { return features.id[d.gene]; });
  table.add("cluster", [&](const Dot& d) { return clusters.name_of(d.cluster); });
  table.add("share", [&](const Dot& d) { return found.cells.share_in[at(d)]; });
  table.add("log2_fold", [&](const Dot& d) { return found.cells.log2_fold_seurat[at(d)]; });
  return table.take();
}

/// Genes that were tested in a cluster at least, by their symbols.
std::vector<std::string> tested_genes(const Study& study, const FoundMarkers& found) {
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
void add_points(const FoundMarkers& found, std::int32_t cluster, std::vector<VolcanoPoint>& points) {
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
  for (const auto gene : genes_in_order(found, cluster)) {
    const auto at = cells.at(cluster, gene);
    if (!is_drawn(at) || widest == 0 || highest == 0) continue;
    const bool agreed = found.by_lots(cluster) && std::abs(found.lots.effect[at]) > 0;
    const std::array<std::int64_t, 3> place{std::llround(columns * cells.log2_fold_seurat[at] / widest / 2),
                                            std::llround(-rows * cells.log10_p[at] / highest), agreed ? 1 : 0};
    if (taken.insert(place).second) points.push_back({cluster, gene, agreed});
  }
}

matrix::Table volcano_table(const Study& study, const FoundMarkers& found) {
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
  if (study.cells.is_table || !o.markers || study.clusters.primary().n_clusters < 2) return stage;
  const auto sums = sums_of_groups(comm, study);
  const auto found = find_markers(comm, study, sums, {}, o);
  const auto rows = foremost_markers(found, o.marker_top);
  stage.table = marker_table("markers", study, found, rows);
  stage.dots = dot_table(study, found, rows);
  stage.volcano = volcano_table(study, found);
  stage.tested = tested_genes(study, found);
  if (!o.marker_pairs.empty()) stage.on_request.push_back(pairwise_markers(comm, study, sums, o));
  if (o.marker_split)
    std::ranges::move(split_markers(comm, study, found.cells, o), std::back_inserter(stage.on_request));
  return stage;
}

}  // namespace miura::app
