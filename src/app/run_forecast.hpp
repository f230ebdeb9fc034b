#pragma once

#include <mpi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "app/run_options.hpp"
#include "miura/input/extent.hpp"
#include "miura/matrix/lots.hpp"

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

struct StageForecast {
  std::string stage;
  double gib_a_rank = 0;  ///< peak of the largest rank, program and libraries included
  double minutes = 0;     ///< on cores like those of docs/scaling.md
  double gib_written = 0;
  double mib_exchanged = 0;  ///< sent and received by a rank
};

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

/// The stages that take memory, time or room, by the model of docs/scaling.md; its constants are measured there.
std::vector<StageForecast> forecast(const StudySize& size, const RunOptions& o, const Layout& layout);

/// `miura run --plan`: reads the headers of all files and prints the forecast for the layout that was asked for, or
/// else the one that the program runs on. Collective.
void print_plan(MPI_Comm comm, const matrix::Lots& lots, const RunOptions& o);

/// What it prints: the size, a line a stage, and the line `all` with the largest memory and the sums.
std::string forecast_text(const StudySize& size, const std::vector<StageForecast>& stages, const Layout& layout);

}  // namespace miura::app
