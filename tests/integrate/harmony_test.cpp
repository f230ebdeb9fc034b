#include "miura/integrate/harmony.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/stats/random.hpp"

namespace miura::integrate {
namespace {

constexpr std::int32_t n_dims = 6;

/// Cells of states that lie on axes of their own, seen in batches that are shifted along another.
struct Planted {
  std::vector<float> value;
  std::vector<std::int32_t> batch, state;

  std::int64_t n() const { return std::ssize(batch); }
  void add(std::int64_t n_cells, std::int32_t of_state, std::int32_t of_batch, double shift) {
    for (std::int64_t i = 0; i < n_cells; ++i) {
      stats::RandomStream random(7, stats::Purpose::simulate, static_cast<std::uint64_t>(n()));
      for (std::int32_t c = 0; c < n_dims; ++c) {
        const double radius = std::sqrt(-2 * std::log(1 - random.uniform()));
        const double noise = radius * std::cos(2 * std::numbers::pi * random.uniform());
        value.push_back(
            static_cast<float>((c == of_state ? 8.0 : 0.0) + (c == n_dims - 1 ? shift : 0.0) + 0.7 * noise));
      }
      batch.push_back(of_batch);
      state.push_back(of_state);
    }
  }
};

/// Three states in two batches, the second shifted by 4.
Planted two_batches() {
  Planted planted;
  for (std::int32_t s = 0; s < 3; ++s) {
    planted.add(100, s, 0, 0);
    planted.add(80, s, 1, 4);
  }
  return planted;
}

matrix::Embedding share_of(MPI_Comm comm, parallel::Partition points, std::span<const float> all, std::int32_t dims) {
  const int rank = parallel::rank_of(comm);
  const auto mine = all.subspan(points.begin(rank) * dims, points.n_local(rank) * dims);
  return {std::move(points), dims, {mine.begin(), mine.end()}};
}

/// Harmony on cells cut over the ranks, even, or all on the last rank; the whole corrected matrix comes back.
struct Outcome {
  std::vector<float> corrected;
  HarmonyReport report;
};
Outcome run(MPI_Comm comm, std::span<const float> value, std::span<const std::int32_t> batch, std::int32_t dims,
            const HarmonyOptions& options = {}, bool all_on_last = false) {
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  const auto n = std::ssize(batch);
  const auto points = all_on_last ? parallel::Partition::from_local(comm, rank == ranks - 1 ? n : 0)
                                  : parallel::Partition::even(n, ranks);
  const auto result = harmony(comm, share_of(comm, points, value, dims),
                              batch.subspan(points.begin(rank), points.n_local(rank)), options);
  return {parallel::gather_everywhere<float>(comm, result.corrected.value), result.report};
}
Outcome run(MPI_Comm comm, const Planted& p, const HarmonyOptions& options = {}, bool all_on_last = false) {
  return run(comm, p.value, p.batch, n_dims, options, all_on_last);
}

std::vector<double> mean_of(const Planted& p, std::span<const float> value, std::int32_t state, std::int32_t batch) {
  std::vector<double> mean(n_dims);
  double n = 0;
  for (std::int64_t i = 0; i < p.n(); ++i)
    if (p.state[i] == state && p.batch[i] == batch) {
      for (std::int32_t c = 0; c < n_dims; ++c) mean[c] += value[i * n_dims + c];
      ++n;
    }
  for (auto& m : mean) m /= n;
  return mean;
}

double distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::int64_t c = 0; c < std::ssize(a); ++c) sum += (a[c] - b[c]) * (a[c] - b[c]);
  return std::sqrt(sum);
}

/// Of the cells of a batch that are not of a state, the share whose nearest state mean of another batch is that state.
double created_share(const Planted& p, std::span<const float> value, std::int32_t absent, std::int32_t batch,
                     std::int32_t other) {
  std::vector<std::vector<double>> means;
  for (std::int32_t s = 0; s < 3; ++s) means.push_back(mean_of(p, value, s, other));
  double n = 0, created = 0;
  for (std::int64_t i = 0; i < p.n(); ++i) {
    if (p.batch[i] != batch) continue;
    const std::vector<double> cell(value.begin() + i * n_dims, value.begin() + (i + 1) * n_dims);
    std::vector<double> to;
    for (const auto& mean : means) to.push_back(distance(cell, mean));
    n += 1;
    created += std::ranges::min_element(to) - to.begin() == absent ? 1 : 0;
  }
  return created / n;
}

