#include "miura/sources/marker_cells.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <stdexcept>

#include "sources/planted_cells.hpp"

namespace {

using namespace miura;
using sources::Group;
using sources::MarkerCells;

/// Gene 0 is the marker, gene 1 anything else.
test::PlantedCells three_cells() {
  test::PlantedCells cells;
  cells.add(0, 2, {3, 7});    // declared: log(1 + 10^4 x 3 / 10) = 8.0067
  cells.add(0, 1, {0, 20});   // another cluster
  cells.add(0, -1, {1, 99});  // unassigned: log(1 + 100) = 4.6151
  return cells;
}

TEST(CountMarkers, AddsUpCellsAndCounts) {
  const auto found = three_cells().counted(MPI_COMM_WORLD, 2, {0}, 1);
  EXPECT_EQ(found.cells, (std::vector<std::int64_t>{3, 1, 2}));  // all, declared, other
  EXPECT_EQ(found.total, (std::vector<std::int64_t>{130, 10, 120}));
  EXPECT_EQ(found.count, (std::vector<std::int64_t>{4, 3, 1}));
  EXPECT_EQ(found.expressing, (std::vector<std::int64_t>{2, 1, 1}));
  EXPECT_EQ(found.missing, (std::vector<std::uint8_t>{0}));
  const auto declared = std::llround(std::log1p(3e3) * 65536), other = std::llround(std::log1p(100.0) * 65536);
  EXPECT_EQ(found.expression, (std::vector<std::int64_t>{declared + other, declared, other}));
}

TEST(CountMarkers, PutsExpressingCellsIntoBinsOfOneHundredth) {
  const auto found = three_cells().counted(MPI_COMM_WORLD, 2, {0}, 1);
  const auto all = found.bins(0, Group::all, 0);
  ASSERT_EQ(std::ssize(all), MarkerCells::n_bins);
  EXPECT_EQ(all[800], 1);
  EXPECT_EQ(all[461], 1);
  EXPECT_EQ(std::accumulate(all.begin(), all.end(), std::int64_t{0}), 2);
  EXPECT_EQ(found.bins(0, Group::declared, 0)[800], 1);
  EXPECT_EQ(found.bins(0, Group::other, 0)[461], 1);
}

TEST(CountMarkers, KnowsAGeneThatTheFileLacksFromOneThatIsSilent) {
  auto cells = three_cells();
  const auto found = cells.counted(MPI_COMM_WORLD, 2, {5, -1, 1}, 2);  // lot 1 has no cells here
  EXPECT_TRUE(found.measured(0, 0));                                   // no cell has a count of gene 5
  EXPECT_FALSE(found.measured(1, 0));
  EXPECT_TRUE(found.measured(1, 1));
  EXPECT_EQ(found.count[found.at(0, Group::all, 0)], 0);
  EXPECT_EQ(found.count[found.at(2, Group::all, 0)], 126);
}

TEST(MarkerCells, KeepWhatWasCountedWhenPlacedAmongOtherLots) {
  auto cells = three_cells();
  cells.add(1, 2, {5, 5});
  const auto found = cells.counted(MPI_COMM_WORLD, 2, {0, -1}, 2);
  const auto placed = found.placed(std::vector<std::int32_t>{2, -1}, 4);
  EXPECT_EQ(placed.n_lots, 4);
  EXPECT_EQ(placed.cells[placed.at(Group::all, 2)], 3);
  EXPECT_EQ(placed.count[placed.at(0, Group::declared, 2)], 3);
  EXPECT_EQ(placed.bins(0, Group::declared, 2)[800], 1);
  EXPECT_FALSE(placed.measured(1, 2));
  EXPECT_TRUE(placed.measured(1, 0));
  for (const auto lot : {0, 1, 3}) EXPECT_EQ(placed.cells[placed.at(Group::all, lot)], 0);
}

test::PlantedCells many_cells() {
  test::PlantedCells cells;
  for (std::int32_t i = 0; i < 700; ++i) {
    stats::RandomStream random(11, stats::Purpose::simulate, static_cast<std::uint64_t>(i));
    cells.add(i / 100, static_cast<std::int32_t>(random.below(4)) - 1,
              {test::poisson(random, 0.7), test::poisson(random, 50), test::poisson(random, 3)});
  }
  return cells;
}

void expect_equal(const MarkerCells& a, const MarkerCells& b) {
  EXPECT_EQ(a.cells, b.cells);
  EXPECT_EQ(a.total, b.total);
  EXPECT_EQ(a.count, b.count);
  EXPECT_EQ(a.expressing, b.expressing);
  EXPECT_EQ(a.expression, b.expression);
  EXPECT_EQ(a.histogram, b.histogram);
  EXPECT_EQ(a.missing, b.missing);
}

TEST(CountMarkers, IsTheSameOnAnyNumberOfRanks) {
  for (const auto& cells : {many_cells(), three_cells(), test::PlantedCells()})  // of three cells some ranks own none
    expect_equal(cells.counted(MPI_COMM_WORLD, 2, {2, 0, -1}, 7), cells.counted(MPI_COMM_SELF, 2, {2, 0, -1}, 7));
}

TEST(CountMarkers, IsTheSameLotByLot) {
  const auto cells = many_cells();
  MarkerCells added(2, 7);
  for (std::int32_t lot = 0; lot < 7; ++lot) {
    test::PlantedCells one;
    for (std::int64_t i = 0; i < cells.size(); ++i)
      if (cells.lot[i] == lot) one.add(lot, cells.label[i], cells.counts[i]);
    added += one.counted(MPI_COMM_WORLD, 1, {0, lot == 3 ? -1 : 2}, 7);
  }
  EXPECT_FALSE(added.measured(1, 3));
  auto together = cells.counted(MPI_COMM_WORLD, 1, {0, 2}, 7);
  for (const auto group : {Group::all, Group::declared, Group::other}) {
    const auto at = together.at(1, group, 3);
    together.count[at] = together.expressing[at] = together.expression[at] = 0;
    std::fill_n(together.histogram.begin() + at * MarkerCells::n_bins, +MarkerCells::n_bins, 0);
  }
  together.missing[together.n_lots + 3] = 1;
  expect_equal(added, together);
}

TEST(CountMarkers, RefusesWhatDoesNotFit) {
  EXPECT_THROW(three_cells().counted(MPI_COMM_WORLD, 2, {0, 0}, 1), std::logic_error);
  MarkerCells one(1, 2);
  EXPECT_THROW(one += MarkerCells(1, 3), std::logic_error);
}

}  // namespace
