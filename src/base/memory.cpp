#include "miura/base/memory.hpp"

#include <cstdlib>  // tells whether this is glibc

#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 33)
#define MIURA_HAS_MALLINFO2
#endif
#include <malloc.h>
#include <unistd.h>

#include <fstream>
#endif

namespace miura {

#ifdef MIURA_HAS_MALLINFO2
namespace {

/// What the process has in memory, libraries and all. 0 where the system does not tell.
std::int64_t resident_bytes() {
  std::int64_t pages_of_addresses = 0, pages = 0;
  std::ifstream("/proc/self/statm") >> pages_of_addresses >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

}  // namespace
#endif

void give_back_freed_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

void give_back_freed_memory_above([[maybe_unused]] std::int64_t most) {
#ifdef MIURA_HAS_MALLINFO2
  const auto held = mallinfo2();
  if (resident_bytes() - static_cast<std::int64_t>(held.uordblks + held.hblkhd) > most) give_back_freed_memory();
#endif
}

}  // namespace miura