void expect_same_bits(std::span<const float> a, std::span<const float> b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::int64_t i = 0; i < std::ssize(a); ++i)
    ASSERT_EQ(std::bit_cast<std::uint32_t>(a[i]), std::bit_cast<std::uint32_t>(b[i])) << "at " << i;
}

void expect_same(const Outcome& a, const Outcome& b) {
  expect_same_bits(a.corrected, b.corrected);
  EXPECT_EQ(a.report.rounds, b.report.rounds);
  ASSERT_EQ(a.report.objective.size(), b.report.objective.size());
  for (std::int64_t i = 0; i < std::ssize(a.report.objective); ++i)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(a.report.objective[i]), std::bit_cast<std::uint64_t>(b.report.objective[i]));
}

TEST(Harmony, HasTheSameBitsAsOnOneRank) {
  auto planted = two_batches();
  planted.add(7, 1, 2, -3);
  const auto alone = run(MPI_COMM_SELF, planted);
  ASSERT_GE(std::ssize(alone.report.rounds), 2);
  expect_same(run(MPI_COMM_WORLD, planted), alone);
  expect_same(run(MPI_COMM_WORLD, planted, {}, true), alone);  // the other ranks own no cell
}

TEST(Harmony, HasTheSameBitsForAnyNumberOfThreads) {
  Planted planted;  // enough cells that threads share every step
  for (std::int32_t s = 0; s < 3; ++s) {
    planted.add(3000, s, 0, 0);
    planted.add(2500, s, 1, 4);
  }
  const HarmonyOptions options{.n_clusters = 20, .max_iterations = 2, .max_rounds = 3, .block_size = 0.1};
  const int threads = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto one = run(MPI_COMM_SELF, planted, options);
  omp_set_num_threads(2);
  const auto two = run(MPI_COMM_SELF, planted, options);
  omp_set_num_threads(threads);
  expect_same(two, one);
}

TEST(Harmony, DependsOnItsSeedAlone) {
  const auto planted = two_batches();
  const auto zero = run(MPI_COMM_WORLD, planted), one = run(MPI_COMM_WORLD, planted, {.seed = 1});
  expect_same(run(MPI_COMM_WORLD, planted), zero);
  EXPECT_NE(zero.corrected, one.corrected);
}

TEST(Harmony, RemovesAShiftOfABatchAndKeepsTheStatesApart) {
  const auto planted = two_batches();
  const auto fixed_penalty = run(MPI_COMM_WORLD, planted, {.lambda = 1});
  const auto dynamic_penalty = run(MPI_COMM_WORLD, planted);
  for (std::int32_t s = 0; s < 3; ++s) {
    EXPECT_NEAR(distance(mean_of(planted, planted.value, s, 0), mean_of(planted, planted.value, s, 1)), 4.0, 0.3);
    EXPECT_LT(
        distance(mean_of(planted, fixed_penalty.corrected, s, 0), mean_of(planted, fixed_penalty.corrected, s, 1)),
        0.4);
    EXPECT_LT(
        distance(mean_of(planted, dynamic_penalty.corrected, s, 0), mean_of(planted, dynamic_penalty.corrected, s, 1)),
        1.2);
    const auto next = (s + 1) % 3;
    EXPECT_NEAR(
        distance(mean_of(planted, fixed_penalty.corrected, s, 0), mean_of(planted, fixed_penalty.corrected, next, 0)),
        std::sqrt(128.0), 1.0);
  }
}

