#include "miura/comparability/heterogeneity.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "comparability/simulated_lots.hpp"

namespace {

using namespace miura;
using namespace miura::comparability;

TEST(LotSpread, IsTheMeanDistanceToTheCentreOfTheLot) {
  // Lot 0: a square of side 2 about (1, 1). Lot 2: one cell. Lot 1: none.
  const std::vector<float> value{0, 0, 2, 0, 0, 2, 2, 2, 7, 8};
  const auto mine = test::share_out(MPI_COMM_WORLD, value, {0, 0, 0, 0, 2}, 2);
  const auto found = lot_spread(MPI_COMM_WORLD, mine.cells, mine.lot, 3);
  EXPECT_EQ(found.cells, (std::vector<std::int64_t>{4, 0, 1}));
  EXPECT_EQ(found.centre[0], 1.0);
  EXPECT_EQ(found.centre[1], 1.0);
  EXPECT_TRUE(std::isnan(found.centre[2]));
  EXPECT_EQ(found.centre[5], 8.0);
  EXPECT_NEAR(found.mean_distance[0], std::sqrt(2.0), 1e-7);
  EXPECT_TRUE(std::isnan(found.mean_distance[1]));
  EXPECT_EQ(found.mean_distance[2], 0.0);
}

TEST(LotSpread, HasTheSameBitsOnAnyNumberOfRanks) {
  stats::NormalStream normal(4, stats::Purpose::simulate, 1);
  std::vector<float> value;
  std::vector<std::int32_t> lot;
  for (int i = 0; i < 300; ++i) {
    lot.push_back(i % 7 / 3);
    for (int d = 0; d < 5; ++d) value.push_back(static_cast<float>(normal()));
  }
  const auto all = test::share_out(MPI_COMM_SELF, value, lot, 5),
             mine = test::share_out(MPI_COMM_WORLD, value, lot, 5, 1);
  const auto alone = lot_spread(MPI_COMM_SELF, all.cells, all.lot, 3),
             shared = lot_spread(MPI_COMM_WORLD, mine.cells, mine.lot, 3);
  EXPECT_EQ(alone.centre, shared.centre);
  EXPECT_EQ(alone.mean_distance, shared.mean_distance);
}

TEST(ShannonIndex, IsTheLogarithmOfTheNumberOfEvenClusters) {
  const matrix::Composition c{
      .n_lots = 3, .n_clusters = 4, .count = {5, 9, 0, 5, 0, 0, 5, 0, 0, 5, 0, 0}, .lot_size = {20, 9, 0}};
  const auto index = shannon_index(c);
  EXPECT_NEAR(index[0], std::log(4.0), 1e-15);
  EXPECT_EQ(index[1], 0.0);
  EXPECT_TRUE(std::isnan(index[2]));
}

TEST(HeterogeneityTable, KeepsVariationBetweenLotsAndWithinLotsApart) {
  const std::vector<float> value{-1, 1, 9, 11, 4, 6};  // centres 0, 10, 5, and within a lot 1
  const auto mine = test::share_out(MPI_COMM_WORLD, value, {0, 0, 1, 1, 2, 2}, 1);
  const auto spread = lot_spread(MPI_COMM_WORLD, mine.cells, mine.lot, 3);
  matrix::Lots lots(3);
  lots[0].id = "A", lots[1].id = "B", lots[2].id = "C";
  for (auto& l : lots) l.source = "BM";
  lots[2].role = "test";
  const matrix::Composition c{
      .n_lots = 3, .n_clusters = 2, .count = {1, 1, 0, 1, 1, 0}, .lot_size = {2, 2, 0}};  // C has no shares
  const auto table = heterogeneity_table(lots, spread, c);
  const auto& level = table.column<std::string>("level");
  const auto& group = table.column<std::string>("group");
  const auto& index = table.column<std::string>("index");
  const auto find = [&](const char* l, const char* g, const char* i) {
    for (std::size_t r = 0; r < level.size(); ++r)
      if (level[r] == l && group[r] == g && index[r] == i) return table.column<double>("value")[r];
    return -1.0;
  };
  EXPECT_EQ(find("within", "A", "mean_distance"), 1.0);
  EXPECT_EQ(find("within", "C", "mean_distance"), 1.0);
  EXPECT_NEAR(find("within", "B", "effective_clusters"), 2.0, 1e-14);
  EXPECT_EQ(find("within", "C", "shannon_index"), -1.0);  // no row
  EXPECT_EQ(find("between", "BM train", "centre_distance"), 5.0);
  EXPECT_EQ(find("between", "BM train", "aitchison"), 0.0);
  EXPECT_EQ(find("between", "BM test", "centre_distance"), -1.0);  // one lot
}

}  // namespace
