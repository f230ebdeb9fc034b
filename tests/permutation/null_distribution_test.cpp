#include "miura/permutation/null_distribution.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>
#include <string>

#include "miura/permutation/marginal.hpp"
#include "miura/stats/random.hpp"
#include "miura/stats/ranks.hpp"

namespace {

using namespace miura;
using Ranks = std::vector<std::int32_t>;

/// S of every relabeling, one after the other.
std::map<std::int64_t, std::int64_t> enumerated(const Ranks& x, const Ranks& y) {
  std::map<std::int64_t, std::int64_t> count;
  std::vector<int> lot(x.size());
  std::iota(lot.begin(), lot.end(), 0);
  do {
    std::int64_t s = 0;
    for (std::size_t l = 0; l < x.size(); ++l) s += std::int64_t{x[l]} * y[lot[l]];
    ++count[s];
  } while (std::next_permutation(lot.begin(), lot.end()));
  return count;
}

Ranks ranks_of(const std::vector<double>& values) { return stats::doubled_mid_ranks(values); }

/// Values with a given number of levels, so with more ties the fewer there are.
Ranks random_ranks(std::int32_t n, std::uint32_t n_levels, std::uint64_t index) {
  stats::RandomStream random(11, stats::Purpose::simulate, index);
  std::vector<double> values;
  for (std::int32_t i = 0; i < n; ++i) values.push_back(random.below(n_levels));
  return ranks_of(values);
}

TEST(NullDistribution, EqualsTheEnumerationUnderTiesOfAnyKind) {
  std::uint64_t index = 0;
  for (std::int32_t n = 1; n <= 7; ++n)
    for (const std::uint32_t levels_x : {2U, 3U, 1000U})
      for (const std::uint32_t levels_y : {2U, 4U, 1000U}) {
        const auto x = random_ranks(n, levels_x, index++), y = random_ranks(n, levels_y, index++);
        const auto expected = enumerated(x, y);
        const auto null = permutation::null_distribution(x, y);
        std::map<std::int64_t, std::int64_t> found;
        for (std::int64_t i = 0; i < std::ssize(null.count); ++i)
          if (null.count[i] != 0) found[null.lowest + i] = null.count[i];
        EXPECT_EQ(found, expected) << n << ' ' << levels_x << ' ' << levels_y;
      }
}

TEST(NullDistribution, CountsTailsWithTheirEnds) {
  const Ranks x{-3, -1, 1, 3};
  const auto null = permutation::null_distribution(x, x);
  EXPECT_EQ(null.at_least(20), 1);
  EXPECT_EQ(null.at_most(-20), 1);
  EXPECT_EQ(null.as_extreme(20), 2);
  EXPECT_EQ(null.as_extreme(-20), 2);
  EXPECT_EQ(null.at_least(21), 0);
  EXPECT_EQ(null.as_extreme(0), 24);
  EXPECT_EQ(null.most_extreme(), 2);
}

TEST(NullDistribution, ServesTwelveLotsWithoutTies) {
  Ranks x(12);
  for (int i = 0; i < 12; ++i) x[i] = 2 * i - 11;
  const auto null = permutation::null_distribution(x, x);
  EXPECT_EQ(std::accumulate(null.count.begin(), null.count.end(), std::int64_t{0}), 479'001'600);
  EXPECT_EQ(null.as_extreme(572), 2);
  EXPECT_EQ(null.at_least(568), 12);  // the identity and 11 exchanges of neighbours: sum d^2 = 2
}

TEST(SmallestShare, EqualsTheMostExtremeOfTheDistribution) {
  std::uint64_t index = 500;
  for (std::int32_t n = 2; n <= 10; ++n)
    for (const std::uint32_t levels : {2U, 3U, 5U, 1000U}) {
      const auto x = random_ranks(n, levels, index++), y = random_ranks(n, 4, index++);
      const auto constant = [](const Ranks& r) { return std::ranges::count(r, 0) == std::ssize(r); };
      if (constant(x) || constant(y)) continue;
      const auto exact = static_cast<double>(permutation::null_distribution(x, y).most_extreme()) /
                         static_cast<double>(permutation::factorial(n));
      EXPECT_NEAR(permutation::smallest_share(x, y), exact, 1e-12 * exact) << n << ' ' << levels;
    }
}

/// Counts of all relabelings for 3 to 12 lots and every kind of tie, by a program of its own (tests/data/golden_stats).
TEST(NullDistribution, EqualsThePublishedCases) {
  std::ifstream file(std::filesystem::path(MIURA_TEST_DATA) / "golden_stats" / "spearman_cases.tsv");
  ASSERT_TRUE(file.is_open());
  const auto values = [](const std::string& list) {
    std::vector<double> parsed;
    for (std::size_t at = 0; at < list.size();) {
      const auto comma = std::min(list.find(',', at), list.size());
      parsed.push_back(std::stod(list.substr(at, comma - at)));
      at = comma + 1;
    }
    return parsed;
  };
  std::string line, kind, x_text, y_text;
  std::getline(file, line);
  int n_cases = 0;
  for (std::int64_t n = 0; file >> n >> kind >> x_text >> y_text; ++n_cases) {
    double rho = 0, p_two = 0, p_upper = 0, p_lower = 0;
    std::int64_t t4 = 0, two = 0, upper = 0, lower = 0, all = 0;
    ASSERT_TRUE(file >> rho >> t4 >> two >> upper >> lower >> all >> p_two >> p_upper >> p_lower);
    const auto x = ranks_of(values(x_text)), y = ranks_of(values(y_text));
    const auto s = stats::spearman_s(x, y);
    EXPECT_NEAR(stats::spearman_rho(x, y), rho, 1e-12) << kind << ' ' << n;
    const auto null = permutation::null_distribution(x, y);
    EXPECT_EQ(null.as_extreme(s), two) << kind << ' ' << n;
    EXPECT_EQ(null.at_least(s), upper) << kind << ' ' << n;
    EXPECT_EQ(null.at_most(s), lower) << kind << ' ' << n;
    EXPECT_EQ(permutation::factorial(static_cast<std::int32_t>(n)), all);
  }
  EXPECT_EQ(n_cases, 36);
}

/// Sums of squared rank differences of 3 to 12 lots without ties: counts of all n!.
TEST(NullDistribution, EqualsTheSharedCountsOfSquaredDifferences) {
  std::ifstream file(MIURA_SHARED "/golden/bulk/spearman/null_counts_D_n3_12.tsv");
  if (!file) GTEST_SKIP() << "no shared golden files";
  std::string header;
  std::getline(file, header);
  std::map<std::int32_t, std::map<std::int64_t, std::int64_t>> expected;
  std::int64_t n, d, count;
  while (file >> n >> d >> count) expected[static_cast<std::int32_t>(n)][d] = count;
  ASSERT_EQ(expected.size(), 10U);
  for (const auto& [lots, counts] : expected) {
    std::vector<double> values(lots);
    std::iota(values.begin(), values.end(), 1.0);
    const auto ranks = ranks_of(values);
    const auto null = permutation::null_distribution(ranks, ranks);
    const auto largest = stats::spearman_s(ranks, ranks);  // S of doubled ranks falls by 2 for each unit of D
    std::map<std::int64_t, std::int64_t> found;
    for (std::int64_t i = 0; i < std::ssize(null.count); ++i)
      if (null.count[i] != 0) found[(largest - null.lowest - i) / 2] = null.count[i];
    EXPECT_EQ(found, counts) << lots;
  }
}

/// |rho| that the best of m independent probes needs: p of one probe there, as printed.
TEST(NullDistribution, HasTheSharedTableOfRhoThatIndependentProbesNeed) {
  std::ifstream file(MIURA_SHARED "/golden/bulk/spearman/rho_needed_independent_probes.tsv");
  if (!file) GTEST_SKIP() << "no shared golden files";
  std::string line;
  std::getline(file, line);
  int rows = 0;
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    std::int32_t n;
    std::int64_t m;
    std::string rho;
    double p = 0;
    fields >> n >> m >> rho;
    if (n > 12 || rho == "none") continue;
    fields >> p;
    std::vector<double> values(n);
    std::iota(values.begin(), values.end(), 1.0);
    const auto ranks = ranks_of(values);
    const auto null = permutation::null_distribution(ranks, ranks);
    const auto largest = static_cast<double>(stats::spearman_s(ranks, ranks));
    const auto s = std::llround(std::stod(rho) * largest / 2) * 2;
    double all = 1;
    for (std::int32_t i = 2; i <= n; ++i) all *= i;
    EXPECT_NEAR(static_cast<double>(null.as_extreme(s)) / all, p, 6e-3 * p) << line;
    ++rows;
  }
  EXPECT_GT(rows, 5);
}

}  // namespace