TEST(Harmony, MixesBatchesInClustersOnlyByItsPenalty) {
  Planted planted;  // one state, two batches farther apart than clusters are wide
  planted.add(150, 0, 0, -6);
  planted.add(150, 0, 1, 6);
  const auto left_over = [&](double theta) {
    const auto z = run(MPI_COMM_WORLD, planted, {.theta = theta, .lambda = 1, .n_clusters = 2}).corrected;
    return distance(mean_of(planted, z, 0, 0), mean_of(planted, z, 0, 1));
  };
  EXPECT_GT(left_over(0), 10.0);  // each cluster is one batch: nothing to correct
  EXPECT_LT(left_over(40), 2.0);
}

TEST(Harmony, MovesEachBatchTowardsTheOthersByHowManyCellsTheyHave) {
  Planted planted;  // one state: the ridge alone, in closed form
  planted.add(300, 0, 0, 0);
  planted.add(300, 0, 1, 4);
  const auto outcome = run(MPI_COMM_WORLD, planted, {.lambda = 1, .n_clusters = 1});
  // equal batches meet half way; lambda keeps 1 / 301 of the way between
  const auto left = mean_of(planted, outcome.corrected, 0, 0), right = mean_of(planted, outcome.corrected, 0, 1);
  const auto from = mean_of(planted, planted.value, 0, 0), to = mean_of(planted, planted.value, 0, 1);
  for (std::int32_t c = 0; c < n_dims; ++c) {
    EXPECT_NEAR(left[c], 0.5 * (from[c] + to[c]) + 0.5 * (from[c] - to[c]) / 301, 2e-5);
    EXPECT_NEAR(right[c], 0.5 * (from[c] + to[c]) - 0.5 * (from[c] - to[c]) / 301, 2e-5);
  }
}

/// tests/data/harmony/harmonypy.tsv: a header, then batch, 5 coordinates and 4 x 5 corrected ones by line.
std::vector<std::vector<double>> harmonypy_rows() {
  std::ifstream file(MIURA_TEST_DATA "/harmony/harmonypy.tsv");
  std::string header;
  std::getline(file, header);
  std::vector<double> all;
  for (double x = 0; file >> x;) all.push_back(x);
  std::vector<std::vector<double>> rows;
  for (std::int64_t at = 0; at + 26 <= std::ssize(all); at += 26)
    rows.emplace_back(all.begin() + at, all.begin() + at + 26);
  return rows;
}

TEST(Harmony, AgreesWithHarmonypy) {
  const auto rows = harmonypy_rows();
  ASSERT_EQ(rows.size(), 360);
  std::vector<float> value;
  std::vector<std::int32_t> batch;
  for (const auto& row : rows) {
    batch.push_back(static_cast<std::int32_t>(row[0]));
    for (int c = 0; c < 5; ++c) value.push_back(static_cast<float>(row[1 + c]));
  }
  int column = 6;
  for (const double lambda : {1.0, 0.0})
    for (const double theta : {1.0, 2.0}) {
      const HarmonyOptions options{.theta = theta,
                                   .lambda = lambda,
                                   .n_clusters = 4,
                                   .max_rounds = 20,
                                   .epsilon_cluster = 1e-5,
                                   .epsilon_harmony = 0};
      const auto outcome = run(MPI_COMM_WORLD, value, batch, 5, options);
      double squares = 0, moved = 0;
      for (std::int64_t i = 0; i < 360; ++i)
        for (int c = 0; c < 5; ++c) {
          squares += std::pow(outcome.corrected[i * 5 + c] - rows[i][column + c], 2);
          moved += std::pow(rows[i][column + c] - rows[i][1 + c], 2);
        }
      EXPECT_LT(std::sqrt(squares / moved), 0.01) << "lambda " << lambda << ", theta " << theta;
      column += 5;
    }
}

