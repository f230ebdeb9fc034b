// Principal components of a planted sparse matrix, about 8 % of it stored: 12 cell types, 6 gradients, uneven depth.
// `--write=PREFIX CELLS FEATURES` writes the matrix for tools/bench/pca_rivals.py: PREFIX.start (int64), .column
// (int32), .value (float32).
#include <benchmark/benchmark.h>
#include <mpi.h>
#include <slepcsys.h>

#include <cmath>
#include <fstream>
#include <map>
#include <numbers>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "miura/parallel/communicator.hpp"
#include "miura/pca/fit.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;

constexpr int n_types = 12, n_gradients = 6;

double normal(stats::RandomStream& random) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * random.uniform());
}

/// Logarithms of the expected counts, by gene.
struct Genes {
  std::vector<double> base, type, gradient;  ///< type and gradient: rows of n_features
};

Genes planted_genes(std::int32_t n_features) {
  stats::RandomStream random(1, stats::Purpose::simulate, 0);
  Genes genes;
  for (std::int32_t j = 0; j < n_features; ++j) genes.base.push_back(std::log(0.08) + 1.2 * normal(random) - 0.5);
  for (std::int32_t t = 0; t < n_types * n_features; ++t)
    genes.type.push_back(random.uniform() < 0.12 ? 1.3 * normal(random) : 0.0);
  for (std::int32_t t = 0; t < n_gradients * n_features; ++t) genes.gradient.push_back(0.25 * normal(random));
  return genes;
}

int poisson(double rate, stats::RandomStream& random) {
  const double u = random.uniform();
  double term = std::exp(-rate), below = term;
  int count = 0;
  while (u > below && count < 200) {
    term *= rate / ++count;
    below += term;
  }
  return count;
}

/// Appends a cell: counts, scaled to 1,000 and logarithmised.
void add_cell(matrix::GridMatrix& x, const Genes& genes, std::int64_t cell) {
  stats::RandomStream random(1, stats::Purpose::simulate, static_cast<std::uint64_t>(cell) + 1);
  const auto type = static_cast<std::int64_t>(n_types * std::sqrt(random.uniform()));  // from rare to common
  std::vector<double> at(n_gradients);
  for (auto& z : at) z = normal(random);
  const double depth = 0.35 * normal(random);
  const auto first = std::ssize(x.column);
  double total = 0;
  for (std::int32_t j = 0; j < x.n_features; ++j) {
    double log_rate = depth + genes.base[j] + genes.type[type * x.n_features + j];
    for (int f = 0; f < n_gradients; ++f) log_rate += at[f] * genes.gradient[f * x.n_features + j];
    if (const int count = poisson(std::exp(log_rate), random); count > 0) {
      x.column.push_back(j);
      x.value.push_back(count);
      total += count;
    }
  }
  for (auto s = first; s < std::ssize(x.column); ++s)
    x.value[s] = static_cast<std::int32_t>(std::lrint(std::log1p(1e3 * x.value[s] / total) * matrix::grid_steps));
  x.row_start.push_back(std::ssize(x.column));
}

const matrix::GridMatrix& planted(std::int64_t n_cells, std::int32_t n_features) {
  static std::map<std::pair<std::int64_t, std::int32_t>, matrix::GridMatrix> made;
  auto& x = made[{n_cells, n_features}];
  if (x.n_features != 0) return x;
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  x.cells = parallel::Partition::even(n_cells, parallel::size_of(MPI_COMM_WORLD));
  x.n_features = n_features;
  const auto genes = planted_genes(n_features);
  for (auto i = x.cells.begin(rank); i < x.cells.end(rank); ++i) add_cell(x, genes, i);
  return x;
}

void fit(benchmark::State& state, pca::Method method) {
  const auto& x = planted(state.range(0), static_cast<std::int32_t>(state.range(1)));
  const std::vector<std::uint8_t> all(x.n_local(), 1);
  pca::Model model;
  for (auto _ : state) {
    MPI_Barrier(MPI_COMM_WORLD);
    model = pca::fit(MPI_COMM_WORLD, x, all, {.components = 50, .method = method});
    benchmark::DoNotOptimize(pca::project(MPI_COMM_WORLD, x, model));
  }
  state.counters["nonzeros"] = static_cast<double>(parallel::sum_over_ranks(MPI_COMM_WORLD, std::ssize(x.column)));
  state.counters["variance_1"] = model.variance.front();
  state.counters["variance_50"] = model.variance.back();
}

void project(benchmark::State& state) {
  const auto& x = planted(state.range(0), static_cast<std::int32_t>(state.range(1)));
  std::vector<std::uint8_t> some(x.n_local());
  for (std::int64_t i = 0; i < x.n_local(); i += 50) some[i] = 1;
  const auto model = pca::fit(MPI_COMM_WORLD, x, some, {.components = 50});
  for (auto _ : state) benchmark::DoNotOptimize(pca::project(MPI_COMM_WORLD, x, model));
}

BENCHMARK_CAPTURE(fit, gram, pca::Method::gram)
    ->Args({20'000, 2'000})
    ->Args({50'000, 2'000})
    ->Args({200'000, 2'000})
    ->Unit(benchmark::kSecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK_CAPTURE(fit, krylov, pca::Method::krylov)
    ->Args({20'000, 2'000})
    ->Args({20'000, 20'000})
    ->Unit(benchmark::kSecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK(project)
    ->Args({200'000, 2'000})
    ->Unit(benchmark::kSecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime()
    ->Iterations(1);

void write(const std::string& prefix, const matrix::GridMatrix& x) {
  const auto dump = [&](const char* ending, const auto& values) {
    std::ofstream(prefix + ending, std::ios::binary)
        .write(reinterpret_cast<const char*>(values.data()),
               std::ssize(values) * static_cast<std::streamsize>(sizeof(values[0])));
  };
  std::vector<float> value(x.value.size());
  for (std::int64_t s = 0; s < std::ssize(x.value); ++s)
    value[s] = static_cast<float>(x.value[s] / matrix::grid_steps);  // exact: below 2^24 steps
  dump(".start", x.row_start);
  dump(".column", x.column.all());
  dump(".value", value);
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  SlepcInitializeNoArguments();
  constexpr std::string_view option = "--write=";
  const std::string_view first = argc > 1 ? argv[1] : "";
  if (first.starts_with(option)) {
    write(std::string(first.substr(option.size())), planted(std::stoll(argv[2]), std::stoi(argv[3])));
  } else {
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
  }
  SlepcFinalize();
  MPI_Finalize();
}
