#include "miura/pca/fit.hpp"

#include <gtest/gtest.h>
#include <omp.h>
#include <slepcsys.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"

extern "C" void dsyev_(const char* job, const char* triangle, const int* n, double* a, const int* lda, double* w,
                       double* work, const int* lwork, int* info);

namespace {

using namespace miura;

constexpr double grid = matrix::grid_steps;

/// Initialised before the first test and finalised after the last, while MPI lives.
struct Slepc : testing::Environment {
  void SetUp() override { ASSERT_EQ(SlepcInitializeNoArguments(), 0); }
  void TearDown() override { EXPECT_EQ(SlepcFinalize(), 0); }
};
const auto* const slepc = testing::AddGlobalTestEnvironment(new Slepc);  // GoogleTest owns it

/// A small dense table of grid values, cells x features, replicated on every rank.
struct Table {
  std::int64_t n_cells;
  std::int32_t n_features;
  std::vector<std::int32_t> value;
  std::vector<std::uint8_t> reference;
  std::int32_t& at(std::int64_t i, std::int32_t j) { return value[i * n_features + j]; }
  std::int32_t at(std::int64_t i, std::int32_t j) const { return value[i * n_features + j]; }
};

std::uint64_t hash(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}
double uniform(std::uint64_t key) { return static_cast<double>(hash(key * 0x9E3779B97F4A7C15U + 1) >> 11) * 0x1p-53; }

/// Log-normalised expression of a few cell types: sparse, with genes that only few cells have, so that the cut acts.
Table expression(std::int64_t n_cells, std::int32_t n_features) {
  Table table{n_cells, n_features, std::vector<std::int32_t>(n_cells * n_features),
              std::vector<std::uint8_t>(n_cells, 1)};
  for (std::int64_t i = 0; i < n_cells; ++i)
    for (std::int32_t j = 0; j < n_features; ++j) {
      const auto key = static_cast<std::uint64_t>(i * 1000 + j);
      const double share = 0.005 + 0.4 * uniform(7'000'000 + j) * ((i + j) % 4 == 0 ? 1.5 : 0.6);
      if (uniform(key) < share)
        table.at(i, j) = static_cast<std::int32_t>(std::lrint((0.2 + 3 * uniform(key + 5'000'000)) * grid));
    }
  return table;
}

/// The rows of a rank, sparse. Partition: as even as can be, or all rows on the last rank.
matrix::GridMatrix rows_of(const Table& table, MPI_Comm comm, bool all_on_last = false) {
  const int rank = parallel::rank_of(comm), ranks = parallel::size_of(comm);
  const auto local = all_on_last ? (rank == ranks - 1 ? table.n_cells : 0)
                                 : parallel::Partition::even(table.n_cells, ranks).n_local(rank);
  matrix::GridMatrix x{parallel::Partition::from_local(comm, local), table.n_features, {0}, {}, {}};
  for (auto i = x.cells.begin(rank); i < x.cells.end(rank); ++i) {
    for (std::int32_t j = 0; j < table.n_features; ++j)
      if (table.at(i, j) != 0) {
        x.column.push_back(j);
        x.value.push_back(table.at(i, j));
      }
    x.row_start.push_back(std::ssize(x.column));
  }
  return x;
}

std::vector<std::uint8_t> marks_of(const Table& table, const matrix::GridMatrix& x, MPI_Comm comm) {
  const auto first = table.reference.begin() + x.cells.begin(parallel::rank_of(comm));
  return {first, first + x.n_local()};
}

pca::Result fit_table(const Table& table, const pca::Options& options, MPI_Comm comm = MPI_COMM_SELF,
                      bool all_on_last = false) {
  const auto x = rows_of(table, comm, all_on_last);
  return pca::fit(comm, x, marks_of(table, x, comm), options);
}

/// PCA as a textbook has it: dense, in doubles, all eigenvalues.
struct Dense {
  std::vector<double> mean, sd, variance;    // variance: all, descending
  std::vector<std::vector<double>> loading;  // by component
  std::vector<std::vector<double>> score;    // by component, all cells
};

Dense dense_pca(const Table& t, double clip = 10.0, bool scale = true) {
  const auto n = std::accumulate(t.reference.begin(), t.reference.end(), 0.0);
  const auto p = t.n_features;
  Dense d;
  std::vector<double> z(t.n_cells * p), covariance(p * p);
  for (std::int32_t j = 0; j < p; ++j) {
    double sum = 0, square = 0, cut_sum = 0;
    for (std::int64_t i = 0; i < t.n_cells; ++i) sum += t.reference[i] * (t.at(i, j) / grid);
    const double mean = sum / n;
    for (std::int64_t i = 0; i < t.n_cells; ++i) square += t.reference[i] * std::pow(t.at(i, j) / grid - mean, 2);
    const double sd = std::sqrt(square / (n - 1));
    const double ceiling =
        scale ? std::nearbyint((mean + clip * sd) * grid) / grid : std::numeric_limits<double>::max();
    const double divisor = scale ? (sd > 1e-12 ? sd : 1e300) : 1.0;
    for (std::int64_t i = 0; i < t.n_cells; ++i) {
      z[i * p + j] = (std::min(t.at(i, j) / grid, ceiling) - mean) / divisor;
      cut_sum += t.reference[i] * z[i * p + j];
    }
    for (std::int64_t i = 0; i < t.n_cells; ++i) z[i * p + j] -= cut_sum / n;
    d.mean.push_back(mean);
    d.sd.push_back(scale ? sd : 1.0);
  }
  for (std::int64_t i = 0; i < t.n_cells; ++i)
    if (t.reference[i])
      for (std::int32_t a = 0; a < p; ++a)
        for (std::int32_t b = 0; b < p; ++b) covariance[a * p + b] += z[i * p + a] * z[i * p + b] / (n - 1);
  std::vector<double> w(p), work(10 * p + 100);
  const int lwork = static_cast<int>(work.size()), order = p;
  int info = 0;
  dsyev_("V", "U", &order, covariance.data(), &order, w.data(), work.data(), &lwork, &info);
  EXPECT_EQ(info, 0);
  for (std::int32_t k = p - 1; k >= 0; --k) {
    d.variance.push_back(w[k]);
    auto& loading = d.loading.emplace_back(covariance.begin() + k * p, covariance.begin() + (k + 1) * p);
    const auto largest =
        *std::max_element(loading.begin(), loading.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
    if (largest < 0) std::transform(loading.begin(), loading.end(), loading.begin(), std::negate<>());
    auto& score = d.score.emplace_back(t.n_cells);
    for (std::int64_t i = 0; i < t.n_cells; ++i)
      score[i] = std::inner_product(loading.begin(), loading.end(), z.begin() + i * p, 0.0);
  }
  return d;
}

/// Every bit of a model and of the scores of this rank's cells against the same of one rank.
void expect_same_bits(const pca::Result& shared, const pca::Result& alone) {
  const auto equal = [](const auto& a, const auto& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(a[0])) == 0;
  };
  const auto &a = shared.model, &b = alone.model;
  EXPECT_EQ(a.n_features, b.n_features);
  EXPECT_EQ(a.n_components, b.n_components);
  EXPECT_TRUE(equal(a.mean, b.mean));
  EXPECT_TRUE(equal(a.sd, b.sd));
  EXPECT_TRUE(equal(a.ceiling, b.ceiling));
  EXPECT_TRUE(equal(a.center, b.center));
  EXPECT_TRUE(equal(a.loadings, b.loadings));
  EXPECT_TRUE(equal(a.singular_values, b.singular_values));
  EXPECT_TRUE(equal(a.variance, b.variance));
  EXPECT_TRUE(equal(a.variance_ratio, b.variance_ratio));
  const auto first = shared.scores.points.begin(parallel::rank_of(MPI_COMM_WORLD)) * a.n_components;
  const auto mine = std::span(alone.scores.value).subspan(first, shared.scores.value.size());
  EXPECT_TRUE(equal(shared.scores.value, mine));
}

void expect_as_dense(const pca::Result& result, const Table& table, const Dense& dense, double tolerance) {
  const auto& m = result.model;
  const double n = std::accumulate(table.reference.begin(), table.reference.end(), 0.0);
  const double total = std::accumulate(dense.variance.begin(), dense.variance.end(), 0.0);
  for (std::int32_t j = 0; j < m.n_features; ++j) {
    EXPECT_NEAR(m.mean[j], dense.mean[j], 1e-12);
    EXPECT_NEAR(m.sd[j], dense.sd[j], 1e-12);
  }
  for (std::int32_t k = 0; k < m.n_components; ++k) {
    EXPECT_NEAR(m.variance[k] / dense.variance[k], 1.0, tolerance) << k;
    EXPECT_NEAR(m.variance_ratio[k] / (dense.variance[k] / total), 1.0, tolerance) << k;
    EXPECT_NEAR(m.singular_values[k] / std::sqrt(dense.variance[k] * (n - 1)), 1.0, tolerance) << k;
    const double gap =
        std::min(k > 0 ? dense.variance[k - 1] - dense.variance[k] : 1e300, dense.variance[k] - dense.variance[k + 1]);
    ASSERT_GT(gap, 1e-4) << "the test needs separate components";
    for (std::int32_t j = 0; j < m.n_features; ++j)
      EXPECT_NEAR(m.loadings[j * m.n_components + k], dense.loading[k][j], tolerance * dense.variance[0] / gap)
          << k << ' ' << j;
    for (std::int64_t i = 0; i < table.n_cells; ++i)
      EXPECT_NEAR(result.scores.row(i)[k], dense.score[k][i], 1e-5) << k << ' ' << i;  // a float
  }
}

class OfMethod : public testing::TestWithParam<pca::Method> {};

TEST_P(OfMethod, HasTheSameBitsAsOnOneRank) {
  auto table = expression(211, 40);
  for (std::int64_t i = 0; i < table.n_cells; i += 3) table.reference[i] = 0;
  const pca::Options options{.components = 12, .method = GetParam()};
  const auto alone = fit_table(table, options);
  EXPECT_EQ(alone.model.n_components, 12);
  expect_same_bits(fit_table(table, options, MPI_COMM_WORLD), alone);
  expect_same_bits(fit_table(table, options, MPI_COMM_WORLD, true), alone);  // the other ranks own no cell
}

TEST_P(OfMethod, HasTheSameBitsOnAnyNumberOfThreads) {
  const auto table = expression(1'500, 30);
  const pca::Options options{.components = 5, .method = GetParam()};
  const int before = omp_get_max_threads();
  omp_set_num_threads(1);
  const auto one = fit_table(table, options);
  omp_set_num_threads(3);
  const auto three = fit_table(table, options, MPI_COMM_WORLD);
  omp_set_num_threads(before);
  expect_same_bits(three, one);
}

TEST_P(OfMethod, AgreesWithADensePcaOfTheReference) {
  auto table = expression(180, 24);
  for (std::int64_t i = 0; i < table.n_cells; i += 5) table.reference[i] = 0;
  const auto dense = dense_pca(table);
  expect_as_dense(fit_table(table, {.components = 8, .method = GetParam()}), table, dense, 1e-9);
}

TEST_P(OfMethod, OnlyCentresWhereNotScaled) {
  const auto table = expression(120, 15);
  const auto result = fit_table(table, {.components = 5, .method = GetParam(), .scale = false});
  expect_as_dense(result, table, dense_pca(table, 10.0, false), 1e-9);
  EXPECT_EQ(result.model.ceiling, std::vector<std::int32_t>(15, std::numeric_limits<std::int32_t>::max()));
}

TEST_P(OfMethod, CutsAboveAndNotBelow) {
  auto table = expression(300, 10);
  table.at(7, 3) = static_cast<std::int32_t>(200 * grid);  // 17 standard deviations of a column that it makes itself
  table.at(8, 4) = static_cast<std::int32_t>(-200 * grid);
  const pca::Options options{.components = 4, .method = GetParam()};
  const auto result = fit_table(table, options);
  expect_as_dense(result, table, dense_pca(table), 1e-9);
  EXPECT_LT(result.model.ceiling[3], table.at(7, 3));
  EXPECT_LT(result.model.center[3], -0.01);  // the cut took 7 of its z, over 300 cells
  EXPECT_NEAR(result.model.center[4], 0.0, 1e-12);
  EXPECT_EQ(result.model.center[0], 0.0);  // nothing was cut
}

TEST_P(OfMethod, HandlesAFeatureWhoseZerosAreCut) {
  auto table = expression(300, 6);  // a z-scored table: what is not stored may lie above the ceiling
  for (std::int64_t i = 0; i < table.n_cells; ++i)
    table.at(i, 2) = static_cast<std::int32_t>((-30 + uniform(i)) * grid);
  table.at(11, 2) = 0;
  table.reference[12] = 0;
  table.at(12, 2) = 0;
  table.at(13, 2) = 0;
  table.reference[13] = 0;
  const auto result = fit_table(table, {.components = 4, .method = GetParam(), .clip = 2.0});
  EXPECT_LT(result.model.ceiling[2], 0);
  expect_as_dense(result, table, dense_pca(table, 2.0), 1e-9);
}

TEST_P(OfMethod, GivesAConstantFeatureNoLoading) {
  auto table = expression(90, 9);
  for (std::int64_t i = 0; i < table.n_cells; ++i) {
    table.at(i, 4) = 0;
    table.at(i, 6) = 70'000;
  }
  table.reference[5] = 0;
  table.at(5, 6) = 1'000'000;  // varies outside the reference only
  const auto result = fit_table(table, {.components = 50, .method = GetParam()});
  EXPECT_EQ(result.model.n_components, 7);
  EXPECT_EQ(result.model.sd[4], 0.0);
  EXPECT_EQ(result.model.sd[6], 0.0);
  for (std::int32_t k = 0; k < 7; ++k) {
    EXPECT_EQ(result.model.loadings[4 * 7 + k], 0.0);
    EXPECT_EQ(result.model.loadings[6 * 7 + k], 0.0);
  }
  EXPECT_NEAR(std::accumulate(result.model.variance.begin(), result.model.variance.end(), 0.0), 7.0, 1e-9);
  for (const auto score : result.scores.value) EXPECT_TRUE(std::isfinite(score));
}

TEST_P(OfMethod, HasFewerComponentsThanReferenceCells) {
  auto table = expression(40, 30);
  std::fill(table.reference.begin() + 6, table.reference.end(), std::uint8_t{0});
  const auto result = fit_table(table, {.components = 50, .method = GetParam()});
  EXPECT_EQ(result.model.n_components, 5);
  EXPECT_NEAR(std::accumulate(result.model.variance_ratio.begin(), result.model.variance_ratio.end(), 0.0), 1.0, 1e-9);
  EXPECT_EQ(result.scores.n_local(), 40);
  expect_same_bits(fit_table(table, {.components = 50, .method = GetParam()}, MPI_COMM_WORLD), result);
}

TEST_P(OfMethod, CountsNoComponentForACellThatIsThereTwice) {
  auto table = expression(6, 30);
  for (std::int32_t j = 0; j < 30; ++j) table.at(5, j) = table.at(2, j);
  const auto result = fit_table(table, {.components = 5, .method = GetParam()});
  EXPECT_EQ(result.model.n_components, 4);
  EXPECT_TRUE(std::ranges::equal(result.scores.row(5), result.scores.row(2)));
}

TEST_P(OfMethod, WorksForTwoCellsAndOneFeature) {
  Table table{2, 1, {0, 65'536}, {1, 1}};
  const auto result = fit_table(table, {.method = GetParam()}, MPI_COMM_WORLD);
  EXPECT_EQ(result.model.n_components, 1);
  EXPECT_NEAR(result.model.variance[0], 1.0, 1e-12);
  EXPECT_NEAR(result.model.loadings[0], 1.0, 1e-12);
}

TEST_P(OfMethod, IsIndifferentToTheUnitOfAFeature) {
  auto table = expression(150, 12);
  const pca::Options options{.components = 4, .method = GetParam()};
  const auto before = fit_table(table, options);
  for (std::int64_t i = 0; i < table.n_cells; ++i) table.at(i, 3) *= 16;
  const auto after = fit_table(table, options);
  for (std::int32_t k = 0; k < 4; ++k) EXPECT_NEAR(after.model.variance[k], before.model.variance[k], 1e-4);
}

TEST_P(OfMethod, MakesTheLargestLoadingPositiveAndTheLoadingsOrthonormal) {
  const auto m = fit_table(expression(200, 33), {.components = 9, .method = GetParam()}).model;
  for (std::int32_t a = 0; a < 9; ++a) {
    double largest = 0;
    for (std::int32_t j = 0; j < 33; ++j)
      if (std::abs(m.loadings[j * 9 + a]) > std::abs(largest)) largest = m.loadings[j * 9 + a];
    EXPECT_GT(largest, 0);
    for (std::int32_t b = 0; b <= a; ++b) {
      double product = 0;
      for (std::int32_t j = 0; j < 33; ++j) product += m.loadings[j * 9 + a] * m.loadings[j * 9 + b];
      EXPECT_NEAR(product, a == b ? 1.0 : 0.0, 1e-12);
    }
  }
}

TEST_P(OfMethod, SaysWhenThereIsNothingToFind) {
  auto constant = expression(20, 4);
  std::fill(constant.value.begin(), constant.value.end(), 65'536);
  auto lonely = expression(20, 4);
  std::fill(lonely.reference.begin() + 1, lonely.reference.end(), std::uint8_t{0});
  const pca::Options options{.method = GetParam()};
  EXPECT_THROW(fit_table(constant, options, MPI_COMM_WORLD), Error);
  EXPECT_THROW(fit_table(lonely, options, MPI_COMM_WORLD), Error);
  EXPECT_THROW(fit_table(expression(0, 4), options, MPI_COMM_WORLD), Error);
}

INSTANTIATE_TEST_SUITE_P(Methods, OfMethod, testing::Values(pca::Method::gram, pca::Method::krylov),
                         [](const auto& method) { return method.param == pca::Method::gram ? "Gram" : "Krylov"; });

TEST(Fit, FindsTheSameByGramAndByKrylov) {
  auto table = expression(700, 120);
  const auto gram = fit_table(table, {.components = 30, .method = pca::Method::gram}, MPI_COMM_WORLD).model;
  const auto krylov = fit_table(table, {.components = 30, .method = pca::Method::krylov}, MPI_COMM_WORLD).model;
  ASSERT_EQ(krylov.n_components, gram.n_components);
  for (std::int32_t k = 0; k < 30; ++k) {
    EXPECT_NEAR(krylov.singular_values[k] / gram.singular_values[k], 1.0, 1e-8) << k;
    const double gap = k == 0 ? gram.variance[0] - gram.variance[1]
                              : std::min(gram.variance[k - 1] - gram.variance[k],
                                         k + 1 < 30 ? gram.variance[k] - gram.variance[k + 1] : 0.0);
    if (gap < 1e-3) continue;  // a near tie leaves the direction open
    for (std::int32_t j = 0; j < 120; ++j)
      EXPECT_NEAR(krylov.loadings[j * 30 + k], gram.loadings[j * 30 + k], 1e-6) << k << ' ' << j;
  }
}

TEST(Fit, DoesNotOverflowWhereSixtyFourBitsWould) {
  auto table = expression(1'100, 8);  // squares near 2^62: two cells are too many for a 64-bit sum
  for (std::int64_t i = 0; i < table.n_cells; ++i)
    for (std::int32_t j = 0; j < 8; ++j)
      table.at(i, j) = static_cast<std::int32_t>((uniform(i * 8 + j) + (i % 3 == j % 3 ? 1.0 : -1.0)) * 1.07e9);
  const pca::Options gram{.components = 4, .method = pca::Method::gram};
  const auto alone = fit_table(table, gram);
  expect_same_bits(fit_table(table, gram, MPI_COMM_WORLD), alone);
  const auto dense = dense_pca(table);
  const auto krylov = fit_table(table, {.components = 4, .method = pca::Method::krylov}).model;
  for (std::int32_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(alone.model.variance[k] / dense.variance[k], 1.0, 1e-9);
    EXPECT_NEAR(krylov.variance[k] / dense.variance[k], 1.0, 1e-9);
  }
}

TEST(Fit, RefusesOptionsOutOfRange) {
  const auto table = expression(20, 4);
  EXPECT_THROW(fit_table(table, {.components = 0}), UsageError);
  EXPECT_THROW(fit_table(table, {.clip = 0.0}), UsageError);
  EXPECT_THROW(fit_table(table, {.clip = std::numeric_limits<double>::quiet_NaN()}), UsageError);
  EXPECT_THROW(fit_table({1, 20'000, std::vector<std::int32_t>(20'000), {1}}, {}), UsageError);
}

TEST(Project, PlacesCellsAsTheFitDid) {
  auto table = expression(100, 20);
  std::fill(table.reference.begin() + 60, table.reference.end(), std::uint8_t{0});
  const auto all = fit_table(table, {.components = 17});  // not a multiple of the register block
  Table later{40, 20, {table.value.begin() + 60 * 20, table.value.end()}, {}};
  const auto scores = pca::project(MPI_COMM_SELF, rows_of(later, MPI_COMM_SELF), all.model);
  EXPECT_TRUE(std::ranges::equal(scores.value, std::span(all.scores.value).subspan(60 * 17)));
}

TEST(Project, RefusesOtherFeatures) {
  const auto model = fit_table(expression(50, 6), {.components = 2}).model;
  EXPECT_THROW(pca::project(MPI_COMM_SELF, rows_of(expression(5, 7), MPI_COMM_SELF), model), std::logic_error);
}

}  // namespace
