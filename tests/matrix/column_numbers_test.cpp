#include "miura/matrix/column_numbers.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace {

using miura::matrix::ColumnNumbers;

TEST(ColumnNumbers, BecomeWideWhereOneIs) {
  ColumnNumbers columns{0, 65535};
  EXPECT_EQ(columns.all(), (std::vector<std::int32_t>{0, 65535}));
  columns.push_back(65536);
  columns.push_back(7);
  EXPECT_EQ(columns.size(), 4);
  EXPECT_EQ(columns[1], 65535);
  EXPECT_EQ(columns.all(), (std::vector<std::int32_t>{0, 65535, 65536, 7}));
}

TEST(ColumnNumbers, AreSetInAnyOrder) {
  for (const std::int32_t n_columns : {65536, 65537, 2'000'000}) {
    ColumnNumbers columns(n_columns, 3);
    columns.set(2, n_columns - 1);
    columns.set(0, 5);
    EXPECT_EQ(columns.all(), (std::vector<std::int32_t>{5, 0, n_columns - 1}));
  }
}

}  // namespace
