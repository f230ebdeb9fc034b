#pragma once

#include <fmt/format.h>
#include <mpi.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/configuration.hpp"
#include "miura/base/error.hpp"
#include "miura/base/log.hpp"

namespace miura::app {

/// What every subcommand understands.
struct CommonOptions {
  bool help = false, dump_config = false, quiet = false;
  std::string config, out, log_level;
  std::int32_t threads = 0;
  std::uint64_t seed = 0;
};

/// `default_out`: the folder that a subcommand takes where none is given, as --help tells it.
po::options_description describe(CommonOptions& o, const std::string& default_out = {});

/// Stores what a subcommand was told where `options` say, and prints what --help or --dump-config ask for. Nothing if
/// that was all, so that the command is done. `named_sections` as in configure().
std::optional<Configuration> understand(MPI_Comm comm, const std::vector<std::string>& arguments,
                                        const po::options_description& options,
                                        const po::positional_options_description& positional, const CommonOptions& o,
                                        const std::vector<std::string>& named_sections = {});

/// Checks and applies --threads, --log-level; the log goes to the terminal until the caller restarts it with a file.
void apply(MPI_Comm comm, const CommonOptions& o);

log::Level log_level(const CommonOptions& o);

/// On rank 0: prints a text to standard output.
void print(MPI_Comm comm, const std::string& text);

/// The value that goes with a word; UsageError that lists the words.
template <class Value>
Value chosen(const std::string& option, const std::string& word,
             std::initializer_list<std::pair<std::string_view, Value>> values) {
  std::vector<std::string_view> words;
  for (const auto& [known, value] : values) {
    if (word == known) return value;
    words.push_back(known);
  }
  throw UsageError(fmt::format("{} is one of {}, not '{}'", option, fmt::join(words, ", "), word));
}

}  // namespace miura::app
