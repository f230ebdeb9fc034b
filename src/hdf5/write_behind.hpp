#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>

#include "miura/base/open_file.hpp"

namespace miura::hdf5 {

/// Sends what was written to a file on to the disk while more is being made, and gives the pages back that it took.
///
/// Why: gigabytes of a result would otherwise fill the page cache, which the memory limit of a job counts, take a fresh
/// page for every 4 KiB, and leave all of the disk's work to the end.
class WriteBehind {
public:
  /// Of a file that is there and that others write. Error(io) if it cannot be opened.
  explicit WriteBehind(std::filesystem::path path);

  /// These bytes were written by this process. Waits for earlier ones where the disk is far behind. Error(io) if the
  /// disk refused them; does nothing on file systems that know no such thing.
  void wrote(std::int64_t offset, std::int64_t bytes);

private:
  struct Stretch {
    std::int64_t offset, bytes;
  };
  void settle(const Stretch& stretch) const;
  void check(int failed) const;

  std::filesystem::path path_;
  OpenFile file_;
  std::deque<Stretch> under_way_;
  std::int64_t bytes_under_way_ = 0;
};

}  // namespace miura::hdf5
