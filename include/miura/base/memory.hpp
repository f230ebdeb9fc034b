#pragma once

namespace miura {

/// Returns freed memory to the system. Libraries that miura links tell the allocator to keep whatever is freed
/// (SuperLU_DIST, through PETSc), so what a stage has left scattered in the heap would count to the end. Takes some
/// milliseconds; memory used again afterwards is fetched page by page.
void give_back_freed_memory();

}  // namespace miura
