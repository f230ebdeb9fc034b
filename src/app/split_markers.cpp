#include "app/split_markers.hpp"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "app/found_markers.hpp"
#include "app/group_expression.hpp"
#include "app/stages.hpp"
#include "miura/base/log.hpp"
#include "miura/markers/split_counts.hpp"
#include "miura/matrix/table_columns.hpp"
#include "miura/populations/overlap.hpp"

namespace miura::app {

namespace {

/// Clusters of a part of the molecules, and the counts of the others.
struct SplitStudy {
  Study study;                            ///< lots, features, the second half, and the clusters of the first
  std::vector<populations::Match> match;  ///< of each cluster the primary one that is most like it
};

/// The primary partition of some molecules, found as that of all of them: the same cells build the reference, and
/// everything behind it is made anew. Collective.
matrix::Labeling clusters_of(MPI_Comm comm, Study& half, const RunOptions& o) {
  half.genes = normalize_stage(comm, half, o);
  half.pca = pca_stage(comm, half, o);
  half.integrated = integrate_stage(comm, half, o);
  half.neighbors = neighbors_stage(comm, half, o);
  auto clusters = primary_partition(comm, half, o);
  for (std::int32_t k = 0; k < clusters.n_clusters; ++k) clusters.names.push_back(fmt::format("split {}", k));
  return clusters;
}

SplitStudy split(MPI_Comm comm, const Study& study, const RunOptions& o) {
  auto counts = markers::split_counts(comm, study.cells.cells, o.marker_split_fraction, o.common.seed);
  Study half;
  half.lots = study.lots;
  half.cells.features = study.cells.features;
  half.cells.missing = study.cells.missing;
  half.cells.cells = std::move(counts.first);
  auto clusters = clusters_of(comm, half, o);

  SplitStudy result;
  const std::vector<matrix::Labeling> both{clusters, study.clusters.primary()};
  const auto overlaps = populations::count_overlaps(comm, both);
  for (std::int32_t k = 0; k < clusters.n_clusters; ++k) {
    result.match.push_back(overlaps.best_match(k, 1));
    if (result.match.back().cluster >= 0) result.match.back().cluster -= overlaps.first_of(1);
  }
  result.study.lots = std::move(half.lots);
  result.study.cells.features = std::move(half.cells.features);
  result.study.cells.cells = std::move(counts.second);
  result.study.clusters.partitions.push_back(std::move(clusters));
  return result;
}

/// How many genes differ in a cluster.
struct GeneCounts {
  std::int64_t n_tested = 0, n_up = 0, n_down = 0;  ///< genes, and those with q of at most 0.05
};

GeneCounts genes_that_differ(const markers::RankSums& cells, std::int32_t cluster) {
  constexpr double q = 0.05;
  GeneCounts counts;
  for (std::int32_t gene = 0; gene < cells.n_genes; ++gene) {
    const auto at = cells.at(cluster, gene);
    if (std::isnan(cells.z[at])) continue;
    ++counts.n_tested;
    if (cells.log10_q[at] <= std::log10(q)) ++(cells.z[at] > 0 ? counts.n_up : counts.n_down);
  }
  return counts;
}

/// What the second half says of a cluster of the first, and all molecules of the primary one it is most like.
struct SplitCluster {
  std::int32_t cluster = 0;
  GeneCounts others, all;
};

matrix::Table cluster_table(const Study& study, const SplitStudy& split, const FoundMarkers& found,
                            const markers::RankSums& primary) {
  std::vector<SplitCluster> rows;
  for (std::int32_t k = 0; k < std::ssize(split.match); ++k) {
    const auto like = split.match[k].cluster;
    rows.push_back({k, genes_that_differ(found.cells, k), like < 0 ? GeneCounts{} : genes_that_differ(primary, like)});
  }
  const auto& clusters = split.study.clusters.primary();
  matrix::TableColumns<SplitCluster> table("markers_split_clusters", rows);
  table.add("cluster", [&](const SplitCluster& r) { return clusters.name_of(r.cluster); });
  table.add("primary_cluster", [&](const SplitCluster& r) {
    const auto like = split.match[r.cluster].cluster;
    return like < 0 ? std::string() : study.clusters.primary().name_of(like);
  });
  table.add("jaccard", [&](const SplitCluster& r) { return split.match[r.cluster].jaccard; });
  table.add("cells", [&](const SplitCluster& r) { return found.cells.cells_in[r.cluster]; });
  table.add("n_lots", [&](const SplitCluster& r) { return found.lots.n_lots[r.cluster]; });
  table.add("n_tested", [](const SplitCluster& r) { return r.others.n_tested; });
  table.add("n_up_q05", [](const SplitCluster& r) { return r.others.n_up; });
  table.add("n_down_q05", [](const SplitCluster& r) { return r.others.n_down; });
  table.add("n_up_q05_all", [](const SplitCluster& r) { return r.all.n_up; });
  table.add("n_down_q05_all", [](const SplitCluster& r) { return r.all.n_down; });
  return table.take();
}

}  // namespace

std::vector<matrix::Table> split_markers(MPI_Comm comm, const Study& study, const markers::RankSums& primary,
                                         const RunOptions& o) {
  const auto half = split(comm, study, o);
  log::info(fmt::format("markers: {} clusters of a share of {} of the molecules, tested on the others",
                        half.study.clusters.primary().n_clusters, o.marker_split_fraction));
  const auto found = find_markers(comm, half.study, sums_of_groups(comm, half.study), {}, o);
  return {marker_table("markers_split", half.study, found, foremost_markers(found, o.marker_top)),
          cluster_table(study, half, found, primary)};
}

}  // namespace miura::app
