#pragma once

#include <mpi.h>

#include <filesystem>
#include <map>
#include <string>

#include "app/study.hpp"

namespace miura::app {

/// Writes the study as one AnnData file (anndata 0.12 on-disk format), all ranks together. Collective. `settings` are
/// the scientific options, stored under uns/miura. Throws Error(io) or Error(cannot_create) on every rank.
void write_study_file(MPI_Comm comm, const Study& study, const std::map<std::string, std::string>& settings,
                      double scale, const std::filesystem::path& path);

}  // namespace miura::app
