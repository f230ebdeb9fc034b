#include "miura/comparability/heterogeneity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "miura/parallel/communicator.hpp"

namespace miura::comparability {

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr double position_steps = 1 << 16, distance_steps = 1 << 24;

/// Rows of the table, as they are found.
struct IndexRows {
  std::vector<std::string> level, group, index;
  std::vector<double> value;
  std::vector<std::int64_t> n;

  void add(std::string l, const std::string& g, std::string i, double v, std::int64_t count) {
    if (std::isnan(v)) return;
    level.push_back(std::move(l));
    group.push_back(g);
    index.push_back(std::move(i));
    value.push_back(v);
    n.push_back(count);
  }
};

std::int64_t known_in(const LotVectors& vectors, std::span<const std::int32_t> set) {
  return std::ranges::count_if(set, [&](std::int32_t l) { return vectors.known(l); });
}

}  // namespace

LotSpread lot_spread(MPI_Comm comm, const matrix::Embedding& cells, std::span<const std::int32_t> lot,
                     std::int32_t n_lots) {
  LotSpread found{n_lots, cells.n_dims, std::vector<std::int64_t>(n_lots), {}, {}};
  std::vector<std::int64_t> positions(std::int64_t{n_lots} * cells.n_dims), distances(n_lots);
  for (std::int64_t i = 0; i < std::ssize(lot); ++i) {
    ++found.cells[lot[i]];
    const auto row = cells.row(i);
    for (std::int32_t d = 0; d < cells.n_dims; ++d)
      positions[std::int64_t{lot[i]} * cells.n_dims + d] += std::llround(row[d] * position_steps);
  }
  parallel::sum_over_ranks(comm, found.cells);
  parallel::sum_over_ranks(comm, positions);
  for (std::int64_t at = 0; at < std::ssize(positions); ++at) {
    const auto n = found.cells[at / cells.n_dims];
    found.centre.push_back(n > 0 ? static_cast<double>(positions[at]) / (position_steps * static_cast<double>(n))
                                 : none);
  }
  for (std::int64_t i = 0; i < std::ssize(lot); ++i) {
    const auto row = cells.row(i);
    double square = 0.0;
    for (std::int32_t d = 0; d < cells.n_dims; ++d) {
      const double step = row[d] - found.centre[std::int64_t{lot[i]} * cells.n_dims + d];
      square += step * step;
    }
    distances[lot[i]] += std::llround(std::sqrt(square) * distance_steps);
  }
  parallel::sum_over_ranks(comm, distances);
  for (std::int32_t l = 0; l < n_lots; ++l)
    found.mean_distance.push_back(found.cells[l] > 0 ? static_cast<double>(distances[l]) /
                                                           (distance_steps * static_cast<double>(found.cells[l]))
                                                     : none);
  return found;
}

std::vector<double> shannon_index(const matrix::Composition& composition) {
  std::vector<double> index;
  for (std::int32_t l = 0; l < composition.n_lots; ++l) {
    double sum = composition.lot_size[l] > 0 ? 0.0 : none;
    for (std::int32_t k = 0; k < composition.n_clusters; ++k) {
      const double p = static_cast<double>(composition.cells(k, l)) / static_cast<double>(composition.lot_size[l]);
      if (p > 0.0) sum -= p * std::log(p);
    }
    index.push_back(sum);
  }
  return index;
}

double mean_distance_to_centre(const LotVectors& vectors, std::span<const std::int32_t> set) {
  std::vector<double> centre(vectors.width);
  const auto n = static_cast<double>(known_in(vectors, set));
  for (const auto lot : set)
    for (std::int32_t k = 0; k < vectors.width && vectors.known(lot); ++k) centre[k] += vectors.of(lot)[k] / n;
  double sum = n < 2 ? none : 0.0;
  for (const auto lot : set) {
    if (!vectors.known(lot)) continue;
    double square = 0.0;
    for (std::int32_t k = 0; k < vectors.width; ++k) {
      const double step = vectors.of(lot)[k] - centre[k];
      square += step * step;
    }
    sum += std::sqrt(square);
  }
  return sum / n;
}

matrix::Table heterogeneity_table(const matrix::Lots& lots, const LotSpread& spread,
                                  const matrix::Composition& composition) {
  IndexRows rows;
  const auto shannon = shannon_index(composition);
  std::map<std::pair<std::string, std::string>, std::vector<std::int32_t>> groups;
  for (std::int32_t l = 0; l < spread.n_lots; ++l) {
    groups[{lots[l].source, lots[l].role}].push_back(l);
    rows.add("within", lots[l].id, "mean_distance", spread.mean_distance[l], spread.cells[l]);
    rows.add("within", lots[l].id, "shannon_index", shannon[l], composition.lot_size[l]);
    rows.add("within", lots[l].id, "effective_clusters", std::exp(shannon[l]), composition.lot_size[l]);
  }
  const auto shares = centred_log_ratios(composition);
  const LotVectors centres{"centre", spread.n_lots, spread.n_dims, spread.centre};
  for (const auto& [of, set] : groups) {
    const auto name = of.first.empty() ? of.second : of.first + " " + of.second;
    rows.add("between", name, "aitchison", mean_distance_to_centre(shares, set), known_in(shares, set));
    rows.add("between", name, "centre_distance", mean_distance_to_centre(centres, set), known_in(centres, set));
  }
  return {"heterogeneity",
          {{"level", rows.level}, {"group", rows.group}, {"index", rows.index}, {"value", rows.value}, {"n", rows.n}}};
}

}  // namespace miura::comparability
