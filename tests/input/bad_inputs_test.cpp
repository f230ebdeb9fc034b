// Files that cannot be used, made here one by one: each gives one line that says where and why, on every rank.
#include <gtest/gtest.h>

#include <limits>

#include "input/study_files.hpp"
#include "miura/input/cells.hpp"
#include "support/hdf5_files.hpp"

namespace {

using namespace miura;
using test::Planted;

/// Three cells of three genes.
Planted small_lot() {
  return {{"AA-1", "CC-1", "GG-1"},
          {"ENSG00000000001", "ENSG00000000002", "ENSG00000000003"},
          {"TP53", "MT-CO1", "ACTB"},
          {1, 0, 2, 0, 3, 0, 4, 5, 6}};
}

class BadInputs : public testing::Test {
protected:
  /// A good lot is read before and after the bad one, so that some ranks have nothing to complain of.
  void refuses(const matrix::Lot& bad, ExitCode code, const std::vector<std::string>& why,
               const input::CellsOptions& options = {}) {
    const matrix::Lots lots{good("A"), bad, good("Z")};
    test::expect_refusal([&] { input::read_cells(MPI_COMM_WORLD, lots, options); }, code, why);
  }
  void refuses(const matrix::Lot& bad, const std::vector<std::string>& why) { refuses(bad, ExitCode::bad_input, why); }

