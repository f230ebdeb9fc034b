#include "miura/cellcycle/scores.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>
#include <string>

#include "cellcycle/controls.hpp"
#include "miura/base/error.hpp"
#include "miura/cellcycle/genes.hpp"
#include "miura/input/cells.hpp"
#include "miura/parallel/communicator.hpp"

namespace {

using namespace miura;
using cellcycle::Phase;
using parallel::Partition;

int my_rank() { return parallel::rank_of(MPI_COMM_WORLD); }
int n_ranks() { return parallel::size_of(MPI_COMM_WORLD); }

using Rows = std::vector<std::vector<std::string>>;

/// The rows of a table of words, without its header.
Rows read_rows(const std::string& name, std::vector<std::string>* header = nullptr) {
  std::ifstream file(std::string(MIURA_TEST_DATA "/cellcycle/") + name);
  Rows rows;
  std::string line, word;
  for (bool first = true; std::getline(file, line); first = false) {
    std::istringstream words(line);
    std::vector<std::string> row;
    while (words >> word) row.push_back(word);
    if (!first)
      rows.push_back(std::move(row));
    else if (header)
      *header = std::move(row);
  }
  return rows;
}

/// Planted counts: cells that rank `rank` of `cells` owns, and the genes in the order `order`.
struct Planted {
  matrix::Features features;
  Rows counts;
  Planted() {
    counts = read_rows("counts.tsv", &features.symbol);
    features.id = features.symbol;
  }
  matrix::DistributedCells part(const Partition& cells, int rank) const {
    matrix::DistributedCells mine{cells, {}};
    for (auto i = cells.begin(rank); i < cells.end(rank); ++i) {
      mine.mine.lot.push_back(0);
      mine.mine.barcode.push_back(std::to_string(i));
      for (std::int32_t g = 0; g < features.size(); ++g)
        if (const auto count = std::stoul(counts[i][g])) mine.mine.counts.push(g, static_cast<std::uint32_t>(count));
      mine.mine.counts.end_row();
    }
    return mine;
  }
};

/// One lot, whose file has all genes.
const std::vector<std::vector<std::int32_t>> none_missing(1);

cellcycle::Scores scores_of(MPI_Comm comm, const Planted& planted, const Partition& cells,
                            const cellcycle::ScoreOptions& options) {
  const auto mine = planted.part(cells, parallel::rank_of(comm));
  return cellcycle::score(comm, mine, planted.features, cellcycle::human_genes(planted.features),
                          std::vector<std::uint8_t>(mine.mine.n_cells(), 1), none_missing, options);
}

TEST(Scores, EqualSeuratsWhereAllGenesOfABinAreControls) {
  const Planted planted;
  const auto expected = read_rows("planted_seurat.tsv");
  const auto cells = Partition::even(std::ssize(planted.counts), n_ranks());
  const auto scores = scores_of(MPI_COMM_WORLD, planted, cells, {.bins = 4, .controls = 100});
  ASSERT_EQ(std::ssize(scores.s), cells.n_local(my_rank()));
  const auto genes = cellcycle::human_genes(planted.features);
  EXPECT_EQ(std::ssize(genes.s), 43);
  EXPECT_EQ(std::ssize(genes.g2m), 54);
  for (std::int64_t i = 0; i < std::ssize(scores.s); ++i) {
    const auto& row = expected[cells.begin(my_rank()) + i];
    EXPECT_NEAR(scores.s[i], std::stod(row[0]), 2e-5);  // expression is on a grid of 1.5e-5
    EXPECT_NEAR(scores.g2m[i], std::stod(row[1]), 2e-5);
    EXPECT_EQ(cellcycle::name_of(scores.phase[i]), row[2]);
  }
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const auto n = static_cast<double>(std::ssize(x));
  const double mx = std::accumulate(x.begin(), x.end(), 0.0) / n, my = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mx) * (y[i] - my);
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
  }
  return xy / std::sqrt(xx * yy);
}

