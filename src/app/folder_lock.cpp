#include "app/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <system_error>
#include <thread>

#include "miura/base/error.hpp"
#include "miura/parallel/communicator.hpp"
#include "miura/parallel/together.hpp"

namespace miura::app {

FolderLock::FolderLock(MPI_Comm comm, const std::filesystem::path& folder, std::chrono::seconds patience) {
  parallel::together(comm, [&] {
    if (parallel::rank_of(comm) != 0) return;
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (!failure) {
      file_ = OpenFile(folder / "lock", O_RDWR | O_CREAT);
      if (!file_) failure.assign(errno, std::generic_category());
    }
    if (failure) throw Error(ExitCode::cannot_create, folder.string() + ": cannot be created: " + failure.message());
    const auto held = [&] { return ::flock(file_.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK; };
    bool busy = held();
    for (const auto end = std::chrono::steady_clock::now() + patience; busy && std::chrono::steady_clock::now() < end;
         busy = held())
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (busy)
      throw Error(ExitCode::cannot_create,
                  folder.string() + ": another run is writing here; wait for its end, or choose another --out");
  });
}

}  // namespace miura::app
