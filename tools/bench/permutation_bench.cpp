// Core-seconds of the step-down maxT over all relabelings, from a share of the subsets, beside what the core could do
// if a test and relabeling took but an addition, an absolute value and a maximum: `permutation_bench [lots tests]`. A
// subset is one choice of the outcomes that go to the first half of the lots; all cost the same. Prints a line for each
// width of the sums, tab-separated: its name, core-seconds of all subsets (half of it where the outcome mirrors
// itself), and of how many they were told; tests x relabelings a second, and the limit of them.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <numeric>
#include <string>

#include "miura/stats/random.hpp"
#include "permutation/split_enumeration.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "permutation_bench.cpp"
#include <hwy/foreach_target.h>
// after foreach_target.h, which reads this file once a target
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace miura::bench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Eight running maxima of |a + b| that never leave the registers. Returns how many sums went into them.
template <class Lane>
std::int64_t add_and_max(std::int64_t rounds, std::int64_t& sink) {
  const hn::ScalableTag<Lane> d;
  auto b = hn::Set(d, static_cast<Lane>(sink));
  const auto start = [&](int u) HWY_ATTR { return hn::Set(d, static_cast<Lane>(sink + u)); };
  const auto a0 = start(0), a1 = start(-1), a2 = start(2), a3 = start(-3), a4 = start(4), a5 = start(-5), a6 = start(6),
             a7 = start(-7);
  auto r0 = a0, r1 = a1, r2 = a2, r3 = a3, r4 = a4, r5 = a5, r6 = a6, r7 = a7;
  const auto raise = [&](auto running, auto a) HWY_ATTR { return hn::Max(running, hn::Abs(hn::Add(a, b))); };
  for (std::int64_t r = 0; r < rounds; ++r) {
    r0 = raise(r0, a0), r1 = raise(r1, a1), r2 = raise(r2, a2), r3 = raise(r3, a3);
    r4 = raise(r4, a4), r5 = raise(r5, a5), r6 = raise(r6, a6), r7 = raise(r7, a7);
    b = hn::Add(b, r0);  // or the compiler would do the round once
  }
  const auto all = hn::Max(hn::Max(hn::Max(r0, r1), hn::Max(r2, r3)), hn::Max(hn::Max(r4, r5), hn::Max(r6, r7)));
  sink = hn::GetLane(all);
  return rounds * 8 * static_cast<std::int64_t>(hn::Lanes(d));
}

std::int64_t limit_int16(std::int64_t rounds, std::int64_t& sink) { return add_and_max<std::int16_t>(rounds, sink); }
std::int64_t limit_int32(std::int64_t rounds, std::int64_t& sink) { return add_and_max<std::int32_t>(rounds, sink); }

}  // namespace miura::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace miura::bench {

HWY_EXPORT(limit_int16);
HWY_EXPORT(limit_int32);

namespace {

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Features without ties and an outcome without ties, as tests of unequal norms where they are weighted; thresholds as
/// for a family in which nothing is associated.
template <class Lane>
permutation::OrderedTests<Lane> null_family(std::int32_t n_lots, std::int32_t n_tests, Lane weight) {
  permutation::OrderedTests<Lane> tests;
  tests.n_lots = n_lots;
  tests.n_outcomes = 1;
  for (std::int32_t l = 0; l < n_lots; ++l) tests.y.push_back(static_cast<Lane>(2 * l - (n_lots - 1)));
  for (std::int32_t q = 0; q < n_tests; ++q) {
    auto x = tests.y;
    stats::RandomStream random(1, stats::Purpose::simulate, static_cast<std::uint64_t>(q));
    std::ranges::shuffle(x, random);
    for (auto& rank : x) rank = static_cast<Lane>(rank * weight);
    const auto s = std::inner_product(x.begin(), x.end(), tests.y.begin(), Lane{0});
    tests.x.insert(tests.x.end(), x.begin(), x.end());
    tests.threshold.push_back(static_cast<Lane>(s < 0 ? -s : s));
  }
  tests.outcome.assign(n_tests, 0);
  std::ranges::sort(tests.threshold);
  return tests;
}

/// Sums a second of one core, in 10^9.
double limit(std::size_t lane_size) {
  std::int64_t sink = 1, sums = 0;
  const auto start = cpu_seconds();
  do
    sums += lane_size == 2 ? HWY_DYNAMIC_DISPATCH(limit_int16)(1'000'000, sink)
                           : HWY_DYNAMIC_DISPATCH(limit_int32)(1'000'000, sink);
  while (cpu_seconds() - start < 1.0);
  [[maybe_unused]] volatile const std::int64_t kept = sink;  // or nothing would have to be computed
  return static_cast<double>(sums) / (cpu_seconds() - start) * 1e-9;
}

template <class Lane>
void measure(const char* name, std::int32_t n_lots, std::int32_t n_tests, Lane weight) {
  const auto tests = null_family<Lane>(n_lots, n_tests, weight);
  std::vector<std::vector<std::int32_t>> all_lots(1, std::vector<std::int32_t>(n_lots));
  std::iota(all_lots[0].begin(), all_lots[0].end(), 0);
  const permutation::LotSplit split(all_lots);
  permutation::SplitTables<Lane> tables;
  permutation::Counts counts(n_tests);
  count_subset(tests, split, 0, 1, tables, counts);  // first touch of the tables
  const auto possible = sizeof(Lane) < 8 ? limit(sizeof(Lane)) : 0.0;
  const auto start = cpu_seconds();
  std::int64_t done = 0;
  while (done + 1 < split.n_subsets() && cpu_seconds() - start < 4.0)
    count_subset(tests, split, ++done, 1, tables, counts);
  const auto seconds = cpu_seconds() - start;
  const auto all = static_cast<double>(split.n_subsets()) / static_cast<double>(done) * seconds;
  const auto pairs = static_cast<double>(done * split.n_first_orders * split.n_last_orders) * n_tests;
  std::printf("%s, %d lots, %d tests\t%.2f\tsubsets=%lld of=%lld rate=%.3g", name, n_lots, n_tests, all,
              static_cast<long long>(done), static_cast<long long>(split.n_subsets()), pairs / seconds);
  if (possible > 0.0) std::printf(" limit=%.3g share_of_limit=%.2f", possible * 1e9, pairs / seconds * 1e-9 / possible);
  std::printf("\n");
}

}  // namespace

}  // namespace miura::bench

int main(int argc, char** argv) {
  const int n_lots = argc > 2 ? std::stoi(argv[1]) : 11, n_tests = argc > 2 ? std::stoi(argv[2]) : 20'000;
  using namespace miura::bench;
  measure<std::int16_t>("int16", n_lots, n_tests, 1);
  measure<std::int32_t>("int32", n_lots, n_tests, 1'000'003);
  measure<std::int64_t>("int64", n_lots, n_tests, std::int64_t{1} << 50);
}
#endif  // HWY_ONCE