/// Lung cancer lines of Tian et al. 2019, features by Ensembl id. Seurat with another seed is as far from Seurat.
TEST(Scores, GoWithSeuratsOnRealCells) {
  const std::filesystem::path file = MIURA_SHARED "/data/sc_mixology/sc_celseq2.h5ad";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "needs " << file;
  matrix::Lot lot;
  lot.id = "celseq2";
  lot.path = file;
  auto read = input::read_cells(MPI_COMM_WORLD, {lot}, {});
  const auto cells = matrix::distribute(MPI_COMM_WORLD, std::move(read.lots), 1, read.features.size());
  const std::vector<std::uint8_t> all(cells.mine.n_cells(), 1);
  const auto scores = cellcycle::score(MPI_COMM_WORLD, cells, read.features, cellcycle::human_genes(read.features), all,
                                       none_missing, {});
  const auto s = parallel::gather_everywhere<double>(MPI_COMM_WORLD, scores.s);
  const auto g2m = parallel::gather_everywhere<double>(MPI_COMM_WORLD, scores.g2m);
  const auto barcodes = parallel::gather_everywhere(MPI_COMM_WORLD, cells.mine.barcode);
  std::map<std::string, std::vector<std::string>> seurat;  // S, G2M, phase of one seed, and of another
  for (const auto& row : read_rows("celseq2_seurat.tsv")) seurat[row[0]] = {row.begin() + 1, row.end()};
  ASSERT_EQ(barcodes.size(), seurat.size());
  std::vector<double> their_s, their_g2m, other_s;
  std::int64_t same = 0, same_seed2 = 0;
  for (std::size_t i = 0; i < barcodes.size(); ++i) {
    const auto& row = seurat.at(barcodes[i]);
    their_s.push_back(std::stod(row[0]));
    their_g2m.push_back(std::stod(row[1]));
    other_s.push_back(std::stod(row[3]));
    const auto mine = s[i] < 0 && g2m[i] < 0 ? "G1" : s[i] > g2m[i] ? "S" : "G2M";
    same += mine == row[2] ? 1 : 0;
    same_seed2 += row[5] == row[2] ? 1 : 0;
  }
  EXPECT_GT(correlation(s, their_s), correlation(other_s, their_s) - 0.01);
  EXPECT_GT(correlation(g2m, their_g2m), 0.99);
  EXPECT_GT(same, same_seed2 - std::ssize(barcodes) / 20);
  if (my_rank() == 0)
    std::cout << "S " << correlation(s, their_s) << " (another seed of Seurat " << correlation(other_s, their_s)
              << "), G2M " << correlation(g2m, their_g2m) << ", phases " << same << " of " << barcodes.size()
              << " (another seed " << same_seed2 << ")\n";
}

TEST(Scores, AreTheSameForAnyLayout) {
  const Planted planted;
  const auto n = std::ssize(planted.counts);
  const auto alone = scores_of(MPI_COMM_SELF, planted, Partition::even(n, 1), {.bins = 6, .controls = 20});
  const bool last = my_rank() == n_ranks() - 1;
  for (const auto& cells : {Partition::even(n, n_ranks()), Partition::from_local(MPI_COMM_WORLD, last ? n : 0)}) {
    const auto scores = scores_of(MPI_COMM_WORLD, planted, cells, {.bins = 6, .controls = 20});
    EXPECT_EQ(parallel::gather_everywhere<double>(MPI_COMM_WORLD, scores.s), alone.s);
    EXPECT_EQ(parallel::gather_everywhere<double>(MPI_COMM_WORLD, scores.g2m), alone.g2m);
  }
}

TEST(Scores, DependOnTheReferenceThroughItsMeansOnly) {
  const Planted planted;
  const auto cells = Partition::even(std::ssize(planted.counts), 1);
  const auto mine = planted.part(cells, 0);
  std::vector<std::uint8_t> half(mine.mine.n_cells(), 0);
  std::fill_n(half.begin(), half.size() / 2, std::uint8_t{1});
  const auto score = [&](std::int32_t bins, const std::vector<std::uint8_t>& reference) {
    return cellcycle::score(MPI_COMM_SELF, mine, planted.features, cellcycle::human_genes(planted.features), reference,
                            none_missing, {.bins = bins, .controls = 30})
        .s;
  };
  const std::vector<std::uint8_t> all(mine.mine.n_cells(), 1);
  EXPECT_NE(score(8, half), score(8, all));
  EXPECT_EQ(score(1, half), score(1, all));  // one bin: means do not matter
}

TEST(Scores, OfALotAreOfTheGenesThatItsFileHas) {
  const Planted planted;
  auto cells = planted.part(Partition::even(std::ssize(planted.counts), 1), 0);
  const std::vector<std::uint8_t> all(cells.mine.n_cells(), 1);
  const auto genes = cellcycle::human_genes(planted.features);
  const auto dropped = genes.s.front();
  // every second cell is of a lot whose file lacks one gene of the S phase
  std::vector<std::vector<std::int32_t>> missing(2);
  missing[1] = {dropped};
  for (std::size_t i = 1; i < cells.mine.lot.size(); i += 2) cells.mine.lot[i] = 1;
  matrix::CountRows without;
  for (std::int64_t i = 0; i < cells.mine.n_cells(); ++i) {
    cells.mine.counts.for_each(i, [&](std::int32_t g, std::uint32_t c) {
      if (g != dropped || i % 2 == 0) without.push(g, c);
    });
    without.end_row();
  }
  cells.mine.counts = without;
  const auto score = [&](std::span<const std::vector<std::int32_t>> lacks, const cellcycle::PhaseGenes& of,
                         std::int32_t fewest) {
    // one bin: the controls do not depend on what is missing
    return cellcycle::score(MPI_COMM_SELF, cells, planted.features, of, all, lacks,
                            {.bins = 1, .controls = 1000, .fewest_genes = fewest});
  };
  auto fewer = genes;
  fewer.s.erase(fewer.s.begin());
  const auto found = score(missing, genes, 43), none_lacks = score(std::vector(2, missing[0]), genes, 43),
             of_fewer = score(std::vector(2, missing[1]), fewer, 1), as_lot = score(missing, genes, 1);
  EXPECT_EQ(found.s[0], none_lacks.s[0]);
  EXPECT_TRUE(std::isnan(found.s[1]));
  EXPECT_EQ(found.phase[1], Phase::unknown);
  EXPECT_NE(as_lot.s[1], none_lacks.s[1]);
  EXPECT_EQ(as_lot.s[1], of_fewer.s[1]);
}

