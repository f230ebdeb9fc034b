#include "input/whole_text.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <cstring>
#include <fstream>

namespace miura::input {

namespace {

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* d) const noexcept { libdeflate_free_decompressor(d); }
};

struct Bytes {
  std::unique_ptr<char[]> begin;  // one more than `size`, uninitialised
  std::int64_t size;
};

Bytes uninitialised(std::int64_t size) { return {std::make_unique_for_overwrite<char[]>(size + 1), size}; }

Bytes read_bytes(const Where& where) {
  std::error_code trouble;
  if (!std::filesystem::exists(where.file, trouble)) throw NotFoundError(where);
  if (std::filesystem::is_directory(where.file, trouble)) throw InputError(where, "is a folder, not a file");
  std::ifstream file(where.file, std::ios::binary);
  if (!file) throw NotFoundError(where, "cannot be opened");
  auto bytes = uninitialised(static_cast<std::int64_t>(std::filesystem::file_size(where.file)));
  if (!file.read(bytes.begin.get(), bytes.size)) throw Error(ExitCode::io, where.file.string() + ": cannot be read");
  return bytes;
}

bool is_gzip(const Bytes& bytes) {
  return bytes.size >= 2 && static_cast<unsigned char>(bytes.begin[0]) == 0x1F &&
         static_cast<unsigned char>(bytes.begin[1]) == 0x8B;
}

/// The last four bytes of a gzip file: its unpacked size modulo 2^32, if it has one member. A first guess, no more.
std::int64_t guessed_size(const Bytes& packed) {
  std::uint32_t tail = 0;
  if (packed.size >= 18) std::memcpy(&tail, packed.begin.get() + packed.size - 4, 4);
  return std::max<std::int64_t>(tail, packed.size) + 64;
}

Bytes unpack(const Bytes& packed, const Where& where) {
  const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(libdeflate_alloc_decompressor());
  auto text = uninitialised(guessed_size(packed));
  std::int64_t from = 0, to = 0;
  while (from < packed.size) {
    std::size_t used = 0, written = 0;
    const auto outcome =
        libdeflate_gzip_decompress_ex(decompressor.get(), packed.begin.get() + from, packed.size - from,
                                      text.begin.get() + to, text.size - to, &used, &written);
    if (outcome == LIBDEFLATE_INSUFFICIENT_SPACE) {
      auto larger = uninitialised(2 * text.size);
      std::copy_n(text.begin.get(), to, larger.begin.get());
      text = std::move(larger);
      continue;
    }
    if (outcome != LIBDEFLATE_SUCCESS) throw InputError(where, "the gzip data is damaged or cut off");
    from += static_cast<std::int64_t>(used);
    to += static_cast<std::int64_t>(written);
  }
  text.size = to;
  return text;
}

}  // namespace

WholeText read_whole_text(const Where& where) {
  auto bytes = read_bytes(where);
  if (is_gzip(bytes)) bytes = unpack(bytes, where);
  bytes.begin[bytes.size] = '\0';
  return {std::move(bytes.begin), bytes.size};
}

}  // namespace miura::input
