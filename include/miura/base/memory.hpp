#pragma once

#include <cstdint>

namespace miura {

/// Returns freed memory to the system. Libraries that miura links tell the allocator to keep whatever is freed
/// (SuperLU_DIST, through PETSc), so what a stage has left scattered in the heap would count to the end. Takes some
/// milliseconds; memory used again afterwards is fetched page by page.
void give_back_freed_memory();

/// The same where more than `most` bytes of the process are not in use by what was allocated: freed memory, and some
/// 50 MB of libraries and buffers of theirs. Does nothing where the system does not tell (glibc before 2.33). For the
/// start of a round that keeps a little of what it makes: that lies scattered among what the round before has freed, so
/// this one may find no room there.
void give_back_freed_memory_above(std::int64_t most = std::int64_t{1} << 28);

}  // namespace miura
