// Speed of the exact neighbour search beside the peak of the core it runs on: knn_bench [--benchmark_filter=...]
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

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "knn_bench.cpp"
#include <hwy/foreach_target.h>
// after foreach_target.h, which reads this file once a target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace miura::bench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Twelve independent chains of fused multiply-adds that never leave the registers. Returns flops.
std::int64_t multiply_add(std::int64_t rounds, float& sink) {
  const hn::ScalableTag<float> d;
  const auto x = hn::Set(d, sink), y = hn::Set(d, 0.5F);
  const auto start = [&](float s) HWY_ATTR { return hn::Set(d, s); };  // all different, or the compiler merges chains
  auto a = start(.1F), b = start(.2F), c = start(.3F), e = start(.4F), f = start(.5F), g = start(.6F);
  auto h = start(.7F), i = start(.8F), j = start(.9F), k = start(1.F), l = start(1.1F), m = start(1.2F);
  for (std::int64_t r = 0; r < rounds; ++r) {
    a = hn::MulAdd(a, x, y), b = hn::MulAdd(b, x, y), c = hn::MulAdd(c, x, y), e = hn::MulAdd(e, x, y);
    f = hn::MulAdd(f, x, y), g = hn::MulAdd(g, x, y), h = hn::MulAdd(h, x, y), i = hn::MulAdd(i, x, y);
    j = hn::MulAdd(j, x, y), k = hn::MulAdd(k, x, y), l = hn::MulAdd(l, x, y), m = hn::MulAdd(m, x, y);
  }
  const auto sum = hn::Add(hn::Add(hn::Add(a, b), hn::Add(c, e)), hn::Add(hn::Add(f, g), hn::Add(h, i)));
  sink = hn::GetLane(hn::Add(sum, hn::Add(hn::Add(j, k), hn::Add(l, m))));
  return rounds * 12 * 2 * static_cast<std::int64_t>(hn::Lanes(d));
}

}  // namespace miura::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace miura::bench {

HWY_EXPORT(multiply_add);

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

void peak(benchmark::State& state) {
  float sink = 0.3F;
  std::int64_t flops = 0;
  for (auto _ : state) flops += HWY_DYNAMIC_DISPATCH(multiply_add)(10'000'000, sink);
  benchmark::DoNotOptimize(sink);
  state.counters["flops"] = Counter(static_cast<double>(flops), Counter::kIsRate);
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

BENCHMARK(peak)->Unit(benchmark::kMillisecond);
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
#endif
