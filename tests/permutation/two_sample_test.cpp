#include "miura/permutation/two_sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>
#include <string>

#include "miura/base/error.hpp"
#include "miura/stats/random.hpp"

namespace {

using namespace miura;
using permutation::TwoSample;

std::vector<double> normal_like(std::int64_t n_features, std::int32_t n_lots, std::uint64_t seed) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < n_features * n_lots; ++i) {
    stats::RandomStream random(seed, stats::Purpose::simulate, static_cast<std::uint64_t>(i));
    values.push_back(random.uniform() + random.uniform() + random.uniform());
  }
  return values;
}

/// t of one feature, written out.
double plain_t(const double* x, const std::vector<std::int32_t>& group, bool pooled) {
  double size[2] = {}, mean[2] = {}, square[2] = {};
  for (std::size_t l = 0; l < group.size(); ++l) size[group[l]] += 1.0, mean[group[l]] += x[l];
  for (const int g : {0, 1}) mean[g] /= size[g];
  for (std::size_t l = 0; l < group.size(); ++l) square[group[l]] += std::pow(x[l] - mean[group[l]], 2);
  const double n = size[0] + size[1];
  const double variance = pooled ? (square[0] + square[1]) / (n - 2) * (1 / size[0] + 1 / size[1])
                                 : square[0] / (size[0] - 1) / size[0] + square[1] / (size[1] - 1) / size[1];
  return (mean[1] - mean[0]) / std::sqrt(variance);
}

TEST(TwoSample, EqualsThePlainReferenceOverAllLabelings) {
  constexpr int n_features = 9, n_lots = 7;
  const auto x = normal_like(n_features, n_lots, 1);
  const std::vector<std::int32_t> group{1, 0, 0, 1, 0, 1, 0};
  for (const bool pooled : {true, false}) {
    const auto found =
        permutation::two_sample_max_t(MPI_COMM_WORLD, x, group, pooled ? TwoSample::t : TwoSample::welch, {});
    ASSERT_EQ(found.n_labelings, 35);
    std::vector<int> order(n_features);
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, std::greater{}, [&](int f) { return std::abs(found.t[f]); });
    std::vector<std::int64_t> raw(n_features), single(n_features), step(n_features);
    auto label = group;
    std::ranges::sort(label);
    do {
      std::vector<double> t;
      for (int f = 0; f < n_features; ++f) t.push_back(std::abs(plain_t(&x[f * n_lots], label, pooled)));
      for (int k = 0; k < n_features; ++k) {
        const auto f = order[k];
        const auto reaches = [&](int other) { return t[other] >= std::abs(found.t[f]) - 1e-10; };
        raw[f] += reaches(f);
        single[f] += std::ranges::any_of(order, reaches);
        step[f] += std::any_of(order.begin() + k, order.end(), reaches);
      }
    } while (std::next_permutation(label.begin(), label.end()));
    for (int k = 1; k < n_features; ++k) step[order[k]] = std::max(step[order[k]], step[order[k - 1]]);
    EXPECT_EQ(found.raw, raw);
    EXPECT_EQ(found.single_step, single);
    EXPECT_EQ(found.step_down, step);
    for (int f = 0; f < n_features; ++f) EXPECT_NEAR(found.t[f], plain_t(&x[f * n_lots], group, pooled), 1e-12);
  }
}

