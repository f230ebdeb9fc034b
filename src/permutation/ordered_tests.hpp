#pragma once

#include <cstdint>
#include <vector>

namespace miura::permutation {

/// The tests of a family, least extreme first, as the kernels walk through them: the running maximum over the first q
/// is then Westfall & Young's successive maximum. A Lane holds a statistic: int16 or float where that is exact, else
/// double.
template <class Lane>
struct OrderedTests {
  std::int32_t n_lots = 0;
  std::int32_t n_outcomes = 0;
  std::vector<Lane> x;                ///< n_tests x n_lots
  std::vector<std::int32_t> outcome;  ///< of each test
  std::vector<Lane> y;                ///< n_outcomes x n_lots
  std::vector<Lane> weight;           ///< makes |S| comparable: T = weight x |S|; empty where all norms are equal
  std::vector<Lane> threshold;        ///< observed T, ascending
  std::vector<Lane> observed;         ///< observed S

  std::int64_t size() const noexcept { return std::ssize(outcome); }
};

/// What is counted over relabelings, one entry an ordered test.
struct Counts {
  std::vector<std::int64_t> step;    ///< maximum over the tests up to this one >= its threshold
  std::vector<std::int64_t> single;  ///< maximum over all tests >= its threshold, but for `all_below`
  /// [q] relabelings whose maximum reaches the thresholds 0 .. q - 1 and was therefore not counted there one by one.
  std::vector<std::int64_t> all_below;
  std::vector<std::int64_t> two_sided, greater, less;  ///< each test by itself; by the drawing kernel only

  explicit Counts(std::int64_t n_tests)
      : step(n_tests), single(n_tests), all_below(n_tests + 1), two_sided(n_tests), greater(n_tests), less(n_tests) {}

  void add(const Counts& other);
  /// Adds all_below to the entries it stands for. Once, at the end.
  void settle();
};

}  // namespace miura::permutation
