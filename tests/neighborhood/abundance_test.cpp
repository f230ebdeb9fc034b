#include "miura/neighborhood/abundance.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "miura/base/error.hpp"
#include "neighborhood/graphs.hpp"
#include "neighborhood/order_statistic.hpp"

namespace {

using namespace miura;
using namespace miura::neighborhood;
using namespace miura::neighborhood_test;
using parallel::Partition;

std::vector<std::uint64_t> bits(std::span<const double> values) {
  std::vector<std::uint64_t> result;
  for (const auto v : values) result.push_back(std::bit_cast<std::uint64_t>(v));
  return result;
}

/// The definition, row by row in ascending order of columns, on one rank.
std::vector<double> plain_diffusion(const matrix::Graph& graph, const Plane& plane, std::int32_t steps) {
  const auto n = plane.size();
  const auto n_lots = plane.n_lots;
  std::vector<double> s(n * n_lots), size(n_lots), a(n);
  for (std::int64_t i = 0; i < n; ++i) {
    s[i * n_lots + plane.lot[i]] = 1;
    size[plane.lot[i]] += 1;
    const auto from = graph.weight.begin() + graph.row_start[i], to = graph.weight.begin() + graph.row_start[i + 1];
    a[i] = std::accumulate(from, to, 0) * graph.weight_unit + 1;
  }
  for (; steps > 0; --steps) {
    auto next = s;
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int32_t l = 0; l < n_lots; ++l) {
        double sum = 0;
        for (auto e = graph.row_start[i]; e < graph.row_start[i + 1]; ++e) {
          const auto j = graph.neighbor[e];
          sum += graph.weight[e] * graph.weight_unit * (s[j * n_lots + l] / a[j]);
        }
        next[i * n_lots + l] = sum + s[i * n_lots + l] / a[i];
      }
    s = next;
  }
  for (std::int64_t i = 0; i < n; ++i)
    for (std::int32_t l = 0; l < n_lots; ++l) s[i * n_lots + l] /= size[l];
  return s;
}

TEST(Abundance, EqualsThePackageCna) {
  const auto golden = nlohmann::json::parse(std::ifstream(MIURA_TEST_DATA "/golden_nam/golden_nam.json"));
  Plane plane{.n_lots = 6};
  for (const auto& point : golden["X"]) plane.at.emplace_back(point[0], point[1]);
  plane.lot = golden["lot"].get<std::vector<std::int32_t>>();
  const auto cells = Partition::even(plane.size(), n_ranks());
  const auto nam = abundance_of(MPI_COMM_WORLD, plane, golden["k"], cells, {.steps = golden["steps"]});
  const auto expected = golden["nam"].get<std::vector<std::vector<double>>>();
  for (std::int64_t i = 0; i < nam.n_local(); ++i)
    for (std::int32_t l = 0; l < nam.n_lots; ++l)
      EXPECT_NEAR(nam.row(i)[l], expected[cells.begin(my_rank()) + i][l], 1e-15);
  EXPECT_EQ(nam.lot_size, std::vector<std::int64_t>(6, 5));
  EXPECT_EQ(nam.steps, 3);
}

class AbundanceOfLots : public testing::TestWithParam<std::int32_t> {};

TEST_P(AbundanceOfLots, HasTheBitsOfRowsSummedInAscendingOrder) {
  const auto plane = scattered(203, GetParam());
  const auto whole = Partition::even(plane.size(), 1);
  auto graph = union_graph(MPI_COMM_SELF, nearest(plane, 6, whole, 0), 6);
  graph.weight_unit = 0.1;  // so that every product and sum is rounded
  for (std::int64_t i = 0; i < graph.n_local(); ++i)
    for (auto e = graph.row_start[i]; e < graph.row_start[i + 1]; ++e)
      graph.weight[e] = static_cast<std::int32_t>(1 + (i + graph.neighbor[e]) % 7);
  const auto expected = plain_diffusion(graph, plane, 4);
  for (const auto& cells : {Partition::even(plane.size(), n_ranks()), all_on_the_last(plane.size())}) {
    matrix::Graph part;
    part.vertices = cells;
    part.weight_unit = graph.weight_unit;
    const auto begin = cells.begin(my_rank()), end = cells.end(my_rank());
    for (auto i = begin; i < end; ++i) part.row_start.push_back(graph.row_start[i + 1] - graph.row_start[begin]);
    part.neighbor.assign(graph.neighbor.begin() + graph.row_start[begin],
                         graph.neighbor.begin() + graph.row_start[end]);
    part.weight.assign(graph.weight.begin() + graph.row_start[begin], graph.weight.begin() + graph.row_start[end]);
    const auto nam = abundance(MPI_COMM_WORLD, part, mine(plane.lot, cells, my_rank()), plane.n_lots, {.steps = 4});
    EXPECT_EQ(bits(nam.value), bits(mine(expected, cells, my_rank(), plane.n_lots)));
  }
}
// One lot, PETSc's own loops for 2 to 11 and 16, its general one, and more than one block.
INSTANTIATE_TEST_SUITE_P(OneToMany, AbundanceOfLots, testing::Values(1, 2, 3, 5, 8, 11, 13, 16, 17, 35));

TEST(Abundance, KeepsTheMassOfEveryLot) {
  const auto plane = scattered(150, 4);
  const auto nam = abundance_of(MPI_COMM_SELF, plane, 5, Partition::even(plane.size(), 1), {.steps = 7});
  for (std::int32_t l = 0; l < 4; ++l) {
    double sum = 0;
    for (std::int64_t i = 0; i < nam.n_local(); ++i) sum += nam.row(i)[l];
    EXPECT_NEAR(sum, 1.0, 1e-12);
  }
}

