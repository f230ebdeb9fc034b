#include "miura/composition/cell_means.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "miura/parallel/communicator.hpp"
#include "miura/parallel/partition.hpp"

namespace {

using namespace miura;
using composition::CellProperty;
using Names = std::vector<std::string>;
using Numbers = std::vector<std::int64_t>;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

matrix::Lots three_lots() {
  matrix::Lots lots(3);
  for (int l = 0; l < 3; ++l) lots[l].id = "L" + std::to_string(l + 1);
  return lots;
}

/// Six cells of two lots, dealt to the ranks: a mark, and a score that two cells lack.
matrix::Table means_of_six(MPI_Comm comm) {
  const std::vector<std::int32_t> label{0, 0, 1, 1, 0, -1}, lot{0, 0, 0, 1, 1, 1};
  const std::vector<double> marked{1, 0, 1, 0, 0, 1}, score{0.5, -2.25, none, 0.1, 0.2, none};
  const auto cells = parallel::Partition::even(6, parallel::size_of(comm));
  const int rank = parallel::rank_of(comm);
  const auto mine = [&](const auto& all) {
    return std::remove_cvref_t<decltype(all)>(all.begin() + cells.begin(rank), all.begin() + cells.end(rank));
  };
  matrix::Labeling clusters;
  clusters.n_clusters = 2;
  clusters.names = {"b", "a"};
  clusters.label = mine(label);
  return composition::cell_means(comm, "means",
                                 std::vector<CellProperty>{{"marked", mine(marked)}, {"score", mine(score)}}, clusters,
                                 mine(lot), three_lots());
}

TEST(CellMeans, AreOfEveryClusterAndLotThatHasCells) {
  const auto table = means_of_six(MPI_COMM_WORLD);
  EXPECT_EQ(table.name, "means");
  EXPECT_EQ(table.column<std::string>("cluster"), (Names{"all", "all", "all", "b", "b", "b", "a", "a", "a"}));
  EXPECT_EQ(table.column<std::string>("lot"), (Names{"all", "L1", "L2", "all", "L1", "L2", "all", "L1", "L2"}));
  EXPECT_EQ(table.column<std::int64_t>("cells"), (Numbers{6, 3, 3, 3, 2, 1, 2, 1, 1}));
  const auto& marked = table.column<double>("marked");
  EXPECT_DOUBLE_EQ(marked[0], 0.5);
  EXPECT_DOUBLE_EQ(marked[3], 1.0 / 3);
  EXPECT_DOUBLE_EQ(marked[5], 0);
}

TEST(CellMeans, LeaveOutWhatIsNotKnown) {
  const auto table = means_of_six(MPI_COMM_WORLD);
  const auto& score = table.column<double>("score");
  EXPECT_NEAR(score[0], (0.5 - 2.25 + 0.1 + 0.2) / 4, 1e-9);
  EXPECT_NEAR(score[4], (0.5 - 2.25) / 2, 1e-9);
  EXPECT_TRUE(std::isnan(score[7]));
}

TEST(CellMeans, HaveTheSameBitsOnAnyNumberOfRanks) {
  const auto alone = means_of_six(MPI_COMM_SELF), shared = means_of_six(MPI_COMM_WORLD);
  EXPECT_EQ(alone.column<double>("marked"), shared.column<double>("marked"));
  EXPECT_EQ(alone.column<double>("score")[0], shared.column<double>("score")[0]);
}

TEST(CellMeans, OfNoCellsHaveNoRows) {
  const auto table =
      composition::cell_means(MPI_COMM_WORLD, "none", std::vector<CellProperty>{{"score", {}}}, {}, {}, three_lots());
  EXPECT_EQ(table.n_rows(), 0);
  EXPECT_EQ(table.columns.size(), 4u);
}

}  // namespace
