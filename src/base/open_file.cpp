#include "miura/base/open_file.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace miura {

OpenFile::OpenFile(const std::filesystem::path& path, int flags)
    : number_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}

bool OpenFile::close() noexcept { return number_ < 0 || ::close(std::exchange(number_, -1)) == 0; }

void flush_folder(const std::filesystem::path& folder) {
  if (const OpenFile opened(folder.empty() ? "." : folder, O_RDONLY | O_DIRECTORY); opened) ::fsync(opened.number());
}

}  // namespace miura
