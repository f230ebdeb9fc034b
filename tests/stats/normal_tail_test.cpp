#include "miura/stats/normal_tail.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace {

using miura::stats::log10_two_sided_p;

TEST(Log10TwoSidedP, IsThatOfScipy) {
  // scipy.stats 1.16: (norm.logsf(z) + log(2)) / log(10)
  const double golden[][2] = {{0.5, -0.20966199360125964}, {1.96, -1.30106656222387},   {5, -6.241615676726673},
                              {20, -88.25906534741162},    {28.2, -174.23302535243036}, {28.3, -175.46144076225994},
                              {37, -298.941151182946},     {40, -349.1359764636819},    {100, -2173.5705128733703},
                              {1000, -217150.33901199873}};
  for (const auto& [z, expected] : golden) {
    EXPECT_NEAR(log10_two_sided_p(z), expected, 2e-14 * std::abs(expected) + 1e-15) << z;
    EXPECT_EQ(log10_two_sided_p(-z), log10_two_sided_p(z));
  }
  EXPECT_EQ(log10_two_sided_p(0), 0);
  EXPECT_TRUE(std::isnan(log10_two_sided_p(std::numeric_limits<double>::quiet_NaN())));
}

}  // namespace
