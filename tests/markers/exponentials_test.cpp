#include "markers/exponentials.hpp"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <limits>
#include <vector>

#include "support/simd_targets.hpp"

namespace {

using namespace miura;

TEST(Exponentials, AreWithinOneAndAHalfUnitsInTheLastPlaceWhereverTheyStand) {
  std::vector<double> x;  // logarithms of expression lie between 0 and log(1 + 10,000)
  for (int i = 0; i <= 4'000; ++i) x.push_back(static_cast<float>(std::log1p(2.5 * i)));
  test::with_each_target([&] {
    auto all = x;
    markers::exponentiate(all);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double exact = std::exp(x[i]);
      const double unit = std::nextafter(exact, std::numeric_limits<double>::infinity()) - exact;
      EXPECT_LE(std::abs(all[i] - exact), 1.5 * unit) << x[i];  // libm's own rounding beside ours
    }
    for (std::size_t n = 0; n <= 17; ++n)
      for (const std::size_t from : {0, 1, 5, 3'000}) {
        std::vector<double> some(x.begin() + static_cast<std::ptrdiff_t>(from),
                                 x.begin() + static_cast<std::ptrdiff_t>(from + n));
        markers::exponentiate(some);
        for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(some[i], all[from + i]) << n;
      }
  });
}

TEST(Exponentials, HaveTheSameBitsWhereverMultiplicationsAreFused) {
  std::vector<double> x;
  for (int i = 0; i <= 4'000; ++i) x.push_back(static_cast<float>(std::log1p(2.5 * i)));
  std::vector<double> expected;
  int n_targets = 0;
  test::with_each_target([&] {
    if (hwy::SupportedTargets() > HWY_AVX2) return;  // better ones have smaller numbers
    auto found = x;
    markers::exponentiate(found);
    if (n_targets++ == 0) expected = found;
    EXPECT_EQ(found, expected);
  });
  if (n_targets < 2) GTEST_SKIP() << "this processor has " << n_targets << " such set of instructions";
}

}  // namespace
