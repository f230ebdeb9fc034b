#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "miura/base/error.hpp"

namespace miura::input {

/// The bytes of a text file, unpacked. A zero byte follows the last one, so that scanners of digits need no other end.
class WholeText {
public:
  WholeText(std::unique_ptr<char[]> bytes, std::int64_t size) : bytes_(std::move(bytes)), size_(size) {}
  char* begin() noexcept { return bytes_.get(); }
  char* end() noexcept { return bytes_.get() + size_; }
  std::string_view view() const noexcept { return {bytes_.get(), static_cast<std::size_t>(size_)}; }

private:
  std::unique_ptr<char[]> bytes_;
  std::int64_t size_;
};

/// Reads a plain or gzip file (told by its first bytes; several gzip members in a row are one text, as bgzip and pigz
/// write). `where` names it in errors: NotFoundError, Error(io), or InputError when the gzip data is damaged or cut
/// off.
WholeText read_whole_text(const Where& where);

}  // namespace miura::input
