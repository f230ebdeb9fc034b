#pragma once

#include <mpi.h>

#include <chrono>
#include <filesystem>

#include "miura/base/open_file.hpp"

namespace miura::app {

/// Keeps a second run out of a folder for as long as it lives. Rank 0 holds it; the kernel lets go of it however the
/// program ends.
class FolderLock {
public:
  /// Makes the folder if it is not there. Error(cannot_create) if that fails or another run holds the folder, and still
  /// does after `patience`. Where the file system knows no locks, all go in. Collective.
  FolderLock(MPI_Comm comm, const std::filesystem::path& folder, std::chrono::seconds patience = {});

private:
  OpenFile file_;
};

}  // namespace miura::app
