#include "miura/pca/fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "miura/base/error.hpp"
#include "pca/tables.hpp"

extern "C" void dsyev_(const char* job, const char* triangle, const int* n, double* a, const int* lda, double* w,
                       double* work, const int* lwork, int* info);

namespace {

using namespace miura;
using namespace miura::pca_test;

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
}

TEST_P(OfMethod, CountsNoComponentForACellThatIsThereTwice) {
  auto table = expression(6, 30);
  for (std::int32_t j = 0; j < 30; ++j) table.at(5, j) = table.at(2, j);
  const auto result = fit_table(table, {.components = 5, .method = GetParam()});
  EXPECT_EQ(result.model.n_components, 4);
  EXPECT_TRUE(std::ranges::equal(result.scores.row(5), result.scores.row(2)));
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

/// Rows of numbers, tab between them.
std::vector<double> read_table(const std::string& name) {
  std::ifstream file(std::string(MIURA_TEST_DATA) + "/pca/" + name);
  EXPECT_TRUE(file) << name;
  return {std::istream_iterator<double>(file), {}};
}

TEST_P(OfMethod, AgreesWithScanpyOnRealCells) {
  const auto grid_value = read_table("grid.tsv");
  const auto variance = read_table("variance.tsv"), loadings = read_table("loadings.tsv"),
             scores = read_table("scores.tsv");
  Table table{120, 60, {grid_value.begin(), grid_value.end()}, std::vector<std::uint8_t>(120, 1)};
  const auto [model, placed] = fit_table(table, {.components = 10, .method = GetParam()});
  ASSERT_EQ(model.n_components, 10);
  for (std::int32_t k = 0; k < 10; ++k) {
    EXPECT_NEAR(model.variance[k] / variance[2 * k], 1.0, 1e-5) << k;
    EXPECT_NEAR(model.variance_ratio[k] / variance[2 * k + 1], 1.0, 1e-5) << k;
  }
  for (std::size_t e = 0; e < loadings.size(); ++e) EXPECT_NEAR(model.loadings[e], loadings[e], 1e-5) << e;
  for (std::size_t e = 0; e < scores.size(); ++e)
    EXPECT_NEAR(placed.value[e], scores[e], 5e-4) << e;  // the cut on the grid moves a z of 10 by 2^-17 / sd = 3e-4
}

INSTANTIATE_TEST_SUITE_P(Methods, OfMethod, testing::Values(pca::Method::gram, pca::Method::krylov),
                         [](const auto& method) { return method.param == pca::Method::gram ? "Gram" : "Krylov"; });

TEST(Fit, FindsTheSameByGramAndByKrylov) {
  auto table = expression(700, 120);
  const auto gram = fit_table(table, {.components = 30, .method = pca::Method::gram}).model;
  const auto krylov = fit_table(table, {.components = 30, .method = pca::Method::krylov}).model;
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
  const auto table = enormous(1'100);
  const auto dense = dense_pca(table);
  const auto gram = fit_table(table, {.components = 4}).model;
  const auto krylov = fit_table(table, {.components = 4, .method = pca::Method::krylov}).model;
  for (std::int32_t k = 0; k < 4; ++k) {
    EXPECT_NEAR(gram.variance[k] / dense.variance[k], 1.0, 1e-9);
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
