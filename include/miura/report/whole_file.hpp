#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "miura/base/open_file.hpp"
#include "miura/base/sha256.hpp"

namespace miura::report {

enum class Packing {
  plain,
  gzip,  ///< members of 1 MiB of text each, without time stamp or name: the bytes depend on the text alone
};

/// An output that appears whole or not at all: written to FILE.part beside it, flushed to the disk, then renamed, so
/// that neither a crash nor a full disk damages an older result. Not collective: one rank writes a file, inside
/// parallel::together.
///
/// Throws Error(cannot_create) if FILE.part cannot be opened and Error(io) if it cannot be written; both name FILE.
class WholeFile {
public:
  explicit WholeFile(std::filesystem::path path, Packing packing = Packing::plain);
  ~WholeFile();  ///< removes FILE.part if it was not published
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;

  /// The bytes of the file do not depend on how they are cut into calls.
  void write(std::string_view bytes);

  /// SHA-256 of the bytes on the disk. Nothing may be written afterwards. Once.
  std::string digest();

  /// Gives the file its name. Nothing may be written afterwards.
  void publish();

private:
  void pack(std::string_view text);
  void pack_rest();
  void write_through(std::string_view bytes);
  [[noreturn]] void fail(std::string_view doing) const;

  std::filesystem::path path_, part_;
  Packing packing_;
  OpenFile file_;
  bool empty_ = true;
  std::string waiting_;  ///< not yet packed, or not yet worth a system call
  Sha256 sha_;
};

/// The whole content at once: report.html, provenance.json.
void write_whole_file(const std::filesystem::path& path, std::string_view bytes, Packing packing = Packing::plain);

}  // namespace miura::report
