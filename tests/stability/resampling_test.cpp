#include "miura/stability/resampling.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "miura/base/error.hpp"
#include "miura/knn/search.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stability/summary.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;
using namespace miura::stability;

constexpr std::int32_t n_dims = 3;
const Options quick{.replicates = 3, .shared = {.k = 10}, .leiden = {.resolution = 0.1}};
const Options on_ring{.replicates = 3, .seed = 4, .shared = {.k = 10}, .leiden = {.resolution = 0.5}};

/// Points of a study, whole, with lots and the labels of a first clustering.
struct Study {
  std::vector<float> value;
  std::vector<std::int32_t> lot;
  matrix::Labeling primary;

  std::int64_t n() const { return std::ssize(lot); }
};

struct Part {
  matrix::Embedding points;
  std::vector<std::int32_t> lot;
  matrix::Labeling primary;

  Cells cells(std::int32_t n_lots) const { return {points, lot, n_lots, primary}; }
};

Part part_of(const Study& study, const parallel::Partition& split, int rank) {
  Part part{{split, n_dims, {}}, {}, study.primary};
  const auto first = split.begin(rank), end = split.end(rank);
  part.points.value.assign(study.value.begin() + first * n_dims, study.value.begin() + end * n_dims);
  part.lot.assign(study.lot.begin() + first, study.lot.begin() + end);
  part.primary.label.assign(study.primary.label.begin() + first, study.primary.label.begin() + end);
  return part;
}

/// Every rank alone with all cells.
std::vector<Row> alone(const Study& study, std::int32_t n_lots, const Options& options) {
  return resample(MPI_COMM_SELF, part_of(study, parallel::Partition::even(study.n(), 1), 0).cells(n_lots), options);
}

void add_point(Study& study, double x, double y, double z, std::int32_t lot) {
  stats::RandomStream random(17, stats::Purpose::simulate, static_cast<std::uint64_t>(study.n()));
  for (const double at : {x, y, z}) study.value.push_back(static_cast<float>(at + random.uniform()));
  study.lot.push_back(lot);
}

/// The labels that the whole study has.
void cluster_first(Study& study, const Options& options) {
  const matrix::Embedding points{parallel::Partition::even(study.n(), 1), n_dims, study.value};
  const auto nearest = knn::nearest(MPI_COMM_SELF, points, {.k = options.shared.k - 1});
  auto found =
      cluster::leiden(MPI_COMM_SELF, knn::shared_neighbors(MPI_COMM_SELF, nearest, options.shared), options.leiden);
  study.primary = {.resolution = options.leiden.resolution, .n_clusters = found.n_clusters, .label = found.label};
}

/// Three heaps far apart, of 90, 60 and 30 points, in five lots; lot 0 has no cells.
Study heaps() {
  Study study;
  for (std::int32_t i = 0; i < 180; ++i) add_point(study, i < 90 ? 0 : (i < 150 ? 50 : 100), 0, 0, 1 + i % 5);
  cluster_first(study, quick);
  return study;
}

/// Points on a ring: a continuum.
Study ring(std::int64_t n) {
  Study study;
  for (std::int64_t i = 0; i < n; ++i) {
    const auto angle = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n);
    add_point(study, 40 * std::cos(angle), 40 * std::sin(angle), 0, static_cast<std::int32_t>(i % 5));
  }
  cluster_first(study, on_ring);
  return study;
}

double mean_agreement(const std::vector<Row>& rows, Kind kind, bool of_clusters) {
  double sum = 0;
  int n = 0;
  for (const auto& row : rows)
    if (row.kind == kind && (row.cluster >= 0) == of_clusters) {
      sum += row.agreement;
      ++n;
    }
  return sum / n;
}

TEST(Resampling, FindsPlantedClustersAgainInEveryReplicate) {
  const auto study = heaps();
  ASSERT_EQ(study.primary.n_clusters, 3);
  const auto rows = alone(study, 6, quick);
  for (const auto& row : rows) EXPECT_EQ(row.agreement, 1.0) << name_of(row.kind) << ' ' << row.replicate;
}

TEST(Resampling, DoesNotFindThePartsOfAContinuumAgain) {
  const auto study = ring(600);
  ASSERT_GT(study.primary.n_clusters, 3);
  const auto rows = alone(study, 5, on_ring);
  for (const auto kind : {Kind::cells, Kind::lots, Kind::n_lots}) {
    EXPECT_LT(mean_agreement(rows, kind, true), 0.85) << name_of(kind);
    EXPECT_LT(mean_agreement(rows, kind, false), 0.85) << name_of(kind);
    EXPECT_GT(mean_agreement(rows, kind, true), 0.3) << name_of(kind);
  }
}

TEST(Resampling, HasRowsForTheWholeAndForEachCluster) {
  const auto rows = alone(heaps(), 6, quick);
  ASSERT_EQ(rows.size(), 4 * (3 + 3 + 3 * 3));  // five lots with cells: 2, 3 and 4 of them
  for (std::size_t i = 0; i < rows.size(); i += 4) {
    EXPECT_EQ(rows[i].cluster, -1);
    EXPECT_EQ(rows[i].n_cells, rows[i + 1].n_cells + rows[i + 2].n_cells + rows[i + 3].n_cells);
    EXPECT_EQ(rows[i].resolution, 0.1);
    EXPECT_GE(rows[i].replicate, 1);
    if (rows[i].kind == Kind::cells) {
      EXPECT_EQ(rows[i].n_lots, 5);
      EXPECT_NEAR(static_cast<double>(rows[i].n_cells), 0.8 * 180, 25);
    } else {
      EXPECT_EQ(rows[i].n_cells, 36 * rows[i].n_lots);  // whole lots, 36 cells in each
    }
  }
  EXPECT_EQ(rows[4 * 6].kind, Kind::n_lots);
  for (std::int32_t n = 2; n <= 4; ++n) EXPECT_EQ(rows[4 * (4 + n)].n_lots, n);
}

