#include "miura/simulate/bulk.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "simulate/outcomes.hpp"
#include "simulate/panel.hpp"

namespace {

using namespace miura;
using simulate::BulkOptions, simulate::make_panel;
namespace fs = std::filesystem;

/// A folder of this test, the same on every rank; gone at the end.
class Folder {
public:
  Folder() {
    std::string name = (fs::temp_directory_path() / ("miura-bulk-" + std::to_string(getpid()))).string();
    parallel::broadcast(MPI_COMM_WORLD, name);
    path_ = name;
    if (parallel::rank_of(MPI_COMM_WORLD) == 0) fs::create_directories(path_);
    MPI_Barrier(MPI_COMM_WORLD);
  }
  ~Folder() {
    MPI_Barrier(MPI_COMM_WORLD);
    if (parallel::rank_of(MPI_COMM_WORLD) == 0) fs::remove_all(path_);
  }
  fs::path operator/(const std::string& name) const { return path_ / name; }

private:
  fs::path path_;
};

std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().filename().string()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return files;
}

TEST(BulkPanel, HasTheSameBytesOnAnyNumberOfRanks) {
  const Folder folder;
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  simulate::write_bulk(MPI_COMM_WORLD, {.out = folder / "shared", .genes = 200, .seed = 5});
  simulate::write_bulk(MPI_COMM_SELF, {.out = folder / ("alone" + std::to_string(rank)), .genes = 200, .seed = 5});
  simulate::write_bulk(MPI_COMM_WORLD, {.out = folder / "other", .genes = 200, .seed = 6});
  MPI_Barrier(MPI_COMM_WORLD);
  const auto shared = files_of(folder / "shared");
  EXPECT_EQ(shared.size(), 16U);
  EXPECT_EQ(shared, files_of(folder / ("alone" + std::to_string(rank))));
  EXPECT_NE(shared.at("array_train.csv"), files_of(folder / "other").at("array_train.csv"));
}

TEST(BulkPanel, IsWhatAUserWouldHave) {
  const Folder folder;
  const auto made = simulate::write_bulk(MPI_COMM_WORLD, {.out = folder / "panel", .genes = 300});
  const auto files = files_of(folder / "panel");
  const auto rows = [&](const std::string& name) { return std::ranges::count(files.at(name), '\n') - 1; };
  EXPECT_EQ(rows("array_train.csv"), made.n_array_probes);
  EXPECT_EQ(rows("array_genes.csv"), made.n_array_probes);
  EXPECT_EQ(rows("cage_train.csv"), made.n_promoters);
  EXPECT_GT(made.n_array_probes, 300);
  EXPECT_EQ(rows("lines.csv"), 23);
  EXPECT_EQ(rows("qpcr_adhesion_test.csv"), 2 + 45 + 56 + 27);
  EXPECT_EQ(rows("markers_meso.txt") + 1, 56);
  EXPECT_EQ(rows("truth.tsv"), 300);
  EXPECT_EQ(made.n_true, 40);
  EXPECT_NE(files.at("qpcr_suspension_train.csv").find("Undetermined"), std::string::npos);
  EXPECT_EQ(files.at("array_test.csv").substr(0, 18), "probe,iPS11,iPS12,");
}

double mean_of(const std::vector<double>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const double mean_x = mean_of(x), mean_y = mean_of(y);
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean_x) * (y[i] - mean_y);
    xx += (x[i] - mean_x) * (x[i] - mean_x);
    yy += (y[i] - mean_y) * (y[i] - mean_y);
  }
  return xy / std::sqrt(xx * yy);
}

std::vector<double> leaning(const simulate::Panel& panel, std::size_t layer) {
  std::vector<double> values;
  for (const auto& line : panel.lines) values.push_back(line.leaning[layer]);
  return values;
}

TEST(Leanings, CorrelateOverTheTrainingLinesAsAskedFor) {
  for (const double rho : {0.0, 0.4, 0.7}) {
    const auto panel = make_panel({.genes = 200, .outcome_rho = rho});
    const auto of_training = [&](std::size_t layer) { return panel.of_lines(leaning(panel, layer), false); };
    ASSERT_EQ(of_training(0).size(), 10U);
    EXPECT_NEAR(simulate::spearman(of_training(0), of_training(1)), -rho, 0.07);
    EXPECT_NEAR(simulate::spearman(of_training(0), of_training(2)), -rho, 0.07);
    EXPECT_NEAR(simulate::spearman(of_training(1), of_training(2)), rho, 0.07);
  }
}

