#pragma once

#include <filesystem>
#include <utility>

namespace miura {

/// A file descriptor of the operating system, closed at the end of its life.
class OpenFile {
public:
  OpenFile() = default;
  /// As open(2), closed on exec. Where that fails nothing is open and errno says why.
  OpenFile(const std::filesystem::path& path, int flags);
  ~OpenFile() { close(); }
  OpenFile(OpenFile&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }

  explicit operator bool() const noexcept { return number_ >= 0; }
  int number() const noexcept { return number_; }

  /// Once. False where the system could not keep what was written, as errno says.
  bool close() noexcept;

private:
  int number_ = -1;
};

/// What was renamed in a folder is on the disk only once the folder is. Some network file systems refuse this, which is
/// no error: the rename itself succeeded. Empty: the folder that the process is in.
void flush_folder(const std::filesystem::path& folder);

}  // namespace miura
