#include "hdf5/write_behind.hpp"

#include <fcntl.h>

#include <cerrno>
#include <system_error>

#include "miura/base/error.hpp"

namespace miura::hdf5 {

namespace {

constexpr std::int64_t worth_a_call = 1 << 20, most_under_way = 64 << 20;

}  // namespace

WriteBehind::WriteBehind(std::filesystem::path path) : path_(std::move(path)), file_(path_, O_RDWR) {
  if (!file_)
    throw Error(ExitCode::io, path_.string() + ": cannot be opened: " + std::generic_category().message(errno));
}

void WriteBehind::wrote(std::int64_t offset, std::int64_t bytes) {
  if (bytes < worth_a_call) return;
  check(::sync_file_range(file_.number(), offset, bytes, SYNC_FILE_RANGE_WRITE));
  under_way_.push_back({offset, bytes});
  bytes_under_way_ += bytes;
  while (bytes_under_way_ > most_under_way && under_way_.size() > 1) {
    settle(under_way_.front());
    bytes_under_way_ -= under_way_.front().bytes;
    under_way_.pop_front();
  }
}

void WriteBehind::settle(const Stretch& stretch) const {
  check(::sync_file_range(file_.number(), stretch.offset, stretch.bytes,
                          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER));
  ::posix_fadvise(file_.number(), stretch.offset, stretch.bytes, POSIX_FADV_DONTNEED);
}

/// An error is told to the first who asks, so not again by the fsync at the end.
void WriteBehind::check(int failed) const {
  if (failed != 0 && (errno == EIO || errno == ENOSPC || errno == EDQUOT))
    throw Error(ExitCode::io, path_.string() + ": cannot be written: " + std::generic_category().message(errno));
}

}  // namespace miura::hdf5
