// Markers of the cells that markers_rivals.py has written: sums by lot and cluster, rank sums, consistency over lots.
//
//   markers_bench --cells PREFIX [--top GENES] [Google Benchmark's own options]
//
// With PREFIX.z (scanpy's z) the largest difference is a counter; --top names the foremost genes of each cluster.
#include <benchmark/benchmark.h>
#include <mpi.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "miura/markers/lot_consistency.hpp"
#include "miura/markers/rank_sum.hpp"
#include "miura/normalize/log_normalize.hpp"
#include "miura/pseudobulk/sum_counts.hpp"

namespace {

using namespace miura;

/// The whole of a file of numbers; empty if there is none.
template <class T>
std::vector<T> numbers(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return {};
  std::vector<T> values(static_cast<std::size_t>(in.tellg()) / sizeof(T));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
  return values;
}

struct Study {
  std::int32_t n_genes = 0, n_clusters = 0, n_lots = 0;
  matrix::DistributedCells cells;
  std::vector<std::int32_t> label;
};

Study read_study(const std::string& prefix) {
  const auto size = numbers<std::int64_t>(prefix + ".size"), start = numbers<std::int64_t>(prefix + ".start");
  if (size.size() != 4) {
    std::fprintf(stderr, "markers_bench: --cells PREFIX names no files\n");
    std::exit(66);
  }
  const auto gene = numbers<std::int32_t>(prefix + ".gene"), count = numbers<std::int32_t>(prefix + ".count");
  Study study{.n_genes = static_cast<std::int32_t>(size[1]),
              .n_clusters = static_cast<std::int32_t>(size[2]),
              .n_lots = static_cast<std::int32_t>(size[3]),
              .cells = {parallel::Partition::even(size[0], 1), {}},
              .label = numbers<std::int32_t>(prefix + ".label")};
  auto& mine = study.cells.mine;
  mine.lot = numbers<std::int32_t>(prefix + ".lot");
  mine.counts.reserve(size[0], std::ssize(gene));
  for (std::int64_t i = 0; i < size[0]; ++i) {
    for (auto at = start[i]; at < start[i + 1]; ++at) mine.counts.push(gene[at], static_cast<std::uint32_t>(count[at]));
    mine.counts.end_row();
  }
  return study;
}

matrix::Pseudobulk sums_of(const Study& study) {
  return pseudobulk::sum_counts(MPI_COMM_SELF, study.cells, study.label,
                                {study.n_genes, study.n_lots, study.n_clusters});
}

void run_sum_counts(benchmark::State& state, const Study& study) {
  for (auto _ : state) benchmark::DoNotOptimize(sums_of(study).sum.data());
}

void run_rank_sums(benchmark::State& state, const Study& study, const std::vector<float>& rival) {
  const markers::Expression expression = [](std::uint32_t count, std::int64_t n_counts) {
    return normalize::log_normalized(count, n_counts, {});
  };
  markers::RankSums found;
  for (auto _ : state)
    found =
        markers::rank_sums(MPI_COMM_SELF, study.cells, expression, study.label, study.n_genes, study.n_clusters, {});
  double difference = 0;
  for (std::size_t i = 0; i < std::min(rival.size(), found.z.size()); ++i)  // relative above 1: rival has 24 bits
    if (!std::isnan(found.z[i]))
      difference = std::max(difference, std::abs(found.z[i] - rival[i]) / std::max(1.0, std::abs(found.z[i])));
  state.counters["nonzeros/s"] = benchmark::Counter(static_cast<double>(study.cells.mine.counts.n_nonzeros()),
                                                    benchmark::Counter::kIsIterationInvariantRate);
  state.counters["z_difference"] = difference;
}

void run_lot_consistency(benchmark::State& state, const Study& study, int top, const std::string& symbols) {
  const auto sums = sums_of(study);
  markers::LotConsistency found;
  for (auto _ : state)
    found = markers::lot_consistency(MPI_COMM_SELF, sums, std::vector<std::uint8_t>(study.n_lots, 1), {});
  if (top == 0) return;
  std::ifstream in(symbols);
  const std::vector<std::string> symbol{std::istream_iterator<std::string>(in), {}};
  for (std::int32_t c = 0; c < static_cast<std::int32_t>(found.contrast.size()); ++c) {
    const auto order = markers::ranked_genes(found, c);
    std::printf("cluster %d:", c);
    for (int i = 0; i < top; ++i)
      std::printf(" %s %.2f p %.4f", symbol.at(order[i]).c_str(), found.effect[found.at(c, order[i])],
                  found.p_max_t[found.at(c, order[i])]);
    std::printf("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  MPI_Init(&argc, &argv);
  benchmark::Initialize(&argc, argv);
  std::string prefix;
  int top = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--cells") prefix = argv[i + 1];
    if (name == "--top") top = std::atoi(argv[i + 1]);
  }
  const auto study = read_study(prefix);
  const auto rival = numbers<float>(prefix + ".z");
  const auto add = [](const char* name, auto&& run) {
    benchmark::RegisterBenchmark(name, run)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
  };
  add("sum_counts", [&](benchmark::State& state) { run_sum_counts(state, study); });
  add("rank_sums", [&](benchmark::State& state) { run_rank_sums(state, study, rival); });
  add("lot_consistency", [&](benchmark::State& state) { run_lot_consistency(state, study, top, prefix + ".symbols"); });
  benchmark::RunSpecifiedBenchmarks();
  MPI_Finalize();
}
