#include "miura/stability/summary.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>

namespace miura::stability {
namespace {

constexpr double dissolved = 0.5;  // Hennig 2008
constexpr double stable = 0.75;    // fpc::clusterboot: "a valid, stable cluster"

struct Mean {
  double sum = 0;
  std::int64_t n = 0;

  void add(double value) {
    if (std::isnan(value)) return;  // a replicate without a cell of the cluster says nothing of it
    sum += value;
    ++n;
  }
  double value() const { return n > 0 ? sum / static_cast<double>(n) : std::numeric_limits<double>::quiet_NaN(); }
};

/// Fewest lots from which on all means are high enough.
std::int32_t hold_still(const std::map<std::int32_t, Mean>& by_lots) {
  std::int32_t fewest = 0;
  for (auto at = by_lots.rbegin(); at != by_lots.rend() && at->second.value() >= stable; ++at) fewest = at->first;
  return fewest;
}

}  // namespace

std::vector<ClusterStability> summarize(std::span<const Row> rows, std::int32_t n_clusters) {
  std::vector<ClusterStability> clusters(n_clusters);
  for (std::int32_t c = 0; c < n_clusters; ++c) {
    Mean cells, lots;
    std::map<std::int32_t, Mean> by_lots;
    auto& cluster = clusters[c];
    for (const auto& row : rows) {
      if (row.cluster != c) continue;
      if (row.kind == Kind::n_lots) by_lots[row.n_lots].add(row.agreement);
      if (row.kind == Kind::cells) {
        cells.add(row.agreement);
        if (row.agreement <= dissolved) ++cluster.dissolved_cells;
      }
      if (row.kind == Kind::lots) {
        lots.add(row.agreement);
        if (row.agreement <= dissolved) ++cluster.dissolved_lots;
      }
    }
    cluster.cluster = c;
    cluster.cells = cells.value();
    cluster.lots = lots.value();
    cluster.lots_to_hold_still = hold_still(by_lots);
    for (const auto& [n_lots, mean] : by_lots) cluster.by_lots.push_back({n_lots, mean.value()});
  }
  return clusters;
}

matrix::Table table(std::span<const Row> rows) {
  std::vector<std::string> kind, cluster, measure;
  std::vector<std::int64_t> replicate, seed, n_lots, n_cells;
  std::vector<double> resolution, agreement;
  for (const auto& row : rows) {
    kind.emplace_back(name_of(row.kind));
    replicate.push_back(row.replicate);
    resolution.push_back(row.resolution);
    seed.push_back(static_cast<std::int64_t>(row.seed));
    n_lots.push_back(row.n_lots);
    n_cells.push_back(row.n_cells);
    cluster.push_back(row.cluster < 0 ? "" : std::to_string(row.cluster));
    measure.push_back(row.cluster < 0 ? "ari" : "jaccard");
    agreement.push_back(row.agreement);
  }
  return {"stability",
          {{"kind", std::move(kind)},
           {"replicate", std::move(replicate)},
           {"resolution", std::move(resolution)},
           {"seed", std::move(seed)},
           {"n_lots", std::move(n_lots)},
           {"n_cells", std::move(n_cells)},
           {"cluster", std::move(cluster)},
           {"measure", std::move(measure)},
           {"agreement", std::move(agreement)}}};
}

std::vector<Row> rows_of(const matrix::Table& table) {
  const auto kind_of = [](const std::string& name) {
    for (const auto kind : {Kind::grid_seed, Kind::grid_resolution, Kind::cells, Kind::lots, Kind::n_lots})
      if (name == name_of(kind)) return kind;
    throw std::logic_error("the table of stability has a kind " + name);
  };
  const auto integer = [&](const char* name, std::int64_t row) { return table.column<std::int64_t>(name)[row]; };
  std::vector<Row> rows;
  for (std::int64_t i = 0; i < table.n_rows(); ++i) {
    const auto& cluster = table.column<std::string>("cluster")[i];
    rows.push_back({.kind = kind_of(table.column<std::string>("kind")[i]),
                    .replicate = static_cast<std::int32_t>(integer("replicate", i)),
                    .resolution = table.column<double>("resolution")[i],
                    .seed = static_cast<std::uint64_t>(integer("seed", i)),
                    .cluster = cluster.empty() ? -1 : std::stoi(cluster),
                    .n_lots = static_cast<std::int32_t>(integer("n_lots", i)),
                    .n_cells = integer("n_cells", i),
                    .agreement = table.column<double>("agreement")[i]});
  }
  return rows;
}

}  // namespace miura::stability
