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

/// Shares of clusters and outcome both differ between two sources, and within them nothing is associated.
TEST(NullStudies, AreDeclaredAtTheNominalRateWithinSources) {
  constexpr int n_studies = 400;
  association::Options options{.cell_resamples = 0};
  options.design.stratum = {"BM", "BM", "BM", "BM", "BM", "AD", "AD", "AD", "AD"};
  int declared = 0, declared_freely = 0;
  for (int study = 0; study < n_studies; ++study) {
    auto partition = test::random_composition(9, 5, 300, 3'000 + study);
    auto outcome = test::random_outcome("y", 9, 3'000 + study);
    for (int lot = 5; lot < 9; ++lot) {
      outcome.value[lot] += 2;
      const auto moved = partition.count[lot] * 3 / 4;
      partition.count[lot] -= moved;
      partition.count[9 + lot] += moved;
    }
    const auto rejects = [&](const association::Options& o) {
      return association::associate(MPI_COMM_SELF, std::vector{partition}, std::vector{outcome}, o).families[0].rejects;
    };
    declared += rejects(options) ? 1 : 0;
    declared_freely += rejects({.cell_resamples = 0}) ? 1 : 0;
  }
  expect_nominal(static_cast<double>(declared) / n_studies, n_studies);
  EXPECT_GT(declared_freely, n_studies / 5);  // what relabeling over sources would claim
}

/// Freedman & Lane is approximate: up to .08 for 11 lots.
TEST(NullStudies, AreDeclaredAtNearlyTheNominalRateGivenACovariate) {
  constexpr int n_studies = 400;
  int declared = 0;
  for (int study = 0; study < n_studies; ++study) {
    const std::vector partitions{test::random_composition(11, 5, 300, 5'000 + study)};
    const auto covariate = test::random_outcome("passage", 11, 5'000 + study).value;
    auto outcome = test::random_outcome("y", 11, 5'000 + study);
    for (int lot = 0; lot < 11; ++lot) outcome.value[lot] += 2 * covariate[lot];
    association::Options options{.cell_resamples = 0, .design = {.covariate = covariate}};
    options.relabelings.permutations = 499;
    declared += association::associate(MPI_COMM_SELF, partitions, std::vector{outcome}, options).families[0].rejects;
  }
  const double rate = static_cast<double>(declared) / n_studies;
  EXPECT_LT(rate, 0.08 + 3.3 * std::sqrt(0.08 * 0.92 / n_studies));
  EXPECT_GT(rate, 0.02);
}

}  // namespace
