#include "app/common_options.hpp"

#include <fmt/ostream.h>
#include <omp.h>

#include <iostream>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"

namespace miura::app {

po::options_description describe(CommonOptions& o, const std::string& default_out) {
  po::options_description options("General");
  auto add = options.add_options();
  add("help", po::bool_switch(&o.help), "print this and exit");
  add("config", po::value(&o.config), "INI file of options; the command line wins over it");
  add("dump-config", po::bool_switch(&o.dump_config),
      "print every option with its effective value as an INI file and exit");
  add("out", po::value(&o.out),
      fmt::format("folder for the results{}{}", default_out.empty() ? "" : "; by default ", default_out).c_str());
  add("threads", with_default(o.threads), "OpenMP threads a rank; 0: what OpenMP says (OMP_NUM_THREADS, cores)");
  add("seed", with_default(o.seed), "seed of everything that is drawn at random");
  add("quiet", po::bool_switch(&o.quiet), "print warnings only");
  add("log-level", po::value(&o.log_level)->default_value("info"), "debug, info, warn or off");
  return options;
}

std::optional<Configuration> understand(MPI_Comm comm, const std::vector<std::string>& arguments,
                                        const po::options_description& options,
                                        const po::positional_options_description& positional, const CommonOptions& o,
                                        const std::vector<std::string>& named_sections) {
  auto configuration = configure(arguments, options, positional, "config", named_sections);
  po::notify(configuration.values);
  if (o.help) print(comm, fmt::format("{}", fmt::streamed(options)));
  if (o.dump_config && !o.help) print(comm, configuration.dump);
  if (o.help || o.dump_config) return std::nullopt;
  return configuration;
}

log::Level log_level(const CommonOptions& o) {
  if (o.log_level == "debug") return log::Level::debug;
  if (o.log_level == "info") return log::Level::info;
  if (o.log_level == "warn") return log::Level::warn;
  if (o.log_level == "off") return log::Level::off;
  throw UsageError("--log-level is debug, info, warn or off, not '" + o.log_level + "'");
}

void apply(MPI_Comm comm, const CommonOptions& o) {
  const auto level = log_level(o);
  if (o.threads < 0 || o.threads > 4096) throw UsageError("--threads is 0 to 4096, not " + std::to_string(o.threads));
  if (o.threads > 0) omp_set_num_threads(o.threads);
  log::start(parallel::rank_of(comm) == 0, level, !o.quiet);
}

void print(MPI_Comm comm, const std::string& text) {
  if (parallel::rank_of(comm) == 0) std::cout << text << std::flush;
}

}  // namespace miura::app
