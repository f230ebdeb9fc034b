#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "app/run_options.hpp"
#include "miura/input/extent.hpp"
#include "miura/matrix/lots.hpp"
#include "miura/parallel/partition.hpp"

namespace miura::app {

/// What decides how long a study takes and how much room it needs.
struct StudySize {
  std::int64_t lots = 0, training_lots = 0;
  std::vector<input::LotExtent> of_lots;
  std::vector<std::int64_t> reference_of_lots;  ///< reference cells; 0 of lots that do not train
  std::int64_t cells = 0, training_cells = 0, reference_cells = 0;
  std::int64_t features = 0;
  std::int64_t entries = 0;            ///< counts that are not 0, or values of tables
  std::int64_t reference_entries = 0;  ///< those of the reference cells
  std::int64_t entries_of_largest_lot = 0, cells_of_largest_lot = 0;
  std::int64_t integrations = 0;  ///< corrections of the coordinates
  std::int64_t graphs = 1;        ///< of reference cells, one for each set of coordinates
  bool tables = false;
};

/// Of the files as they are: cells and genes that the quality control drops are counted.
StudySize study_size(const matrix::Lots& lots, const std::vector<input::LotExtent>& extents, const RunOptions& o);

/// Ranks and the threads of each.
struct Layout {
  int ranks = 1, threads = 1;
};

/// Calls visit(lot, rank, share) for the ranks that own cells of a lot.
template <class Visit>
void for_each_owner(const StudySize& size, int ranks, Visit&& visit) {
  const auto owners = parallel::Partition::even(size.cells, ranks);
  std::int64_t first = 0;
  for (std::size_t l = 0; l < size.of_lots.size(); ++l) {
    const auto cells = size.of_lots[l].cells;
    for (int r = 0; r < ranks; ++r) {
      const auto from = std::clamp(owners.begin(r), first, first + cells);
      const auto to = std::clamp(owners.end(r), first, first + cells);
      if (from < to) visit(l, r, static_cast<double>(to - from) / static_cast<double>(cells));
    }
    first += cells;
  }
}

/// Reference cells of each rank: training lots follow one another, so that ranks may own very different numbers.
std::vector<double> owned_reference_cells(const StudySize& size, int ranks);

/// Relabelings of the training lots: all of them, or as many as are drawn.
double relabelings(const StudySize& size, std::int32_t exact_up_to, double drawn);
bool tests_neighborhoods(const StudySize& size, const RunOptions& o);
/// Those that the neighborhoods are tested by.
double neighborhood_relabelings(const StudySize& size, const RunOptions& o);
/// Features that components are made of.
double variable_features(const StudySize& size, const RunOptions& o);
/// Share of a cell's counts that lies in them.
double variable_share(const StudySize& size, const RunOptions& o);
/// Reference cells whose clusters are found again in resamples.
double resampled_cells(const StudySize& size, const RunOptions& o);
/// The primary partition and those of the grid.
double n_partitions(const RunOptions& o);
/// A study is not known to have more, or fewer, before it is clustered.
constexpr double usual_clusters = 6;

/// Pairs of clusters whose markers are asked for.
double pairs_of_clusters(const RunOptions& o);

}  // namespace miura::app
