#include "miura/qc/metrics.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace {

using namespace miura;

TEST(MitochondrialGenes, AreKnownBySymbolOrEnsemblId) {
  const matrix::Features genes{
      .id = {"ENSG00000198888", "ENSG00000198727.2", "g3", "mt-Nd1", "ENSG00000125144", "MTOR", "ENSG00000198889"},
      .symbol = {"", "CYTB", "MT-CO1", "mt-Nd1", "MT1G", "MTOR", "mT-X"}};
  EXPECT_EQ(qc::mitochondrial_genes(genes), (std::vector<std::uint8_t>{1, 1, 1, 1, 0, 0, 0}));
}

TEST(CellMetrics, CountWhatIsThere) {
  matrix::CellBlock cells;
  cells.lot = {0, 0, 0};
  cells.barcode = {"a", "b", "c"};
  cells.counts.push(0, 3);
  cells.counts.push(2, 100'000);  // beyond 16 bits
  cells.counts.push(3, 97);
  cells.counts.end_row();
  cells.counts.end_row();  // no counts at all
  cells.counts.push(2, 1);
  cells.counts.end_row();
  const auto metrics = qc::cell_metrics(cells, std::vector<std::uint8_t>{1, 0, 0, 1});
  EXPECT_EQ(metrics.n_counts, (std::vector<std::int64_t>{100'100, 0, 1}));
  EXPECT_EQ(metrics.n_genes, (std::vector<std::int32_t>{3, 0, 1}));
  EXPECT_DOUBLE_EQ(metrics.pct_mito[0], 100.0 * 100 / 100'100);
  EXPECT_EQ(metrics.pct_mito[1], 0.0);
  EXPECT_EQ(metrics.pct_mito[2], 0.0);
}

TEST(CellMetrics, AreEmptyForATable) {
  const matrix::CellBlock cells{.lot = {0}, .barcode = {"a"}, .counts = {}, .table = {1.0, 2.0}};
  EXPECT_TRUE(qc::cell_metrics(cells, std::vector<std::uint8_t>{0, 0}).n_counts.empty());
}

}  // namespace
