#include "miura/transfer/rejection.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "transfer/planted.hpp"
#include "transfer/rest.hpp"

namespace {

using namespace miura;
using namespace miura::transfer_test;
using knn::test::Cut;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// This rank's share of what every rank knows whole.
template <class T>
std::vector<T> share(const std::vector<T>& all) {
  const auto part = parallel::Partition::even(std::ssize(all), parallel::size_of(MPI_COMM_WORLD));
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  return {all.begin() + part.begin(rank), all.begin() + part.end(rank)};
}

std::vector<std::uint64_t> bits(const std::vector<double>& values) {
  std::vector<std::uint64_t> all;
  for (const double value : values) all.push_back(std::isnan(value) ? 1 : std::bit_cast<std::uint64_t>(value));
  return all;
}

TEST(Calibration, CountsReferenceCellsThatAreAsOutlying) {
  const std::vector<double> score{1, 1, 0.9, 0.6, nan, 0.8}, distance{0.1, 0.2, 0.3, 0.1, 0.2, nan};
  const std::vector<double> neighborhood{0, 1.5, 1.5, 1.5, 1.5, nan};
  const std::vector<std::int32_t> lot{0, 0, 1, 1, 1, 2};  // the last was not held out
  const transfer::Calibration calibration(MPI_COMM_WORLD, {share(score), share(distance), share(neighborhood)},
                                          share(lot), 3, {.alpha = 0.5});
  EXPECT_EQ(calibration.n_cells(), 5);
  EXPECT_EQ(calibration.n_lots(), 2);
  // Ranks of 1 - score: 0 0 2 3 4; of distance: 0 2 4 0 2; the larger: 0 2 4 3 4.
  EXPECT_EQ(calibration.p(1, 0.05), 1.0);
  EXPECT_EQ(calibration.p(1, 0.15), 5 / 6.0);   // rank 2
  EXPECT_EQ(calibration.p(0.9, 0.1), 5 / 6.0);  // rank 2
  EXPECT_EQ(calibration.p(0.7, 0.1), 4 / 6.0);  // rank 3
  EXPECT_EQ(calibration.p(1, 0.3), 3 / 6.0);    // rank 4
  EXPECT_EQ(calibration.p(1, 0.31), 1 / 6.0);   // rank 5: farther than all
  EXPECT_EQ(calibration.p(nan, 0.1), 3 / 6.0);
  EXPECT_EQ(calibration.p_neighborhood(0), 1.0);
  EXPECT_EQ(calibration.p_neighborhood(0.1), 5 / 6.0);
  EXPECT_EQ(calibration.p_neighborhood(1.6), 1 / 6.0);
  EXPECT_TRUE(std::isnan(calibration.p_neighborhood(nan)));
  // p of the held-out cells: 1, 5/6, 3/6, 4/6, 3/6; alpha = 1/2 takes only what is below, and the cell without score.
  EXPECT_EQ(bits(calibration.lot_share_outside()), bits({0.0, 1 / 3.0, nan}));
  EXPECT_EQ(calibration.lot_p(0.0), 1.0);
  EXPECT_EQ(calibration.lot_p(1 / 3.0), 2 / 3.0);
  EXPECT_EQ(calibration.lot_p(0.9), 1 / 3.0);
}

TEST(Calibration, WithoutHeldOutCellsJudgesNothing) {
  const transfer::Calibration calibration(MPI_COMM_WORLD, {}, {}, 1, {});
  EXPECT_TRUE(std::isnan(calibration.p(0.1, 2)));
  EXPECT_TRUE(std::isnan(calibration.p_neighborhood(0.1)));
  EXPECT_TRUE(std::isnan(calibration.lot_p(1)));
}

class OfMode : public testing::TestWithParam<transfer::Mode> {
protected:
  transfer::MapOptions options{.mode = GetParam(), .centroids = {.k = 12}};
};
INSTANTIATE_TEST_SUITE_P(Modes, OfMode, testing::Values(transfer::Mode::anchor, transfer::Mode::compressed));

TEST(NeighborhoodsOfRest, AreThoseOfASearchAmongTheRest) {
  constexpr std::int64_t n = 240;
  constexpr std::int32_t dims = 3, k = 12;
  auto all = knn::test::uniform_points(n, dims, 14);
  std::vector<std::int32_t> part;
  for (std::int64_t i = 0; i < n; ++i) {
    part.push_back(static_cast<std::int32_t>(i % 3));
    for (std::int32_t d = 0; d < dims; ++d) {
      if (part.back() == 1) all[i * dims + d] *= 0.01F;  // a clump that crowds out others of the lists of those near it
      if (i % 24 == 5) all[i * dims + d] = all[(i - 3) * dims + d];  // duplicates
    }
  }
  const auto points = knn::test::mine(MPI_COMM_WORLD, all, n, dims, Cut::even);
  const auto mine = share(part);
  const transfer::NeighborhoodsOfRest of_rest(MPI_COMM_WORLD, points, mine, k, nullptr);
  for (std::int32_t out = 0; out < 3; ++out) {
    matrix::Embedding rest{{}, dims, {}};
    for (std::int64_t i = 0; i < std::ssize(mine); ++i)
      if (mine[i] != out) rest.value.insert(rest.value.end(), points.row(i).begin(), points.row(i).end());
    rest.points = parallel::Partition::from_local(MPI_COMM_WORLD, std::ssize(rest.value) / dims);
    const auto found = of_rest.without(MPI_COMM_WORLD, out, rest);
    const auto expected = transfer::neighborhoods(MPI_COMM_WORLD, rest, k);
    EXPECT_EQ(found.id, expected.id);
    EXPECT_EQ(found.distance, expected.distance);
  }
}

TEST_P(OfMode, HoldingALotOutIsMappingItOntoTheOthers) {
  const auto all = planted_reference(MPI_COMM_SELF, 3, 60, Cut::even);
  const auto held_out = transfer::leave_one_lot_out(MPI_COMM_SELF, all, options);
  const auto lot = planted_query(MPI_COMM_SELF, planted_lot(2, 60, 0), Cut::even);
  transfer::KnownOfReference known;  // soft clusters stay where they are, without the lot's cells
  if (options.mode == transfer::Mode::compressed)
    known.centroids = transfer::without_cells(
        MPI_COMM_SELF, transfer::summarize(MPI_COMM_SELF, all.scores, options.dims, options.centroids), lot.scores,
        options.centroids);
  const auto others = planted_reference(MPI_COMM_SELF, 2, 60, Cut::even);  // lots 0 and 1, without 2
  const auto prepared = transfer::prepare(MPI_COMM_SELF, others, options, std::move(known));
  const auto mapping = transfer::map_lot(MPI_COMM_SELF, prepared, lot, options);
  EXPECT_EQ(std::vector(held_out.mapping_score.begin() + 120, held_out.mapping_score.end()), mapping.mapping_score);
  EXPECT_EQ(std::vector(held_out.knn_dist.begin() + 120, held_out.knn_dist.end()), mapping.knn_dist);
}

TEST_P(OfMode, HasTheSameBitsOnAnyLayout) {
  const auto alone =
      transfer::leave_one_lot_out(MPI_COMM_SELF, planted_reference(MPI_COMM_SELF, 3, 50, Cut::even), options);
  for (const auto how : {Cut::even, Cut::first_rank_empty, Cut::all_on_last}) {
    const auto mine =
        transfer::leave_one_lot_out(MPI_COMM_WORLD, planted_reference(MPI_COMM_WORLD, 3, 50, how), options);
    EXPECT_EQ(bits(parallel::gather_everywhere<double>(MPI_COMM_WORLD, mine.mapping_score)), bits(alone.mapping_score));
    EXPECT_EQ(bits(parallel::gather_everywhere<double>(MPI_COMM_WORLD, mine.knn_dist)), bits(alone.knn_dist));
    EXPECT_EQ(bits(parallel::gather_everywhere<double>(MPI_COMM_WORLD, mine.neighborhood)), bits(alone.neighborhood));
  }
}

TEST_P(OfMode, OfAReferenceOfOneLotHalvesAreHeldOut) {
  const auto alone =
      transfer::leave_one_lot_out(MPI_COMM_SELF, planted_reference(MPI_COMM_SELF, 1, 80, Cut::even), options);
  for (const double distance : alone.knn_dist) EXPECT_FALSE(std::isnan(distance));
  const auto mine = transfer::leave_one_lot_out(
      MPI_COMM_WORLD, planted_reference(MPI_COMM_WORLD, 1, 80, Cut::first_rank_empty), options);
  EXPECT_EQ(bits(parallel::gather_everywhere<double>(MPI_COMM_WORLD, mine.knn_dist)), bits(alone.knn_dist));
}

TEST_P(OfMode, NeighborhoodsAreJudgedByAnchorsOnly) {
  const auto held_out =
      transfer::leave_one_lot_out(MPI_COMM_SELF, planted_reference(MPI_COMM_SELF, 2, 60, Cut::even), options);
  for (const double mean : held_out.neighborhood)
    EXPECT_EQ(std::isnan(mean), options.mode == transfer::Mode::compressed);
}

TEST(Outlyingness, AroundACellIsTheMeanOverItAndItsNearest) {
  const transfer::Outlyingness outlyingness(MPI_COMM_WORLD, share<double>({1, 0.9, 0.8, nan}),
                                            share<double>({0.1, 0.2, 0.3, 0.4}));
  transfer::Mapping mapping;  // every rank two cells, of which the first is far out
  mapping.label = {0, 0};
  mapping.mapping_score = {1, 1};
  mapping.knn_dist = {0.5, 0.1};
  const auto ranks = parallel::size_of(MPI_COMM_WORLD);
  mapping.cells = parallel::Partition::even(2 * ranks, ranks);
  const auto first = mapping.cells.begin(parallel::rank_of(MPI_COMM_WORLD));
  const auto next = (first + 2) % (2 * ranks);
  mapping.around = {first, next, first + 1, first + 1, first, -1};
  EXPECT_EQ(outlyingness(1, 0.5), 4);
  EXPECT_EQ(outlyingness(1, 0.1), 0);
  EXPECT_EQ(outlyingness(0.85, 0.1), 2);
  EXPECT_EQ(outlyingness.around(MPI_COMM_WORLD, mapping), (std::vector<double>{8 / 3.0, 2}));
}

TEST(Reject, AsksMoreOfACellThatLiesAmongOthersFarOut) {
  constexpr std::int64_t n = 400;
  transfer::HeldOutScores held_out;
  std::vector<std::int32_t> lot;
  for (std::int64_t i = 0; i < n; ++i) {  // 5 % of the cells of the reference lie at 1, none of them next to another
    held_out.mapping_score.push_back(1);
    held_out.knn_dist.push_back(i % 20 == 0 ? 1.0 : 0.001 * static_cast<double>(i % 20));
    held_out.neighborhood.push_back(static_cast<double>(n) / 2);
    lot.push_back(0);
  }
  const transfer::Calibration calibration(
      MPI_COMM_WORLD, {share(held_out.mapping_score), share(held_out.knn_dist), share(held_out.neighborhood)},
      share(lot), 1, {});
  transfer::Mapping mapping;
  mapping.cells = parallel::Partition::even(2 * parallel::size_of(MPI_COMM_WORLD), parallel::size_of(MPI_COMM_WORLD));
  const auto first = mapping.cells.begin(parallel::rank_of(MPI_COMM_WORLD));
  mapping.label = {0, 0};
  mapping.mapping_score = {1, 1};
  mapping.knn_dist = {1.0, 1.0};
  mapping.around = {first, first, first, first};
  mapping.status = {transfer::Status::ok, transfer::Status::ok};
  mapping.p_outlier = mapping.p_neighborhood = {nan, nan};
  transfer::reject(MPI_COMM_WORLD, mapping, calibration, {});
  EXPECT_GT(mapping.p_outlier[0], 0.04);
  EXPECT_LT(mapping.p_neighborhood[0], 0.01);
  EXPECT_EQ(mapping.status[0], transfer::Status::outside);
}

TEST_P(OfMode, ForeignCellsAreOutsideAndOthersAreNot) {
  const transfer::RejectionOptions rejection;
  const auto reference = planted_reference(MPI_COMM_WORLD, 6, 80, Cut::even);
  const auto held_out = transfer::leave_one_lot_out(MPI_COMM_WORLD, reference, options);
  const transfer::Calibration calibration(MPI_COMM_WORLD, held_out, reference.lot, 6, rejection);
  const auto prepared = transfer::prepare(MPI_COMM_WORLD, reference, options);
  const auto verdict_of = [&](const PlantedLot& lot, transfer::Mapping& mapping) {
    mapping =
        transfer::map_lot(MPI_COMM_WORLD, prepared, planted_query(MPI_COMM_WORLD, lot, Cut::all_on_last), options);
    return transfer::reject(MPI_COMM_WORLD, mapping, calibration, rejection);
  };
  transfer::Mapping mapping;
  std::int64_t outside = 0;
  for (int lot = 100; lot < 106; ++lot) {
    const auto verdict = verdict_of(planted_lot(lot, 60, 0), mapping);
    EXPECT_EQ(verdict.n_cells, 60);
    outside += verdict.n_outside;
  }
  EXPECT_LT(static_cast<double>(outside) / 360, 0.04);  // of cells of lots like the reference's: 0.01 in the long run

  const auto odd = verdict_of(planted_lot(200, 60, 1.0), mapping);
  EXPECT_GT(odd.share_outside, 0.9);
  EXPECT_EQ(odd.p_share, 1 / 7.0);
  const auto lot = planted_lot(201, 200, 0.3);
  const auto mixed = verdict_of(lot, mapping);
  EXPECT_NEAR(mixed.share_outside, 0.3, 0.1);
  for (std::int64_t i = 0; i < mapping.n_cells(); ++i) {  // the last rank has all
    EXPECT_EQ(mapping.status[i] == transfer::Status::outside,
              mapping.p_outlier[i] < 0.01 || mapping.p_neighborhood[i] < 0.01)
        << i;
    if (mapping.status[i] == transfer::Status::ok) {
      EXPECT_EQ(mapping.assigned(i), mapping.label[i]);
    } else {
      EXPECT_EQ(mapping.assigned(i), -1);
    }
  }
}

transfer::Mapping two_cells_a_rank(double first, double second) {
  transfer::Mapping mapping;
  mapping.label = {0, 0};
  mapping.mapping_score = {first, second};
  mapping.knn_dist = {0.1, 0.1};
  mapping.p_outlier = mapping.p_neighborhood = {nan, nan};
  mapping.status = {transfer::Status::ok, transfer::Status::ok};
  return mapping;
}

TEST(Reject, LeavesUnassignedWhatHasTooLowAScore) {
  const transfer::Calibration none(MPI_COMM_WORLD, {}, {}, 1, {});
  auto mapping = two_cells_a_rank(0.5, 0.49);
  const auto verdict = transfer::reject(MPI_COMM_WORLD, mapping, none, {});
  const auto ranks = parallel::size_of(MPI_COMM_WORLD);
  EXPECT_EQ(verdict.n_cells, 2 * ranks);
  EXPECT_EQ(verdict.n_unassigned, ranks);
  EXPECT_EQ(verdict.n_outside, 0);
  EXPECT_FALSE(verdict.no_anchors);
  EXPECT_EQ(mapping.status, (std::vector{transfer::Status::ok, transfer::Status::low_score}));
}

TEST(Reject, GivesNoCellOfAnotherKindALabel) {
  const transfer::Calibration none(MPI_COMM_WORLD, {}, {}, 1, {});
  auto mapping = two_cells_a_rank(1, 0.49);
  const auto verdict = transfer::reject(MPI_COMM_WORLD, mapping, none, {}, true);
  EXPECT_EQ(verdict.share_outside, 1.0);
  EXPECT_EQ(mapping.status, (std::vector{transfer::Status::outside, transfer::Status::outside}));
  EXPECT_EQ(mapping.assigned(0), -1);
}

TEST(Reject, CountsCellsWithoutAnchorsAsOutside) {
  const transfer::Calibration none(MPI_COMM_WORLD, {}, {}, 1, {});
  auto mapping = two_cells_a_rank(nan, nan);
  mapping.status = {transfer::Status::no_anchors, transfer::Status::no_anchors};
  const auto verdict = transfer::reject(MPI_COMM_WORLD, mapping, none, {});
  EXPECT_EQ(verdict.share_outside, 1.0);
  EXPECT_TRUE(verdict.no_anchors);
  EXPECT_EQ(mapping.status[0], transfer::Status::no_anchors);
}

TEST(Reject, OfALotWithoutCellsSaysNothing) {
  transfer::Mapping mapping;
  const auto verdict = transfer::reject(MPI_COMM_WORLD, mapping, {MPI_COMM_WORLD, {}, {}, 1, {}}, {});
  EXPECT_EQ(verdict.n_cells, 0);
  EXPECT_TRUE(std::isnan(verdict.share_outside));
  EXPECT_TRUE(std::isnan(verdict.p_share));
}

}  // namespace