TEST(Resampling, SaysNothingOfAClusterWhoseLotsAreNotThere) {
  auto study = heaps();
  for (std::int32_t i = 150; i < 180; ++i) study.lot[i] = 5;  // the smallest heap is all in the last lot
  bool seen = false, unseen = false;
  for (const auto& row : alone(study, 6, {.replicates = 8, .shared = quick.shared, .leiden = quick.leiden}))
    if (row.kind == Kind::lots && row.cluster == 2) {
      (row.n_cells > 0 ? seen : unseen) = true;
      EXPECT_EQ(std::isnan(row.agreement), row.n_cells == 0);
    }
  EXPECT_TRUE(seen);
  EXPECT_TRUE(unseen);
}

TEST(Resampling, HasTheSameBitsOnAnyNumberOfRanks) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD), ranks = parallel::size_of(MPI_COMM_WORLD);
  const auto study = ring(300);
  const auto expected = alone(study, 5, on_ring);
  for (const auto& split : {parallel::Partition::even(study.n(), ranks),
                            parallel::Partition::from_local(MPI_COMM_WORLD, rank == ranks - 1 ? study.n() : 0)}) {
    for (const std::int64_t most_copied_bytes : {std::int64_t{0}, std::int64_t{1} << 28}) {
      auto options = on_ring;
      options.most_copied_bytes = most_copied_bytes;
      const auto rows = resample(MPI_COMM_WORLD, part_of(study, split, rank).cells(5), options);
      ASSERT_EQ(rows.size(), expected.size());
      for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_EQ(std::bit_cast<std::uint64_t>(rows[i].agreement), std::bit_cast<std::uint64_t>(expected[i].agreement));
        EXPECT_EQ(rows[i].kind, expected[i].kind);
        EXPECT_EQ(rows[i].n_cells, expected[i].n_cells);
        EXPECT_EQ(rows[i].replicate, expected[i].replicate);
        EXPECT_EQ(rows[i].cluster, expected[i].cluster);
        EXPECT_EQ(rows[i].n_lots, expected[i].n_lots);
      }
    }
  }
}

TEST(Resampling, TakesFewLotsFewCellsAndNoReplicates) {
  auto study = heaps();
  for (auto& l : study.lot) l = 2;
  for (const auto& row : alone(study, 6, quick)) EXPECT_EQ(row.kind, Kind::cells);  // one lot cannot be redrawn
  EXPECT_TRUE(alone(study, 6, {.replicates = 0}).empty());

  Study small;
  for (std::int32_t i = 0; i < 4; ++i) add_point(small, 0, 0, 0, i);
  small.primary = {.n_clusters = 1, .label = {0, 0, 0, 0}};
  for (const auto& row : alone(small, 4, quick))
    EXPECT_TRUE(row.n_cells == 0 || row.agreement > 0) << name_of(row.kind);
  Study none;
  for (const auto& row : alone(none, 0, quick)) EXPECT_EQ(row.n_cells, 0);
}

TEST(Resampling, LeavesOutCellsThatHangTogetherWithNoOther) {
  auto options = quick;
  options.shared.prune = 0.999;  // joins only cells with the very same neighbourhood, which few have
  for (const auto& row : alone(heaps(), 6, options))
    if (row.kind == Kind::cells && row.cluster < 0) {
      EXPECT_GT(row.n_cells, 0);
      EXPECT_LT(row.n_cells, 60);  // of some 144 that stay
    }
}

TEST(Resampling, RefusesSharesThatLeaveNothingOut) {
  for (const double share : {0.0, 1.0, -0.5}) EXPECT_THROW(alone(heaps(), 6, {.cell_share = share}), UsageError);
  EXPECT_THROW(alone(heaps(), 6, {.replicates = -1}), UsageError);
}

TEST(CompareGrid, TellsOtherSeedsFromOtherResolutions) {
  std::vector<matrix::Labeling> grid;
  for (const double resolution : {0.5, 1.0})
    for (std::uint64_t seed = 0; seed < 2; ++seed)
      grid.push_back({.resolution = resolution, .seed = seed, .n_clusters = 2, .label = {0, 0, 0, 1, 1, 1}});
  grid[3].label = {0, 0, 0, 0, 1, 1};  // resolution 1, seed 1
  grid.push_back({.integration = "lot", .resolution = 1, .seed = 0, .n_clusters = 2, .label = {0, 1, 0, 1, 0, 1}});
  const auto rows = compare_grid(grid, populations::count_overlaps(MPI_COMM_SELF, grid), 2, 7);
  ASSERT_EQ(rows.size(), 2U * 3);
  EXPECT_EQ(rows[0].kind, Kind::grid_seed);
  EXPECT_EQ(rows[0].seed, 1U);
  EXPECT_EQ(rows[0].cluster, -1);
  EXPECT_EQ(rows[0].n_cells, 6);
  EXPECT_EQ(rows[0].n_lots, 7);
  EXPECT_NEAR(rows[0].agreement, 0.3243243243243243, 1e-15);  // adjusted_rand_score of scikit-learn 1.9.1
  EXPECT_EQ(rows[1].agreement, 3.0 / 4);
  EXPECT_EQ(rows[2].agreement, 2.0 / 3);
  EXPECT_EQ(rows[3].kind, Kind::grid_resolution);
  EXPECT_EQ(rows[3].resolution, 0.5);
  EXPECT_EQ(rows[3].agreement, 1.0);
}

}  // namespace
