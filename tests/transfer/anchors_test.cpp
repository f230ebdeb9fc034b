#include "miura/transfer/anchors.hpp"

#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "transfer/golden.hpp"

namespace {

using namespace miura;
using namespace miura::transfer_test;

transfer::Anchors anchors_of(MPI_Comm comm, const transfer::Reference& reference, const transfer::Query& query,
                             const transfer::AnchorOptions& options) {
  const auto unit = transfer::unit_rows(reference.scores, 30), unit_query = transfer::unit_rows(query.scores, 30);
  return transfer::find_anchors(comm, reference, transfer::neighborhoods(comm, unit, options.k_score), query,
                                transfer::cross_neighbors(comm, unit, unit_query, 30, options), options);
}

/// Of all ranks, on every rank.
transfer::Anchors gathered(const transfer::Anchors& mine) {
  auto all = mine;
  all.reference = parallel::gather_everywhere<std::int64_t>(MPI_COMM_WORLD, mine.reference);
  all.query = parallel::gather_everywhere<std::int64_t>(MPI_COMM_WORLD, mine.query);
  all.shared = parallel::gather_everywhere<std::int32_t>(MPI_COMM_WORLD, mine.shared);
  all.score = parallel::gather_everywhere<double>(MPI_COMM_WORLD, mine.score);
  return all;
}

class Anchors : public testing::TestWithParam<Cut> {};
INSTANTIATE_TEST_SUITE_P(Layouts, Anchors, testing::Values(Cut::even, Cut::first_rank_empty, Cut::all_on_last));

void expect_seurats(const transfer::Anchors& found, const std::string& file) {
  std::map<std::pair<std::int64_t, std::int64_t>, double> score;
  for (const auto& row : sheet(file).row)
    score[{std::stoll(row[0]) - 1, std::stoll(row[1]) - 1}] = *input::parse_number(row[2]);
  ASSERT_EQ(std::ssize(found.query), std::ssize(score));
  EXPECT_EQ(found.n_kept, std::ssize(score));
  for (std::size_t a = 0; a < found.query.size(); ++a) {
    const auto expected = score.find({found.reference[a], found.query[a]});
    ASSERT_NE(expected, score.end()) << found.reference[a] << ' ' << found.query[a];
    EXPECT_NEAR(found.score[a], expected->second, 1e-14);
  }
}

TEST_P(Anchors, AreThoseOfSeuratWithExactNeighbors) {
  const auto reference = golden_reference(MPI_COMM_WORLD, GetParam());
  const auto query = golden_query(MPI_COMM_WORLD, GetParam() == Cut::even ? Cut::all_on_last : Cut::even);
  const auto found = gathered(anchors_of(MPI_COMM_WORLD, reference, query, {}));
  EXPECT_EQ(found.n_mutual, 913);
  expect_seurats(found, "anchors.csv.gz");
}

TEST(AnchorFilter, IsOfNoEffectWhereOneSideIsSmall) {
  const auto reference = golden_reference(MPI_COMM_WORLD, Cut::even);
  const auto query = golden_query(MPI_COMM_WORLD, Cut::even);
  expect_seurats(gathered(anchors_of(MPI_COMM_WORLD, reference, query, {.k_filter = 0})), "anchors_nofilter.csv.gz");
  EXPECT_EQ(anchors_of(MPI_COMM_WORLD, reference, query, {.k_filter = 301}).n_kept, 913);
  EXPECT_LT(anchors_of(MPI_COMM_WORLD, reference, query, {.k_filter = 100}).n_kept, 823);
}

transfer::Reference plain_reference(const std::vector<float>& all, std::int32_t dims, Cut how) {
  transfer::Reference reference;
  reference.scores = knn::test::mine(MPI_COMM_WORLD, all, std::ssize(all) / dims, dims, how);
  return reference;
}

// Directions of the plane, in degrees: nearest each other are (0, 2), (10, 12) and (90, 98).
TEST_P(Anchors, OfOneNeighborAreMutualNearest) {
  const auto direction = [](double degrees, double length) {
    const double angle = degrees / 180 * 3.141592653589793;
    return std::vector<float>{static_cast<float>(length * std::cos(angle)),
                              static_cast<float>(length * std::sin(angle))};
  };
  std::vector<float> reference, query;
  for (const double degrees : {0, 10, 75, 90, 110})
    for (const float x : direction(degrees, 1 + degrees)) reference.push_back(x);
  for (const double degrees : {2, 12, 98})
    for (const float x : direction(degrees, 0.01 + degrees)) query.push_back(x);
  const auto found = gathered(anchors_of(MPI_COMM_WORLD, plain_reference(reference, 2, GetParam()),
                                         {knn::test::mine(MPI_COMM_WORLD, query, 3, 2, GetParam()), {}},
                                         {.k_anchor = 1, .k_score = 2}));
  EXPECT_EQ(found.reference, (std::vector<std::int64_t>{0, 1, 3}));
  EXPECT_EQ(found.query, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(found.shared, (std::vector<std::int32_t>{4, 4, 3}));  // 90 is near 75, 98 near 110
}

TEST_P(Anchors, ShareFewerWhereThereAreFewerCellsThanNeighbors) {
  const std::vector<float> three{1, 0, 0, 1, 1, 1};
  const auto found = gathered(anchors_of(MPI_COMM_WORLD, plain_reference(three, 2, GetParam()),
                                         {knn::test::mine(MPI_COMM_WORLD, three, 3, 2, GetParam()), {}}, {}));
  EXPECT_EQ(found.n_kept, 9);  // everybody is among everybody's five nearest
  EXPECT_EQ(found.shared, std::vector<std::int32_t>(9, 6));
  EXPECT_EQ(found.score, std::vector<double>(9, 1.0));  // quantiles are equal
}

TEST_P(Anchors, OfNoCellsAreNone) {
  const auto reference = plain_reference({1, 0, 0, 1}, 2, GetParam());
  const transfer::Query query{knn::test::mine(MPI_COMM_WORLD, {}, 0, 2, GetParam()), {}};
  EXPECT_EQ(anchors_of(MPI_COMM_WORLD, reference, query, {}).n_kept, 0);
}

TEST(UnitRows, HaveLengthOneAndKeepZeros) {
  const auto points = knn::test::mine(MPI_COMM_SELF, {3, 4, 7, 0, 0, 9}, 2, 3, Cut::even);
  const auto unit = transfer::unit_rows(points, 2);
  EXPECT_EQ(unit.value, (std::vector<float>{0.6F, 0.8F, 0, 0}));
}

}  // namespace
