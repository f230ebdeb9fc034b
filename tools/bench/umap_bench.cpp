// UMAP beside the other programs: points that tools/bench/umap_rivals.py took from a study (float32, a row a cell), or
// clumps of its own. Prints the seconds of each step; writes PREFIX.graph (int64 vertices and edges, then int32 head
// and tail and float32 weight of every edge and direction) and PREFIX.layout (float32) for the rivals.
//   mpirun -n N umap_bench PREFIX N_DIMS [--cells N] [--k K] [--min_dist D] [--epochs N] [--seed S] [--write 0|1]
#include <fmt/format.h>
#include <mpi.h>
#include <slepcsys.h>
#include <sys/resource.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "miura/knn/search.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"
#include "miura/umap/fuzzy_graph.hpp"
#include "miura/umap/layout.hpp"
#include "umap/spectral_start.hpp"

namespace {

using namespace miura;

/// This rank's part of a binary file of rows.
matrix::Embedding read_points(MPI_Comm comm, const std::string& path, std::int32_t dims) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  const auto row = static_cast<std::int64_t>(sizeof(float)) * dims;
  matrix::Embedding points{parallel::Partition::even(file.tellg() / row, parallel::size_of(comm)), dims, {}};
  const int rank = parallel::rank_of(comm);
  points.value.resize(points.points.n_local(rank) * dims);
  file.seekg(points.points.begin(rank) * row);
  file.read(reinterpret_cast<char*>(points.value.data()), std::ssize(points.value) * std::streamsize{sizeof(float)});
  return points;
}

/// 20 clumps of different width on a plane of its own each, as states of cells have.
matrix::Embedding clumps(MPI_Comm comm, std::int64_t n, std::int32_t dims) {
  matrix::Embedding points{parallel::Partition::even(n, parallel::size_of(comm)), dims, {}};
  const int rank = parallel::rank_of(comm);
  for (auto i = points.points.begin(rank); i < points.points.end(rank); ++i) {
    stats::RandomStream noise(1, stats::Purpose::simulate, i);
    stats::RandomStream centre(2, stats::Purpose::simulate, i % 20);
    const double along = noise.uniform();
    for (std::int32_t d = 0; d < dims; ++d) {
      const double bell = noise.uniform() + noise.uniform() + noise.uniform() - 1.5;
      points.value.push_back(
          static_cast<float>((bell + 4 * centre.uniform() + 3 * along * centre.uniform()) * 10 / (1 + d)));
    }
  }
  return points;
}

double cpu_seconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

/// Says what a step has used on this rank since the last one.
class Stopwatch {
public:
  explicit Stopwatch(MPI_Comm comm) : comm_(comm) {}
  void say(const char* step) {
    const double cpu = cpu_seconds(), wall = MPI_Wtime();
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    if (parallel::rank_of(comm_) == 0)
      fmt::print("{}: {:.2f} CPU s, {:.2f} s, peak {} MB\n", step, cpu - cpu_, wall - wall_, use.ru_maxrss / 1024);
    cpu_ = cpu_seconds();
    wall_ = wall;
  }

private:
  MPI_Comm comm_;
  double cpu_ = cpu_seconds(), wall_ = MPI_Wtime();
};

template <class T>
void write_all(MPI_Comm comm, std::ofstream& file, const std::vector<T>& mine) {
  const auto all = parallel::gather_everywhere<T>(comm, mine);
  if (parallel::rank_of(comm) == 0)
    file.write(reinterpret_cast<const char*>(all.data()), std::ssize(all) * std::streamsize{sizeof(T)});
}

void write_graph(MPI_Comm comm, const std::string& path, const matrix::Graph& graph) {
  std::vector<std::int32_t> head, tail(graph.neighbor.begin(), graph.neighbor.end());
  std::vector<float> weight;
  for (std::int64_t i = 0; i < graph.n_local(); ++i)
    head.insert(head.end(), graph.row_start[i + 1] - graph.row_start[i],
                static_cast<std::int32_t>(graph.vertices.begin(parallel::rank_of(comm)) + i));
  for (const auto w : graph.weight) weight.push_back(static_cast<float>(w * graph.weight_unit));
  const auto edges = parallel::sum_over_ranks(comm, std::int64_t{std::ssize(head)});
  std::ofstream file;
  if (parallel::rank_of(comm) == 0) file.open(path, std::ios::binary);
  write_all(comm, file,
            parallel::rank_of(comm) == 0 ? std::vector<std::int64_t>{graph.vertices.size(), edges}
                                         : std::vector<std::int64_t>{});
  write_all(comm, file, head);
  write_all(comm, file, tail);
  write_all(comm, file, weight);
}

void run(MPI_Comm comm, const std::vector<std::string>& arguments) {
  const auto& prefix = arguments[0];
  const auto dims = static_cast<std::int32_t>(std::stoi(arguments[1]));
  umap::FuzzyGraphOptions graph_options;
  umap::LayoutOptions options;
  std::int64_t cells = 0;
  bool write = true;
  for (std::size_t a = 2; a + 1 < arguments.size(); a += 2) {
    const auto& value = arguments[a + 1];
    if (arguments[a] == "--cells") cells = std::stoll(value);
    if (arguments[a] == "--k") graph_options.k = std::stoi(value);
    if (arguments[a] == "--min_dist") options.min_dist = std::stod(value);
    if (arguments[a] == "--epochs") options.epochs = std::stoi(value);
    if (arguments[a] == "--seed") options.seed = std::stoull(value);
    if (arguments[a] == "--write") write = value != "0";
  }
  const auto points = cells > 0 ? clumps(comm, cells, dims) : read_points(comm, prefix + ".points", dims);
  Stopwatch watch(comm);
  const auto neighbors = knn::nearest(comm, points, {.k = graph_options.k - 1});
  watch.say("neighbors");
  const auto graph = umap::fuzzy_graph(comm, neighbors, graph_options);
  watch.say("fuzzy graph");
  umap::spectral_start(comm, graph, options.seed);
  watch.say("spectral start");
  const auto layout = umap::layout(comm, graph, options);
  watch.say("layout, start included");
  if (!write) return;
  write_graph(comm, prefix + ".graph", graph);
  std::ofstream file;
  if (parallel::rank_of(comm) == 0) file.open(prefix + ".layout", std::ios::binary);
  write_all(comm, file, layout.value);
}

}  // namespace

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  if (argc < 3 || SlepcInitializeNoArguments() != 0) return EXIT_FAILURE;
  run(MPI_COMM_WORLD, {argv + 1, argv + argc});
  SlepcFinalize();
  MPI_Finalize();
}
