#include "app/cell_map.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "app/configuration.hpp"
#include "app/lot_outcomes.hpp"
#include "miura/normalize/log_normalize.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace miura::app {

namespace {

constexpr std::int64_t most_cells = 1'000'000;
constexpr std::size_t most_genes = 16;

/// What the ranks hold of something, rank after rank, on rank 0. Collective.
template <class T>
std::vector<T> gathered(MPI_Comm comm, std::vector<T> mine) {
  std::vector<std::vector<T>> to(parallel::size_of(comm));
  to[0] = std::move(mine);
  std::vector<T> all;
  for (const auto& part : parallel::exchange(comm, to)) all.insert(all.end(), part.begin(), part.end());
  return all;
}

/// My cells that have a place, or about as many of all as a page draws.
std::vector<std::int64_t> drawn_cells(MPI_Comm comm, const Study& study) {
  const auto& cells = study.cells.cells.partition;
  const auto first = cells.begin(parallel::rank_of(comm));
  std::vector<std::int64_t> drawn;
  for (std::int64_t i = 0; i < study.umap.cells.n_local(); ++i) {
    if (!std::isfinite(study.umap.cells.value[2 * i])) continue;
    if (cells.size() > most_cells) {
      stats::RandomStream random(1, stats::Purpose::umap, static_cast<std::uint64_t>(first + i));
      if (random.uniform() * static_cast<double>(cells.size()) >= static_cast<double>(most_cells)) continue;
    }
    drawn.push_back(i);
  }
  return drawn;
}

/// From coordinates to the 65,536 steps of the picture, in the same unit on both axes, the picture in the middle.
class Steps {
public:
  /// Collective.
  Steps(MPI_Comm comm, const UmapStage& umap) {
    for (int axis = 0; axis < 2; ++axis) {
      float low = std::numeric_limits<float>::max(), high = std::numeric_limits<float>::lowest();
      for (const auto* points : {&umap.cells, &umap.behind})
        for (std::int64_t i = 0; i < points->n_local(); ++i)
          if (const auto at = points->value[2 * i + axis]; std::isfinite(at)) {
            low = std::min(low, at);
            high = std::max(high, at);
          }
      std::vector<double> ends{-static_cast<double>(low), static_cast<double>(high)};
      parallel::max_over_ranks(comm, std::span<double>(ends));
      middle_[axis] = (ends[1] - ends[0]) / 2;
      width_ = std::max(width_, ends[1] + ends[0]);
    }
  }
  std::uint16_t of(float at, int axis) const {
    const double share = width_ > 0 ? (static_cast<double>(at) - middle_[axis]) / width_ + 0.5 : 0.5;
    return static_cast<std::uint16_t>(std::lround(65535 * std::clamp(share, 0.0, 1.0)));
  }

private:
  double middle_[2] = {0, 0}, width_ = 0;
};

/// The lots of the drawn cells in their order, on all ranks. Collective.
std::vector<report::CellMap::Lot> lots_of(MPI_Comm comm, const Study& study, const LotOutcomes& outcomes,
                                          std::span<const std::int64_t> drawn) {
  std::vector<std::int64_t> mine;  // a lot and its cells, lot by lot
  for (const auto i : drawn) {
    const auto lot = study.cells.cells.mine.lot[i];
    if (mine.empty() || mine[mine.size() - 2] != lot) mine.insert(mine.end(), {lot, 0});
    ++mine.back();
  }
  const auto all = parallel::gather_everywhere<std::int64_t>(comm, mine);
  std::vector<report::CellMap::Lot> lots;
  for (std::size_t at = 0; at < all.size(); at += 2) {
    const auto& lot = study.lots[all[at]];
    if (lots.empty() || lots.back().lot != lot.id)
      lots.push_back({.lot = lot.id, .source = lot.source, .role = lot.role, .outcome = outcomes.of(all[at])});
    lots.back().cells += all[at + 1];
  }
  return lots;
}

/// Names of the clusters, and of each drawn cell its number: its own, or the one it was mapped to.
void add_clusters(const Study& study, std::span<const std::int64_t> drawn, report::CellMap& map) {
  const auto& primary = study.clusters.primary();
  for (std::int32_t k = 0; k < std::min<std::int32_t>(primary.n_clusters, report::CellMap::most_clusters); ++k)
    map.clusters.push_back(primary.name_of(k));
  const auto& mapping = study.mapping;
  std::vector<std::string> names;
  for (std::int32_t k = 0; k < primary.n_clusters; ++k) names.push_back(primary.name_of(k));
  const bool same_names = names == mapping.label_name;  // else something else was transferred
  for (const auto i : drawn) {
    auto label = primary.label[i];
    if (label < 0 && same_names) label = mapping.label[i];
    map.cluster.push_back(label < 0 || label >= std::ssize(map.clusters) ? report::CellMap::no_cluster
                                                                         : static_cast<std::uint8_t>(label));
  }
}

/// Genes to colour by: those that the user names, then the foremost of each cluster, the second ones ...
std::vector<std::int32_t> chosen_genes(const Study& study, const Publication& p, report::CellMap& map) {
  const auto& features = study.cells.features;
  std::vector<std::int32_t> chosen;
  const auto add = [&](const std::vector<std::string>& names, const std::string& wanted, const std::string& marker_of) {
    const auto gene = static_cast<std::int32_t>(std::ranges::find(names, wanted) - names.begin());
    if (gene == features.size() || chosen.size() == most_genes || std::ranges::find(chosen, gene) != chosen.end())
      return;
    chosen.push_back(gene);
    map.genes.push_back({features.symbol[gene], marker_of});
  };
  for (const auto& typed : split_list(p.settings.at("sources.markers")))
    add(features.symbol, typed.substr(0, typed.find('=')), "");
  const auto& dots = study.markers.dots;
  if (dots.n_rows() == 0) return chosen;
  const auto& id = dots.column<std::string>("gene_id");
  const auto& marked = dots.column<std::string>("marker_of");
  std::vector<std::vector<std::size_t>> of_cluster;  // first rows of each gene, cluster after cluster
  for (std::size_t row = 0; row < id.size(); ++row) {
    if (row > 0 && id[row] == id[row - 1]) continue;
    if (row == 0 || marked[row] != marked[row - 1]) of_cluster.emplace_back();
    of_cluster.back().push_back(row);
  }
  for (std::size_t rank = 0; chosen.size() < most_genes && rank < 2; ++rank)
    for (const auto& rows : of_cluster)
      if (rank < rows.size()) add(features.id, id[rows[rank]], marked[rows[rank]]);
  return chosen;
}

/// The expression of the chosen genes in the drawn cells, in 255 steps up to the largest. Collective.
void add_levels(MPI_Comm comm, const Study& study, std::span<const std::int64_t> drawn,
                const std::vector<std::int32_t>& genes, double scale, report::CellMap& map) {
  auto columns = genes;
  std::ranges::sort(columns);
  const auto grid =
      normalize::log_normalize_on_grid(study.cells.cells, study.cells.features.size(), columns, {.scale = scale});
  for (std::size_t g = 0; g < genes.size(); ++g) {
    const auto column = static_cast<std::int32_t>(std::ranges::find(columns, genes[g]) - columns.begin());
    std::vector<std::int32_t> value;
    for (const auto i : drawn) {
      value.push_back(0);
      for (auto at = grid.row_start[i]; at < grid.row_start[i + 1]; ++at)
        if (grid.column[at] == column) value.back() = grid.value[at];
    }
    const auto largest =
        parallel::max_over_ranks<std::int32_t>(comm, value.empty() ? 0 : *std::ranges::max_element(value));
    std::vector<std::uint8_t> level;
    for (const auto v : value)  // what was counted at all has a level of 1 at least
      level.push_back(v == 0 ? std::uint8_t{0}
                             : static_cast<std::uint8_t>(std::max<std::int64_t>(1, std::int64_t{255} * v / largest)));
    map.genes[g].largest = largest / matrix::grid_steps;
    map.genes[g].level = gathered(comm, std::move(level));
  }
}

}  // namespace

