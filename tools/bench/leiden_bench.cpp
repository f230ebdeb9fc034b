// Leiden on a graph file, or on a planted partition of 50,000 vertices and about a million edges.
//
//   leiden_bench [--graph FILE] [--resolution 1] [--iterations 10] [--planted VERTICES] [Google Benchmark's own
//   options]
//
// FILE holds 64-bit integers, little-endian: vertices, edges, then three numbers an edge (u, v, weight), each edge
// once.
#include <benchmark/benchmark.h>
#include <mpi.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "miura/cluster/leiden.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;
using Edge = std::array<std::int64_t, 3>;

/// Groups of 500 vertices; each vertex draws 20 edges, 7 of 10 into its own group.
std::vector<Edge> planted_edges(std::int64_t n) {
  std::vector<Edge> edges;
  for (std::int64_t v = 0; v < n; ++v) {
    stats::RandomStream random(1, stats::Purpose::simulate, static_cast<std::uint64_t>(v));
    for (int i = 0; i < 20; ++i) {
      const bool own = random.uniform() < 0.7;
      const auto u = own ? v / 500 * 500 + random.below(500) : random.below(static_cast<std::uint32_t>(n));
      if (u != v && u < n) edges.push_back({v, u, 1});
    }
  }
  return edges;
}

std::vector<Edge> read_edges(const std::string& file, std::int64_t& n) {
  std::ifstream in(file, std::ios::binary);
  std::int64_t head[2]{};
  in.read(reinterpret_cast<char*>(head), sizeof head);
  std::vector<Edge> edges(head[1]);
  in.read(reinterpret_cast<char*>(edges.data()), static_cast<std::streamsize>(edges.size() * sizeof(Edge)));
  if (!in) {
    std::fprintf(stderr, "leiden_bench: cannot read %s\n", file.c_str());
    std::exit(66);
  }
  n = head[0];
  return edges;
}

matrix::Graph graph_of(std::int64_t n, const std::vector<Edge>& edges) {
  matrix::Graph graph;
  graph.vertices = parallel::Partition::even(n, 1);
  graph.row_start.assign(n + 1, 0);
  for (const auto& [u, v, w] : edges) {
    ++graph.row_start[u + 1];
    ++graph.row_start[v + 1];
  }
  for (std::int64_t v = 0; v < n; ++v) graph.row_start[v + 1] += graph.row_start[v];
  graph.neighbor.resize(graph.row_start[n]);
  graph.weight.resize(graph.row_start[n]);
  auto next = graph.row_start;
  for (const auto& [u, v, w] : edges)
    for (const auto& [from, to] : {std::pair{u, v}, std::pair{v, u}}) {
      graph.neighbor[next[from]] = to;
      graph.weight[next[from]++] = static_cast<std::int32_t>(w);
    }
  return graph;
}

void run_leiden(benchmark::State& state, const matrix::Graph& graph, const cluster::LeidenOptions& options) {
  cluster::Clustering found;
  for (auto _ : state) {
    found = cluster::leiden(MPI_COMM_SELF, graph, options);
    benchmark::DoNotOptimize(found.label.data());
  }
  state.counters["clusters"] = found.n_clusters;
  state.counters["modularity"] = found.modularity;
  state.counters["edges"] = static_cast<double>(graph.neighbor.size()) / 2;
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  benchmark::Initialize(&argc, argv);
  std::string file;
  std::int64_t n = 50'000;
  cluster::LeidenOptions options{.resolution = 1};
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--graph") file = argv[i + 1];
    if (name == "--planted") n = std::atoll(argv[i + 1]);
    if (name == "--resolution") options.resolution = std::atof(argv[i + 1]);
    if (name == "--iterations") options.iterations = std::atoi(argv[i + 1]);
    if (name == "--seed") options.seed = std::strtoull(argv[i + 1], nullptr, 10);
  }
  const auto edges = file.empty() ? planted_edges(n) : read_edges(file, n);
  const auto graph = graph_of(n, edges);
  benchmark::RegisterBenchmark("leiden", [&](benchmark::State& state) { run_leiden(state, graph, options); })
      ->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime();
  benchmark::RunSpecifiedBenchmarks();
  MPI_Finalize();
}
