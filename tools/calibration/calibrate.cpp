#include <fmt/format.h>
#include <mpi.h>

#include <boost/math/distributions/binomial.hpp>
#include <boost/program_options.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>

#include "designs.hpp"
#include "miura/base/error.hpp"
#include "miura/base/version.hpp"
#include "miura/parallel/communicator.hpp"

namespace {

using namespace miura;
using namespace miura::calibration;

struct Limits {
  double low, high;
};

/// 95 % limits of Clopper & Pearson (1934), Biometrika 26:404.
Limits limits_of(std::int64_t hits, std::int64_t studies) {
  using Binomial = boost::math::binomial;
  const auto n = static_cast<double>(studies), k = static_cast<double>(hits);
  return {hits == 0 ? 0.0 : Binomial::find_lower_bound_on_p(n, k, 0.025),
          hits == studies ? 1.0 : Binomial::find_upper_bound_on_p(n, k, 0.025)};
}

std::string verdict_on(Promise promise, double rate, const Limits& limits) {
  if (promise == Promise::exact) return limits.low <= 0.05 ? "exact: holds" : "exact: BROKEN";
  if (promise == Promise::approximate) return rate <= 0.08 ? "approximate: holds" : "approximate: BROKEN";
  return "";
}

/// Studies of one design, dealt over ranks: how many of them every column says yes to.
std::vector<std::int64_t> count_studies(MPI_Comm comm, const Design& design, std::size_t n_columns,
                                        std::int64_t studies) {
  std::vector<std::int64_t> hits(n_columns);
  const int ranks = parallel::size_of(comm);
  for (std::int64_t study = parallel::rank_of(comm); study < studies; study += ranks) {
    const auto found = design.test(static_cast<std::uint64_t>(study));
    for (std::size_t i = 0; i < n_columns; ++i) hits[i] += found[i] ? 1 : 0;
  }
  parallel::sum_over_ranks(comm, hits);
  return hits;
}

/// One table in Markdown; how long it took goes to stderr.
void run_section(MPI_Comm comm, const Section& section, std::int64_t studies, std::int32_t only_lots) {
  const bool speaks = parallel::rank_of(comm) == 0;
  if (speaks) {
    fmt::print("\n## {}\n{}\n\n| design | lots | relabelings |", section.title, section.text);
    for (const auto& column : section.columns) fmt::print(" {} |", column);
    fmt::print(" 95 % limits of the last | |\n|---|---|---|{}---|---|\n",
               fmt::join(std::vector<std::string>(section.columns.size(), "---|"), ""));
  }
  for (const auto& design : section.designs) {
    if (only_lots > 0 && design.n_lots != only_lots) continue;
    const auto start = std::chrono::steady_clock::now();
    const auto hits = count_studies(comm, design, section.columns.size(), studies);
    if (!speaks) continue;
    fmt::print("| {} | {} | {} |", design.name, design.n_lots, design.relabelings);
    for (const auto h : hits) fmt::print(" {:.3f} |", static_cast<double>(h) / static_cast<double>(studies));
    const auto limits = limits_of(hits.back(), studies);
    fmt::print(" {:.3f}-{:.3f} | {} |\n", limits.low, limits.high,
               verdict_on(design.promise, static_cast<double>(hits.back()) / static_cast<double>(studies), limits));
    std::fflush(stdout);
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    fmt::print(stderr, "{} {} {}: {:.1f} s\n", section.key, design.name, design.n_lots, elapsed.count());
  }
}

int run(MPI_Comm comm, int argc, char** argv) {
  namespace po = boost::program_options;
  std::int64_t studies = 1'000;
  std::int32_t only_lots = 0;
  std::uint64_t seed = 1;
  std::string only, folder;
  po::options_description options("calibrate");
  options.add_options()("help", "print this")("studies", po::value(&studies)->default_value(studies),
                                              "simulated studies a design")(
      "seed", po::value(&seed)->default_value(seed), "seed of the studies")(
      "only", po::value(&only),
      "one section: free, strata, covariate, cells, composition, other, groups, power, equivalence or components")(
      "lots", po::value(&only_lots)->default_value(only_lots), "only designs of this number of lots; 0: all")(
      "write", po::value(&folder), "write the studies of the power table here for other programs, and end");
  po::variables_map given;
  po::store(po::parse_command_line(argc, argv, options), given);
  po::notify(given);
  const bool speaks = parallel::rank_of(comm) == 0;
  if (given.count("help") > 0) {
    if (speaks) std::cout << options;
    return 0;
  }
  if (!folder.empty()) {
    if (speaks) write_power_studies(folder, seed, studies);
    return 0;
  }
  if (speaks) fmt::print("miura {} ({}), {} studies a design, seed {}\n", version(), commit(), studies, seed);
  for (const auto& section : all_sections(seed))
    if (only.empty() || only == section.key) run_section(comm, section, studies, only_lots);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  int status = 0;
  try {
    status = run(MPI_COMM_WORLD, argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "calibrate: " << e.what() << std::endl;
    MPI_Abort(MPI_COMM_WORLD, 1);
  }
  MPI_Finalize();
  return status;
}
