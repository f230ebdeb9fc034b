#include "miura/base/memory.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <vector>

namespace {

using miura::give_back_freed_memory_above;

std::int64_t resident_mib() {
  std::int64_t addresses = 0, pages = 0;
  std::ifstream("/proc/self/statm") >> addresses >> pages;
  return pages * sysconf(_SC_PAGESIZE) >> 20;
}

/// 256 MiB are freed between small blocks that stay, so that the allocator cannot shrink its heap.
TEST(FreedMemory, IsReturnedFromBetweenWhatStaysWhereThereIsTooMuchOfIt) {
#if !defined(__GLIBC__) || defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the allocator is not glibc's";
#endif
  constexpr int blocks = 4096, block = 1 << 16;  // smaller than what is mapped by itself
  std::vector<std::unique_ptr<char[]>> stays;
  std::vector<std::unique_ptr<char[]>> goes;
  for (int b = 0; b < blocks; ++b) {
    goes.emplace_back(new char[block]());
    stays.emplace_back(new char[64]());
  }
  goes.clear();
  const auto held = resident_mib();
  ASSERT_GE(held, 256);

  give_back_freed_memory_above(std::int64_t{512} << 20);
  EXPECT_GT(resident_mib(), held - 16);
  give_back_freed_memory_above(std::int64_t{128} << 20);
  EXPECT_LT(resident_mib(), held - 192);
}

}  // namespace
