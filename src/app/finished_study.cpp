#include "app/finished_study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "app/result_table.hpp"
#include "miura/base/error.hpp"
#include "miura/stats/median.hpp"

namespace miura::app {

namespace {

namespace fs = std::filesystem;

using PartitionName = std::tuple<std::string, std::string, std::string>;  // integration, resolution, seed
using ClusterName = std::pair<PartitionName, std::string>;

ClusterName cluster_of(const ResultTable& table) {
  return {{table.text("integration"), table.text("resolution"), table.text("seed")}, table.text("cluster")};
}

/// Clusters by partition, in the order of the file.
struct Compositions {
  std::vector<matrix::Composition> partitions;
  std::vector<ClusterName> clusters;
};

Compositions read_compositions(const fs::path& path, const std::set<std::string>& training) {
  std::vector<PartitionName> partitions;
  std::map<PartitionName, std::vector<std::string>> clusters;
  std::map<std::string, std::int32_t> place;  // of a lot
  std::map<std::pair<ClusterName, std::string>, std::int64_t> cells;
  for (ResultTable table(path); table.next();) {
    const auto lot = table.text("lot");
    if (!training.contains(lot)) continue;
    const auto cluster = cluster_of(table);
    place.emplace(lot, 0);
    auto& known = clusters[cluster.first];
    if (known.empty()) partitions.push_back(cluster.first);
    if (std::ranges::find(known, cluster.second) == known.end()) known.push_back(cluster.second);
    cells[{cluster, lot}] = static_cast<std::int64_t>(table.number("cells"));
  }
  std::int32_t n_lots = 0;
  for (auto& [lot, at] : place) at = n_lots++;

  Compositions found;
  for (const auto& partition : partitions) {
    const auto& names = clusters[partition];
    const auto n_clusters = static_cast<std::int32_t>(std::ssize(names));
    auto& c = found.partitions.emplace_back(
        matrix::Composition{.n_lots = n_lots,
                            .n_clusters = n_clusters,
                            .count = std::vector<std::int64_t>(std::int64_t{n_clusters} * n_lots),
                            .lot_size = std::vector<std::int64_t>(n_lots)});
    for (std::int32_t k = 0; k < n_clusters; ++k) {
      found.clusters.emplace_back(partition, names[k]);
      for (const auto& [lot, at] : place) {
        const auto n = cells[{found.clusters.back(), lot}];
        c.count[k * n_lots + at] = n;
        c.lot_size[at] += n;
      }
    }
  }
  return found;
}

std::set<std::string> training_lots(const fs::path& path) {
  std::set<std::string> lots;
  for (ResultTable table(path); table.next();)
    if (table.text("role") == "train") lots.insert(table.text("lot"));
  return lots;
}

/// Marks the clusters of the primary family and keeps the strongest of its tests.
ClusterName read_primary_family(const fs::path& path, const std::vector<ClusterName>& clusters, FinishedStudy& study) {
  std::set<std::string> outcomes;
  ClusterName strongest;
  study.tested.assign(clusters.size(), 0);
  for (ResultTable table(path); table.next();) {
    const auto status = table.text("status");
    if (table.text("family") != "primary" || (status != "OK" && status != "FEW_CELLS" && status != "APPROX")) continue;
    const auto name = cluster_of(table);
    const auto at = std::ranges::find(clusters, name) - clusters.begin();
    if (at == std::ssize(clusters))
      throw InputError({path}, fmt::format("cluster {} is not in composition.tsv", name.second));
    study.tested[at] = 1;
    outcomes.insert(table.text("outcome"));
    if (const double rho = table.number("rho"); std::abs(rho) > std::abs(study.rho)) {
      study.rho = rho;
      study.ci_lo = table.number("ci_lo");
      study.ci_hi = table.number("ci_hi");
      study.cluster = name.second;
      study.outcome = table.text("outcome");
      strongest = name;
    }
  }
  study.n_outcomes = static_cast<std::int32_t>(std::ssize(outcomes));
  study.n_tested = static_cast<std::int32_t>(std::ranges::count(study.tested, 1));
  if (study.cluster.empty()) throw InputError({path}, "holds no test of a primary family to plan from");
  return strongest;
}

/// Median and spread of a cluster's share over lots, by logits of (cells + 1/2) / (others + 1/2).
void describe_share(const Compositions& found, const ClusterName& name, FinishedStudy& study) {
  std::size_t at = 0;
  for (const auto& partition : found.partitions)
    for (std::int32_t k = 0; k < partition.n_clusters; ++k) {
      if (found.clusters[at++] != name) continue;
      std::vector<double> logit;
      for (std::int32_t l = 0; l < partition.n_lots; ++l) {
        const auto cells = static_cast<double>(partition.cells(k, l)), all = static_cast<double>(partition.lot_size[l]);
        if (all > 0) logit.push_back(std::log((cells + 0.5) / (all - cells + 0.5)));
      }
      std::ranges::sort(logit);  // the mean below is summed in this order
      const auto n = std::ssize(logit);
      double mean = 0.0, squares = 0.0;
      for (const double x : logit) mean += x / static_cast<double>(n);
      for (const double x : logit) squares += (x - mean) * (x - mean);
      study.median_share = 1.0 / (1.0 + std::exp(-stats::median(logit)));
      study.logit_sd = n > 1 ? std::sqrt(squares / static_cast<double>(n - 1)) : 0.0;
    }
}

}  // namespace

double FinishedStudy::cautious_rho() const {
  const double nearer = rho > 0 ? ci_lo : -ci_hi;
  return nearer < 0.0 ? 0.0 : nearer;  // NaN stays
}

FinishedStudy read_finished_study(const fs::path& result) {
  const auto tables = result / "tables";
  if (!fs::exists(tables / "composition.tsv"))
    throw NotFoundError({tables / "composition.tsv"}, "not found: this is no result folder of miura run");
  if (!fs::exists(tables / "association.tsv"))
    throw NotFoundError({tables / "association.tsv"}, "not found: this study tested no outcome");
  FinishedStudy study;
  auto found = read_compositions(tables / "composition.tsv", training_lots(tables / "lots.tsv"));
  if (found.partitions.empty()) throw InputError({tables / "composition.tsv"}, "holds no training lot");
  const auto strongest = read_primary_family(tables / "association.tsv", found.clusters, study);
  describe_share(found, strongest, study);
  auto cells = found.partitions.front().lot_size;
  std::erase(cells, 0);
  study.n_lots = static_cast<std::int32_t>(std::ssize(cells));
  if (cells.empty()) throw InputError({tables / "composition.tsv"}, "holds no cells");
  std::ranges::nth_element(cells, cells.begin() + std::ssize(cells) / 2);
  study.median_cells = cells[cells.size() / 2];
  study.partitions = std::move(found.partitions);
  return study;
}

}  // namespace miura::app
