#include "miura/stats/random.hpp"

#include <gtest/gtest.h>

#include <array>

namespace {

using namespace miura::stats;

TEST(RandomStream, DependsOnEachPartOfItsName) {
  const auto first = [](std::uint64_t seed, Purpose p, std::uint64_t index) { return RandomStream(seed, p, index)(); };
  const auto base = first(1, Purpose::permutation, 5);
  EXPECT_EQ(base, first(1, Purpose::permutation, 5));
  EXPECT_NE(base, first(2, Purpose::permutation, 5));
  EXPECT_NE(base, first(1, Purpose::cluster, 5));
  EXPECT_NE(base, first(1, Purpose::permutation, 6));
  EXPECT_NE(base, first(1, Purpose::permutation, 5 + (std::uint64_t{1} << 32)));
}

TEST(RandomStream, IsUniformBelowANumberThatIsNoPowerOfTwo) {
  RandomStream random(7, Purpose::simulate, 0);
  std::array<int, 6> seen{};
  constexpr int draws = 60'000;
  for (int i = 0; i < draws; ++i) ++seen[random.below(6)];
  double chi_square = 0;
  for (const int n : seen) chi_square += (n - draws / 6.0) * (n - draws / 6.0) / (draws / 6.0);
  EXPECT_LT(chi_square, 20.5);  // 0.1 % point for 5 degrees of freedom
}

TEST(RandomStream, HasTheMeanAndVarianceOfTheUniform) {
  RandomStream random(3, Purpose::simulate, 9);
  double sum = 0, squares = 0;
  constexpr int draws = 100'000;
  for (int i = 0; i < draws; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0.0);
    ASSERT_LT(u, 1.0);
    sum += u;
    squares += u * u;
  }
  EXPECT_NEAR(sum / draws, 0.5, 0.004);
  EXPECT_NEAR(squares / draws, 1.0 / 3.0, 0.004);
}

TEST(HashText, SeparatesLengthAndOrder) {
  EXPECT_NE(hash_text(1, "ab"), hash_text(1, "ba"));
  EXPECT_NE(hash_text(1, ""), hash_text(1, std::string_view("\0", 1)));
  EXPECT_NE(hash_text(1, "ab"), hash_text(2, "ab"));
  EXPECT_EQ(mix(0), 0xE220A8397B1DCDAFU);  // first output of SplitMix64 from state 0
}

}  // namespace
