#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "miura/permutation/hit_counts.hpp"

namespace miura::permutation {

/// The tests in an order in which they can be looked at piece by piece: all tests of a unit are in one chunk, so that
/// a chunk's units can be counted before the next chunk is marked.
struct HitPlan {
  /// `most_tests`: of a chunk, but for units that hold more.
  HitPlan(const RankTests& all_tests, std::span<const HitRule> all_rules, std::int64_t most_tests);

  std::vector<std::int32_t> test;         ///< the tests that any rule asks for; within a chunk by outcome
  std::vector<std::int64_t> chunk_start;  ///< into test, n_chunks + 1 entries
  std::vector<std::int32_t> place;        ///< of each test within its chunk; -1 where no rule asks for it
  /// [rule][chunk]: units of the rule whose tests are in the chunk.
  std::vector<std::vector<std::vector<std::int64_t>>> units;

  std::int64_t n_chunks() const noexcept { return std::ssize(chunk_start) - 1; }
  std::span<const std::int32_t> tests_of(std::int64_t chunk) const noexcept {
    return std::span(test).subspan(chunk_start[chunk], chunk_start[chunk + 1] - chunk_start[chunk]);
  }
  std::int64_t largest_chunk() const noexcept;
};

}  // namespace miura::permutation
