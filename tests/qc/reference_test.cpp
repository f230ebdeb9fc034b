#include "miura/qc/reference.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;

struct Study {
  matrix::Lots lots;
  std::vector<std::int64_t> size;
};

Study study_of(const std::vector<std::pair<std::string, std::int64_t>>& role_and_size) {
  Study study;
  for (const auto& [role, size] : role_and_size) {
    matrix::Lot lot{.id = "lot" + std::to_string(study.size.size()), .path = {}, .format = {}};
    lot.role = role;
    study.lots.push_back(lot);
    study.size.push_back(size);
  }
  return study;
}

/// The cells of a study on `comm`, in canonical order, barcodes four digits.
matrix::DistributedCells cells_of(MPI_Comm comm, const Study& study) {
  const auto total = std::accumulate(study.size.begin(), study.size.end(), std::int64_t{0});
  matrix::DistributedCells cells{parallel::Partition::even(total, parallel::size_of(comm)), {}};
  std::int64_t global = 0;
  for (std::size_t l = 0; l < study.size.size(); ++l)
    for (std::int64_t i = 0; i < study.size[l]; ++i, ++global)
      if (cells.partition.owner(global) == parallel::rank_of(comm)) {
        cells.mine.lot.push_back(static_cast<std::int32_t>(l));
        cells.mine.barcode.push_back(std::to_string(1000 + i));
        cells.mine.counts.end_row();
      }
  return cells;
}

std::vector<std::uint8_t> marks(const Study& study, const qc::ReferenceOptions& options) {
  const auto mine = qc::reference_cells(MPI_COMM_WORLD, cells_of(MPI_COMM_WORLD, study), study.lots, options);
  auto all = parallel::gather_everywhere<std::uint8_t>(MPI_COMM_WORLD, mine.mark);
  EXPECT_EQ(mine.n_cells, std::ranges::count(all, 1));
  return all;
}

std::vector<std::int64_t> marked_per_lot(const Study& study, const std::vector<std::uint8_t>& mark) {
  std::vector<std::int64_t> marked;
  auto at = mark.begin();
  for (const auto size : study.size) {
    marked.push_back(std::count(at, at + size, 1));
    at += size;
  }
  return marked;
}

const Study mixed =
    study_of({{"train", 50}, {"query", 400}, {"train", 0}, {"train", 301}, {"train", 80}, {"test", 9}, {"train", 91}});

TEST(ReferenceCells, TakesTheMedianOfTheTrainingLotsFromEach) {
  const auto reference = qc::reference_cells(MPI_COMM_WORLD, cells_of(MPI_COMM_WORLD, mixed), mixed.lots, {});
  EXPECT_EQ(reference.cells_per_lot, 85);  // 50, 80, 91, 301: (80 + 91) / 2
  EXPECT_EQ(marked_per_lot(mixed, marks(mixed, {})), (std::vector<std::int64_t>{50, 0, 0, 85, 80, 0, 85}));
  EXPECT_EQ(marked_per_lot(mixed, marks(mixed, {.cells_per_lot = 60})),
            (std::vector<std::int64_t>{50, 0, 0, 60, 60, 0, 60}));
  EXPECT_EQ(marked_per_lot(mixed, marks(mixed, {.cells_per_lot = 1000})),
            (std::vector<std::int64_t>{50, 0, 0, 301, 80, 0, 91}));
}

TEST(ReferenceCells, AreTheSameOnAnyNumberOfRanks) {
  const auto alone = qc::reference_cells(MPI_COMM_SELF, cells_of(MPI_COMM_SELF, mixed), mixed.lots, {.seed = 7});
  EXPECT_EQ(marks(mixed, {.seed = 7}), alone.mark);
  EXPECT_NE(marks(mixed, {.seed = 8}), alone.mark);
}

TEST(ReferenceCells, AreThoseWithTheSmallestHashes) {
  const auto mark = marks(mixed, {.cells_per_lot = 60, .seed = 3});
  const std::int64_t first = 450, size = 301;  // lot3
  std::uint64_t largest_in = 0, smallest_out = ~std::uint64_t{0};
  for (std::int64_t i = 0; i < size; ++i) {
    const auto hash = stats::hash_text(3, std::string("lot3\0", 5) + std::to_string(1000 + i));
    if (mark[first + i])
      largest_in = std::max(largest_in, hash);
    else
      smallest_out = std::min(smallest_out, hash);
  }
  EXPECT_LT(largest_in, smallest_out);
}

TEST(ReferenceCells, OfALotDoNotDependOnOtherLots) {
  const auto alone = study_of({{"query", 2}, {"query", 5}, {"query", 0}, {"train", 301}});
  const auto among = marks(mixed, {.cells_per_lot = 60}), by_itself = marks(alone, {.cells_per_lot = 60});
  EXPECT_TRUE(std::equal(among.begin() + 450, among.begin() + 751, by_itself.begin() + 7));
}

TEST(ReferenceCells, NeedATrainingCell) {
  const auto none = study_of({{"train", 0}, {"query", 5}});
  EXPECT_THROW(marks(none, {}), InputError);
}

}  // namespace
