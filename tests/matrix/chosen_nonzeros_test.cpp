#include "miura/matrix/chosen_nonzeros.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace {

using namespace miura::matrix;
using Entries = std::vector<std::pair<std::int32_t, std::uint32_t>>;

Entries chosen_of(ChosenNonzeros& chosen, const CountRows& counts, std::int64_t row) {
  Entries found;
  for (const auto& [column, count] : chosen.of(counts, row)) found.emplace_back(column, count);
  return found;
}

TEST(ChosenNonzeros, AreThoseOfMarkedColumnsRowByRow) {
  CountRows counts;
  counts.push_row(std::vector<CountRows::Nonzero>{{0, 1}, {1, 2}, {2, 70'000}, {4, 5}});
  counts.push_row({});
  counts.push_row(std::vector<CountRows::Nonzero>{{1, 255}, {3, 4}});
  const std::vector<std::uint8_t> is_chosen{0, 1, 1, 0, 1};
  ChosenNonzeros chosen(is_chosen);
  EXPECT_EQ(chosen_of(chosen, counts, 0), (Entries{{1, 2}, {2, 70'000}, {4, 5}}));
  EXPECT_EQ(chosen_of(chosen, counts, 1), Entries{});
  EXPECT_EQ(chosen_of(chosen, counts, 2), (Entries{{1, 255}}));
}

TEST(ChosenNonzeros, OfACopyAreItsOwn) {
  CountRows counts;
  counts.push_row(std::vector<CountRows::Nonzero>{{0, 1}});
  counts.push_row(std::vector<CountRows::Nonzero>{{1, 9}});
  const std::vector<std::uint8_t> is_chosen{1, 1};
  ChosenNonzeros one(is_chosen);
  auto other = one;  // as every thread has one
  const auto of_one = one.of(counts, 0);
  other.of(counts, 1);
  EXPECT_EQ(of_one.front().count, 1U);
}

TEST(ChosenNonzeros, MayBeAllOfARowOrNone) {
  CountRows counts;
  counts.push_row(std::vector<CountRows::Nonzero>{{0, 3}, {1, 2}, {2, 1}});
  for (const std::uint8_t mark : std::vector<std::uint8_t>{0, 1}) {
    const std::vector<std::uint8_t> is_chosen(3, mark);
    ChosenNonzeros chosen(is_chosen);
    EXPECT_EQ(chosen_of(chosen, counts, 0), mark != 0 ? (Entries{{0, 3}, {1, 2}, {2, 1}}) : Entries{});
  }
}

}  // namespace
