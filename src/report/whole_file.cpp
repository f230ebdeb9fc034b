#include "miura/report/whole_file.hpp"

#include <fcntl.h>
#include <libdeflate.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <new>
#include <span>
#include <system_error>
#include <utility>

#include "miura/base/error.hpp"

namespace miura::report {

namespace {

constexpr std::size_t member_bytes = 1 << 20;  // text of a gzip member; libdeflate packs a whole buffer at a time
constexpr int deflate_level = 6;               // gzip's own default

}  // namespace

WholeFile::WholeFile(std::filesystem::path path, Packing packing)
    : path_(std::move(path)),
      part_(path_.string() + ".part"),
      packing_(packing),
      file_(part_, O_WRONLY | O_CREAT | O_TRUNC) {
  if (!file_)
    throw Error(ExitCode::cannot_create,
                path_.string() + ": cannot be created: " + std::generic_category().message(errno));
}

WholeFile::~WholeFile() {
  if (file_) ::unlink(part_.c_str());
}

void WholeFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto taken = bytes.substr(0, member_bytes - waiting_.size());
    waiting_ += taken;
    bytes.remove_prefix(taken.size());
    if (waiting_.size() == member_bytes) pack(std::exchange(waiting_, {}));
  }
}

std::string WholeFile::digest() {
  pack_rest();
  return sha_.hex();
}

void WholeFile::publish() {
  pack_rest();
  if (::fsync(file_.number()) != 0) fail("flushed");
  if (!file_.close()) fail("closed");
  if (std::rename(part_.c_str(), path_.c_str()) != 0) fail("renamed");
  flush_folder(path_.parent_path());
}

void WholeFile::pack_rest() {
  if (!waiting_.empty() || (empty_ && packing_ == Packing::gzip)) pack(std::exchange(waiting_, {}));
}

void WholeFile::pack(std::string_view text) {
  empty_ = false;
  if (packing_ == Packing::plain) return write_through(text);
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(deflate_level), &libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  std::string packed(libdeflate_gzip_compress_bound(compressor.get(), text.size()), '\0');
  packed.resize(libdeflate_gzip_compress(compressor.get(), text.data(), text.size(), packed.data(), packed.size()));
  write_through(packed);
}

void WholeFile::write_through(std::string_view bytes) {
  sha_.add(std::as_bytes(std::span(bytes)));
  while (!bytes.empty()) {
    const auto written = ::write(file_.number(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("written");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void WholeFile::fail(std::string_view doing) const {
  const auto reason = std::generic_category().message(errno);
  ::unlink(part_.c_str());
  throw Error(ExitCode::io, path_.string() + ": cannot be " + std::string(doing) + ": " + reason);
}

void write_whole_file(const std::filesystem::path& path, std::string_view bytes, Packing packing) {
  WholeFile file(path, packing);
  file.write(bytes);
  file.publish();
}

}  // namespace miura::report