TEST(Abundance, StaysWithinAComponentOfTheGraph) {
  auto plane = scattered(60, 2);
  for (std::int64_t i = 0; i < plane.size(); ++i) {
    plane.lot[i] = i < 20 ? 0 : 1;
    if (i >= 20) plane.at[i].first += 100;
  }
  const auto cells = Partition::even(plane.size(), n_ranks());
  const auto nam = abundance_of(MPI_COMM_WORLD, plane, 4, cells, {.steps = 5});
  for (std::int64_t i = 0; i < nam.n_local(); ++i) EXPECT_EQ(nam.row(i)[cells.begin(my_rank()) + i < 20 ? 1 : 0], 0.0);
}

TEST(Abundance, OfALotWithoutCellsIsNotANumber) {
  auto plane = scattered(40, 2);
  plane.n_lots = 3;
  const auto nam = abundance_of(MPI_COMM_WORLD, plane, 3, Partition::even(plane.size(), n_ranks()), {});
  EXPECT_EQ(nam.lot_size, (std::vector<std::int64_t>{20, 20, 0}));
  for (std::int64_t i = 0; i < nam.n_local(); ++i) {
    EXPECT_TRUE(std::isnan(nam.row(i)[2]));
    EXPECT_GE(nam.row(i)[0], 0.0);
  }
}

TEST(Abundance, OfNoCellsIsEmpty) {
  const auto nam = abundance_of(MPI_COMM_WORLD, Plane{.n_lots = 3}, 2, Partition::even(0, n_ranks()), {.steps = {}});
  EXPECT_EQ(nam.n_local(), 0);
  EXPECT_EQ(nam.lot_size, std::vector<std::int64_t>(3, 0));
}

TEST(Abundance, StopsWhereThePackageCnaDoes) {
  const auto all = nlohmann::json::parse(std::ifstream(MIURA_TEST_DATA "/golden_nam/golden_association.json"));
  const auto& golden = all["many_lots"];
  Plane plane{.n_lots = 200};
  for (const auto& point : golden["X"]) plane.at.emplace_back(point[0], point[1]);
  plane.lot = golden["lot"].get<std::vector<std::int32_t>>();
  const auto cells = Partition::even(plane.size(), n_ranks());
  for (const auto& steps : golden["steps"]) {  // neighbors, steps
    const auto nam = abundance_of(MPI_COMM_WORLD, plane, steps[0], cells, {.steps = {}});
    EXPECT_EQ(nam.steps, steps[1]) << steps[0] << " neighbors";
  }
}

TEST(Abundance, RefusesWhatCannotBe) {
  const auto plane = scattered(12, 2);
  const auto cells = Partition::even(plane.size(), n_ranks());
  EXPECT_THROW(abundance_of(MPI_COMM_WORLD, plane, 3, cells, {.steps = 0}), UsageError);
  const auto graph = union_graph(MPI_COMM_WORLD, nearest(plane, 3, cells, my_rank()), 3);
  EXPECT_ANY_THROW(abundance(MPI_COMM_WORLD, graph, mine(plane.lot, cells, my_rank()), 1, {}));
}

TEST(UnionGraph, JoinsWhoeverNamesTheOther) {
  // On a line, 3 is far off: it names 2, and 2 does not name it.
  Plane line{.at = {{0, 0}, {1, 0}, {2.1, 0}, {9, 0}}, .lot = {0, 0, 0, 0}, .n_lots = 1};
  const auto points = Partition::even(line.size(), n_ranks());
  const auto graph = union_graph(MPI_COMM_WORLD, nearest(line, 2, points, my_rank()), 1);
  const std::vector<std::vector<std::int64_t>> expected{{1}, {0, 2}, {1, 3}, {2}};
  for (std::int64_t i = 0; i < graph.n_local(); ++i) {
    const auto from = graph.neighbor.begin() + graph.row_start[i], to = graph.neighbor.begin() + graph.row_start[i + 1];
    EXPECT_EQ(std::vector<std::int64_t>(from, to), expected[points.begin(my_rank()) + i]);
  }
  EXPECT_EQ(graph.weight, std::vector<std::int32_t>(graph.neighbor.size(), 1));
  EXPECT_EQ(graph.weight_unit, 1.0);
}

TEST(UnionGraph, RefusesMoreNeighborsThanWereSearched) {
  const auto plane = scattered(12, 2);
  const auto neighbors = nearest(plane, 3, Partition::even(plane.size(), n_ranks()), my_rank());
  EXPECT_THROW(union_graph(MPI_COMM_WORLD, neighbors, 4), UsageError);
  EXPECT_THROW(union_graph(MPI_COMM_WORLD, neighbors, 0), UsageError);
}

TEST(MedianOverRanks, IsTheMiddleValueWhoeverHoldsIt) {
  const std::vector<double> values{3.5, -2, 1e-300, -0.5, std::nan(""), 7, -1e200, 0.25};
  const auto rows = Partition::even(std::ssize(values), n_ranks());
  EXPECT_EQ(median_over_ranks(MPI_COMM_WORLD, mine(values, rows, my_rank())), 1e-300);
  const std::vector<double> even{4, -1, 2, 9};
  const auto four = Partition::even(4, n_ranks());
  EXPECT_EQ(median_over_ranks(MPI_COMM_WORLD, mine(even, four, my_rank())), 3.0);
  EXPECT_TRUE(std::isnan(median_over_ranks(MPI_COMM_WORLD, {})));
}

}  // namespace
