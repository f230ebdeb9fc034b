#include "miura/comparability/lot_vectors.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "comparability/simulated_lots.hpp"

namespace {

using namespace miura;
using comparability::LotVectors;
using comparability::mean_embeddings;
using comparability::sliced_quantiles;
using comparability::VectorOptions;

nlohmann::json golden(const char* name) {
  std::ifstream file(std::filesystem::path(MIURA_TEST_DATA) / "golden_comparability" / "golden.json");
  return nlohmann::json::parse(file).at(name);
}

double distance(const LotVectors& v, std::int32_t a, std::int32_t b) {
  double square = 0.0;
  for (std::int32_t k = 0; k < v.width; ++k) square += std::pow(v.of(a)[k] - v.of(b)[k], 2);
  return std::sqrt(square);
}

std::vector<std::uint64_t> bits(const LotVectors& v) {
  std::vector<std::uint64_t> all;
  for (const double x : v.value) all.push_back(std::bit_cast<std::uint64_t>(x));
  return all;
}

/// Normal cells in lots of 0, 1, 40, 300 and 61 cells; lot l lies at l on the first axis.
struct Drawn {
  static constexpr std::int32_t n_lots = 5, n_dims = 3;
  std::vector<float> value;
  std::vector<std::int32_t> lot;

  Drawn() {
    stats::NormalStream normal(3, stats::Purpose::simulate, 1);
    for (const auto& [l, n] : {std::pair{1, 1}, {2, 40}, {3, 300}, {4, 61}})
      for (int i = 0; i < n; ++i) {
        lot.push_back(l);
        for (int d = 0; d < n_dims; ++d) value.push_back(static_cast<float>(normal() + (d == 0 ? l : 0)));
      }
  }
};

TEST(CentredLogRatios, AreTheGoldenOnes) {
  const auto expected = golden("composition");
  const auto counts = expected.at("counts").get<std::vector<std::vector<std::int64_t>>>();
  matrix::Composition c{.n_lots = 5, .n_clusters = 4, .count = std::vector<std::int64_t>(20), .lot_size = {}};
  for (int l = 0; l < 5; ++l) {
    for (int k = 0; k < 4; ++k) c.count[k * 5 + l] = counts[l][k];
    c.lot_size.push_back(200);
  }
  const auto found = comparability::centred_log_ratios(c);
  for (int l = 0; l < 5; ++l) {
    for (int k = 0; k < 4; ++k) EXPECT_NEAR(found.of(l)[k], expected.at("clr")[l][k].get<double>(), 4e-12);
    for (int m = 0; m < 5; ++m)
      EXPECT_NEAR(distance(found, l, m), expected.at("aitchison_distance")[l][m].get<double>(), 3e-12);
  }
}

TEST(LotVectors, HaveTheSameBitsOnAnyNumberOfRanks) {
  const Drawn drawn;
  const std::vector<std::uint8_t> reference{1, 1, 1, 1, 0};
  const VectorOptions options{.bandwidth_cells = 120};
  const auto alone = comparability::test::share_out(MPI_COMM_SELF, drawn.value, drawn.lot, Drawn::n_dims);
  const double width = comparability::median_bandwidth(MPI_COMM_SELF, alone.cells, alone.lot, reference, options);
  const auto slices = sliced_quantiles(MPI_COMM_SELF, alone.cells, alone.lot, Drawn::n_lots, options);
  const auto means = mean_embeddings(MPI_COMM_SELF, alone.cells, alone.lot, Drawn::n_lots, width, options);
  for (const int without_cells : {0, 1, 2}) {
    const auto mine =
        comparability::test::share_out(MPI_COMM_WORLD, drawn.value, drawn.lot, Drawn::n_dims, without_cells);
    EXPECT_EQ(comparability::median_bandwidth(MPI_COMM_WORLD, mine.cells, mine.lot, reference, options), width);
    EXPECT_EQ(bits(sliced_quantiles(MPI_COMM_WORLD, mine.cells, mine.lot, Drawn::n_lots, options)), bits(slices));
    EXPECT_EQ(bits(mean_embeddings(MPI_COMM_WORLD, mine.cells, mine.lot, Drawn::n_lots, width, options)), bits(means));
  }
  EXPECT_FALSE(slices.known(0));
  EXPECT_FALSE(means.known(0));
  EXPECT_TRUE(slices.known(1));
  EXPECT_TRUE(means.known(1));
}

TEST(LotVectors, DoNotDependOnOtherLots) {
  const Drawn drawn;
  const std::vector<std::uint8_t> reference{0, 1, 1, 1, 0};
  const auto all = comparability::test::share_out(MPI_COMM_WORLD, drawn.value, drawn.lot, Drawn::n_dims);
  const std::vector<float> value(drawn.value.begin(), drawn.value.end() - 61 * Drawn::n_dims);
  const std::vector<std::int32_t> lot(drawn.lot.begin(), drawn.lot.end() - 61);
  const auto fewer = comparability::test::share_out(MPI_COMM_WORLD, value, lot, Drawn::n_dims);
  const double width = comparability::median_bandwidth(MPI_COMM_WORLD, all.cells, all.lot, reference, {});
  EXPECT_EQ(comparability::median_bandwidth(MPI_COMM_WORLD, fewer.cells, fewer.lot, reference, {}), width);
  const auto of_all = sliced_quantiles(MPI_COMM_WORLD, all.cells, all.lot, Drawn::n_lots, {});
  const auto of_fewer = sliced_quantiles(MPI_COMM_WORLD, fewer.cells, fewer.lot, Drawn::n_lots, {});
  for (std::int32_t k = 0; k < of_all.width; ++k) EXPECT_EQ(of_all.of(3)[k], of_fewer.of(3)[k]);
  EXPECT_FALSE(of_fewer.known(4));
}

TEST(SlicedQuantiles, AreTheGoldenDistanceOnOneAxis) {
  const auto cells = golden("cells");
  std::vector<float> value;
  std::vector<std::int32_t> lot;
  for (const auto& [name, l] : {std::pair{"A", 0}, {"B", 1}})
    for (const auto& cell : cells.at(name)) {
      value.push_back(cell[0].get<float>());
      lot.push_back(l);
    }
  const auto mine = comparability::test::share_out(MPI_COMM_WORLD, value, lot, 1);
  const auto found = sliced_quantiles(MPI_COMM_WORLD, mine.cells, mine.lot, 2, {});
  EXPECT_NEAR(distance(found, 0, 1), cells.at("w2_dim0").get<double>(), 1e-6);  // cells are held as float
}

TEST(SlicedQuantiles, MoveWithTheCells) {
  std::vector<float> value;
  std::vector<std::int32_t> lot;
  stats::NormalStream normal(3, stats::Purpose::simulate, 2);
  for (int i = 0; i < 200; ++i) value.push_back(static_cast<float>(normal())), lot.push_back(i / 100);
  for (int i = 0; i < 100; ++i) value[100 + i] = value[i] + 3.0F;
  const auto mine = comparability::test::share_out(MPI_COMM_WORLD, value, lot, 1);
  EXPECT_NEAR(distance(sliced_quantiles(MPI_COMM_WORLD, mine.cells, mine.lot, 2, {}), 0, 1), 3.0, 1e-6);
}

TEST(MeanEmbeddings, ApproachTheGoldenDiscrepancy) {
  const auto cells = golden("cells");
  std::vector<float> value;
  std::vector<std::int32_t> lot;
  for (const auto& [name, l] : {std::pair{"A", 0}, {"B", 1}})
    for (const auto& cell : cells.at(name)) {
      for (const auto& x : cell) value.push_back(x.get<float>());
      lot.push_back(l);
    }
  const auto mine = comparability::test::share_out(MPI_COMM_WORLD, value, lot, 2);
  const auto found = mean_embeddings(MPI_COMM_WORLD, mine.cells, mine.lot, 2, 1.0, {.features = 40'000});
  EXPECT_NEAR(distance(found, 0, 1), cells.at("mmd_h1").get<double>(), 0.01);
}

TEST(MedianBandwidth, IsTheMedianDistanceOfTwoCells) {
  const std::vector<float> value{0, 1, 3, 7};  // distances 1, 2, 3, 4, 6, 7
  const std::vector<std::int32_t> lot{0, 0, 1, 1};
  const std::vector<std::uint8_t> both{1, 1}, first{1, 0};
  const auto mine = comparability::test::share_out(MPI_COMM_WORLD, value, lot, 1);
  EXPECT_EQ(comparability::median_bandwidth(MPI_COMM_WORLD, mine.cells, mine.lot, both, {}), 4.0);
  EXPECT_EQ(comparability::median_bandwidth(MPI_COMM_WORLD, mine.cells, mine.lot, first, {}), 1.0);
  const auto same = comparability::test::share_out(MPI_COMM_WORLD, {5, 5, 5, 5}, lot, 1);
  EXPECT_EQ(comparability::median_bandwidth(MPI_COMM_WORLD, same.cells, same.lot, both, {}), 1.0);
}

}  // namespace
