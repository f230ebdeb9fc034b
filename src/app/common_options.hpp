#pragma once

#include <mpi.h>

#include <cstdint>
#include <string>

#include "app/configuration.hpp"
#include "miura/base/log.hpp"

namespace miura::app {

/// What every subcommand understands.
struct CommonOptions {
  bool help = false, dump_config = false, quiet = false;
  std::string config, out, log_level;
  std::int32_t threads = 0;
  std::uint64_t seed = 0;
};

po::options_description describe(CommonOptions& o);

/// Checks and applies --threads, --log-level; the log goes to the terminal until the caller restarts it with a file.
void apply(MPI_Comm comm, const CommonOptions& o);

log::Level log_level(const CommonOptions& o);

/// On rank 0: prints a text to standard output.
void print(MPI_Comm comm, const std::string& text);

}  // namespace miura::app
