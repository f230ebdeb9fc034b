#include "app/stages.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stability/resampling.hpp"
#include "miura/stability/summary.hpp"
#include "miura/stats/random.hpp"

namespace miura::app {

namespace {

/// The reference cells that are clustered again: all of them, or so many by the order of their hashes that about
/// `most` are left, in every lot the same share. Collective.
std::vector<std::uint8_t> marked_for_resampling(MPI_Comm comm, const Study& study, const RunOptions& o) {
  auto marked = study.genes.reference;
  const auto n = reference_partition(comm, marked).size();
  if (n <= o.stability_cells) return marked;
  const auto first = study.cells.cells.partition.begin(parallel::rank_of(comm));
  for (std::int64_t i = 0; i < std::ssize(marked); ++i) {
    stats::RandomStream random(o.common.seed, stats::Purpose::reference, static_cast<std::uint64_t>(first + i));
    if (random.below(static_cast<std::uint32_t>(n)) >= static_cast<std::uint32_t>(o.stability_cells)) marked[i] = 0;
  }
  return marked;
}

}  // namespace

PopulationGrid population_grid(MPI_Comm comm, const Study& study) {
  const auto& grid = study.clusters.partitions;
  auto overlaps = populations::count_overlaps(comm, grid);
  auto found =
      populations::find(comm, grid, overlaps, study.cells.cells.mine.lot, static_cast<std::int32_t>(study.lots.size()));
  return {std::move(overlaps), std::move(found)};
}

StabilityStage stability_stage(MPI_Comm comm, const Study& study, const RunOptions& o) {
  const auto& primary = study.clusters.primary();
  const auto n_lots = static_cast<std::int32_t>(study.lots.size());
  auto rows = stability::compare_grid(study.clusters.partitions, study.grid->overlaps, 0, n_lots);
  if (o.stability_replicates > 0 && primary.names.empty()) {  // given labels cannot be found again
    const auto marked = marked_for_resampling(comm, study, o);
    const auto points = marked_rows(comm, study.coordinates(), marked);
    matrix::Labeling of_points{.integration = primary.integration,
                               .resolution = primary.resolution,
                               .seed = primary.seed,
                               .n_clusters = primary.n_clusters,
                               .label = {}};
    std::vector<std::int32_t> lot;
    for (std::size_t i = 0; i < marked.size(); ++i)
      if (marked[i]) {
        lot.push_back(study.cells.cells.mine.lot[i]);
        of_points.label.push_back(primary.label[i]);
      }
    const auto again = stability::resample(
        comm, {points, lot, n_lots, of_points},
        {.replicates = o.stability_replicates, .seed = o.common.seed, .shared = o.shared, .leiden = o.leiden});
    rows.insert(rows.end(), again.begin(), again.end());
  }
  return {stability::table(rows)};
}

}  // namespace miura::app
