#pragma once

#include <cstdint>
#include <vector>

namespace miura::permutation {

/// The tests of a family, least extreme first, as the kernels walk through them: the running maximum over the first q
/// is then Westfall & Young's successive maximum. A Lane holds a statistic exactly, but for drawn relabelings, where it
/// holds a rank.
template <class Lane>
struct OrderedTests {
  std::int32_t n_lots = 0;
  std::int32_t n_outcomes = 0;
  bool two_sided = true;              ///< |S| counts; else S, the signs of x being such that large is extreme
  std::vector<Lane> x;                ///< n_tests x n_lots
  std::vector<std::int32_t> outcome;  ///< of each test
  std::vector<Lane> y;                ///< n_outcomes x n_lots
  std::vector<Lane> threshold;        ///< observed T, ascending; enumerations have their weights in x

  std::int64_t size() const noexcept { return std::ssize(outcome); }
};

/// Tests that a kernel looks at together, when all relabelings at hand reach the thresholds of all of them.
inline constexpr std::int64_t tests_per_block = 32;

/// What is counted over relabelings, one entry an ordered test.
struct Counts {
  std::vector<std::int64_t> step;    ///< maximum over the tests up to this one >= its threshold, but for `step_block`
  std::vector<std::int64_t> single;  ///< maximum over all tests >= its threshold, but for `all_below`
  /// [i] relabelings that reach all thresholds of the i-th block of tests, and were not counted one by one.
  std::vector<std::int64_t> step_block;
  /// [q] relabelings whose maximum reaches the thresholds 0 .. q - 1 and was therefore not counted there one by one.
  std::vector<std::int64_t> all_below;
  std::vector<std::int64_t> two_sided, greater, less;  ///< each test by itself; by the drawing kernel only

  explicit Counts(std::int64_t n_tests)
      : step(n_tests),
        single(n_tests),
        step_block((n_tests + tests_per_block - 1) / tests_per_block),
        all_below(n_tests + 1),
        two_sided(n_tests),
        greater(n_tests),
        less(n_tests) {}

  void add(const Counts& other);
  /// Adds step_block and all_below to the entries they stand for. Once, at the end.
  void settle();
};

}  // namespace miura::permutation
