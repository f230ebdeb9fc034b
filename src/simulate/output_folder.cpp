#include "simulate/output_folder.hpp"

#include <fmt/format.h>

#include <system_error>

#include "miura/base/error.hpp"

namespace miura::simulate {

namespace fs = std::filesystem;

void OutputFolder::open(std::string_view whole, const std::vector<std::string_view>& folders) const {
  std::error_code failed;
  const auto check = [&](std::string_view problem) {
    if (failed)
      throw Error(ExitCode::cannot_create, fmt::format("{}: {}: {}", out_.string(), problem, failed.message()));
  };
  fs::create_directories(out_, failed);
  check("cannot be created");
  for (fs::directory_iterator entry(out_, failed), end; !failed && entry != end; entry.increment(failed))
    if (entry->path() != partial())
      throw Error(ExitCode::cannot_create,
                  fmt::format("{}: is not empty; a {} needs a folder of its own", out_.string(), whole));
  check("cannot be read");
  fs::remove_all(partial(), failed);
  if (!failed) fs::create_directories(partial(), failed);
  for (const auto folder : folders)
    if (!failed) fs::create_directories(partial() / folder, failed);
  check("cannot be written to");
}

void OutputFolder::publish(const std::vector<std::string_view>& names) const {
  std::error_code failed;
  for (const auto name : names) {
    fs::rename(partial() / name, out_ / name, failed);
    if (failed)
      throw Error(ExitCode::io,
                  fmt::format("{}: cannot be moved into place: {}", (out_ / name).string(), failed.message()));
  }
  fs::remove(partial(), failed);
  if (failed) throw Error(ExitCode::io, fmt::format("{}: cannot be removed: {}", partial().string(), failed.message()));
}

}  // namespace miura::simulate
