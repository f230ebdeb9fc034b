#pragma once

#include <mpi.h>

#include <string>
#include <vector>

#include "app/study_size.hpp"

namespace miura::app {

struct StageForecast {
  std::string stage;
  double gib_a_rank = 0;  ///< peak of the largest rank, program and libraries included
  double minutes = 0;     ///< on cores like those of docs/scaling.md
  double gib_written = 0;
  double mib_exchanged = 0;  ///< sent and received by a rank
};

/// The stages that take memory, time or room, by the model of docs/scaling.md; its constants are measured there.
std::vector<StageForecast> forecast(const StudySize& size, const RunOptions& o, const Layout& layout);

/// `miura run --plan`: reads the headers of all files and prints the forecast for the layout that was asked for, or
/// else the one that the program runs on. Collective.
void print_plan(MPI_Comm comm, const matrix::Lots& lots, const RunOptions& o);

/// What it prints: the size, a line a stage, and the line `all` with the largest memory and the sums.
std::string forecast_text(const StudySize& size, const std::vector<StageForecast>& stages, const Layout& layout);

}  // namespace miura::app