report::CellMap cell_map(MPI_Comm comm, const Study& study, const Publication& p) {
  report::CellMap map;
  if (!study.umap.any()) return map;
  const auto drawn = drawn_cells(comm, study);
  const Steps steps(comm, study.umap);
  map.n_cells = study.cells.cells.partition.size();
  const LotOutcomes outcomes(study);
  map.lots = lots_of(comm, study, outcomes, drawn);
  map.outcomes = outcomes.names();
  add_clusters(study, drawn, map);
  for (const auto i : drawn) {
    map.x.push_back(steps.of(study.umap.cells.value[2 * i], 0));
    map.y.push_back(steps.of(study.umap.cells.value[2 * i + 1], 1));
  }
  const auto& behind = study.umap.behind;
  for (std::int64_t i = 0; i < behind.n_local(); ++i) {
    map.behind_x.push_back(steps.of(behind.value[2 * i], 0));
    map.behind_y.push_back(steps.of(behind.value[2 * i + 1], 1));
  }
  for (auto* values : {&map.x, &map.y, &map.behind_x, &map.behind_y}) *values = gathered(comm, std::move(*values));
  map.cluster = gathered(comm, std::move(map.cluster));
  if (!study.cells.is_table) {
    const auto genes = chosen_genes(study, p, map);
    if (!genes.empty()) add_levels(comm, study, drawn, genes, p.scale, map);
  }
  return map;
}

}  // namespace miura::app
