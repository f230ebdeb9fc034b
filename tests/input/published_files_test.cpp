// Files of other programs' own tests, and real data: what scanpy and anndata read from them (tests/data/readers).
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "input/study_files.hpp"
#include "miura/input/cells.hpp"
#include "miura/input/delimited.hpp"

namespace {

using namespace miura;
namespace fs = std::filesystem;

const fs::path shipped = fs::path(MIURA_TEST_DATA) / "readers", shared = fs::path(MIURA_SHARED) / "data";

struct Expected {
  std::string path, genome, layer;
  std::int64_t cells, features, total, weighted;
};

std::vector<Expected> expected_of(const std::string& table) {
  input::DelimitedText text({shipped / table});
  std::vector<Expected> rows;
  text.next();
  const auto word = [](std::string_view field) { return field == "-" ? std::string() : std::string(field); };
  while (const auto fields = text.next()) {
    const auto& f = *fields;
    const auto number = [&](std::size_t i) { return static_cast<std::int64_t>(*input::parse_number(f[i])); };
    rows.push_back({std::string(f[0]), word(f[1]), word(f[2]), number(3), number(4), number(5), number(6)});
  }
  return rows;
}

/// cells, features, sum of counts, and the sum weighted by the places of cell and feature, as expected.py takes them.
std::array<std::int64_t, 4> sums_of(const input::CellsRead& read) {
  std::array<std::int64_t, 2> sums{};
  for (const auto& block : read.lots)
    for (std::int64_t i = 0; i < block.n_cells(); ++i)
      block.counts.for_each(i, [&](std::int32_t gene, std::uint32_t count) {
        sums[0] += count;
        sums[1] += count * (1 + i % 97) * (1 + gene % 89);
      });
  parallel::sum_over_ranks(MPI_COMM_WORLD, sums);
  return {read.report[0].cells_read, read.features.size(), sums[0], sums[1]};
}

void expect_as_read_by_scanpy(const fs::path& root, const std::string& table) {
  for (const auto& e : expected_of(table)) {
    SCOPED_TRACE(e.path + " " + e.layer);
    const auto read =
        input::read_cells(MPI_COMM_WORLD, {test::lot_at("L", root / e.path)}, {.layer = e.layer, .genome = e.genome});
    EXPECT_EQ(sums_of(read), (std::array<std::int64_t, 4>{e.cells, e.features, e.total, e.weighted}));
  }
}

TEST(PublishedFiles, AreReadAsByScanpyAndAnndata) { expect_as_read_by_scanpy(shipped, "expected.tsv"); }

TEST(PublishedFiles, LargerOnesToo) {
  if (!fs::exists(shared / "reader_fixtures")) GTEST_SKIP() << "no shared data beside this checkout";
  expect_as_read_by_scanpy(shared, "expected_shared.tsv");
}

TEST(PublishedFiles, SymbolsBeforeEnsemblIdsAreNoGenomes) {
  const test::SharedFolder folder;
  std::string features;
  for (int g = 0; g < 10; ++g) features += "GENE" + std::to_string(g) + "_ENSG0000000000" + std::to_string(g) + "\n";
  folder.write("features.tsv", features);
  folder.write("barcodes.tsv", "A\nB\n");
  folder.write("matrix.mtx", "%%MatrixMarket matrix coordinate integer general\n10 2 2\n1 1 3\n10 2 4\n");
  const auto read = input::read_cells(MPI_COMM_WORLD, {test::lot_at("L", folder.path())}, {});
  EXPECT_EQ(read.features.size(), 10);
  EXPECT_EQ(read.features.id[1], "GENE1_ENSG00000000001");
}

TEST(PublishedFiles, CellRangerFoldersAreFoundFromAbove) {
  const auto runs = shipped / "cellranger_layouts";
  for (const auto& [path, total] : std::map<std::string, std::int64_t>{{"cellranger_v2/pbmc/outs", 525},
                                                                       {"cellranger_v2/pbmc", 525},
                                                                       {"cellranger_v3/pbmc/outs", 886},
                                                                       {"cellranger_v3/pbmc", 886}})
    EXPECT_EQ(sums_of(input::read_cells(MPI_COMM_WORLD, {test::lot_at("L", runs / path)}, {}))[2], total) << path;
}

TEST(PublishedFiles, CategoriesOfAPooledFileMakeLots) {
  // v0.7.0: LZF, categories under __categories
  auto one = test::lot_at("one", shipped / "anndata/v0.7.0.h5ad"), all = one;
  all.id = "all";
  one.obs_column = "uint8";
  const auto whole = input::read_cells(MPI_COMM_WORLD, {all}, {});
  EXPECT_EQ(whole.report[0].cells_read, 30);
  one.obs_value = "no such value";
  test::expect_refusal([&] { input::read_cells(MPI_COMM_WORLD, {one}, {}); }, ExitCode::bad_input,
                       {"v0.7.0.h5ad: no cell has 'no such value' in obs column 'uint8' (lot one)"});
}

TEST(PublishedFiles, OfWhatIsNoCountsAreRefused) {
  const auto refuses = [](const fs::path& path, const std::vector<std::string>& why,
                          const input::CellsOptions& options = {}) {
    test::expect_refusal([&] { input::read_cells(MPI_COMM_WORLD, {test::lot_at("L7", path)}, options); },
                         ExitCode::bad_input, why);
  };
  refuses(shipped / "bpcells/mini_mat_int_64_neg.anndata-v0.12.6.h5ad",
          {"-83 for gene 0 in cell 0 is negative", "(lot L7)"});
  refuses(shipped / "anndata/v0.11.4.h5ad", {"holds no X", "(lot L7)"});
  refuses(shipped / "scanpy/10x_data/1.2.0/multiple_genomes.h5",
          {"several genomes (another_genome, hg19_chr21)", "(lot L7)"});
  refuses(shipped / "scanpy/10x_data/1.2.0/multiple_genomes.h5", {"no genome 'mm10'"}, {.genome = "mm10"});
  refuses(shipped / "bpcells/mini_mat.anndata-v0.7.h5ad",
          {"no layer 'counts' (input.layer); its layers: dense, transpose"}, {.layer = "counts"});
  refuses(shipped / "seurat/cr3.0", {"no features of type 'Peaks', but Antibody Capture, Gene Expression"},
          {.feature_type = "Peaks"});
  if (!fs::exists(shared / "reader_fixtures")) return;
  refuses(shared / "reader_fixtures/scfates/test.h5ad",
          {"for gene ", "in cell ", "is fractional", "normalised", "(lot L7)"});
  refuses(shared / "reader_fixtures/cellxgene/nan.h5ad", {"for gene TNFRSF4 in cell AAACATACAACCAC-1 is negative"});
  refuses(shared / "reader_fixtures/mudata/v0.4.1/mdata_axis0.h5mu", {"modalities mod1, mod2"});
}

TEST(PublishedFiles, RealPooledStudyEqualsItsLots) {
  if (!fs::exists(shared / "kang_dev")) GTEST_SKIP() << "no shared data beside this checkout";
  matrix::Lots pooled, folders;
  for (const char* id : {"ctrl_d101", "ctrl_d1015", "stim_d101"}) {
    pooled.push_back(test::lot_at(id, shared / "kang_dev/kang_dev.h5ad"));
    pooled.back().obs_column = "lot";
    pooled.back().obs_value = id;
    folders.push_back(test::lot_at(id, shared / "kang_dev/mtx_by_lot" / id));
  }
  const auto a = input::read_cells(MPI_COMM_WORLD, pooled, {}), b = input::read_cells(MPI_COMM_WORLD, folders, {});
  EXPECT_EQ(a.features.id, b.features.id);
  for (std::size_t l = 0; l < 3; ++l) EXPECT_EQ(a.report[l].cells_read, b.report[l].cells_read);
  EXPECT_EQ(sums_of(a)[2], sums_of(b)[2]);
}

}  // namespace
