#pragma once

#include <mpi.h>

#include <filesystem>
#include <map>
#include <string>

#include "app/configuration.hpp"
#include "app/run_options.hpp"
#include "miura/matrix/lots.hpp"

namespace miura::app {

/// SHA-256 of every input file, by name; each is read by one rank. Collective.
std::map<std::string, std::string> digest_inputs(MPI_Comm comm, const matrix::Lots& lots, const RunOptions& o,
                                                 const std::filesystem::path& sheet);

/// The hash of every stage, by name. It covers the stage's own settings, the columns of the sample sheet and the files
/// that the stage uses, and through the stage before it all that came earlier. Outcomes are digested here, not kept.
std::map<std::string, std::string> hash_stages(const Configuration& c, const RunOptions& o, const matrix::Lots& lots,
                                               const std::map<std::string, std::string>& inputs,
                                               const std::filesystem::path& sheet);

}  // namespace miura::app
