#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace miura::stats {

/// What random numbers are drawn for; part of the key, so that streams never overlap.
enum class Purpose : std::uint32_t {
  permutation = 1,
  cluster,
  reference,
  bootstrap,
  simulate,
  cell_noise,
  sign_flip,
  count_split,
  power = 20,
  projection,
  integrate = 30,
  mapping,
  gene_permutation = 40,
  interval_placement,
  umap = 50,
  cell_cycle,
  doublets
};

/// Counter-based random numbers (Philox4x32-10, Salmon et al. 2011, by Random123): a stream is named by
/// (seed, purpose, index), never by the rank or thread that draws it. A UniformRandomBitGenerator of 32 bits.
class RandomStream {
public:
  using result_type = std::uint32_t;
  RandomStream(std::uint64_t seed, Purpose purpose, std::uint64_t index) noexcept;

  static constexpr result_type min() noexcept { return 0; }
  static constexpr result_type max() noexcept { return 0xFFFFFFFFU; }
  result_type operator()() noexcept;

  /// Uniform on [0, 1), 53 bits.
  double uniform() noexcept;
  /// Uniform on 0 .. n - 1 without bias (Lemire 2019). n > 0.
  std::uint32_t below(std::uint32_t n) noexcept;

private:
  std::uint64_t seed_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  std::uint32_t used_ = 4;
};

/// A well-mixed 64-bit hash (SplitMix64's finaliser) of an integer, for orders and ties that favour nobody.
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31);
}

/// Hash of a text under a seed; the same on every machine.
std::uint64_t hash_text(std::uint64_t seed, std::string_view text) noexcept;

}  // namespace miura::stats
