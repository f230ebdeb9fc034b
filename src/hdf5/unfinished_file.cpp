#include "hdf5/unfinished_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "miura/base/error.hpp"

namespace miura::hdf5 {

namespace {

constexpr std::int64_t metadata_bytes = 1 << 16;  // what HDF5 adds between two reservations is far less

bool cannot_reserve_here(int error) { return error == EOPNOTSUPP || error == ENOSYS || error == EINVAL; }

}  // namespace

UnfinishedFile::UnfinishedFile(std::filesystem::path path)
    : path_(std::move(path)), file_(path_, O_RDWR | O_CREAT | O_TRUNC) {
  if (!file_)
    throw Error(ExitCode::cannot_create,
                path_.string() + ": cannot be created: " + std::generic_category().message(errno));
}

UnfinishedFile::~UnfinishedFile() {
  if (!finished_) ::unlink(path_.c_str());
}

void UnfinishedFile::reserve(std::int64_t bytes) {
  const auto end = bytes + metadata_bytes;
  if (end <= reserved_) return;
  int failed = 0;
  do failed = ::fallocate(file_.number(), FALLOC_FL_KEEP_SIZE, reserved_, end - reserved_) == 0 ? 0 : errno;
  while (failed == EINTR);
  if (failed != 0 && !cannot_reserve_here(failed))
    throw Error(ExitCode::io, path_.string() + ": cannot be written: " + std::generic_category().message(failed));
  reserved_ = end;
}

void UnfinishedFile::reserve_again() {
  reserved_ = 0;
  reserve(0);
}

void UnfinishedFile::give_up() noexcept {
  if (::ftruncate(file_.number(), 0) == 0) reserved_ = 0;
}

}  // namespace miura::hdf5
