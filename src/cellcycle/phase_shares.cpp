#include "miura/cellcycle/phase_shares.hpp"

#include <array>
#include <limits>
#include <string>

#include "miura/matrix/table_columns.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::cellcycle {

namespace {

constexpr std::int32_t n_phases = 4;

struct Row {
  std::string cluster, lot;
  std::array<std::int64_t, n_phases> cells{};

  std::int64_t n() const { return cells[0] + cells[1] + cells[2] + cells[3]; }
  std::int64_t of(Phase phase) const { return cells[static_cast<std::size_t>(phase)]; }
};

}  // namespace

matrix::Table phase_shares(MPI_Comm comm, std::span<const Phase> phase, const matrix::Labeling& clusters,
                           std::span<const std::int32_t> lot, const matrix::Lots& lots) {
  const auto n_lots = std::ssize(lots), n_groups = std::int64_t{clusters.n_clusters} + 1;  // the last: without cluster
  std::vector<std::int64_t> count(n_groups * n_lots * n_phases, 0);
  for (std::int64_t i = 0; i < std::ssize(phase); ++i) {
    const auto group = clusters.label[i] >= 0 ? clusters.label[i] : clusters.n_clusters;
    ++count[(group * n_lots + lot[i]) * n_phases + static_cast<int>(phase[i])];
  }
  parallel::sum_over_ranks(comm, count);

  std::vector<Row> rows;
  const auto add = [&](std::string cluster, std::string lot_name, std::int64_t first_group, std::int64_t last_group,
                       std::int64_t first_lot, std::int64_t last_lot) {
    Row row{std::move(cluster), std::move(lot_name), {}};
    for (auto g = first_group; g < last_group; ++g)
      for (auto l = first_lot; l < last_lot; ++l)
        for (std::int32_t p = 0; p < n_phases; ++p) row.cells[p] += count[(g * n_lots + l) * n_phases + p];
    if (row.n() > 0) rows.push_back(std::move(row));
  };
  add("all", "all", 0, n_groups, 0, n_lots);
  for (std::int64_t l = 0; l < n_lots; ++l) add("all", lots[l].id, 0, n_groups, l, l + 1);
  for (std::int32_t c = 0; c < clusters.n_clusters; ++c) {
    add(clusters.name_of(c), "all", c, c + 1, 0, n_lots);
    for (std::int64_t l = 0; l < n_lots; ++l) add(clusters.name_of(c), lots[l].id, c, c + 1, l, l + 1);
  }

  matrix::TableColumns<Row> table("cell_cycle", rows);
  table.add("cluster", &Row::cluster);
  table.add("lot", &Row::lot);
  table.add("cells", [](const Row& r) { return r.n(); });
  table.add("G1", [](const Row& r) { return r.of(Phase::g1); });
  table.add("S", [](const Row& r) { return r.of(Phase::s); });
  table.add("G2M", [](const Row& r) { return r.of(Phase::g2m); });
  table.add("undecided", [](const Row& r) { return r.of(Phase::undecided); });
  table.add("share_cycling", [](const Row& r) {
    return static_cast<double>(r.of(Phase::s) + r.of(Phase::g2m)) / static_cast<double>(r.n());
  });
  return table.take();
}

}  // namespace miura::cellcycle
