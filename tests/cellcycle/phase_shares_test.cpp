#include "miura/cellcycle/phase_shares.hpp"

#include <gtest/gtest.h>

#include "miura/parallel/communicator.hpp"

namespace {

using namespace miura;
using cellcycle::Phase;
using Names = std::vector<std::string>;
using Numbers = std::vector<std::int64_t>;

/// Six cells, dealt to the ranks.
matrix::Table shares_of_six() {
  const std::vector<Phase> phase{Phase::g1, Phase::s, Phase::g2m, Phase::g1, Phase::undecided, Phase::s};
  const std::vector<std::int32_t> label{0, 0, 1, 1, 0, -1}, lot{0, 0, 0, 1, 1, 1};
  matrix::Lots lots(3);
  for (int l = 0; l < 3; ++l) lots[l].id = std::string("L") + static_cast<char>('1' + l);
  const auto cells = parallel::Partition::even(6, parallel::size_of(MPI_COMM_WORLD));
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  const auto mine = [&](const auto& all) {
    return std::remove_cvref_t<decltype(all)>(all.begin() + cells.begin(rank), all.begin() + cells.end(rank));
  };
  matrix::Labeling clusters;
  clusters.n_clusters = 2;
  clusters.label = mine(label);
  return cellcycle::phase_shares(MPI_COMM_WORLD, mine(phase), clusters, mine(lot), lots);
}

TEST(PhaseShares, CountCellsOfEveryClusterAndLot) {
  const auto table = shares_of_six();
  EXPECT_EQ(table.name, "cell_cycle");
  EXPECT_EQ(table.column<std::string>("cluster"), (Names{"all", "all", "all", "0", "0", "0", "1", "1", "1"}));
  EXPECT_EQ(table.column<std::string>("lot"), (Names{"all", "L1", "L2", "all", "L1", "L2", "all", "L1", "L2"}));
  EXPECT_EQ(table.column<std::int64_t>("cells"), (Numbers{6, 3, 3, 3, 2, 1, 2, 1, 1}));
  EXPECT_EQ(table.column<std::int64_t>("G1"), (Numbers{2, 1, 1, 1, 1, 0, 1, 0, 1}));
  EXPECT_EQ(table.column<std::int64_t>("S"), (Numbers{2, 1, 1, 1, 1, 0, 0, 0, 0}));
  EXPECT_EQ(table.column<std::int64_t>("G2M"), (Numbers{1, 1, 0, 0, 0, 0, 1, 1, 0}));
  EXPECT_EQ(table.column<std::int64_t>("undecided"), (Numbers{1, 0, 1, 1, 0, 1, 0, 0, 0}));
  EXPECT_DOUBLE_EQ(table.column<double>("share_cycling")[0], 0.5);
}

TEST(PhaseShares, OfNoCellsHaveNoRows) {
  const auto table = cellcycle::phase_shares(MPI_COMM_WORLD, {}, {}, {}, matrix::Lots(2));
  EXPECT_EQ(table.n_rows(), 0);
}

}  // namespace
