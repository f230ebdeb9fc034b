#include "miura/stats/random.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

namespace miura::stats {

RandomStream::RandomStream(std::uint64_t seed, Purpose purpose, std::uint64_t index) noexcept
    : seed_(seed),
      counter_{0, static_cast<std::uint32_t>(purpose), static_cast<std::uint32_t>(index),
               static_cast<std::uint32_t>(index >> 32)} {}

RandomStream::result_type RandomStream::operator()() noexcept {
  if (used_ == 4) {
    const r123::Philox4x32 philox;
    const auto drawn = philox({{counter_[0]++, counter_[1], counter_[2], counter_[3]}},
                              {{static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)}});
    for (std::uint32_t i = 0; i < 4; ++i) block_[i] = drawn[i];
    used_ = 0;
  }
  return block_[used_++];
}

double RandomStream::uniform() noexcept {
  const std::uint64_t high = (*this)() >> 5, low = (*this)() >> 6;  // 27 and 26 bits
  return static_cast<double>((high << 26) | low) * 0x1p-53;
}

std::uint32_t RandomStream::below(std::uint32_t n) noexcept {
  std::uint64_t product = std::uint64_t{(*this)()} * n;
  auto low = static_cast<std::uint32_t>(product);
  if (low < n)
    for (const std::uint32_t threshold = -n % n; low < threshold;) {
      product = std::uint64_t{(*this)()} * n;
      low = static_cast<std::uint32_t>(product);
    }
  return static_cast<std::uint32_t>(product >> 32);
}

std::uint64_t hash_text(std::uint64_t seed, std::string_view text) noexcept {
  std::uint64_t h = mix(seed ^ mix(text.size()));
  for (const char c : text) h = mix(h ^ static_cast<unsigned char>(c));
  return h;
}

}  // namespace miura::stats
