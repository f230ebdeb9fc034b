#include "miura/simulate/study.hpp"

#include <gtest/gtest.h>
#include <libdeflate.h>
#include <omp.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <sstream>
#include <thread>

#include "miura/base/error.hpp"
#include "miura/base/sha256.hpp"
#include "miura/hdf5/handle.hpp"
#include "miura/parallel/communicator.hpp"
#include "simulate/outcomes.hpp"

namespace {

using namespace miura::simulate;
namespace fs = std::filesystem;

/// A folder of this test, the same on every rank; gone at the end.
class Folder {
public:
  Folder() {
    std::string name = (fs::temp_directory_path() / ("miura-simulate-" + std::to_string(getpid()))).string();
    miura::parallel::broadcast(MPI_COMM_WORLD, name);
    path_ = name;
    if (first()) fs::create_directories(path_);
    MPI_Barrier(MPI_COMM_WORLD);
  }
  ~Folder() {
    MPI_Barrier(MPI_COMM_WORLD);
    if (first()) fs::remove_all(path_);
  }
  fs::path operator/(const char* name) const { return path_ / name; }
  static bool first() { return miura::parallel::rank_of(MPI_COMM_WORLD) == 0; }

private:
  fs::path path_;
};

Options small(const fs::path& out) {
  return {.out = out, .lots_bm = 5, .lots_bm_test = 1, .lots_ad = 1, .lots_uc = 1, .cells_per_lot = 60, .genes = 600};
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string unpacked(const fs::path& path) {
  const auto packed = bytes_of(path);
  std::string text(packed.size() * 60 + 1000, '\0');
  const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> inflate(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  std::size_t length = 0;
  EXPECT_EQ(libdeflate_gzip_decompress(inflate.get(), packed.data(), packed.size(), text.data(), text.size(), &length),
            LIBDEFLATE_SUCCESS)
      << path;
  text.resize(length);
  return text;
}

/// Rows of fields; the first is the header.
std::vector<std::vector<std::string>> table_of(const std::string& text, char separator) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(text);
  for (std::string line, field; std::getline(lines, line);) {
    rows.emplace_back();
    std::istringstream fields(line);
    while (std::getline(fields, field, separator)) rows.back().push_back(field);
  }
  return rows;
}

std::vector<std::string> column(const std::vector<std::vector<std::string>>& table, const std::string& name) {
  const auto at = std::find(table[0].begin(), table[0].end(), name) - table[0].begin();
  EXPECT_LT(at, std::ssize(table[0])) << name;
  std::vector<std::string> values;
  for (std::size_t row = 1; row < table.size(); ++row) values.push_back(table[row][static_cast<std::size_t>(at)]);
  return values;
}

std::vector<double> numbers(const std::vector<std::string>& texts) {
  std::vector<double> values;
  for (const auto& text : texts) values.push_back(std::stod(text));
  return values;
}

/// Name and digest of every file below a folder.
std::map<std::string, std::string> digests(const fs::path& folder) {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      found[fs::relative(entry.path(), folder).string()] = miura::sha256_of_file(entry.path());
  return found;
}

/// A matrix in coordinates, checked while it is read: as many entries as told, in range, ascending, positive.
struct Counts {
  std::int64_t n_genes = 0, n_cells = 0;
  std::vector<std::array<std::int64_t, 3>> entry;  // gene, cell, count; from 0
};

Counts parsed(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "%%MatrixMarket matrix coordinate integer general");
  while (lines.peek() == '%') std::getline(lines, line);
  Counts counts;
  std::int64_t n = 0;
  lines >> counts.n_genes >> counts.n_cells >> n;
  for (std::array<std::int64_t, 3> e; lines >> e[0] >> e[1] >> e[2];)
    counts.entry.push_back({e[0] - 1, e[1] - 1, e[2]});
  EXPECT_EQ(std::ssize(counts.entry), n);
  std::int64_t before = -1;
  for (const auto& [gene, cell, count] : counts.entry) {
    EXPECT_GT(cell * counts.n_genes + gene, before);
    EXPECT_TRUE(gene >= 0 && gene < counts.n_genes && cell >= 0 && cell < counts.n_cells && count > 0);
    before = cell * counts.n_genes + gene;
  }
  return counts;
}

template <class T>
std::vector<T> dataset(const fs::path& path, const char* name, hid_t type) {
  const miura::hdf5::File file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), "open");
  const miura::hdf5::Dataset set(H5Dopen2(file.get(), name, H5P_DEFAULT), "open dataset");
  const miura::hdf5::Dataspace space(H5Dget_space(set.get()), "see shape");
  std::vector<T> values(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space.get())));
  EXPECT_GE(H5Dread(set.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  return values;
}

class RanksOfAStudy : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(RanksOfAStudy, WriteTheSameBytesWhateverTheirNumberAndThreads) {
  const Folder folder;
  auto options = small(folder / "shared");
  options.modality = GetParam().first;
  options.format = GetParam().second;
  omp_set_num_threads(2);
  const auto summary = write_study(MPI_COMM_WORLD, options);
  options.out = folder / "alone";
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // a time stamp in seconds would show
  omp_set_num_threads(1);
  if (Folder::first()) {
    const auto alone = write_study(MPI_COMM_SELF, options);
    EXPECT_EQ(alone.fraction, summary.fraction);
    EXPECT_EQ(alone.n_nonzeros, summary.n_nonzeros);
    const auto files = digests(options.out);
    EXPECT_GE(std::ssize(files), 5 + 8);  // sheet, config, three truths, eight lots
    EXPECT_EQ(files, digests(folder / "shared"));
  }
}
INSTANTIATE_TEST_SUITE_P(OfEveryKind, RanksOfAStudy,
                         testing::Values(std::pair{"rna", "mixed"}, std::pair{"image", "table"}));

TEST(RanksWithoutLots, AreNoTrouble) {
  const Folder folder;
  auto options = small(folder / "study");
  options.lots_bm = 1;
  options.lots_bm_test = options.lots_ad = options.lots_uc = 0;
  const auto summary = write_study(MPI_COMM_WORLD, options);
  EXPECT_EQ(summary.lot, std::vector<std::string>{"BM01"});
  EXPECT_TRUE(std::isnan(summary.rho_functional));
  if (Folder::first()) {
    EXPECT_TRUE(fs::exists(options.out / "data/BM01/matrix.mtx.gz"));
  }
}

TEST(AStudy, HasTheCellsAndFractionsThatItsTruthTells) {
  const Folder folder;
  const auto options = small(folder / "study");
  const auto summary = write_study(MPI_COMM_WORLD, options);
  if (!Folder::first()) return;
  const auto cells = table_of(unpacked(options.out / "truth/cells.tsv.gz"), '\t');
  ASSERT_EQ(cells[0], (std::vector<std::string>{"lot", "barcode", "class", "state"}));
  EXPECT_EQ(std::ssize(cells) - 1, summary.n_barcodes);
  std::map<std::string, std::map<std::string, double>> good;  // lot, state
  std::map<std::string, std::vector<std::string>> barcodes;
  for (std::size_t row = 1; row < cells.size(); ++row) {
    barcodes[cells[row][0]].push_back(cells[row][1]);
    if (cells[row][2] == "good") ++good[cells[row][0]][cells[row][3]], ++good[cells[row][0]]["all"];
  }
  const auto sheet = table_of(bytes_of(options.out / "samples.csv"), ',');
  const auto fractions = table_of(bytes_of(options.out / "truth/fractions.tsv"), '\t');
  EXPECT_EQ(column(sheet, "lot"), summary.lot);
  EXPECT_EQ(column(fractions, "lot"), summary.lot);
  double n_good = 0;
  std::int64_t n_nonzeros = 0;
  for (std::size_t i = 0; i < summary.lot.size(); ++i) {
    const auto& lot = summary.lot[i];
    n_good += good[lot]["all"];
    for (std::size_t k = 0; k < summary.state.size(); ++k) {
      const double share = good[lot][summary.state[k]] / good[lot]["all"];
      EXPECT_DOUBLE_EQ(summary.fraction[i * summary.state.size() + k], share);
      EXPECT_NEAR(std::stod(column(fractions, "true_" + summary.state[k])[i]), share, 1e-6);
    }
    EXPECT_TRUE(std::is_sorted(barcodes[lot].begin(), barcodes[lot].end()));
    EXPECT_EQ(std::ssize(std::set(barcodes[lot].begin(), barcodes[lot].end())), std::ssize(barcodes[lot]));
    const auto path = options.out / column(sheet, "path")[i];
    std::string listed;
    for (const auto& barcode : barcodes[lot]) listed += barcode + '\n';
    EXPECT_EQ(unpacked(path / "barcodes.tsv.gz"), listed);
    EXPECT_EQ(std::ssize(table_of(unpacked(path / "features.tsv.gz"), '\t')), options.genes);
    const auto counts = parsed(unpacked(path / "matrix.mtx.gz"));
    EXPECT_EQ(counts.n_genes, options.genes);
    EXPECT_EQ(counts.n_cells, std::ssize(barcodes[lot]));
    n_nonzeros += std::ssize(counts.entry);
  }
  EXPECT_EQ(n_good, static_cast<double>(summary.n_good));
  EXPECT_EQ(n_nonzeros, summary.n_nonzeros);
}

TEST(AStudy, TellsTheSameInAllFormats) {
  const Folder folder;
  auto options = small(folder / "mtx");
  options.lots_bm_test = options.lots_ad = options.lots_uc = 0;
  options.lots_bm = 4;
  write_study(MPI_COMM_WORLD, options);
  options.format = "mixed";
  options.out = folder / "mixed";
  write_study(MPI_COMM_WORLD, options);
  if (!Folder::first()) return;
  const auto expected = [&](const char* lot) {
    std::vector<std::int64_t> gene, count, start{0};
    const auto counts = parsed(unpacked(folder / "mtx" / "data" / lot / "matrix.mtx.gz"));
    for (const auto& e : counts.entry) {
      gene.push_back(e[0]);
      count.push_back(e[2]);
      while (std::ssize(start) < e[1] + 1) start.push_back(std::ssize(gene) - 1);
    }
    while (std::ssize(start) < counts.n_cells + 1) start.push_back(std::ssize(gene));
    return std::array{gene, count, start};
  };
  const auto data = folder / "mixed" / "data";
  EXPECT_EQ(bytes_of(data / "BM02/matrix.mtx"), unpacked(folder / "mtx" / "data/BM02/matrix.mtx.gz"));
  EXPECT_EQ(table_of(bytes_of(data / "BM02/genes.tsv"), '\t')[0].size(), 2U);
  const auto read = [](const fs::path& file, const char* name) {
    return dataset<std::int64_t>(file, name, H5T_NATIVE_INT64);
  };
  const auto h5 = data / "BM03_filtered_feature_bc_matrix.h5", h5ad = data / "BM04.h5ad";
  EXPECT_EQ(expected("BM03"),
            (std::array{read(h5, "matrix/indices"), read(h5, "matrix/data"), read(h5, "matrix/indptr")}));
  EXPECT_EQ(expected("BM04"), (std::array{read(h5ad, "X/indices"), read(h5ad, "X/data"), read(h5ad, "X/indptr")}));
  EXPECT_EQ(column(table_of(bytes_of(folder / "mixed" / "samples.csv"), ','), "format"),
            (std::vector<std::string>{"mtx", "mtx", "h5", "h5ad"}));
}

TEST(AStudy, HoldsThePlantedCorrelationInItsOwnFiles) {
  const Folder folder;
  auto options = small(folder / "study");
  options.lots_bm = 11;
  const auto summary = write_study(MPI_COMM_WORLD, options);
  EXPECT_NEAR(summary.rho_functional, options.rho, 0.04);
  if (!Folder::first()) return;
  const auto fraction = numbers(
      column(table_of(bytes_of(options.out / "truth/fractions.tsv"), '\t'), "true_" + summary.functional_state));
  const auto sheet = table_of(bytes_of(options.out / "samples.csv"), ',');
  const auto outcome = numbers(column(sheet, "vegf_ischemia"));
  EXPECT_EQ(column(sheet, "role")[10], "train");
  EXPECT_EQ(column(sheet, "role")[11], "test");
  EXPECT_DOUBLE_EQ(spearman(std::span(fraction).first(11), std::span(outcome).first(11)), summary.rho_functional);
  const auto json = nlohmann::json::parse(bytes_of(options.out / "truth/params.json"));
  EXPECT_EQ(json["outcome_follows_state"]["vegf_ischemia"], "CL3");
  EXPECT_NE(bytes_of(options.out / "study.ini").find("primary = vegf_ischemia\n"), std::string::npos);
}

TEST(AnImageStudy, HasFiniteFeaturesAndItsFunctionalPopulation) {
  const Folder folder;
  auto options = small(folder / "study");
  options.modality = "image";
  options.cells_per_lot = 400;
  const auto summary = write_study(MPI_COMM_WORLD, options);
  EXPECT_EQ(summary.functional_state, "granular-mitochondria");
  if (!Folder::first()) return;
  const auto table = table_of(unpacked(options.out / "data/BM01.csv.gz"), ',');
  const auto truth = table_of(unpacked(options.out / "truth/cells.tsv.gz"), '\t');
  EXPECT_EQ(table[0][0], "barcode");
  EXPECT_GE(std::ssize(table[0]), 41);
  EXPECT_EQ(std::ssize(std::set(table[0].begin(), table[0].end())), std::ssize(table[0]));
  const auto contrast = numbers(column(table, "Texture_Contrast_Mito"));
  double functional = 0, others = 0;
  int n_functional = 0, n_others = 0;
  for (std::size_t row = 1; row < table.size(); ++row) {
    ASSERT_EQ(table[row].size(), table[0].size());
    ASSERT_EQ(table[row][0], truth[row][1]);
    for (std::size_t f = 1; f < table[row].size(); ++f) ASSERT_TRUE(std::isfinite(std::stod(table[row][f])));
    const bool is = truth[row][3] == summary.functional_state;
    (is ? functional : others) += std::log(contrast[row - 1]);
    ++(is ? n_functional : n_others);
  }
  EXPECT_GT(functional / n_functional - others / n_others, 1.0);
  EXPECT_NE(bytes_of(options.out / "study.ini").find("method = zscore"), std::string::npos);
}

TEST(AFolderThatIsNotEmpty, IsRefusedOnEveryRankAndLeftAlone) {
  const Folder folder;
  const auto options = small(folder / "taken");
  if (Folder::first()) {
    fs::create_directories(options.out);
    std::ofstream(options.out / "notes.txt") << "mine";
  }
  MPI_Barrier(MPI_COMM_WORLD);
  try {
    write_study(MPI_COMM_WORLD, options);
    ADD_FAILURE() << "wrote into a folder that was not empty";
  } catch (const miura::Error& error) {
    EXPECT_EQ(error.code(), miura::ExitCode::cannot_create);
    EXPECT_NE(std::string(error.what()).find("taken"), std::string::npos);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  EXPECT_EQ(digests(options.out).size(), 1U);
}

TEST(WhatAKilledRunLeft, IsReplaced) {
  const Folder folder;
  const auto options = small(folder / "study");
  if (Folder::first()) {
    fs::create_directories(options.out / ".partial/data");
    std::ofstream(options.out / ".partial/data/BM99") << "half";
  }
  MPI_Barrier(MPI_COMM_WORLD);
  write_study(MPI_COMM_WORLD, options);
  if (!Folder::first()) return;
  EXPECT_FALSE(fs::exists(options.out / ".partial"));
  EXPECT_FALSE(fs::exists(options.out / "data/BM99"));
  EXPECT_TRUE(fs::exists(options.out / "study.ini"));
}

TEST(OptionsThatCannotBe, AreRefusedBeforeAnythingIsWritten) {
  const Folder folder;
  const auto refused = [&](auto change) {
    auto options = small(folder / "study");
    change(options);
    EXPECT_THROW(write_study(MPI_COMM_WORLD, options), miura::UsageError);
  };
  refused([](Options& o) { o.modality = "video"; });
  refused([](Options& o) { o.format = "table"; });
  refused([](Options& o) { o.modality = "image", o.format = "mtx"; });
  refused([](Options& o) { o.lots_bm = 0; });
  refused([](Options& o) { o.genes = 20; });
  refused([](Options& o) { o.rho = 1.5; });
  refused([](Options& o) { o.effect = std::nan(""); });
  EXPECT_FALSE(fs::exists(folder / "study"));
}

}  // namespace