TEST(TrueGenes, FollowWhatTheyAreMeantTo) {
  const auto panel = make_panel({.lines_train = 400, .lines_test = 4, .genes = 200, .effect = 0.9, .outcome_rho = 0.5});
  for (const auto& gene : panel.genes)
    for (std::size_t layer = 0; layer < 3; ++layer) {
      const double found = correlation(gene.level, leaning(panel, layer));
      // a switch follows (e - m - d) / sqrt(6), of variance 1, which goes with each as 2 / sqrt(6)
      const double wanted = 0.9 * gene.sign[layer] * (gene.role == "switch" ? 2 / std::sqrt(6.0) : 1.0);
      if (wanted == 0.0 && gene.role != "none") continue;  // what the layer it follows makes of this one
      EXPECT_NEAR(found, wanted, gene.role == "none" ? 0.25 : 0.1) << gene.name;
    }
}

TEST(NullPanels, HaveNoTrueGene) {
  const auto panel = make_panel({.lines_train = 300, .lines_test = 4, .genes = 300, .null = true});
  for (const auto& gene : panel.genes) {
    EXPECT_EQ(gene.role, "none");
    EXPECT_LT(std::abs(correlation(gene.level, leaning(panel, 0))), 0.3) << gene.name;
  }
}

TEST(NullPanels, HaveCountsOfHitsThatSpreadFarMoreThanABinomial) {
  std::vector<double> counts;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    const auto panel = make_panel({.genes = 400, .null = true, .seed = seed});
    const auto ecto = panel.of_lines(leaning(panel, 0), false);
    int hits = 0;
    for (const auto& gene : panel.genes)  // .6485: two-sided .05 of ten lines
      hits += std::abs(simulate::spearman(panel.of_lines(gene.level, false), ecto)) >= 0.6485 ? 1 : 0;
    counts.push_back(hits);
  }
  double square = 0;
  for (const double n : counts) square += (n - mean_of(counts)) * (n - mean_of(counts)) / 39;
  EXPECT_NEAR(mean_of(counts), 400 * 0.05, 12);
  EXPECT_GT(std::sqrt(square), 3 * std::sqrt(400 * 0.05 * 0.95));
}

/// A table of the panel: values by row name, of all columns.
std::map<std::string, std::vector<double>> table_of(const std::string& text) {
  std::map<std::string, std::vector<double>> table;
  std::istringstream lines(text);
  std::string line, cell;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    std::string name;
    std::getline(cells, name, ',');
    while (std::getline(cells, cell, ',')) table[name].push_back(std::stod(cell));
  }
  return table;
}

TEST(Platforms, AgreeAsAskedFor) {
  const Folder folder;
  simulate::write_bulk(MPI_COMM_WORLD, {.out = folder / "panel", .lines_train = 60, .genes = 400, .platform_r2 = 0.8});
  const auto files = files_of(folder / "panel");
  const auto array = table_of(files.at("array_train.csv")), cage = table_of(files.at("cage_train.csv"));
  const auto genes = make_panel({.genes = 400}).genes;
  std::vector<double> r2;
  for (std::size_t g = 1; g < genes.size(); ++g) {
    const auto number = std::to_string(g + 1);
    const auto probe = "A_" + std::string(6 - number.size(), '0') + number + "_1";
    if (mean_of(array.at(probe)) < 4) continue;  // this probe measures nothing
    auto tags = cage.at("p1@" + genes[g].name);
    for (auto& t : tags) t = std::log2(t + 0.1);
    r2.push_back(std::pow(correlation(array.at(probe), tags), 2));
  }
  EXPECT_NEAR(mean_of(r2), 0.78, 0.05);  // a little less: probes and counting have noise of their own
}

TEST(BulkPanel, RefusesWhatCannotBe) {
  const Folder folder;
  EXPECT_THROW(simulate::write_bulk(MPI_COMM_WORLD, {.out = folder / "a", .lines_train = 2}), UsageError);
  EXPECT_THROW(simulate::write_bulk(MPI_COMM_WORLD, {.out = folder / "a", .platform_r2 = 0}), UsageError);
  EXPECT_THROW(simulate::write_bulk(MPI_COMM_WORLD, {.out = folder / "a", .genes = 100}), UsageError);
  simulate::write_bulk(MPI_COMM_WORLD, {.out = folder / "a", .genes = 200});
  EXPECT_THROW(simulate::write_bulk(MPI_COMM_WORLD, {.out = folder / "a", .genes = 200}), Error);
}

}  // namespace
