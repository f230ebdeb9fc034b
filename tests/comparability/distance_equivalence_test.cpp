#include "miura/comparability/distance_equivalence.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "miura/stats/normal_stream.hpp"

namespace {

using namespace miura;
using namespace miura::comparability;

nlohmann::json golden() {
  std::ifstream file(std::filesystem::path(MIURA_TEST_DATA) / "golden_comparability" / "golden.json");
  return nlohmann::json::parse(file).at("distance");
}

std::vector<std::int32_t> lots_from(std::int32_t first, std::int32_t last) {
  std::vector<std::int32_t> set(last - first);
  std::iota(set.begin(), set.end(), first);
  return set;
}

TEST(DistanceEquivalence, IsTheGoldenOneOnTheComponentsOfOtherLots) {
  const auto expected = golden();
  const LotVectors vectors{"aitchison", 30, 6, expected.at("vectors").get<std::vector<double>>()};
  const std::int32_t n1 = expected.at("n1"), n2 = expected.at("n2");
  for (const auto& test : expected.at("tests")) {
    const std::int32_t width = test.at("p");
    const auto scores = leading_scores(vectors, lots_from(n1 + n2, 30), width);
    ASSERT_EQ(scores.width, width);
    const auto sizes = test.at("abs_scores").get<std::vector<double>>();
    for (std::size_t i = 0; i < sizes.size(); ++i) EXPECT_NEAR(std::abs(scores.value[i]), sizes[i], 1e-10);
    const auto rows = std::span(scores.value);
    const auto found = distance_equivalence(rows.first(n1 * width), rows.subspan(n1 * width, n2 * width), width,
                                            expected.at("margin"));
    EXPECT_EQ(found.n_before, n1);
    EXPECT_EQ(found.n_after, n2);
    EXPECT_NEAR(found.distance, test.at("distance").get<double>(), 1e-10);
    EXPECT_NEAR(found.p_margin, test.at("p_margin").get<double>(), 1e-10);
    EXPECT_NEAR(found.p_difference, test.at("p_difference").get<double>(), 1e-10);
    EXPECT_NEAR(found.ci_low, test.at("ci_low").get<double>(), 1e-8);
    EXPECT_NEAR(found.ci_high, test.at("ci_high").get<double>(), 1e-8);
    EXPECT_EQ(found.equivalent, found.ci_high < expected.at("margin").get<double>());
  }
}

/// How often lots whose means differ by `shift` standard deviations are declared equivalent.
double declared(std::int32_t n1, std::int32_t n2, std::int32_t width, double shift, int studies) {
  int hits = 0;
  for (int s = 0; s < studies; ++s) {
    stats::NormalStream normal(23, stats::Purpose::simulate, s);
    std::vector<double> before(n1 * width), after(n2 * width);
    for (double& x : before) x = normal();
    for (double& x : after) x = normal();
    for (std::int32_t l = 0; l < n2; ++l) after[l * width] += shift;
    hits += distance_equivalence(before, after, width, 1.5).equivalent ? 1 : 0;
  }
  return static_cast<double>(hits) / studies;
}

TEST(DistanceEquivalence, ErrsAndFindsAsOftenAsItsRatesSay) {
  constexpr int studies = 600;
  for (const auto& [n2, width] : {std::pair{5, 1}, {5, 3}, {8, 2}}) {
    const auto rates = distance_error_rates(11, n2, width, 1.5);
    const auto room = [](double p) { return 4 * std::sqrt(p * (1 - p) / studies); };
    EXPECT_DOUBLE_EQ(rates.false_accept, 0.05);
    EXPECT_NEAR(declared(11, n2, width, 1.5, studies), 0.05, room(0.05)) << n2 << ' ' << width;
    EXPECT_NEAR(declared(11, n2, width, 0.0, studies), 1 - rates.false_reject, room(0.5)) << n2 << ' ' << width;
  }
}

/// Declared at no difference among 200 simulated studies of another program, margin 1.5.
TEST(DistanceEquivalence, ReproducesTheTableOfRates) {
  const std::vector<std::pair<std::int32_t, std::vector<double>>> table{{5, {.77, .57, .45}}, {8, {.88, .75, .67}}};
  for (const auto& [n2, rates] : table)
    for (std::int32_t width = 1; width <= 3; ++width) {
      const double p = rates[width - 1];
      EXPECT_NEAR(1 - distance_error_rates(11, n2, width, 1.5).false_reject, p, 4 * std::sqrt(p * (1 - p) / 200))
          << n2 << ' ' << width;
    }
}

TEST(DistanceEquivalence, DoesNotDependOnTheUnitsOfTheComponents) {
  const std::vector<double> before{1, 2, 2, 1, 3, 5, 4, 3, 2, 2}, after{2, 2, 4, 1, 3, 3, 1, 2};
  const auto turned = [](std::vector<double> rows) {  // any invertible map of the plane
    for (std::size_t i = 0; i < rows.size(); i += 2) {
      const double x = rows[i], y = rows[i + 1];
      rows[i] = 3 * x - y + 7;
      rows[i + 1] = 0.5 * x + 2 * y;
    }
    return rows;
  };
  const auto plain = distance_equivalence(before, after, 2, 2.0);
  const auto mapped = distance_equivalence(turned(before), turned(after), 2, 2.0);
  EXPECT_NEAR(plain.distance, mapped.distance, 1e-12);
  EXPECT_NEAR(plain.p_margin, mapped.p_margin, 1e-12);
}

TEST(DistanceEquivalence, IsNotDefinedForTooFewLotsOrWithoutSpread) {
  const std::vector<double> one{1, 2}, two{1, 2, 3, 5}, flat{1, 1, 1, 1, 1, 1};
  for (const auto& found : {distance_equivalence(one, two, 2, 1.5), distance_equivalence(flat, flat, 2, 1.5),
                            distance_equivalence({}, two, 2, 1.5), distance_equivalence({}, {}, 0, 1.5)}) {
    EXPECT_TRUE(std::isnan(found.distance));
    EXPECT_TRUE(std::isnan(found.p_margin));
    EXPECT_FALSE(found.equivalent);
  }
  const std::vector<double> a{1, 2, 3, 4}, b{2, 3, 2};
  const auto no_margin = distance_equivalence(a, b, 1, std::nan(""));
  EXPECT_TRUE(std::isnan(no_margin.p_margin));
  EXPECT_FALSE(std::isnan(no_margin.ci_high));
  EXPECT_TRUE(std::isnan(distance_error_rates(1, 2, 3, 1.5).false_reject));
  EXPECT_TRUE(std::isnan(distance_error_rates(11, 5, 2, std::nan("")).false_accept));
}

TEST(DistanceEquivalence, HoldsForLotsThatLieVeryFarApart) {
  const std::vector<double> near{0, .1, .2, .1, 0, .2}, far{100, 100.1, 100.2, 100.3};
  const auto found = distance_equivalence(near, far, 1, 1.5);
  EXPECT_GT(found.ci_low, 100);
  EXPECT_LT(found.ci_low, found.distance);
  EXPECT_GT(found.p_margin, 1 - 1e-9);
  EXPECT_LT(found.p_difference, 1e-12);
  EXPECT_GT(found.p_difference, 0.0);
}

TEST(LeadingScores, AreAsManyAsTheOtherLotsVaryIn) {
  LotVectors vectors{"aitchison", 6, 3, {0, 0, 0, 1, 2, -3, 2, 4, -6, 3, 6, -9, 5, 5, -10, 9, 9, 9}};
  EXPECT_EQ(leading_scores(vectors, lots_from(0, 4), 3).width, 1);  // they lie on a line
  EXPECT_EQ(leading_scores(vectors, lots_from(0, 5), 3).width, 2);
  EXPECT_EQ(leading_scores(vectors, lots_from(0, 1), 3).width, 0);
  EXPECT_EQ(leading_scores(vectors, {}, 3).width, 0);
  vectors.value[15] = std::nan("");
  const auto scores = leading_scores(vectors, lots_from(0, 6), 2);
  EXPECT_EQ(scores.width, 2);
  EXPECT_TRUE(scores.known(4));
  EXPECT_FALSE(scores.known(5));
}

}  // namespace
