#include "miura/base/sha256.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <vector>

#include "miura/base/error.hpp"
#include "miura/base/open_file.hpp"

namespace miura {

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1)
    throw std::runtime_error("libcrypto offers no SHA-256");
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::add(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
  return *this;
}

Sha256& Sha256::add(std::string_view text) {
  const std::uint64_t length = text.size();
  add(std::as_bytes(std::span(&length, 1)));
  return add(std::as_bytes(std::span(text)));
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest{};
  EVP_DigestFinal_ex(state_->context, digest.data(), nullptr);
  std::string text;
  for (const unsigned byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string sha256_of_file(const std::filesystem::path& path, PageCache pages) {
  const OpenFile file(path, O_RDONLY);
  if (!file) {
    const auto reason = std::generic_category().message(errno);  // where it is there all the same, the system says why
    throw NotFoundError({path}, std::filesystem::exists(path) ? "cannot be opened: " + reason : "not found");
  }
  ::posix_fadvise(file.number(), 0, 0, POSIX_FADV_SEQUENTIAL);
  Sha256 digest;
  std::vector<std::byte> buffer(1 << 20);
  constexpr std::int64_t let_go_at_once = 16 << 20;  // pages that were just read the kernel is slow to give back
  std::int64_t kept_from = 0;
  for (std::int64_t at = 0;;) {
    const auto n = ::read(file.number(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw Error(ExitCode::io, path.string() + ": read error: " + std::generic_category().message(errno));
    if (n == 0) break;
    digest.add(std::span<const std::byte>(buffer).first(static_cast<std::size_t>(n)));
    at += n;
    if (pages == PageCache::let_go && at - kept_from >= let_go_at_once) {
      ::posix_fadvise(file.number(), kept_from, at - kept_from, POSIX_FADV_DONTNEED);
      kept_from = at;
    }
  }
  return digest.hex();
}

}  // namespace miura
