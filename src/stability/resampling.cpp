#include "miura/stability/resampling.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <type_traits>

#include "miura/base/error.hpp"
#include "miura/knn/search.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"
#include "stability/neighbors.hpp"
#include "stability/subsets.hpp"

namespace miura::stability {
namespace {

void check(const Cells& cells, const Options& options) {
  if (options.replicates < 0 || options.replicates >= 1 << 20)
    throw UsageError("stability.replicates must lie between 0 and 1048575");
  if (!(options.cell_share > 0 && options.cell_share < 1))
    throw UsageError("stability.cell_share must lie between 0 and 1");
  if (options.shared.k < 2) throw UsageError("a neighbourhood has at least 2 cells");
  if (std::ssize(cells.lot) != cells.points.n_local() || cells.primary.label.size() != cells.lot.size())
    throw std::logic_error("every point has a lot and a primary label");
}

/// How much longer than a neighbourhood the lists of neighbours are that replicates choose from: with 63 % of the lots
/// nearly all find enough there, with a third of them about half.
constexpr std::int32_t longer = 3;

/// A neighbourhood counts the cell itself.
std::int32_t n_neighbors(const Options& options) { return options.shared.k - 1; }

/// How many clusters have more than one member; those are the first, being numbered by falling size. Collective.
std::int32_t clusters_of_several(MPI_Comm comm, const cluster::Clustering& found) {
  std::vector<std::int64_t> size(found.n_clusters);
  for (const auto label : found.label) ++size[label];
  parallel::sum_over_ranks(comm, size);
  return static_cast<std::int32_t>(std::ranges::count_if(size, [](std::int64_t n) { return n > 1; }));
}

/// Clusters the cells that stay, from their neighbours on. The others have no cluster, and neither has a cell that
/// hangs together with no other. Collective.
matrix::Labeling cluster_again(MPI_Comm comm, const Cells& cells, const matrix::Neighbors& lists,
                               std::span<const std::uint8_t> stays, const Options& options) {
  const auto nearest = nearest_marked(comm, cells.points, lists, stays, n_neighbors(options));
  const auto found = cluster::leiden(comm, knn::shared_neighbors(comm, nearest, options.shared), options.leiden);
  const auto n_clusters = clusters_of_several(comm, found);
  matrix::Labeling labeling{.integration = cells.primary.integration,
                            .resolution = options.leiden.resolution,
                            .seed = options.leiden.seed,
                            .n_clusters = n_clusters,
                            .label = std::vector<std::int32_t>(stays.size(), -1)};
  for (std::size_t i = 0, next = 0; i < stays.size(); ++i)
    if (stays[i]) {
      const auto label = found.label[next++];
      if (label < n_clusters) labeling.label[i] = label;
    }
  return labeling;
}

std::vector<std::int64_t> cells_of_lots(MPI_Comm comm, const Cells& cells, std::span<const std::uint8_t> stays) {
  std::vector<std::int64_t> n(cells.n_lots);
  for (std::size_t i = 0; i < stays.size(); ++i) n[cells.lot[i]] += stays[i];
  parallel::sum_over_ranks(comm, n);
  return n;
}

/// What one replicate keeps: a share of the cells, or all cells of some lots.
struct Replicate {
  Kind kind = Kind::cells;
  std::int32_t number = 0;
  std::vector<std::int32_t> lots = {};
};

std::vector<Replicate> plan(const Options& options, std::span<const std::int32_t> lots) {
  std::vector<Replicate> replicates;
  for (std::int32_t r = 1; r <= options.replicates; ++r) replicates.push_back({.kind = Kind::cells, .number = r});
  for (std::int32_t r = 1; r <= options.replicates && lots.size() > 1; ++r)
    replicates.push_back({Kind::lots, r, draw_lots(options.seed, r, lots)});
  for (std::int32_t r = 1; r <= options.replicates; ++r) {
    const auto order = shuffle_lots(options.seed, r, lots);
    for (const auto n : lot_numbers(static_cast<std::int32_t>(std::ssize(lots))))
      replicates.push_back({Kind::n_lots, r, {order.begin(), order.begin() + n}});
  }
  return replicates;
}

/// Marks this rank's cells that stay. `first` is the global index of its first.
std::vector<std::uint8_t> marks(const Cells& cells, std::int64_t first, const Replicate& replicate,
                                const Options& options) {
  if (replicate.kind == Kind::cells)
    return draw_cells(options.seed, replicate.number, options.cell_share, first, std::ssize(cells.lot));
  std::vector<std::uint8_t> chosen(cells.n_lots), stays;
  for (const auto lot : replicate.lots) chosen[lot] = 1;
  for (const auto lot : cells.lot) stays.push_back(chosen[lot]);
  return stays;
}

/// A row for `labeling` as a whole, then one for each cluster of `primary`; both are numbered as in `overlaps`.
void add_rows(std::vector<Row>& rows, Row row, const populations::Overlaps& overlaps, std::int32_t primary,
              std::int32_t labeling) {
  const auto first = overlaps.first_of(primary);
  row.cluster = -1;
  row.n_cells = 0;
  for (auto c = first; c < overlaps.end_of(primary); ++c) row.n_cells += overlaps.n_cells_in(c, labeling);
  row.agreement = overlaps.adjusted_rand_index(primary, labeling);
  rows.push_back(row);
  for (auto c = first; c < overlaps.end_of(primary); ++c) {
    row.cluster = c - first;
    row.n_cells = overlaps.n_cells_in(c, labeling);
    row.agreement = overlaps.best_match(c, labeling).jaccard;
    rows.push_back(row);
  }
}

/// Clusters what a replicate keeps and compares. Collective over `comm`, whose ranks hold the cells.
void add_replicate(MPI_Comm comm, const Cells& cells, const matrix::Neighbors& lists, const Replicate& replicate,
                   const Options& options, std::vector<Row>& rows) {
  const auto stays = marks(cells, cells.points.points.begin(parallel::rank_of(comm)), replicate, options);
  std::vector<matrix::Labeling> both;
  both.push_back(cells.primary);
  both.push_back(cluster_again(comm, cells, lists, stays, options));
  const auto n_lots = std::ranges::count_if(cells_of_lots(comm, cells, stays), [](std::int64_t n) { return n > 0; });
  add_rows(rows,
           {.kind = replicate.kind,
            .replicate = replicate.number,
            .resolution = options.leiden.resolution,
            .seed = options.leiden.seed,
            .n_lots = static_cast<std::int32_t>(n_lots)},
           populations::count_overlaps(comm, both), 0, 1);
}

std::vector<std::byte> bytes_of(const std::vector<Row>& rows) {
  static_assert(std::is_trivially_copyable_v<Row>);
  const auto bytes = std::as_bytes(std::span(rows));
  return {bytes.begin(), bytes.end()};
}

/// All cells on every rank, and each replicate on one rank in turn. Collective.
std::vector<Row> deal(MPI_Comm comm, const Cells& cells, const matrix::Neighbors& lists,
                      std::span<const Replicate> replicates, const Options& options) {
  const matrix::Embedding points{parallel::Partition::even(cells.points.points.size(), 1), cells.points.n_dims,
                                 parallel::gather_everywhere<float>(comm, cells.points.value)};
  const matrix::Neighbors all_lists{points.points, lists.k, parallel::gather_everywhere<std::int64_t>(comm, lists.id),
                                    parallel::gather_everywhere<float>(comm, lists.distance)};
  const auto lot = parallel::gather_everywhere<std::int32_t>(comm, cells.lot);
  auto primary = cells.primary;
  primary.label = parallel::gather_everywhere<std::int32_t>(comm, cells.primary.label);

  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  std::vector<Row> own;
  parallel::together(comm, [&] {
    for (std::int64_t i = rank; i < std::ssize(replicates); i += ranks)
      add_replicate(MPI_COMM_SELF, {points, lot, cells.n_lots, primary}, all_lists, replicates[i], options, own);
  });
  const auto dealt = parallel::exchange(comm, std::vector<std::vector<std::byte>>(ranks, bytes_of(own)));

  std::vector<Row> rows;
  const std::int64_t each = primary.n_clusters + 1;  // rows a replicate
  for (std::int64_t i = 0; i < std::ssize(replicates); ++i) {
    const auto from = std::ssize(rows);
    rows.resize(from + each);
    std::memcpy(&rows[from], dealt[i % ranks].data() + i / ranks * each * std::int64_t{sizeof(Row)},
                each * sizeof(Row));
  }
  return rows;
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::grid_seed:
      return "grid_seed";
    case Kind::grid_resolution:
      return "grid_resolution";
    case Kind::cells:
      return "cells";
    case Kind::lots:
      return "lots";
    case Kind::n_lots:
      return "n_lots";
  }
  return {};
}

std::vector<Row> resample(MPI_Comm comm, const Cells& cells, const Options& options) {
  check(cells, options);
  std::vector<std::int32_t> lots;
  const auto n_cells = cells_of_lots(comm, cells, std::vector<std::uint8_t>(cells.lot.size(), 1));
  for (std::int32_t l = 0; l < cells.n_lots; ++l)
    if (n_cells[l] > 0) lots.push_back(l);
  const auto replicates = plan(options, lots);
  if (replicates.empty()) return {};

  const auto lists = knn::nearest(comm, cells.points, {.k = longer * n_neighbors(options)});
  const std::int64_t bytes_a_point = 4 * cells.points.n_dims + 12 * lists.k + 8;  // coordinates, lists, lot and label
  if (parallel::size_of(comm) > 1 && cells.points.points.size() * bytes_a_point <= options.most_copied_bytes)
    return deal(comm, cells, lists, replicates, options);
  std::vector<Row> rows;
  for (const auto& replicate : replicates) add_replicate(comm, cells, lists, replicate, options, rows);
  return rows;
}

std::vector<Row> compare_grid(std::span<const matrix::Labeling> grid, const populations::Overlaps& overlaps,
                              std::int32_t primary, std::int32_t n_lots) {
  std::vector<Row> rows;
  const auto& p = grid[primary];
  const auto compare = [&](Kind kind, auto wanted) {
    for (std::int32_t l = 0; l < std::ssize(grid); ++l)
      if (l != primary && grid[l].integration == p.integration && wanted(grid[l]))
        add_rows(rows, {.kind = kind, .resolution = grid[l].resolution, .seed = grid[l].seed, .n_lots = n_lots},
                 overlaps, primary, l);
  };
  compare(Kind::grid_seed, [&](const auto& l) { return l.resolution == p.resolution; });
  compare(Kind::grid_resolution, [&](const auto& l) { return l.resolution != p.resolution && l.seed == p.seed; });
  return rows;
}

}  // namespace miura::stability