/// Both ways of labeling: all 924 choices of 6 of 12 lots, and 500 drawn ones.
TEST(TwoSample, HasTheSameBitsAsOnOneRank) {
  const auto x = normal_like(40, 12, 2);
  const std::vector<std::int32_t> group{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
  for (const std::int64_t permutations : {99'999, 500})
    for (const auto statistic : {TwoSample::t, TwoSample::welch, TwoSample::wilcoxon}) {
      const permutation::Options options{.permutations = permutations};
      const auto all = permutation::two_sample_min_p(MPI_COMM_WORLD, x, group, statistic, options);
      const auto alone = permutation::two_sample_min_p(MPI_COMM_SELF, x, group, statistic, options);
      EXPECT_EQ(all.n_labelings, permutations == 500 ? 501 : 924);
      EXPECT_EQ(all.t, alone.t);
      EXPECT_EQ(all.raw, alone.raw);
      EXPECT_EQ(all.step_down, alone.step_down);
      EXPECT_EQ(all.single_step, alone.single_step);
      EXPECT_EQ(all.step_down_lower, alone.step_down_lower);
      EXPECT_EQ(permutation::two_sample_max_t(MPI_COMM_WORLD, x, group, statistic, options).step_down,
                permutation::two_sample_max_t(MPI_COMM_SELF, x, group, statistic, options).step_down);
    }
}

TEST(TwoSample, CountsTheIdentityAndIsMonotone) {
  const auto x = normal_like(30, 30, 3);
  std::vector<std::int32_t> group(30);
  std::fill_n(group.begin(), 13, 1);
  const permutation::Options options{.permutations = 300, .side = permutation::Side::greater};
  const auto max_t = permutation::two_sample_max_t(MPI_COMM_WORLD, x, group, TwoSample::welch, options);
  const auto min_p = permutation::two_sample_min_p(MPI_COMM_WORLD, x, group, TwoSample::welch, options);
  EXPECT_FALSE(max_t.exact);
  EXPECT_EQ(min_p.raw, max_t.raw);
  for (int f = 0; f < 30; ++f) {
    EXPECT_GE(max_t.raw[f], 1);
    EXPECT_GE(max_t.step_down[f], max_t.raw[f]);
    EXPECT_GE(max_t.single_step[f], max_t.step_down[f]);
    EXPECT_GE(min_p.step_down[f], min_p.raw[f]);
    EXPECT_GE(min_p.single_step[f], min_p.step_down[f]);
    EXPECT_LE(min_p.step_down_lower[f], min_p.step_down[f]);
    for (int g = 0; g < 30; ++g)
      if (max_t.t[f] > max_t.t[g] + 1e-9) {
        EXPECT_LE(max_t.step_down[f], max_t.step_down[g]);
      }
  }
}

TEST(TwoSample, FindsNoAnswerForAConstantAndTheMostExtremeForSeparatedGroups) {
  std::vector<double> x{0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.7, 0.7, 0.7, 1, 5, 2, 3, 7, 9};
  const std::vector<std::int32_t> group{0, 0, 0, 1, 1, 1};
  for (const auto statistic : {TwoSample::t, TwoSample::welch}) {
    const auto found = permutation::two_sample_min_p(MPI_COMM_WORLD, x, group, statistic, {});
    EXPECT_TRUE(std::isnan(found.t[0]));
    EXPECT_EQ(found.raw[0] + found.step_down[0] + found.single_step[0], 0);
    EXPECT_EQ(found.t[1], std::numeric_limits<double>::infinity());
    EXPECT_EQ(found.raw[1], 2);  // as it is, and all turned around
    EXPECT_GT(found.raw[2], 2);
  }
}

TEST(TwoSample, StandardizesTheRankSumAsTheNormalApproximationDoes) {
  const std::vector<double> x{3, 1, 2, 2, 8, 9};  // mid-ranks 4 1 2.5 2.5 5 6; group 1: 13.5 of 10.5 expected
  const auto found = permutation::two_sample_max_t(MPI_COMM_WORLD, x, std::vector<std::int32_t>{0, 0, 0, 1, 1, 1},
                                                   TwoSample::wilcoxon, {});
  EXPECT_NEAR(found.t[0], 3.0 / std::sqrt(3 * 3 * 7 / 12.0), 1e-14);
}

TEST(TwoSample, RefusesAnOutcomeThatIsNotOfTwoGroups) {
  const auto x = normal_like(2, 4, 4);
  using Group = std::vector<std::int32_t>;
  EXPECT_THROW(permutation::two_sample_max_t(MPI_COMM_WORLD, x, Group{0, 1, 2, 1}, TwoSample::t, {}), UsageError);
  EXPECT_THROW(permutation::two_sample_max_t(MPI_COMM_WORLD, x, Group{0, 1, 1, 1}, TwoSample::t, {}), UsageError);
}

using Row = std::vector<double>;

/// A table of multtest: first the name of the gene, then its number (from 1) and the columns. By number.
std::map<int, Row> read_multtest(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::map<int, Row> rows;
  std::string line, name;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    int number = 0;
    fields >> name >> number;
    double value = 0;
    while (fields >> value) rows[number].push_back(value);
  }
  return rows;
}

/// Genes x 38 samples of Golub et al. (1999) as multtest has them; the first five of each class.
std::vector<double> read_golub(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<double> values;
  std::string line, name;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    fields >> name;
    for (int column = 1; column <= 38; ++column) {
      double value = 0;
      fields >> value;
      if (column <= 5 || (column >= 28 && column <= 32)) values.push_back(value);
    }
  }
  return values;
}

class Golub : public testing::Test {
protected:
  void SetUp() override {
    if (!std::filesystem::exists(bulk / "data" / "golub_expr.tsv"))
      GTEST_SKIP() << "the shared golden files are absent";
    x = read_golub(bulk / "data" / "golub_expr.tsv");
    ASSERT_EQ(x.size(), 30'510U);
  }
  static void expect_near(double found, double expected, int gene) {
    EXPECT_NEAR(found, expected, 1e-10 * std::abs(expected) + 1e-14) << gene;
  }

  const std::filesystem::path bulk = std::filesystem::path(MIURA_SHARED) / "golden" / "bulk";
  const std::vector<std::int32_t> group{0, 0, 0, 0, 0, 1, 1, 1, 1, 1};
  std::vector<double> x;
};

TEST_F(Golub, MaxTEqualsMulttestOverAll252Labelings) {
  const std::map<std::string, TwoSample> files{
      {"teq", TwoSample::t}, {"welch", TwoSample::welch}, {"wilcoxon", TwoSample::wilcoxon}};
  for (const auto& [file, statistic] : files) {
    SCOPED_TRACE(file);
    const auto expected = read_multtest(bulk / "golub" / ("enum252_maxT_" + file + ".tsv"));
    ASSERT_EQ(expected.size(), 3'051U);
    const auto found = permutation::two_sample_max_t(MPI_COMM_WORLD, x, group, statistic, {});
    ASSERT_EQ(found.n_labelings, 252);
    for (const auto& [gene, row] : expected) {  // teststat, rawp, adjp
      expect_near(found.t[gene - 1], row[0], gene);
      EXPECT_EQ(found.raw[gene - 1], std::llround(row[1] * 252)) << gene;
      EXPECT_EQ(found.step_down[gene - 1], std::llround(row[2] * 252)) << gene;
    }
  }
}

TEST_F(Golub, MinPEqualsMulttestOverAll252Labelings) {
  const std::map<std::string, TwoSample> files{{"teq", TwoSample::t}, {"welch", TwoSample::welch}};
  for (const auto& [file, statistic] : files) {
    SCOPED_TRACE(file);
    const auto expected = read_multtest(bulk / "golub" / ("enum252_minP_" + file + ".tsv"));
    ASSERT_EQ(expected.size(), 3'051U);
    const auto found = permutation::two_sample_min_p(MPI_COMM_WORLD, x, group, statistic, {});
    for (const auto& [gene, row] : expected) {  // teststat, rawp, adjp, plower
      expect_near(found.t[gene - 1], row[0], gene);
      EXPECT_EQ(found.raw[gene - 1], std::llround(row[1] * 252)) << gene;
      EXPECT_EQ(found.step_down[gene - 1], std::llround(row[2] * 252)) << gene;
      EXPECT_EQ(found.step_down_lower[gene - 1], std::llround(row[3] * 252)) << gene;
    }
  }
}

}  // namespace