TEST(Harmony, CopesWithBatchesOfVeryUnequalSize) {
  Planted planted;
  for (std::int32_t s = 0; s < 3; ++s) {
    planted.add(400, s, 0, 0);
    planted.add(6, s, 1, 4);
  }
  planted.add(1, 2, 2, -4);
  const auto outcome = run(MPI_COMM_WORLD, planted);
  EXPECT_EQ(outcome.report.n_batches, 3);
  for (std::int32_t s = 0; s < 3; ++s) {
    EXPECT_LT(distance(mean_of(planted, outcome.corrected, s, 0), mean_of(planted, planted.value, s, 0)), 0.5);
    EXPECT_LT(distance(mean_of(planted, outcome.corrected, s, 0), mean_of(planted, outcome.corrected, s, 1)), 2.0);
  }
  EXPECT_TRUE(std::ranges::all_of(outcome.corrected, [](float x) { return std::isfinite(x); }));
}

TEST(Harmony, CreatesLittleOfAStateThatABatchLacks) {
  Planted planted;
  for (std::int32_t s = 0; s < 3; ++s) planted.add(100, s, 0, 0);
  for (std::int32_t s = 0; s < 2; ++s) planted.add(100, s, 1, 4);  // no state 2
  for (const double theta : {1.0, 2.0})
    EXPECT_LE(created_share(planted, run(MPI_COMM_WORLD, planted, {.theta = theta}).corrected, 2, 1, 0), 0.03);
}

TEST(Harmony, LeavesOneBatchAsItIs) {
  auto planted = two_batches();
  std::ranges::fill(planted.batch, 3);
  const auto outcome = run(MPI_COMM_WORLD, planted);
  expect_same_bits(outcome.corrected, planted.value);
  EXPECT_EQ(outcome.report.n_batches, 1);
  EXPECT_TRUE(outcome.report.converged);
}

TEST(Harmony, TakesNoNoticeOfBatchNumbersWithoutCells) {
  auto planted = two_batches();
  const auto dense = run(MPI_COMM_WORLD, planted);
  for (auto& b : planted.batch) b = 2 + 3 * b;
  expect_same(run(MPI_COMM_WORLD, planted), dense);
}

TEST(Harmony, AcceptsNoCellsAndFewerCellsThanClusters) {
  EXPECT_EQ(run(MPI_COMM_WORLD, Planted{}).report.n_clusters, 0);
  Planted few;
  few.add(2, 0, 0, 0);
  few.add(1, 1, 1, 4);
  const auto outcome = run(MPI_COMM_WORLD, few, {.n_clusters = 50});
  EXPECT_EQ(outcome.report.n_clusters, 3);
  EXPECT_TRUE(std::ranges::all_of(outcome.corrected, [](float x) { return std::isfinite(x); }));
}

TEST(Harmony, AcceptsCellsAtTheOriginAndDuplicates) {
  Planted planted;
  planted.add(40, 0, 0, 0);
  std::ranges::fill(planted.value, 0.0F);
  planted.add(40, 1, 1, 4);
  for (std::int64_t i = 40; i < 80; ++i)
    std::copy_n(planted.value.begin() + 40 * n_dims, n_dims, planted.value.begin() + i * n_dims);
  const auto outcome = run(MPI_COMM_WORLD, planted, {.n_clusters = 10});
  EXPECT_TRUE(std::ranges::all_of(outcome.corrected, [](float x) { return std::isfinite(x); }));
}

TEST(Harmony, RefusesWhatItCannotUse) {
  const auto planted = two_batches();
  EXPECT_THROW(run(MPI_COMM_WORLD, planted, {.theta = -1}), UsageError);
  EXPECT_THROW(run(MPI_COMM_WORLD, planted, {.sigma = 0}), UsageError);
  EXPECT_THROW(run(MPI_COMM_WORLD, planted, {.lambda = -1}), UsageError);
  EXPECT_THROW(run(MPI_COMM_WORLD, planted, {.block_size = 0}), UsageError);
  EXPECT_THROW(run(MPI_COMM_WORLD, planted, {.max_iterations = 0}), UsageError);
  auto broken = planted;
  broken.value[5] = std::numeric_limits<float>::quiet_NaN();  // on one rank only: all must throw
  EXPECT_ANY_THROW(run(MPI_COMM_WORLD, broken));
  broken = planted;
  broken.batch.back() = -1;
  EXPECT_ANY_THROW(run(MPI_COMM_WORLD, broken));
}

}  // namespace
}  // namespace miura::integrate
