#include "app/found_markers.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "app/stages.hpp"
#include "miura/matrix/table_columns.hpp"
#include "miura/normalize/log_normalize.hpp"

namespace miura::app {

FoundMarkers find_markers(MPI_Comm comm, const Study& study, const matrix::Pseudobulk& sums,
                          const markers::Contrasts& contrasts, const RunOptions& o) {
  const auto& clusters = study.clusters.primary();
  const auto x = [scale = o.scale](std::uint32_t count, std::int64_t n_counts) {
    return normalize::log_normalized(count, n_counts, {.scale = scale});
  };
  // Cells of lots that do not train have no label, and so take no part.
  return {markers::lot_consistency(comm, sums, marks_of(study.lots, "train"),
                                   {.contrasts = contrasts, .seed = o.common.seed}),
          markers::rank_sums(comm, study.cells.cells, x, clusters.label, study.cells.features.size(),
                             clusters.n_clusters, {.contrasts = contrasts})};
}

std::vector<std::int32_t> genes_in_order(const FoundMarkers& found, std::int32_t contrast) {
  if (found.by_lots(contrast)) return markers::ranked_genes(found.lots, contrast);
  std::vector<std::int32_t> order(found.cells.n_genes);
  std::iota(order.begin(), order.end(), 0);
  std::erase_if(order, [&](std::int32_t gene) { return std::isnan(found.cells.z[found.cells.at(contrast, gene)]); });
  std::ranges::stable_sort(order, std::greater{},
                           [&](std::int32_t gene) { return found.cells.z[found.cells.at(contrast, gene)]; });
  return order;
}

std::vector<Marker> foremost_genes(std::span<const std::int32_t> order, std::span<const double> strength,
                                   std::int64_t top) {
  std::vector<Marker> chosen;
  const auto take = [&](auto first, auto last, bool up) {
    std::int64_t rank = 0;
    for (; first != last && (top == 0 || rank < top); ++first)
      if (up ? strength[*first] > 0 : strength[*first] < 0)
        chosen.push_back({.gene = *first, .rank = ++rank, .up = up});
  };
  take(order.begin(), order.end(), true);
  take(order.rbegin(), order.rend(), false);
  return chosen;
}

std::vector<Marker> foremost_markers(const FoundMarkers& found, std::int64_t top) {
  std::vector<Marker> chosen;
  for (std::int32_t contrast = 0; contrast < found.n_contrasts(); ++contrast) {
    const auto& strength = found.by_lots(contrast) ? found.lots.difference : found.cells.z;
    for (auto& marker :
         foremost_genes(genes_in_order(found, contrast),
                        std::span(strength).subspan(found.cells.at(contrast, 0), found.cells.n_genes), top)) {
      marker.contrast = contrast;
      chosen.push_back(marker);
    }
  }
  return chosen;
}

matrix::Table marker_table(const std::string& name, const Study& study, const FoundMarkers& found,
                           const std::vector<Marker>& rows) {
  const auto& [lots, cells] = found;
  const auto& features = study.cells.features;
  const auto& clusters = study.clusters.primary();
  matrix::TableColumns<Marker> table(name, rows);
  const auto at = [&](const Marker& m) { return cells.at(m.contrast, m.gene); };
  const auto real = [&](const char* column, const std::vector<double>& of_gene) {
    table.add(column, [&](const Marker& m) { return of_gene[at(m)]; });
  };
  const bool of_pairs =
      std::ranges::any_of(cells.contrast, [](const auto& c) { return c.out != markers::Contrast::rest; });
  table.add("cluster", [&](const Marker& m) { return clusters.name_of(cells.contrast[m.contrast].in); });
  if (of_pairs) table.add("other", [&](const Marker& m) { return clusters.name_of(cells.contrast[m.contrast].out); });
  table.add("direction", [](const Marker& m) { return std::string(m.up ? "up" : "down"); });
  table.add("rank", &Marker::rank);
  table.add("gene", [&](const Marker& m) { return features.symbol[m.gene]; });
  table.add("gene_id", [&](const Marker& m) { return features.id[m.gene]; });
  table.add("n_lots", [&](const Marker& m) { return lots.n_lots[m.contrast]; });
  table.add("n_higher", [&](const Marker& m) { return lots.n_higher[at(m)]; });
  table.add("n_lower", [&](const Marker& m) { return lots.n_lower[at(m)]; });
  real("difference", lots.difference);
  real("effect", lots.effect);
  real("p_lot", lots.p);
  real("p_lot_maxT", lots.p_max_t);
  table.add("p_min_attainable", [&](const Marker& m) { return lots.p_min[m.contrast]; });
  real("z", cells.z);
  real("log10_p", cells.log10_p);
  real("log10_q", cells.log10_q);
  real("auc", cells.auc);
  real("log2_fold_seurat", cells.log2_fold_seurat);
  real("log2_fold_scanpy", cells.log2_fold_scanpy);
  real("share_in", cells.share_in);
  real("share_out", cells.share_out);
  table.add("flags", [&](const Marker& m) -> std::string {
    if (!found.by_lots(m.contrast)) return "NO_LOTS";
    return lots.effect[at(m)] == 0 ? "LOTS_DISAGREE" : "";
  });
  return table.take();
}

}  // namespace miura::app
