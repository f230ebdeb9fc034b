// Speed of the exact neighbour search on one core, whose peak machine_bench tells: knn_bench [--benchmark_filter=...]
// `--write=FILE CELLS DIMENSIONS` writes the points (float32, a row a cell) for tools/bench/knn_rivals.py.
#include <benchmark/benchmark.h>
#include <mpi.h>
#include <omp.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "miura/knn/search.hpp"
#include "miura/knn/shared_neighbors.hpp"
#include "miura/stats/random.hpp"

namespace miura::bench {

namespace {

using benchmark::Counter;

/// 20 overlapping clumps, as principal components of cells have.
matrix::Embedding clumps(std::int64_t n, std::int32_t dims) {
  matrix::Embedding points{parallel::Partition::even(n, 1), dims, std::vector<float>(n * dims)};
  for (std::int64_t i = 0; i < n; ++i) {
    stats::RandomStream noise(1, stats::Purpose::simulate, i);
    stats::RandomStream centre(2, stats::Purpose::simulate, i % 20);
    for (std::int32_t d = 0; d < dims; ++d) {
      const double bell = noise.uniform() + noise.uniform() + noise.uniform() - 1.5;
      points.value[i * dims + d] = static_cast<float>((2 * bell + centre.uniform()) * 10 / (1 + d));
    }
  }
  return points;
}

void nearest(benchmark::State& state) {
  const auto n = state.range(0);
  const auto dims = static_cast<std::int32_t>(state.range(1)), k = static_cast<std::int32_t>(state.range(2));
  const auto points = clumps(n, dims);
  for (auto _ : state) benchmark::DoNotOptimize(knn::nearest(MPI_COMM_SELF, points, {.k = k}));
  state.counters["flops"] = Counter(2.0 * static_cast<double>(n * n * dims), Counter::kIsIterationInvariantRate);
}

void shared_neighbors(benchmark::State& state) {
  const auto neighbors = knn::nearest(MPI_COMM_SELF, clumps(state.range(0), 20), {.k = 19});
  std::int64_t edges = 0;
  for (auto _ : state) edges = std::ssize(knn::shared_neighbors(MPI_COMM_SELF, neighbors, {}).neighbor) / 2;
  state.counters["edges"] = static_cast<double>(edges);
}

void write(const std::string& file, const matrix::Embedding& points) {
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(points.value.data()),
             std::ssize(points.value) * static_cast<std::streamsize>(sizeof(float)));
}

BENCHMARK(nearest)
    ->Args({100'000, 50, 15})
    ->Args({20'000, 50, 15})
    ->Args({20'000, 20, 20})
    ->Args({20'000, 200, 20})
    ->Unit(benchmark::kMillisecond);
BENCHMARK(shared_neighbors)->Arg(20'000)->Arg(50'000)->Unit(benchmark::kMillisecond);

}  // namespace

void run(int argc, char** argv) {
  constexpr std::string_view option = "--write=";
  const std::string_view first = argc > 3 ? argv[1] : "";
  if (first.starts_with(option)) {
    write(std::string(first.substr(option.size())), clumps(std::stoll(argv[2]), std::stoi(argv[3])));
    return;
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}

}  // namespace miura::bench

int main(int argc, char** argv) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  omp_set_num_threads(1);  // flops of one core, to be read beside its peak
  miura::bench::run(argc, argv);
  MPI_Finalize();
}
