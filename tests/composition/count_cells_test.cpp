#include "miura/composition/count_cells.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "miura/parallel/communicator.hpp"
#include "miura/parallel/partition.hpp"

namespace {

using namespace miura;

TEST(CountCells, CountsEveryLabelledCellOnceOnAnyNumberOfRanks) {
  const std::vector<std::int32_t> lot{0, 0, 0, 1, 1, 3, 3, 3, 3}, cluster{0, 1, -1, 1, 1, 0, 0, 1, -1};
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  const auto rows = parallel::Partition::even(std::ssize(lot), parallel::size_of(MPI_COMM_WORLD));
  const auto part = [&](const std::vector<std::int32_t>& all) {
    return std::span(all).subspan(rows.begin(rank), rows.n_local(rank));
  };
  const auto found = composition::count_cells(MPI_COMM_WORLD, part(lot), part(cluster), 4, 2);
  EXPECT_EQ(found.count, (std::vector<std::int64_t>{1, 0, 0, 2, 1, 2, 0, 1}));
  EXPECT_EQ(found.lot_size,
            (std::vector<std::int64_t>{2, 2, 0, 3}));  // lot 2 has no cell: its share is not 0 but absent
}

TEST(CountCells, OfNothingIsZeroEverywhere) {
  const auto found = composition::count_cells(MPI_COMM_WORLD, {}, {}, 2, 1);
  EXPECT_EQ(found.count, (std::vector<std::int64_t>{0, 0}));
}

}  // namespace