  matrix::Lot good(const std::string& id) { return folder_of(id, small_lot()); }
  matrix::Lot folder_of(const std::string& id, const Planted& p) {
    folder.write(id + "/features.tsv", features_text(p));
    folder.write(id + "/barcodes.tsv", barcodes_text(p));
    folder.write(id + "/matrix.mtx", mtx_text(p));
    return test::lot_at(id, folder.path() / id);
  }
  /// A lot whose matrix.mtx has these lines below its banner.
  matrix::Lot with_matrix(const std::string& lines) {
    auto lot = good("M");
    folder.write("M/matrix.mtx", "%%MatrixMarket matrix coordinate real general\n" + lines);
    return lot;
  }
  matrix::Lot h5ad(const Planted& p, const std::string& encoding) {
    const auto path = folder.path() / "M.h5ad";
    if (folder.writes()) write_h5ad(path, p, encoding);
    MPI_Barrier(MPI_COMM_WORLD);
    return test::lot_at("M", path);
  }
  /// The lot that `write` puts into a file.
  template <class Write>
  matrix::Lot h5(Write&& write) {
    const auto path = folder.path() / "M.h5";
    if (folder.writes()) write(test::Hdf5File(path));
    MPI_Barrier(MPI_COMM_WORLD);
    return test::lot_at("M", path);
  }
  test::SharedFolder folder;
};

TEST_F(BadInputs, FilesThatAreNotThere) {
  refuses(test::lot_at("M", folder.path() / "gone"), ExitCode::no_input, {"gone: not found (lot M)"});
  folder.write("empty/readme.txt", "x");
  refuses(test::lot_at("M", folder.path() / "empty"), ExitCode::no_input,
          {"empty: is a folder without matrix.mtx(.gz)"});
  folder.write("part/matrix.mtx", "x");
  refuses(test::lot_at("M", folder.path() / "part"), ExitCode::no_input,
          {"part/features.tsv.gz: not found", "(lot M)"});
  folder.write("part/features.tsv", "x");
  refuses(test::lot_at("M", folder.path() / "part"), ExitCode::no_input, {"part/barcodes.tsv.gz: not found"});
  refuses(test::lot_at("M", folder.write("counts.loom", "x")), {"counts.loom: its format is not recognised"});
  refuses(test::lot_at("M", folder.write("counts.h5", "not HDF5")), {"counts.h5: is not an HDF5 file"});
}

TEST_F(BadInputs, MatricesThatAreDamaged) {
  refuses(with_matrix("3 3 2\n1 1 1\n"),
          {"M/matrix.mtx: holds 1 entries, its header promises 2: the file is cut off (lot M)"});
  refuses(with_matrix("3 3 1\n1 1 1\n2 2 2\n"), {"holds 2 entries, its header promises 1 (lot M)"});
  refuses(with_matrix("3 3 2\n1 1 1\n4 1 1\n"), {"M/matrix.mtx:4: feature 4 is outside 1 to 3 (lot M)"});
  refuses(with_matrix("3 3 2\n1 1 1\n1 0 1\n"), {"M/matrix.mtx:4: cell 0 is outside 1 to 3 (lot M)"});
  refuses(with_matrix("3 3 2\n1 1 1\n2 2\n"), {"M/matrix.mtx:4: is not 'feature cell count'"});
  refuses(with_matrix("3 3 2\n1 1 x\n2 2 1\n"), {"M/matrix.mtx:3: is not 'feature cell count'"});
  refuses(with_matrix("3 3 2\n1 1 1\n1 1 2\n"), {"gene TP53 is given twice for cell AA-1 (lot M)"});
  refuses(with_matrix("3 3\n"), {"the number of entries is missing"});
  refuses(with_matrix("3 2 1\n1 1 1\n"), {"M/matrix.mtx: is 3 x 2, but there are 3 features and 3 barcodes (lot M)"});
  folder.write("M/matrix.mtx", "1 1 1\n");
  refuses(test::lot_at("M", folder.path() / "M"), {"M/matrix.mtx: is not a Matrix Market file (lot M)"});
  folder.write("M/matrix.mtx", "%%MatrixMarket matrix array real general\n3 3\n");
  refuses(test::lot_at("M", folder.path() / "M"), {"M/matrix.mtx:1: is not a 'matrix coordinate"});
  auto turned = small_lot();
  turned.barcode.pop_back();
  turned.value.resize(6);
  auto lot = folder_of("M", turned);
  folder.write("M/matrix.mtx", "%%MatrixMarket matrix coordinate integer general\n2 3 0\n");
  refuses(lot, {"it is turned over, features must be the rows (lot M)"});
}

TEST_F(BadInputs, GzipThatIsCutOff) {
  const auto lot = good("M");
  const auto packed = test::SharedFolder::gzip(mtx_text(small_lot()));
  if (folder.writes()) {
    std::filesystem::remove(folder.path() / "M/matrix.mtx");
    std::ofstream(folder.path() / "M/matrix.mtx.gz", std::ios::binary) << packed.substr(0, packed.size() - 9);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  refuses(lot, {"M/matrix.mtx.gz: the gzip data is damaged or cut off (lot M)"});
}

TEST_F(BadInputs, ValuesThatAreNoCounts) {
  refuses(with_matrix("3 3 2\n1 1 3.0\n2 3 -1\n"),
          {"M/matrix.mtx:4: -1 for gene MT-CO1 in cell GG-1 is negative", "(lot M)"});
  refuses(with_matrix("3 3 2\n1 1 1e2\n3 2 1.25\n"),
          {"M/matrix.mtx:4: 1.25 for gene ACTB in cell CC-1 is fractional", "normalised"});
  refuses(with_matrix("3 3 1\n1 1 nan\n"), {"M/matrix.mtx:3: nan for gene TP53 in cell AA-1 is not a count"});
  refuses(with_matrix("3 3 1\n1 1 4294967296\n"), {":3: 4294967296 for gene TP53 in cell AA-1 is too large"});
  for (const char* encoding : {"csr_matrix", "csc_matrix", "array"}) {
    SCOPED_TRACE(encoding);
    auto lot = small_lot();
    lot.value[8] = 0.5;
    refuses(h5ad(lot, encoding), {"M.h5ad: 0.5 for gene ACTB in cell GG-1 is fractional", "(lot M)"});
    lot.value[8] = -2;
    refuses(h5ad(lot, encoding), {"-2 for gene ACTB in cell GG-1 is negative"});
    lot.value[8] = std::numeric_limits<double>::quiet_NaN();
    refuses(h5ad(lot, encoding), {"nan for gene ACTB in cell GG-1 is not a count"});
  }
}

TEST_F(BadInputs, NamesThatOccurTwiceOrNotAtAll) {
  auto lot = small_lot();
  lot.barcode[2] = "AA-1";
  refuses(folder_of("M", lot), {"M/barcodes.tsv: cell 'AA-1' is there twice (lot M)"});
  refuses(h5ad(lot, "csr_matrix"), {"M.h5ad: cell 'AA-1' is there twice (lot M)"});
  lot.barcode[2] = "";
  refuses(h5ad(lot, "array"), {"M.h5ad: a cell has no name (lot M)"});
}

TEST_F(BadInputs, FeaturesThatShareNothing) {
  auto mouse = small_lot();
  for (auto& id : mouse.gene_id) id = "ENSMUSG" + id.substr(4);
  refuses(folder_of("M", mouse),
          {"features (ENSMUSG00000000001 ...) share nothing with those of lot A (ENSG00000000001 ...) (lot M)"});
  const matrix::Lots chain{folder_of("p", {{"c"}, {"g1", "g2"}, {"g1", "g2"}, {1, 1}}),
                           folder_of("q", {{"c"}, {"g2", "g3"}, {"g2", "g3"}, {1, 1}}),
                           folder_of("r", {{"c"}, {"g3", "g1"}, {"g3", "g1"}, {1, 1}})};
  test::expect_refusal([&] { input::read_cells(MPI_COMM_WORLD, chain, {}); }, ExitCode::bad_input,
                       {"no feature", "join = outer"});
  EXPECT_EQ(input::read_cells(MPI_COMM_WORLD, chain, {.join = "outer"}).features.size(), 3);
  test::expect_refusal([&] { input::read_cells(MPI_COMM_WORLD, chain, {.join = "left"}); }, ExitCode::usage,
                       {"'left'"});
}

TEST_F(BadInputs, TablesWithHolesOrText) {
  const auto table = [&](const std::string& text) { return test::lot_at("M", folder.write("M.csv", text)); };
  const auto refuses_table = [&](const std::string& text, const std::vector<std::string>& why) {
    const matrix::Lots lots{test::lot_at("A", folder.write("A.csv", "cell,area\nx,1\n")), table(text)};
    test::expect_refusal([&] { input::read_cells(MPI_COMM_WORLD, lots, {}); }, ExitCode::bad_input, why);
  };
  refuses_table("cell,area\nx,1\ny,\n", {"M.csv:3: column area: has no value: every cell needs one (lot M)"});
  refuses_table("cell,area\nx,big\n", {"M.csv:2: column area: 'big' is not a number (lot M)"});
  refuses_table("cell,area\nx,inf\n", {"M.csv:2: column area: 'inf' is not a finite number (lot M)"});
  refuses_table("cell,area,area\nx,1,2\n", {"M.csv:1: column area: the header has this name twice (lot M)"});
  refuses_table("cell,area\nx,1,2\n", {"M.csv:2: has 3 fields, the header has 2 (lot M)"});
  refuses_table("cell,area\nx,1\nx,2\n", {"M.csv: cell 'x' is there twice (lot M)"});
  refuses_table("cell\nx\n", {"a table needs a header"});
  refuses_table("cell,size\nx,1\n", {"share nothing with those of lot A (area ...) (lot M)"});
  refuses(table("cell,area\nx,1\n"), {"M.csv: is a table, lot A is not: a study is one or the other (lot M)"});
}

TEST_F(BadInputs, SparsePartsThatDoNotFit) {
  using Numbers = std::vector<std::int64_t>;
  const auto refuses_parts = [&](const Numbers& indptr, const Numbers& indices, const std::string& why) {
    const auto lot = h5([&](const test::Hdf5File& file) {
      file.array("matrix/indptr", indptr);
      file.array("matrix/indices", indices);
      file.array("matrix/data", std::vector<std::int32_t>{1, 2});
      file.array("matrix/shape", std::vector<std::int32_t>{3, 2});
      file.texts("matrix/barcodes", {"AA-1", "CC-1"});
      file.texts("matrix/features/id", small_lot().gene_id);
      file.texts("matrix/features/name", small_lot().symbol);
      file.texts("matrix/features/feature_type", std::vector<std::string>(3, "Gene Expression"));
      file.texts("matrix/features/genome", std::vector<std::string>(3, "GRCh38"));
    });
    refuses(lot, {"M.h5: ", why});
  };
  refuses_parts({0, 1}, {0, 1}, "'matrix': indptr has 2 entries, not 3");
  refuses_parts({0, 3, 2}, {0, 1}, "'matrix': indptr does not ascend from 0");
  refuses_parts({0, 1, 3}, {0, 1}, "'matrix': indptr promises 3 entries, there are 2");
  refuses_parts({0, 1, 2}, {0, 3}, "'matrix': index 3 is outside 0 to 2");
  refuses_parts({0, 1, 2}, {0, -1}, "'matrix': index -1 is outside 0 to 2");
  refuses_parts({0, 1, 2}, {0, std::int64_t{1} << 40}, "'matrix': index 1099511627776 is outside 0 to 2");
  refuses_parts({0, 2, 2}, {1, 1}, "gene MT-CO1 is given twice for cell AA-1");
}

TEST_F(BadInputs, Hdf5FilesThatLackParts) {
  refuses(h5([](const test::Hdf5File& file) { file.array("something", std::vector<double>{1}); }),
          {"M.h5: is neither a Cell Ranger nor an AnnData file (lot M)"});
  const auto without = [&](const char* part) {
    const auto lot = h5ad(small_lot(), "csr_matrix");
    if (folder.writes()) {
      const hdf5::File file(H5Fopen(lot.path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), "open");
      H5Ldelete(file.get(), part, H5P_DEFAULT);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    return lot;
  };
  refuses(without("X/indptr"), {"M.h5ad: holds no dataset 'X/indptr'"});
  refuses(without("var"), {"M.h5ad: holds no 'var'"});
  refuses(without("X"), {"M.h5ad: holds no X", "(lot M)"});
  auto pooled = h5ad(small_lot(), "csr_matrix");
  pooled.obs_column = "donr";
  pooled.obs_value = "1";
  refuses(pooled, {"M.h5ad: 'obs' has no column 'donr'"});
}

TEST_F(BadInputs, Hdf5FilesThatAreCutOff) {
  const auto lot = h5ad(small_lot(), "csr_matrix");
  if (folder.writes()) std::filesystem::resize_file(lot.path, std::filesystem::file_size(lot.path) / 2);
  MPI_Barrier(MPI_COMM_WORLD);
  refuses(lot, {"M.h5ad: is not an HDF5 file, or is damaged or cut off"});
}

}  // namespace
