#include <gtest/gtest.h>

#include <cmath>

#include "association/planted_composition.hpp"
#include "miura/association/cluster_association.hpp"

namespace {

using namespace miura;
using association::Outcome;

/// Cells of 10 lots of 10,000: two clusters rise with the outcome each on its own, the others share the rest evenly.
matrix::Composition two_that_rise() {
  const std::vector<double> first{.10, .13, .12, .17, .19, .23, .22, .27, .29, .32};
  const std::vector<double> second{.05, .04, .07, .08, .07, .10, .12, .11, .14, .13};  // of what the first leaves
  const std::vector<double> third{.52, .47, .50, .53, .48, .49, .54, .46, .51, .495};  // of what both leave
  matrix::Composition c{.resolution = 1, .n_lots = 10, .n_clusters = 4, .count = {}, .lot_size = {}};
  std::vector<std::vector<std::int64_t>> rows(4);
  for (int lot = 0; lot < 10; ++lot) {
    std::int64_t rest = 10'000;
    for (int k = 0; k < 3; ++k) {
      const double share = k == 0 ? first[lot] : k == 1 ? second[lot] : third[lot];
      rows[k].push_back(std::llround(share * static_cast<double>(rest)));
      rest -= rows[k].back();
    }
    rows[3].push_back(rest);
    c.lot_size.push_back(10'000);
  }
  for (const auto& row : rows) c.count.insert(c.count.end(), row.begin(), row.end());
  return c;
}

const Outcome outcome{"y", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}};

TEST(Conditional, SetsEveryClusterAsideThatPasses) {
  const auto rows = association::associate(MPI_COMM_WORLD, std::vector{two_that_rise()}, std::vector{outcome}, {}).rows;
  for (const auto& row : rows) EXPECT_TRUE(row.declared) << row.cluster;  // two rise, and so two must fall
  EXPECT_TRUE(std::isnan(rows[0].p_conditional));                         // the foremost
  EXPECT_LE(rows[1].p_conditional, 0.05);                                 // rises among the rest, too
  EXPECT_GT(rows[2].p_conditional, 0.2);                                  // nothing is left outside both
  EXPECT_GT(rows[3].p_conditional, 0.2);
}

/// What is left is tested given the whole set, which shows only where the second is set aside as well.
TEST(Conditional, TestsTheRestGivenTheWholeSet) {
  const auto all = two_that_rise();
  const auto rows = association::associate(MPI_COMM_WORLD, std::vector{all}, std::vector{outcome}, {}).rows;
  matrix::Composition rest{.resolution = 1, .n_lots = 10, .n_clusters = 2, .count = {}, .lot_size = {}};
  rest.count.assign(all.count.begin() + 20, all.count.end());
  for (int lot = 0; lot < 10; ++lot) rest.lot_size.push_back(rest.count[lot] + rest.count[10 + lot]);
  const auto outside = association::associate(MPI_COMM_WORLD, std::vector{rest}, std::vector{outcome}, {}).rows;
  EXPECT_DOUBLE_EQ(rows[2].p_conditional, outside[0].p_max_t_step);
  EXPECT_DOUBLE_EQ(rows[3].p_conditional, outside[1].p_max_t_step);
}

TEST(Conditional, IsNotAskedWhereNothingIsDeclared) {
  const std::vector partitions{test::random_composition(8, 5, 400, 1)};
  for (const auto& row :
       association::associate(MPI_COMM_WORLD, partitions, std::vector{test::random_outcome("a", 8, 3)}, {}).rows) {
    EXPECT_FALSE(row.declared);
    EXPECT_TRUE(std::isnan(row.p_conditional));
  }
}

}  // namespace
