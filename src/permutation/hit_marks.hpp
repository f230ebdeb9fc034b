#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/hit_counts.hpp"

namespace miura::permutation {

/// Marks of one test, or one unit, under 512 relabelings: a bit each.
inline constexpr int words_per_tile = 8;
inline constexpr std::int64_t relabelings_per_word = 64;
inline constexpr std::int64_t relabelings_per_tile = words_per_tile * relabelings_per_word;
struct alignas(64) Marks {
  std::array<std::uint64_t, words_per_tile> word;
};

/// Which of the relabelings of a tile make a test a hit, on either side.
struct HitMarks {
  std::vector<Marks> positive, negative;  ///< one entry a test of the chunk

  void resize(std::int64_t n_tests) {
    positive.resize(n_tests);
    negative.resize(n_tests);
  }
};

/// S of a chunk of tests over all arrangements of the two halves of the lots: S of a relabeling is the sum of one of
/// each. Words are numbered by arrangement of the first lots, then 64 arrangements of the last lots at a time.
struct HalfSums {
  std::int64_t n_first = 0;         ///< arrangements of the first lots
  std::int64_t words_per_row = 0;   ///< arrangements of the last lots, in words
  std::vector<std::int16_t> first;  ///< test x n_first
  std::vector<std::int16_t> last;   ///< test x words_per_row x 64; what is beyond the arrangements means nothing

  std::int64_t n_words() const noexcept { return n_first * words_per_row; }
};

/// Marks the tests under the words [first_word, first_word + words_per_tile) of HalfSums; words beyond the last one
/// repeat it.
void mark_sums(const HalfSums& sums, std::span<const std::int16_t> bar, std::int64_t first_word, HitMarks& marks);

/// Outcomes under the relabelings of a tile, laid out for products of two lots at a time: outcome x pair of lots x
/// relabeling x 2.
struct DrawnTile {
  std::int32_t n_pairs = 0;
  std::vector<std::int16_t> y;
};

/// The chunk's tests: x is test x n_pairs x 2; `outcome` names the rows of DrawnTile. S must fit 32 bits.
void mark_drawn(const DrawnTile& tile, std::span<const std::int16_t> x, std::span<const std::int32_t> outcome,
                std::span<const std::int32_t> bar, HitMarks& marks);

/// Adds those of the units that count to the counts of the tile's relabelings. `place`: of each test in the marks.
/// Counts lie in bit planes, into which eight units go at a time by carry-save adders (Harley & Seal; Mula, Kurz &
/// Lemire 2018, Comput. J. 61:111): six logical operations a unit for 512 relabelings.
void count_units(const HitRule& rule, std::span<const std::int64_t> units, std::span<const std::int32_t> place,
                 const HitMarks& marks, std::span<std::int32_t, relabelings_per_tile> counts);

}  // namespace miura::permutation
