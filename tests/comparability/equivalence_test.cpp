#include "miura/comparability/equivalence.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "miura/stats/normal_stream.hpp"

namespace {

using namespace miura;
using comparability::Equivalence;
using comparability::paired_equivalence;
using comparability::welch_equivalence;

nlohmann::json golden(const char* name) {
  std::ifstream file(std::filesystem::path(MIURA_TEST_DATA) / "golden_comparability" / "golden.json");
  return nlohmann::json::parse(file).at(name);
}

void expect_golden(const Equivalence& found, const nlohmann::json& expected) {
  const auto relative = [&](double value, const nlohmann::json& wanted) {
    EXPECT_NEAR(value / wanted.get<double>(), 1.0, 1e-12) << wanted;
  };
  EXPECT_NEAR(found.difference, expected.at("diff").get<double>(), 1e-15);
  relative(found.standard_error, expected.at("se"));
  relative(found.degrees, expected.at("df"));
  relative(found.p_lower, expected.at("p_lower"));
  relative(found.p_upper, expected.at("p_upper"));
  relative(found.ci_low, expected.at("ci90")[0]);
  relative(found.ci_high, expected.at("ci90")[1]);
  relative(found.p_difference, expected.at("p_difference"));
}

TEST(WelchEquivalence, IsTheGoldenOne) {
  const auto expected = golden("tost");
  const auto found = welch_equivalence(expected.at("ref").get<std::vector<double>>(),
                                       expected.at("post").get<std::vector<double>>(), expected.at("margin"));
  expect_golden(found, expected);
  EXPECT_TRUE(found.equivalent);
  EXPECT_EQ(found.n_before, 11);
  EXPECT_EQ(found.n_after, 5);
}

TEST(PairedEquivalence, IsTheGoldenOne) {
  const auto expected = golden("paired");
  const auto before = expected.at("before").get<std::vector<double>>(),
             after = expected.at("after").get<std::vector<double>>();
  std::vector<double> difference;
  for (std::size_t i = 0; i < before.size(); ++i) difference.push_back(after[i] - before[i]);
  expect_golden(paired_equivalence(difference, expected.at("margin")), expected);
}

TEST(WelchEquivalence, HoldsExactlyWhereTheIntervalIsWithinTheMargin) {
  stats::NormalStream normal(1, stats::Purpose::simulate, 1);
  int declared = 0;
  for (int r = 0; r < 500; ++r) {
    std::vector<double> before, after;
    for (int i = 0; i < 6; ++i) before.push_back(normal());
    for (int i = 0; i < 5; ++i) after.push_back(0.3 + 2 * normal());
    const auto found = welch_equivalence(before, after, 2.0);
    EXPECT_EQ(found.equivalent, found.ci_low >= -2.0 && found.ci_high <= 2.0);
    declared += found.equivalent ? 1 : 0;
  }
  EXPECT_GT(declared, 50);
  EXPECT_LT(declared, 450);
}

TEST(WelchEquivalence, ChangesSignsWithTheSides) {
  const std::vector<double> a{1, 2, 4, 3}, b{2, 5, 3.5};
  const auto forth = welch_equivalence(a, b, 2.0), back = welch_equivalence(b, a, 2.0);
  EXPECT_DOUBLE_EQ(forth.difference, -back.difference);
  EXPECT_DOUBLE_EQ(forth.p_lower, back.p_upper);
  EXPECT_DOUBLE_EQ(forth.ci_low, -back.ci_high);
  EXPECT_DOUBLE_EQ(forth.p_difference, back.p_difference);
}

TEST(WelchEquivalence, IsNotDefinedWithoutSpreadOrWithOneLot) {
  const std::vector<double> many{1, 2, 3}, one{2}, none{}, equal{.1, .1, .1};
  for (const auto& [before, after] : {std::pair{many, one}, {one, many}, {equal, equal}, {many, none}}) {
    const auto found = welch_equivalence(before, after, 1.0);
    EXPECT_TRUE(std::isnan(found.standard_error));
    EXPECT_TRUE(std::isnan(found.p_lower));
    EXPECT_TRUE(std::isnan(found.p_upper));
    EXPECT_TRUE(std::isnan(found.ci_low));
    EXPECT_TRUE(std::isnan(found.p_difference));
    EXPECT_FALSE(found.equivalent);
    EXPECT_EQ(std::isnan(found.difference), after.empty());
  }
  const auto no_margin = welch_equivalence(many, many, std::nan(""));
  EXPECT_TRUE(std::isnan(no_margin.p_lower));
  EXPECT_FALSE(no_margin.equivalent);
  EXPECT_DOUBLE_EQ(no_margin.p_difference, 1.0);
  EXPECT_TRUE(std::isnan(paired_equivalence(one, 1.0).p_lower));
  EXPECT_TRUE(std::isnan(paired_equivalence(equal, 1.0).p_lower));
}

TEST(ErrorRates, AreThoseOfSimulatedStudies) {
  for (const auto& expected : golden("error_rates")) {
    const auto found =
        comparability::welch_error_rates(expected.at("n1"), expected.at("n2"), expected.at("margin"), 1.0);
    EXPECT_NEAR(found.false_accept, expected.at("false_accept").get<double>(), 0.0035) << expected;
    EXPECT_NEAR(found.false_reject, expected.at("false_reject").get<double>(), 0.0035) << expected;
  }
  for (const auto& expected : golden("paired_error_rates")) {
    const auto found = comparability::paired_error_rates(expected.at("n"), expected.at("margin"), 1.0);
    EXPECT_NEAR(found.false_accept, expected.at("false_accept").get<double>(), 0.0035) << expected;
    EXPECT_NEAR(found.false_reject, expected.at("false_reject").get<double>(), 0.0035) << expected;
  }
}

/// Declared equivalent among 400 simulated studies of another program; no shift, and a shift as large as the margin.
TEST(ErrorRates, ReproduceTheTableOfRates) {
  struct Expected {
    std::int32_t before, after;
    double at_zero, at_margin;
  };
  for (const auto& e : {Expected{11, 3, .38, .055}, Expected{11, 5, .61, .052}, Expected{11, 8, .81, .030},
                        Expected{11, 12, .92, .055}, Expected{20, 12, .97, .048}}) {
    const auto found = comparability::welch_error_rates(e.before, e.after, 1.5, 1.0);
    const auto room = [](double p) { return 4 * std::sqrt(p * (1 - p) / 400); };
    EXPECT_NEAR(1 - found.false_reject, e.at_zero, room(e.at_zero));
    EXPECT_NEAR(found.false_accept, e.at_margin, room(e.at_margin));
  }
}

TEST(ErrorRates, DependOnTheMarginInStandardDeviations) {
  const auto one = comparability::welch_error_rates(11, 5, 1.5, 1.0),
             ten = comparability::welch_error_rates(11, 5, 15.0, 10.0);
  EXPECT_DOUBLE_EQ(one.false_reject, ten.false_reject);
  EXPECT_GT(comparability::welch_error_rates(11, 5, 1.0, 1.0).false_reject, one.false_reject);
  for (const auto& none :
       {comparability::welch_error_rates(11, 1, 1.5, 1.0), comparability::welch_error_rates(11, 5, 1.5, std::nan("")),
        comparability::paired_error_rates(5, std::nan(""), 1.0)}) {
    EXPECT_TRUE(std::isnan(none.false_accept));
    EXPECT_TRUE(std::isnan(none.false_reject));
  }
}

}  // namespace
