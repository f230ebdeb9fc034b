#include "miura/composition/cell_means.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "miura/matrix/table_columns.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::composition {

namespace {

constexpr double steps = 0x1p32;

/// Number of cells; then of each property the number of cells where it is known, and the sum over them in steps.
using Sums = std::vector<std::int64_t>;

struct Row {
  std::string cluster, lot;
  Sums sums;

  double mean(std::size_t property) const {
    const auto known = sums[1 + 2 * property], sum = sums[2 + 2 * property];
    if (known == 0) return std::numeric_limits<double>::quiet_NaN();
    return static_cast<double>(sum) / (steps * static_cast<double>(known));
  }
};

}  // namespace

matrix::Table cell_means(MPI_Comm comm, std::string name, std::span<const CellProperty> properties,
                         const matrix::Labeling& clusters, std::span<const std::int32_t> lot,
                         const matrix::Lots& lots) {
  const auto n_lots = std::ssize(lots), width = 1 + 2 * std::ssize(properties);
  const auto n_groups = std::int64_t{clusters.n_clusters} + 1;  // the last: without cluster
  Sums all(n_groups * n_lots * width, 0);
  for (std::int64_t i = 0; i < std::ssize(lot); ++i) {
    const auto group = clusters.label[i] >= 0 ? clusters.label[i] : clusters.n_clusters;
    auto* const sums = all.data() + (group * n_lots + lot[i]) * width;
    ++sums[0];
    for (std::size_t p = 0; p < properties.size(); ++p) {
      if (std::isnan(properties[p].value[i])) continue;
      ++sums[1 + 2 * p];
      sums[2 + 2 * p] += std::llround(properties[p].value[i] * steps);
    }
  }
  parallel::sum_over_ranks(comm, all);

  std::vector<Row> rows;
  const auto add = [&](std::string cluster, std::int64_t first_group, std::int64_t end_group) {
    Row of_all{cluster, "all", Sums(width, 0)};
    std::vector<Row> of_lots;
    for (std::int64_t l = 0; l < n_lots; ++l) {
      Row row{cluster, lots[l].id, Sums(width, 0)};
      for (auto g = first_group; g < end_group; ++g)
        for (std::int64_t w = 0; w < width; ++w) row.sums[w] += all[(g * n_lots + l) * width + w];
      for (std::int64_t w = 0; w < width; ++w) of_all.sums[w] += row.sums[w];
      if (row.sums[0] > 0) of_lots.push_back(std::move(row));
    }
    if (of_lots.empty()) return;
    rows.push_back(std::move(of_all));
    for (auto& row : of_lots) rows.push_back(std::move(row));
  };
  add("all", 0, n_groups);
  for (std::int32_t c = 0; c < clusters.n_clusters; ++c) add(clusters.name_of(c), c, c + 1);

  matrix::TableColumns<Row> table(std::move(name), rows);
  table.add("cluster", &Row::cluster);
  table.add("lot", &Row::lot);
  table.add("cells", [](const Row& row) { return row.sums[0]; });
  for (std::size_t p = 0; p < properties.size(); ++p)
    table.add(properties[p].name.c_str(), [p](const Row& row) { return row.mean(p); });
  return table.take();
}

}  // namespace miura::composition
