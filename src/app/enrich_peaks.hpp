#pragma once

#include <mpi.h>

#include <filesystem>
#include <string>
#include <vector>

#include "app/enrich_options.hpp"
#include "miura/enrichment/gene_windows.hpp"
#include "miura/matrix/intervals.hpp"
#include "miura/matrix/table.hpp"

namespace miura::app {

/// Sets of intervals as read, by the names of their files.
struct PeakStudy {
  std::vector<enrichment::Track> peaks, with;
  matrix::Intervals background;  ///< empty where none was declared
  std::string background_name;
  matrix::Intervals genes;    ///< all genes of the table; empty without one
  matrix::Intervals hits;     ///< those of the hit list
  matrix::Intervals tracked;  ///< those to draw
  std::vector<std::filesystem::path> inputs;
  std::vector<std::string> warnings;
};

/// Reads everything. Not collective.
PeakStudy read_peak_study(const EnrichOptions& o);

/// Tests; adds to `told` what a person wants to read at the end. Collective.
std::vector<matrix::Table> overlap_peaks(MPI_Comm comm, const EnrichOptions& o, const PeakStudy& study,
                                         std::string& told);

}  // namespace miura::app
