#include "miura/stability/summary.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace {

using namespace miura::stability;

Row row(Kind kind, std::int32_t cluster, double agreement, std::int32_t n_lots = 5) {
  return {.kind = kind, .replicate = 1, .cluster = cluster, .n_lots = n_lots, .agreement = agreement};
}

TEST(Summary, IsTheMeanOverReplicatesThatKnowTheCluster) {
  const std::vector rows{row(Kind::cells, -1, 0.1),   row(Kind::cells, 0, 0.9), row(Kind::cells, 0, 0.5),
                         row(Kind::cells, 1, 1.0),    row(Kind::lots, 0, 0.2),  row(Kind::lots, 0, std::nan("")),
                         row(Kind::grid_seed, 0, 0.3)};
  const auto clusters = summarize(rows, 2);
  ASSERT_EQ(clusters.size(), 2U);
  EXPECT_EQ(clusters[0].cluster, 0);
  EXPECT_EQ(clusters[0].cells, 0.7);
  EXPECT_EQ(clusters[0].dissolved_cells, 1);
  EXPECT_EQ(clusters[0].lots, 0.2);
  EXPECT_EQ(clusters[0].dissolved_lots, 1);
  EXPECT_EQ(clusters[1].cells, 1.0);
  EXPECT_TRUE(std::isnan(clusters[1].lots));
}

TEST(Summary, NamesTheLotsFromWhichOnTheClusterHoldsStill) {
  std::vector<Row> rows;
  for (const auto& [n, index] : {std::pair{2, 0.8}, {3, 0.6}, {4, 0.7}, {5, 0.9}, {6, 0.75}})
    for (const double noise : {-0.125, 0.125}) rows.push_back(row(Kind::n_lots, 0, index + noise, n));
  rows.push_back(row(Kind::n_lots, 1, 0.9, 2));
  rows.push_back(row(Kind::n_lots, 1, 0.7, 6));
  const auto clusters = summarize(rows, 3);
  EXPECT_EQ(clusters[0].lots_to_hold_still, 5);  // it was high at 2, but did not stay so
  EXPECT_EQ(clusters[1].lots_to_hold_still, 0);  // not even with most lots
  EXPECT_EQ(clusters[2].lots_to_hold_still, 0);  // nothing known
}

TEST(Summary, GivesTheCurveOverLots) {
  const auto clusters = summarize(
      std::vector{row(Kind::n_lots, 0, 0.5, 4), row(Kind::n_lots, 0, 0.25, 2), row(Kind::n_lots, 0, 0.75, 4)}, 1);
  ASSERT_EQ(clusters[0].by_lots.size(), 2U);
  EXPECT_EQ(clusters[0].by_lots[0].n_lots, 2);
  EXPECT_EQ(clusters[0].by_lots[0].mean, 0.25);
  EXPECT_EQ(clusters[0].by_lots[1].mean, 0.625);
}

TEST(StabilityTable, IsReadBackAsItsRows) {
  const std::vector rows{row(Kind::n_lots, -1, 0.4), row(Kind::grid_seed, 2, 0.6), row(Kind::cells, 1, 0.5, 7)};
  const auto again = rows_of(miura::stability::table(rows));
  ASSERT_EQ(again.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(again[i].kind, rows[i].kind);
    EXPECT_EQ(again[i].replicate, 1);
    EXPECT_EQ(again[i].cluster, rows[i].cluster);
    EXPECT_EQ(again[i].n_lots, rows[i].n_lots);
    EXPECT_EQ(again[i].agreement, rows[i].agreement);
  }
}

TEST(StabilityTable, NamesTheMeasureOfEachRow) {
  const auto table = miura::stability::table(std::vector{row(Kind::n_lots, -1, 0.4), row(Kind::grid_seed, 2, 0.6)});
  EXPECT_EQ(table.name, "stability");
  EXPECT_EQ(table.column<std::string>("kind"), (std::vector<std::string>{"n_lots", "grid_seed"}));
  EXPECT_EQ(table.column<std::string>("cluster"), (std::vector<std::string>{"", "2"}));
  EXPECT_EQ(table.column<std::string>("measure"), (std::vector<std::string>{"ari", "jaccard"}));
  EXPECT_EQ(table.column<double>("agreement"), (std::vector<double>{0.4, 0.6}));
}

}  // namespace
