#include "miura/knn/vote.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "knn/points.hpp"
#include "miura/knn/search.hpp"

namespace {

using namespace miura;
using namespace miura::knn::test;

class Vote : public testing::TestWithParam<Cut> {
protected:
  /// The vote of queries that all ranks know, on rows of k neighbours; the result of this rank's queries is checked.
  void expect_elected(std::int32_t k, const std::vector<std::int64_t>& ids, const std::vector<float>& distances,
                      const std::vector<std::int32_t>& labels, const std::vector<std::int32_t>& expected) const {
    const int rank = parallel::rank_of(MPI_COMM_WORLD);
    const auto queries = cut(MPI_COMM_WORLD, std::ssize(expected), GetParam());
    const auto points = cut(MPI_COMM_WORLD, std::ssize(labels), Cut::even);
    const auto part = [](const auto& all, std::int64_t from, std::int64_t to) {
      return std::vector(all.begin() + from, all.begin() + to);
    };
    const auto from = queries.begin(rank), to = queries.end(rank);
    const matrix::Neighbors neighbors{queries, k, part(ids, from * k, to * k), part(distances, from * k, to * k)};
    const auto my_labels = part(labels, points.begin(rank), points.end(rank));
    EXPECT_EQ(knn::vote(MPI_COMM_WORLD, neighbors, points, my_labels, 3), part(expected, from, to));
  }
};
INSTANTIATE_TEST_SUITE_P(Layouts, Vote, testing::Values(Cut::even, Cut::first_rank_empty, Cut::all_on_last));

TEST_P(Vote, GoesToTheMajority) {
  expect_elected(3, {0, 1, 2, 5, 4, 3, 3, 0, 1}, {1, 2, 3, 1, 2, 3, 1, 2, 3}, {0, 0, 1, 1, 2, 2}, {0, 2, 0});
}

TEST_P(Vote, OfATieGoesToTheNearest) {
  expect_elected(4, {4, 0, 1, 5, 2, 4, 5, 3}, {1, 2, 3, 4, 1, 2, 3, 4}, {0, 0, 1, 1, 2, 2}, {2, 1});
}

TEST_P(Vote, OfATieOfEquallyNearGoesToTheSmallerLabel) {
  expect_elected(2, {4, 0, 5, 2, 1, 3}, {1, 1, 0, 0, 1, 1}, {0, 0, 1, 1, 2, 2}, {0, 1, 0});
}

TEST_P(Vote, CountsOnlyNeighborsThatExist) {
  const auto none = std::numeric_limits<float>::infinity();
  expect_elected(3, {4, -1, -1, -1, -1, -1, 2, 3, -1}, {1, none, none, none, none, none, 1, 2, none},
                 {0, 0, 1, 1, 2, 2}, {2, -1, 1});
}

TEST_P(Vote, IsTheSameAsOnOneRank) {
  const auto all = uniform_points(400, 3, 31), wanted = uniform_points(300, 3, 32);
  const auto label_of = [](std::int64_t i) { return static_cast<std::int32_t>(stats::mix(i) % 5); };
  const auto elected = [&](MPI_Comm comm, Cut how) {
    const auto points = mine(comm, all, 400, 3, Cut::even);
    const auto queries = mine(comm, wanted, 300, 3, how);
    std::vector<std::int32_t> labels;
    const int rank = parallel::rank_of(comm);
    for (auto i = points.points.begin(rank); i < points.points.end(rank); ++i) labels.push_back(label_of(i));
    return knn::vote(comm, knn::nearest(comm, points, queries, {.k = 7}), points.points, labels, 5);
  };
  const auto alone = elected(MPI_COMM_SELF, Cut::even);
  const auto queries = cut(MPI_COMM_WORLD, 300, GetParam());
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  EXPECT_EQ(elected(MPI_COMM_WORLD, GetParam()),
            std::vector(alone.begin() + queries.begin(rank), alone.begin() + queries.end(rank)));
}

TEST(VoteOfBadLabels, IsADefectOnAllRanks) {
  const int rank = parallel::rank_of(MPI_COMM_WORLD);
  const auto points = parallel::Partition::even(8, parallel::size_of(MPI_COMM_WORLD));
  const matrix::Neighbors nobody{parallel::Partition::even(0, parallel::size_of(MPI_COMM_WORLD)), 1, {}, {}};
  std::vector<std::int32_t> labels(points.n_local(rank), 0);
  if (rank == 0) labels[0] = 2;
  EXPECT_THROW(knn::vote(MPI_COMM_WORLD, nobody, points, labels, 2), std::exception);
  if (rank == 0) labels.pop_back();
  EXPECT_THROW(knn::vote(MPI_COMM_WORLD, nobody, points, labels, 3), std::exception);
}

}  // namespace
