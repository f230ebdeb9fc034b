#include "miura/input/cells.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "input/study_files.hpp"
#include "miura/input/delimited.hpp"
#include "miura/input/sample_sheet.hpp"
#include "support/hdf5_files.hpp"

namespace {

using namespace miura;
using test::Planted;

constexpr int n_genes = 40;

std::string gene_id(int gene) { return "ENSG00000" + std::to_string(100'000 + gene); }
/// Genes 7 and 8 have one symbol, as some do.
std::string symbol_of(int gene) { return gene == 8 ? "G107" : "G" + std::to_string(100 + gene); }

double planted_count(int lot, int cell, int gene) {
  const auto h = static_cast<std::uint32_t>((lot + 3) * 7919 + cell * 104729 + gene * 1299709) * 2654435761U >> 8;
  if (h % 3 != 0) return 0;
  return h % 33 == 0 ? 65'535 + h % 100'000 : 1 + h % 9;  // some beyond 16 bits
}

/// The cells and genes of a lot in the orders given.
Planted planted(int lot, const std::vector<int>& cells, const std::vector<int>& genes) {
  Planted p;
  for (const auto gene : genes) {
    p.gene_id.push_back(gene_id(gene) + (lot % 2 ? ".3" : ""));  // with and without version
    p.symbol.push_back(symbol_of(gene));
  }
  for (const auto cell : cells) {
    p.barcode.push_back("AC" + std::to_string(100 + cell) + "-1");
    for (const auto gene : genes) p.value.push_back(planted_count(lot, cell, gene));
  }
  return p;
}

std::vector<int> up_to(int n) {
  std::vector<int> numbers(n);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

/// All numbers once, far from their order.
std::vector<int> shuffled(int n, int step) {
  std::vector<int> numbers(n);
  for (int i = 0; i < n; ++i) numbers[i] = (i * step + 5) % n;
  return numbers;
}

/// Every cell as text: its lot, barcode and counts by name of feature, in the order of all ranks; and the features.
std::vector<std::string> described(input::CellsRead read, int n_lots) {
  const auto names = read.features;
  const auto all = matrix::distribute(MPI_COMM_WORLD, std::move(read.lots), n_lots, names.size());
  std::vector<std::string> mine;
  for (std::int64_t i = 0; i < all.mine.n_cells(); ++i) {
    std::string cell = std::to_string(all.mine.lot[i]) + ' ' + all.mine.barcode[i];
    if (all.mine.counts.n_rows() > 0)
      all.mine.counts.for_each(
          i, [&](std::int32_t g, std::uint32_t n) { cell += ' ' + names.id[g] + ':' + std::to_string(n); });
    for (std::int32_t f = 0; f < names.size() && !all.mine.table.empty(); ++f)
      cell += ' ' + names.id[f] + '=' + std::to_string(all.mine.table[i * names.size() + f]);
    mine.push_back(cell);
  }
  auto texts = parallel::gather_everywhere(MPI_COMM_WORLD, mine);
  for (std::int32_t g = 0; g < names.size(); ++g) texts.push_back(names.id[g] + '/' + names.symbol[g]);
  return texts;
}

std::vector<std::string> expected_cells(const std::vector<int>& cells_of_lot, const std::vector<int>& genes) {
  std::vector<std::string> texts;
  for (int lot = 0; lot < std::ssize(cells_of_lot); ++lot)
    for (int cell = 0; cell < cells_of_lot[lot]; ++cell) {
      texts.push_back(std::to_string(lot) + " AC" + std::to_string(100 + cell) + "-1");
      for (const auto gene : genes)
        if (const auto n = planted_count(lot, cell, gene); n > 0)
          texts.back() += ' ' + gene_id(gene) + ':' + std::to_string(static_cast<std::int64_t>(n));
    }
  for (const auto gene : genes) texts.push_back(gene_id(gene) + '/' + (gene == 8 ? "G107-1" : symbol_of(gene)));
  return texts;
}

class Cells : public testing::Test {
protected:
  matrix::Lot mtx(const std::string& id, const Planted& p, bool by_gene = false, const std::string& gz = ".gz") {
    folder.write(id + "/features.tsv" + gz, features_text(p));
    folder.write(id + "/barcodes.tsv" + gz, barcodes_text(p));
    folder.write(id + "/matrix.mtx" + gz, mtx_text(p, by_gene));
    return test::lot_at(id, folder.path() / id);
  }
  matrix::Lot h5ad(const std::string& id, const Planted& p, const std::string& encoding) {
    const auto path = folder.path() / (id + ".h5ad");
    if (folder.writes()) write_h5ad(path, p, encoding);
    MPI_Barrier(MPI_COMM_WORLD);
    return test::lot_at(id, path);
  }
  matrix::Lot h5(const std::string& id, const Planted& p) {
    const auto path = folder.path() / (id + ".h5");
    if (folder.writes()) write_cell_ranger_h5(path, p);
    MPI_Barrier(MPI_COMM_WORLD);
    return test::lot_at(id, path);
  }
  static input::CellsRead read(const matrix::Lots& lots, const input::CellsOptions& options = {}) {
    return input::read_cells(MPI_COMM_WORLD, lots, options);
  }
  test::SharedFolder folder;
};

TEST_F(Cells, AreTheSameFromEveryFormatAndEncoding) {
  const std::vector<int> size{13, 9, 1, 20, 6, 11};
  const auto genes = up_to(n_genes), other_order = shuffled(n_genes, 7);
  const matrix::Lots lots{mtx("a", planted(0, up_to(13), genes)),
                          h5("b", planted(1, up_to(9), genes)),
                          h5ad("c", planted(2, up_to(1), other_order), "csr_matrix"),
                          h5ad("d", planted(3, up_to(20), other_order), "csc_matrix"),
                          h5ad("e", planted(4, up_to(6), genes), "array"),
                          mtx("f", planted(5, up_to(11), other_order), true, "")};
  auto cells = read(lots);
  ASSERT_EQ(cells.report.size(), 6U);
  for (int l = 0; l < 6; ++l) {
    EXPECT_EQ(cells.report[l].cells_read, size[l]);
    EXPECT_EQ(cells.report[l].features_in_file, n_genes);
    EXPECT_EQ(cells.report[l].features_dropped, 0);
  }
  EXPECT_EQ(described(std::move(cells), 6), expected_cells(size, genes));
}

TEST_F(Cells, DoNotDependOnTheOrderInFilesOrSheet) {
  const auto genes = up_to(n_genes);
  const matrix::Lots in_order{mtx("a", planted(0, up_to(12), genes)), h5("b", planted(1, up_to(10), genes)),
                              h5ad("c", planted(2, up_to(8), genes), "csc_matrix"),
                              h5ad("d", planted(3, up_to(9), genes), "array")};
  const auto expected = described(read(in_order), 4);
  EXPECT_EQ(expected, expected_cells({12, 10, 8, 9}, genes));

  mtx("a", planted(0, shuffled(12, 5), genes));
  h5("b", planted(1, shuffled(10, 3), genes));
  h5ad("c", planted(2, shuffled(8, 3), genes), "csc_matrix");
  h5ad("d", planted(3, shuffled(9, 4), genes), "array");
  const auto sheet = folder.write("s.csv", "path,lot\nd.h5ad,d\nb.h5,b\na,a\nc.h5ad,c\n");
  EXPECT_EQ(described(read(input::read_sample_sheet(sheet)), 4), expected);
}

TEST_F(Cells, KeepGenesOfAllLotsAndSayWhatWasDropped) {
  const auto lots =
      matrix::Lots{h5("a", planted(0, up_to(4), up_to(30))), mtx("b", planted(1, up_to(5), {39, 20, 10, 2, 35}))};
  auto inner = read(lots);
  EXPECT_EQ(inner.report[0].features_dropped, 27);
  EXPECT_EQ(inner.report[1].features_dropped, 2);
  EXPECT_EQ(described(std::move(inner), 2), expected_cells({4, 5}, {2, 10, 20}));  // in the order of lot a

  const auto outer = read(lots, {.join = "outer"});
  EXPECT_EQ(outer.features.size(), 32);
  EXPECT_EQ(outer.features.id[30], gene_id(39));
  EXPECT_EQ(outer.report[1].features_dropped, 0);
}

TEST_F(Cells, OfALotWithSymbolsOnlyJoinBySymbol) {
  auto by_symbol = planted(1, up_to(7), up_to(n_genes));  // genes 7 and 8 share a symbol: told apart by their order
  by_symbol.gene_id = by_symbol.symbol;
  const matrix::Lots lots{mtx("a", planted(0, up_to(3), up_to(n_genes))), mtx("b", by_symbol)};
  EXPECT_EQ(described(read(lots), 2), expected_cells({3, 7}, up_to(n_genes)));
  const matrix::Lots turned{mtx("a2", by_symbol), mtx("b2", planted(0, up_to(3), up_to(n_genes)))};
  EXPECT_EQ(read(turned).features.id, read(lots).features.id);  // the ids lead, wherever they stand
}

TEST_F(Cells, OfAPooledFileGoToTheirLots) {
  for (const char* encoding : {"csr_matrix", "csc_matrix", "array"}) {
    SCOPED_TRACE(encoding);
    Planted pool = planted(0, up_to(10), up_to(n_genes));
    const auto second = planted(1, up_to(6), up_to(n_genes));
    pool.obs_value.assign(10, "first");
    for (std::size_t cell = 0; cell < 6; ++cell) {  // between the others, so that both are scattered
      const auto at = static_cast<std::ptrdiff_t>(2 * cell);
      pool.barcode.insert(pool.barcode.begin() + at, second.barcode[cell]);
      pool.obs_value.insert(pool.obs_value.begin() + at, "second");
      pool.value.insert(pool.value.begin() + at * n_genes,
                        second.value.begin() + static_cast<std::ptrdiff_t>(cell) * n_genes,
                        second.value.begin() + static_cast<std::ptrdiff_t>(cell + 1) * n_genes);
    }
    auto first_lot = h5ad("pool", pool, encoding), second_lot = first_lot;
    first_lot.id = "a";
    second_lot.id = "c";
    first_lot.obs_column = second_lot.obs_column = "sample";
    first_lot.obs_value = "first";
    second_lot.obs_value = "second";
    const matrix::Lots lots{first_lot, second_lot, mtx("d", planted(2, up_to(4), up_to(n_genes)))};
    EXPECT_EQ(described(read(lots), 3), expected_cells({10, 6, 4}, up_to(n_genes)));
    EXPECT_EQ(described(read({second_lot}), 1).size(), 6U + n_genes);  // the other lot's cells are left alone
  }
}

TEST_F(Cells, OfTablesAreJoinedByColumnName) {
  const matrix::Lots lots{
      test::lot_at("a", folder.write("a.csv", "cell,area,texture,round\nc2,2.5,-1,0.25\nc10,1e2,0,0.5\n")),
      test::lot_at("b", folder.write("b.tsv.gz", "cell\tround\tarea\nx\t0.75\t3\n"))};
  auto cells = read(lots);
  EXPECT_TRUE(cells.is_table);
  EXPECT_EQ(described(std::move(cells), 2),
            (std::vector<std::string>{"0 c10 area=100.000000 round=0.500000", "0 c2 area=2.500000 round=0.250000",
                                      "1 x area=3.000000 round=0.750000", "area/area", "round/round"}));
}

TEST_F(Cells, AreReadFromFilesThatAreToldBeforehand) {
  const auto names = [&](const matrix::Lot& lot) {
    std::vector<std::string> found;
    for (const auto& file : input::count_files(lot, {}))
      found.push_back(file.lexically_relative(folder.path()).string());
    return found;
  };
  for (const auto* file :
       {"a/matrix.mtx.gz", "a/features.tsv.gz", "a/barcodes.tsv.gz", "a/notes.tsv", "GSM1_matrix.mtx", "GSM1_genes.tsv",
        "GSM1_barcodes.tsv", "run/outs/filtered_feature_bc_matrix.h5", "run/outs/raw_feature_bc_matrix.h5", "b.csv"})
    folder.write(file, "x");
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(test::lot_at("a", folder.path() / "a")),
            (Names{"a/matrix.mtx.gz", "a/features.tsv.gz", "a/barcodes.tsv.gz"}));
  EXPECT_EQ(names(test::lot_at("g", folder.path() / "GSM1_matrix.mtx")),
            (Names{"GSM1_matrix.mtx", "GSM1_genes.tsv", "GSM1_barcodes.tsv"}));
  EXPECT_EQ(names(test::lot_at("r", folder.path() / "run")), (Names{"run/outs/filtered_feature_bc_matrix.h5"}));
  EXPECT_EQ(names(test::lot_at("b", folder.path() / "b.csv")), (Names{"b.csv"}));
}

TEST_F(Cells, MayBeNone) {
  const matrix::Lots lots{mtx("a", planted(0, {}, up_to(n_genes))), h5("b", planted(1, up_to(2), up_to(n_genes)))};
  EXPECT_EQ(described(read(lots), 2), expected_cells({0, 2}, up_to(n_genes)));
  EXPECT_TRUE(read({}).features.id.empty());
}

TEST_F(Cells, TakeRawWhereXIsNormalised) {
  const auto raw = planted(0, up_to(5), up_to(n_genes));
  auto scaled = planted(0, up_to(5), {1, 2, 3});
  for (auto& value : scaled.value) value -= 0.5;
  const auto path = folder.path() / "scaled.h5ad";
  if (folder.writes()) {
    write_h5ad(path, scaled, "array");
    const hdf5::File file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), "open");
    const auto whole = folder.path() / "whole.h5ad";
    write_h5ad(whole, raw, "csr_matrix");
    const hdf5::File from(H5Fopen(whole.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), "open");
    const hdf5::Group made(H5Gcreate2(file.get(), "raw", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), "make raw");
    for (const char* name : {"X", "var"}) H5Ocopy(from.get(), name, made.get(), name, H5P_DEFAULT, H5P_DEFAULT);
  }
  MPI_Barrier(MPI_COMM_WORLD);
  auto cells = read({test::lot_at("a", path)});
  EXPECT_TRUE(cells.report[0].from_raw);
  EXPECT_EQ(described(std::move(cells), 1), expected_cells({5}, up_to(n_genes)));
}

TEST_F(Cells, OfThePlantedStudyAreReadAsByScanpy) {
  const auto study = std::filesystem::path(MIURA_SHARED) / "study/small";
  if (!std::filesystem::exists(study)) GTEST_SKIP() << "no shared data beside this checkout";
  const auto lots = input::read_sample_sheet(study / "samples.csv");
  const auto cells = read(lots);
  std::vector<std::int64_t> totals(lots.size());
  for (const auto& block : cells.lots)
    for (std::int64_t i = 0; i < block.n_cells(); ++i)
      block.counts.for_each(
          i, [&](std::int32_t gene, std::uint32_t count) { totals[block.lot[i]] += count * (1 + gene % 89); });
  parallel::sum_over_ranks(MPI_COMM_WORLD, totals);

  input::DelimitedText expected({std::filesystem::path(MIURA_TEST_DATA) / "readers/expected_study.tsv"});
  expected.next();
  std::size_t l = 0;
  for (; const auto fields = expected.next(); ++l) {
    ASSERT_LT(l, lots.size());
    EXPECT_EQ(lots[l].id, (*fields)[0]);
    EXPECT_EQ(cells.report[l].cells_read, *input::parse_number((*fields)[1])) << lots[l].id;
    EXPECT_EQ(cells.features.size(), *input::parse_number((*fields)[2]));
    EXPECT_EQ(totals[l], *input::parse_number((*fields)[3])) << lots[l].id;
  }
  EXPECT_EQ(l, lots.size());
}

}  // namespace
