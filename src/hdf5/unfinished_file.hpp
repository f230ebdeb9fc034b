#pragma once

#include <cstdint>
#include <filesystem>

#include "miura/base/open_file.hpp"

namespace miura::hdf5 {

/// A file that is being written: the disk's space for it is reserved before others write to it, and it vanishes again
/// unless it is finished. One rank holds it.
///
/// Why: when a disk fills up inside a collective write, Open MPI's OMPIO leaves the other ranks waiting for ever, or
/// tells nobody and leaves zeros in the file. Space that was reserved cannot run out.
class UnfinishedFile {
public:
  /// Makes an empty file, or throws Error(cannot_create).
  explicit UnfinishedFile(std::filesystem::path path);
  ~UnfinishedFile();
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;

  /// Reserves the disk's space for the first `bytes` of the file and some metadata behind them; Error(io) if there is
  /// not so much. Does nothing where the file system cannot reserve.
  void reserve(std::int64_t bytes);
  /// As reserve(0), after somebody has cut the file to nothing and so freed what was reserved.
  void reserve_again();

  /// Frees the space, so that what a library still insists on writing before it closes the file finds room.
  void give_up() noexcept;
  /// The file stays.
  void finish() noexcept { finished_ = true; }

private:
  std::filesystem::path path_;
  OpenFile file_;
  std::int64_t reserved_ = 0;
  bool finished_ = false;
};

}  // namespace miura::hdf5
