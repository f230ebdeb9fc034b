#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "association/planted_composition.hpp"

namespace {

using namespace miura;

/// Studies in which nothing is associated: how often anything is declared.
double rate_of_declaration(std::int32_t n_lots, int n_studies, int n_outcomes, const association::Options& options) {
  int declared = 0;
  for (int study = 0; study < n_studies; ++study) {
    const std::vector partitions{test::random_composition(n_lots, 5, 300, 1'000 + study)};
    std::vector<association::Outcome> outcomes;
    for (int m = 0; m < n_outcomes; ++m)
      outcomes.push_back(test::random_outcome("y" + std::to_string(m), n_lots, 1'000 + study));
    const auto result = association::associate(MPI_COMM_SELF, partitions, outcomes, options);
    declared += result.families.front().rejects ? 1 : 0;
  }
  return static_cast<double>(declared) / n_studies;
}

/// 99.9 % limits of a share of n draws around .05; the exact test of few lots may stay below.
void expect_nominal(double rate, int n) {
  EXPECT_LT(rate, 0.05 + 3.3 * std::sqrt(0.05 * 0.95 / n));
  EXPECT_GT(rate, 0.05 - 3.3 * std::sqrt(0.05 * 0.95 / n));
}

TEST(NullStudies, AreDeclaredAtTheNominalRateByAllRelabelings) {
  expect_nominal(rate_of_declaration(7, 400, 1, {.cell_resamples = 0}), 400);
}

TEST(NullStudies, AreDeclaredAtTheNominalRateWithJointOutcomes) {
  expect_nominal(rate_of_declaration(8, 200, 3, {.primary = {"y0", "y1", "y2"}, .cell_resamples = 0}), 200);
}

TEST(NullStudies, AreDeclaredAtTheNominalRateByDrawnRelabelings) {
  association::Options options{.cell_resamples = 0};
  options.relabelings.permutations = 499;
  expect_nominal(rate_of_declaration(15, 400, 1, options), 400);
}

}  // namespace
