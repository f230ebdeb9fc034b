#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace miura {

/// SHA-256 of a stream of bytes (FIPS 180-4, by OpenSSL's libcrypto).
class Sha256 {
public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& add(std::span<const std::byte> bytes);
  /// A text and its length, so that ("ab", "c") and ("a", "bc") differ.
  Sha256& add(std::string_view text);
  /// 64 lower-case hexadecimal digits. The object must not be used afterwards.
  std::string hex();

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What becomes of the memory in which the system keeps a file that was read. What a job has written itself nobody
/// reads again soon, and the memory limit of a job counts it.
enum class PageCache { keep, let_go };

/// Digest of a file's bytes. Throws NotFoundError if it cannot be opened, Error(io) if it cannot be read.
std::string sha256_of_file(const std::filesystem::path& path, PageCache pages = PageCache::keep);

}  // namespace miura
