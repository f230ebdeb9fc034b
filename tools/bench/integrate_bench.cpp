// Harmony on coordinates that tools/bench/integrate_rivals.py took from a finished study: PREFIX.pcs (float32, cells x
// dimensions) and PREFIX.batch (int32). Writes PREFIX.corrected, and PREFIX.labels (int32) of shared neighbours +
// Leiden where a resolution is given; without --theta the labels are those of the coordinates as they are. Prints CPU
// seconds.
//   mpirun -n N integrate_bench PREFIX N_DIMS [--theta T] [--resolution R] [--lambda L] [--seed S] [--iterations N]
//   [--strict]
#include <fmt/format.h>
#include <mpi.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "miura/cluster/leiden.hpp"
#include "miura/integrate/harmony.hpp"
#include "miura/knn/search.hpp"
#include "miura/knn/shared_neighbors.hpp"
#include "miura/parallel/communicator.hpp"

namespace {

using namespace miura;

/// This rank's part of a binary file of rows.
template <class T>
std::vector<T> read_rows(MPI_Comm comm, const std::string& path, std::int64_t width, parallel::Partition& rows) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::int64_t>(file.tellg()) / static_cast<std::int64_t>(sizeof(T)) / width;
  rows = parallel::Partition::even(size, parallel::size_of(comm));
  const int rank = parallel::rank_of(comm);
  std::vector<T> mine(rows.n_local(rank) * width);
  file.seekg(rows.begin(rank) * width * static_cast<std::int64_t>(sizeof(T)));
  file.read(reinterpret_cast<char*>(mine.data()), static_cast<std::streamsize>(mine.size() * sizeof(T)));
  return mine;
}

template <class T>
void write_rows(MPI_Comm comm, const std::string& path, const std::vector<T>& mine) {
  const auto all = parallel::gather_everywhere<T>(comm, mine);
  if (parallel::rank_of(comm) != 0) return;
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(all.data()), static_cast<std::streamsize>(all.size() * sizeof(T)));
}

double cpu_seconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

void run(MPI_Comm comm, const std::vector<std::string>& arguments) {
  const auto& prefix = arguments[0];
  integrate::HarmonyOptions options;
  double resolution = 0;
  bool correct = false;
  for (std::size_t a = 2; a < arguments.size(); ++a) {
    const auto& word = arguments[a];
    if (word == "--theta") correct = true, options.theta = std::stod(arguments[++a]);
    if (word == "--resolution") resolution = std::stod(arguments[++a]);
    if (word == "--lambda") options.lambda = std::stod(arguments[++a]);
    if (word == "--iterations") options.max_iterations = std::stoi(arguments[++a]);
    if (word == "--seed") options.seed = std::stoull(arguments[++a]);
    if (word == "--strict") options.epsilon_cluster = 1e-5, options.epsilon_harmony = 1e-4, options.max_rounds = 20;
  }
  matrix::Embedding cells;
  cells.n_dims = std::stoi(arguments[1]);
  cells.value = read_rows<float>(comm, prefix + ".pcs", cells.n_dims, cells.points);
  parallel::Partition rows;
  const auto batch = read_rows<std::int32_t>(comm, prefix + ".batch", 1, rows);
  if (correct) {
    const double before = cpu_seconds();
    const auto [corrected, report] = integrate::harmony(comm, cells, batch, options);
    if (parallel::rank_of(comm) == 0)
      fmt::print("harmony: {:.3f} CPU s a rank, {} cells, {} batches, {} clusters, rounds {}, objective {:.6f}, {}\n",
                 cpu_seconds() - before, cells.points.size(), report.n_batches, report.n_clusters,
                 fmt::join(report.rounds, " "), report.objective.back(), report.converged ? "converged" : "stopped");
    cells.value = corrected.value;
    write_rows(comm, prefix + ".corrected", cells.value);
  }
  if (resolution > 0) {
    const auto graph = knn::shared_neighbors(comm, knn::nearest(comm, cells, {}), {});
    write_rows(comm, prefix + ".labels", cluster::leiden(comm, graph, {.resolution = resolution}).label);
  }
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  run(MPI_COMM_WORLD, {argv + 1, argv + argc});
  MPI_Finalize();
  return EXIT_SUCCESS;
}
