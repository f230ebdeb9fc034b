// Reading deflated counts beside HDF5 with zlib, and writing a checkpoint's rows beside plain write calls of the same
// bytes: files_bench FOLDER [--benchmark_filter=...]. FOLDER lies on the disk that is meant; its files are removed.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <hdf5.h>
#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <span>
#include <vector>

#include "miura/hdf5/reader.hpp"
#include "miura/hdf5/writer.hpp"
#include "miura/stats/random.hpp"

namespace miura::bench {

namespace {

namespace fs = std::filesystem;

fs::path folder;
constexpr std::int64_t n_values = 20'000'000;
constexpr std::int64_t slab = 2'000'000;  // as counts are read

/// Gene numbers of cells that count about one gene in five, as indices of a sparse matrix: ascending, then again.
std::vector<std::int64_t> gene_numbers() {
  constexpr std::int64_t n_genes = 20'000;
  stats::RandomStream random(1, stats::Purpose::simulate, 0);
  std::vector<std::int64_t> numbers(n_values);
  std::int64_t gene = -1;
  for (auto& number : numbers) {
    gene += 1 + static_cast<std::int64_t>(-5 * std::log1p(-random.uniform()));
    if (gene >= n_genes) gene -= n_genes;
    number = gene;
  }
  return numbers;
}

/// A file of them as Cell Ranger writes it, made once.
const fs::path& deflated_file() {
  static const fs::path path = [] {
    auto made = folder / "deflated.h5";
    hdf5::ParallelFile file(MPI_COMM_SELF, made);
    file.deflated(file.get(), "indices", std::span<const std::int64_t>(gene_numbers()));
    file.close();
    return made;
  }();
  return path;
}

void count(benchmark::State& state, std::int64_t bytes_each) {
  state.SetItemsProcessed(state.iterations() * n_values);
  state.SetBytesProcessed(state.iterations() * n_values * bytes_each);
}

void read_by_miura(benchmark::State& state) {
  const auto file = hdf5::open_to_read(deflated_file());
  std::vector<std::int64_t> values(slab);
  for (auto _ : state) {
    const hdf5::StoredArray array(file.get(), "indices");
    for (std::int64_t from = 0; from < n_values; from += slab) array.read_rows<std::int64_t>(from, slab, values);
    benchmark::DoNotOptimize(values.data());
  }
  count(state, 8);
}

void read_by_hdf5(benchmark::State& state) {
  const auto file = hdf5::open_to_read(deflated_file());
  const hdf5::Dataset dataset(H5Dopen2(file.get(), "indices", H5P_DEFAULT), "open");
  std::vector<std::int64_t> values(slab);
  for (auto _ : state) {
    const hdf5::Dataspace on_disk(H5Dget_space(dataset.get()), "see");
    const hsize_t size = slab;
    const hdf5::Dataspace here(H5Screate_simple(1, &size, nullptr), "describe");
    for (std::int64_t from = 0; from < n_values; from += slab) {
      const auto start = static_cast<hsize_t>(from);
      H5Sselect_hyperslab(on_disk.get(), H5S_SELECT_SET, &start, nullptr, &size, nullptr);
      H5Dread(dataset.get(), H5T_NATIVE_INT64, here.get(), on_disk.get(), H5P_DEFAULT, values.data());
    }
    benchmark::DoNotOptimize(values.data());
  }
  count(state, 8);
}

/// To the platter: both flush before they end.
void flush(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY);
  ::fsync(file);
  ::close(file);
}

void write_by_miura(benchmark::State& state) {
  const auto values = gene_numbers();
  for (auto _ : state) {
    hdf5::ParallelFile file(MPI_COMM_SELF, folder / "rows.h5");
    {  // all in the file is closed before it is
      hdf5::RowsInPortions<std::int64_t> rows(file, file.get(), "rows", n_values);
      for (std::int64_t from = 0; from < n_values; from += slab) rows.write(std::span(values).subspan(from, slab));
    }
    file.close();
    flush(folder / "rows.h5");
  }
  count(state, 8);
}

void write_by_calls(benchmark::State& state) {
  const auto values = gene_numbers();
  for (auto _ : state) {
    const int file = ::open((folder / "plain").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    for (std::int64_t from = 0; from < n_values; from += slab)
      if (::write(file, values.data() + from, slab * sizeof values[0]) < 0) state.SkipWithError("cannot write");
    ::fsync(file);
    ::close(file);
  }
  count(state, 8);
}

BENCHMARK(read_by_miura)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(read_by_hdf5)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(write_by_miura)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(write_by_calls)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

}  // namespace miura::bench

int main(int n_arguments, char** arguments) {
  MPI_Init(&n_arguments, &arguments);
  benchmark::Initialize(&n_arguments, arguments);
  if (n_arguments != 2) {
    std::fputs("usage: files_bench FOLDER\n", stderr);
    MPI_Finalize();
    return 64;
  }
  miura::bench::folder = arguments[1];
  benchmark::RunSpecifiedBenchmarks();
  for (const char* name : {"deflated.h5", "rows.h5", "plain"}) std::filesystem::remove(miura::bench::folder / name);
  MPI_Finalize();
  return 0;
}