TEST(Scores, OfFeaturesWithoutCycleGenesAreUnknown) {
  Planted planted;
  for (auto& symbol : planted.features.symbol) symbol += "_of_another_species";
  planted.features.id = planted.features.symbol;
  const auto scores = scores_of(MPI_COMM_SELF, planted, Partition::even(std::ssize(planted.counts), 1), {});
  EXPECT_TRUE(std::ranges::all_of(scores.s, [](double s) { return std::isnan(s); }));
  EXPECT_TRUE(std::ranges::all_of(scores.phase, [](Phase phase) { return phase == Phase::unknown; }));
}

TEST(Scores, WithoutBinsAreAUsageError) {
  EXPECT_THROW(
      cellcycle::score(MPI_COMM_WORLD, {Partition::even(0, n_ranks()), {}}, {}, {}, {}, none_missing, {.bins = 0}),
      UsageError);
}

TEST(HumanGenes, AreFoundBySymbolIdAndFormerSymbol) {
  // PCNA by symbol, twice; MCM5 by a versioned id; CENPU as MLF1IP
  const matrix::Features features{{"X1", "X2", "ENSG00000100297.20", "X4", "X5"}, {"MLF1IP", "PCNA", "q", "PCNA", "z"}};
  EXPECT_EQ(cellcycle::human_genes(features).s, (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_TRUE(cellcycle::human_genes(features).g2m.empty());
}

TEST(ColumnsOf, FindOtherGenesBySymbolAndIdOnce) {
  const matrix::Features mouse{{"ENSMUSG1.4", "ENSMUSG2.1", "ENSMUSG3.9"}, {"Mcm5", "Pcna", "Tyms"}};
  const std::vector<std::string> names{"Tyms", "ENSMUSG1", "Mcm5", "Nowhere"};
  EXPECT_EQ(cellcycle::columns_of(mouse, names), (std::vector<std::int32_t>{0, 2}));
}

TEST(ExpressionBins, AreOfEqualNumberAndPutTiesTogether) {
  EXPECT_EQ(cellcycle::expression_bins(std::vector<std::int64_t>{50, 10, 30, 20, 40, 60}, 3),
            (std::vector<std::int32_t>{2, 0, 1, 0, 1, 2}));
  const auto ties = cellcycle::expression_bins(std::vector<std::int64_t>{0, 0, 0, 0, 5, 9}, 3);
  EXPECT_EQ(ties[0], ties[3]);
  EXPECT_LT(ties[3], ties[5]);
  EXPECT_EQ(cellcycle::expression_bins(std::vector<std::int64_t>{}, 3), std::vector<std::int32_t>{});
}

TEST(ControlGenes, AreOfTheGenesBinAndDoNotDependOnTheOrderOfGenes) {
  matrix::Features features, reversed;
  for (int g = 0; g < 40; ++g) features.id.push_back("g" + std::to_string(g));
  features.symbol = features.id;
  reversed.id.assign(features.id.rbegin(), features.id.rend());
  reversed.symbol = reversed.id;
  std::vector<std::int32_t> bin(40), bin_reversed(40);
  for (std::int32_t g = 0; g < 40; ++g) bin[g] = bin_reversed[39 - g] = g % 2;
  const std::vector<std::int32_t> list{4, 10}, list_reversed{29, 35};
  const auto controls = cellcycle::control_genes(features, bin, list, 5, 1);
  EXPECT_GE(std::ssize(controls), 5);
  EXPECT_LE(std::ssize(controls), 10);
  for (const auto g : controls) EXPECT_EQ(bin[g], 0);
  std::vector<std::int32_t> mirrored;
  for (const auto g : cellcycle::control_genes(reversed, bin_reversed, list_reversed, 5, 1)) mirrored.push_back(39 - g);
  std::ranges::sort(mirrored);
  EXPECT_EQ(mirrored, controls);
  EXPECT_NE(cellcycle::control_genes(features, bin, list, 5, 2), controls);
  EXPECT_EQ(std::ssize(cellcycle::control_genes(features, bin, list, 1000, 1)), 20);  // all of the bin
}

}  // namespace
