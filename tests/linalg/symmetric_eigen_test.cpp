#include "miura/linalg/symmetric_eigen.hpp"

#include <cblas.h>
#include <gtest/gtest.h>

#include <cmath>

#include "miura/stats/random.hpp"

namespace {

using namespace miura;

std::vector<double> symmetric(std::int32_t n) {
  stats::RandomStream random(1, stats::Purpose::simulate, static_cast<std::uint64_t>(n));
  std::vector<double> matrix(std::int64_t{n} * n);
  for (std::int32_t i = 0; i < n; ++i)
    for (std::int32_t j = i; j < n; ++j) matrix[i * n + j] = matrix[j * n + i] = random.uniform() - 0.5;
  return matrix;
}

TEST(LargestEigenpairs, OfADiagonalAreItsLargestEntries) {
  const auto pairs = linalg::largest_eigenpairs({3, 0, 0, 0, -5, 0, 0, 0, 7}, 3, 2);
  EXPECT_EQ(pairs.value, (std::vector<double>{7, 3}));
  EXPECT_DOUBLE_EQ(std::abs(pairs.vector[2]), 1.0);
  EXPECT_DOUBLE_EQ(std::abs(pairs.vector[3]), 1.0);
}

TEST(LargestEigenpairs, SolveTheEquationWithVectorsOfLengthOneAtRightAngles) {
  constexpr std::int32_t n = 60, count = 7;
  const auto matrix = symmetric(n);
  const auto pairs = linalg::largest_eigenpairs(matrix, n, count);
  const auto entry = [&](std::int32_t k, std::int32_t i) { return pairs.vector[k * n + i]; };
  for (std::int32_t k = 0; k < count; ++k) {
    if (k > 0) {
      EXPECT_GE(pairs.value[k - 1], pairs.value[k]);
    }
    for (std::int32_t i = 0; i < n; ++i) {
      double product = 0;
      for (std::int32_t j = 0; j < n; ++j) product += matrix[i * n + j] * entry(k, j);
      EXPECT_NEAR(product, pairs.value[k] * entry(k, i), 1e-12);
    }
    for (std::int32_t l = 0; l <= k; ++l) {
      double dot = 0;
      for (std::int32_t i = 0; i < n; ++i) dot += entry(k, i) * entry(l, i);
      EXPECT_NEAR(dot, k == l ? 1.0 : 0.0, 1e-12);
    }
  }
}

TEST(LargestEigenpairs, ReadTheUpperTriangleAlone) {
  constexpr std::int32_t n = 20;
  auto matrix = symmetric(n);
  const auto whole = linalg::largest_eigenpairs(matrix, n, n);
  for (std::int32_t i = 0; i < n; ++i)
    for (std::int32_t j = 0; j < i; ++j) matrix[i * n + j] = 1e9;
  EXPECT_EQ(linalg::largest_eigenpairs(matrix, n, n).value, whole.value);
}

TEST(LargestEigenpairs, HaveTheSameBitsWhateverTheThreadsAround) {
  constexpr std::int32_t n = 300;
  const int before = openblas_get_num_threads();
  openblas_set_num_threads(1);
  const auto alone = linalg::largest_eigenpairs(symmetric(n), n, 20);
  openblas_set_num_threads(2);
  const auto beside = linalg::largest_eigenpairs(symmetric(n), n, 20);
  EXPECT_EQ(openblas_get_num_threads(), 2) << "the number of threads is not given back";
  openblas_set_num_threads(before);
  EXPECT_EQ(alone.value, beside.value);
  EXPECT_EQ(alone.vector, beside.vector);
}

}  // namespace
