#include "miura/stats/loess.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace {

using namespace miura;

struct Golden {
  double span = 0;
  std::vector<double> x, y, fitted;
};

std::map<std::string, Golden> golden_cases() {
  std::ifstream file(MIURA_TEST_DATA "/loess/golden.tsv");
  std::map<std::string, Golden> cases;
  std::string line, name;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream fields(line);
    double span = 0, x = 0, y = 0, fitted = 0;
    fields >> name >> span >> x >> y >> fitted;
    auto& golden = cases[name];
    golden.span = span;
    golden.x.push_back(x);
    golden.y.push_back(y);
    golden.fitted.push_back(fitted);
  }
  return cases;
}

TEST(Loess, EqualsTheNetlibCode) {
  const auto cases = golden_cases();
  ASSERT_EQ(cases.size(), 6U);
  for (const auto& [name, golden] : cases) {
    const auto fitted = stats::loess(golden.x, golden.y, {.span = golden.span});
    double worst = 0;
    for (std::size_t i = 0; i < fitted.size(); ++i) worst = std::max(worst, std::abs(fitted[i] - golden.fitted[i]));
    EXPECT_LT(worst, 1e-10) << name;
  }
}

TEST(Loess, ReproducesAParabola) {
  std::vector<double> x, y;
  for (int i = 0; i < 100; ++i) {
    x.push_back(std::pow(i / 20.0, 1.5));
    y.push_back(3 - 2 * x.back() + 0.5 * x.back() * x.back());
  }
  // Cubic blending of values and slopes of a parabola is that parabola.
  for (const double span : {0.2, 0.5, 1.0}) {
    const auto fitted = stats::loess(x, y, {.span = span});
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(fitted[i], y[i], 1e-10) << span << ' ' << i;
  }
}

TEST(Loess, HasTheSameBitsInAnyOrderOfDistinctPoints) {
  const auto golden = golden_cases().at("smooth");
  const auto n = golden.x.size();
  std::vector<double> x(n), y(n);
  for (std::size_t i = 0; i < n; ++i) {
    x[i * 7 % n] = golden.x[i];  // 7 and n = 300 have no common factor
    y[i * 7 % n] = golden.y[i];
  }
  const auto straight = stats::loess(golden.x, golden.y, {.span = 0.3}), shuffled = stats::loess(x, y, {.span = 0.3});
  for (std::size_t i = 0; i < n; ++i)
    EXPECT_EQ(std::bit_cast<std::uint64_t>(straight[i]), std::bit_cast<std::uint64_t>(shuffled[i * 7 % n]));
}

TEST(Loess, AnswersWherePointsCoincide) {
  // 90 of 120 points share one x, so the 36 nearest of the first vertex are all on its rim, where skmisc stops.
  std::vector<double> x(90, 1.0), y;
  for (int i = 0; i < 30; ++i) x.push_back(2.0 + i);
  for (std::size_t i = 0; i < x.size(); ++i) y.push_back(3 * x[i] - 2 + (i >= 90 ? 0.0 : i % 2 == 0 ? 0.1 : -0.1));
  const auto fitted = stats::loess(x, y, {.span = 0.3});
  for (std::size_t i = 0; i < 90; ++i) EXPECT_NEAR(fitted[i], 1.0, 1e-9);
  for (std::size_t i = 90; i < x.size(); ++i) EXPECT_NEAR(fitted[i], y[i], 1e-9) << i;

  const std::vector<double> same(50, -2.5);
  for (const double value : stats::loess(same, same, {.span = 0.3})) EXPECT_DOUBLE_EQ(value, -2.5);
}

TEST(Loess, StaysAmongThePointsWhereTheThirdIsAlmostOnTheRim) {
  // The weight of the third x is far below rounding: a parabola through it would be noise.
  std::vector<double> x, y;
  for (int i = 0; i < 100; ++i) {
    const int place = i < 60 ? 0 : i < 98 ? 1 : 2;
    x.push_back(place == 0 ? 0.1 : place == 1 ? 0.7 : 10 + (i - 98) * 1e-15);
    y.push_back(place + (i % 2 == 0 ? 0.3 : -0.3));
  }
  for (const double value : stats::loess(x, y, {.span = 0.99})) {
    EXPECT_GT(value, -0.5);
    EXPECT_LT(value, 2.5);
  }
}

TEST(Loess, TakesFewPoints) {
  EXPECT_TRUE(stats::loess({}, {}, {}).empty());
  const std::vector<double> x{2, 1, 4}, y{4, 1, 16};
  EXPECT_DOUBLE_EQ(stats::loess(std::vector{2.0}, std::vector{5.0}, {.span = 0.3})[0], 5.0);
  const auto three = stats::loess(x, y, {.span = 0.3});
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(three[i], y[i], 1e-9);  // a parabola through three points
  std::vector<double> line_x, line_y;
  for (int i = 0; i < 10; ++i) {
    line_x.push_back(i);
    line_y.push_back(2.0 * i - 3.0);
  }
  const auto line = stats::loess(line_x, line_y, {.span = 0.3});
  for (std::size_t i = 0; i < line.size(); ++i) EXPECT_NEAR(line[i], line_y[i], 1e-9);
}

}  // namespace
