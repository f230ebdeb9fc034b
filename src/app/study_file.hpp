#pragma once

#include <mpi.h>

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "app/study.hpp"

namespace miura::app {

/// Writes the study as one AnnData file (anndata 0.12 on-disk format), all ranks together. Collective. `tables` and
/// `settings`, the scientific options, are stored under uns/miura; rows of tables are taken from rank 0. Throws
/// Error(io) or Error(cannot_create) on every rank.
void write_study_file(MPI_Comm comm, const Study& study, std::span<const matrix::Table> tables,
                      const std::map<std::string, std::string>& settings, double scale,
                      const std::filesystem::path& path);

}  // namespace miura::app
