// Core-seconds of the step-down maxT over all relabelings, from a share of the subsets: `permutation_bench [lots
// tests]`. A subset is one choice of the outcomes that go to the first half of the lots; all cost the same.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <numeric>
#include <string>

#include "miura/stats/random.hpp"
#include "permutation/split_enumeration.hpp"

namespace {

using namespace miura;

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

template <class Lane>
void measure(const char* name, std::int32_t n_lots, std::int32_t n_tests, Lane weight) {
  const auto tests = null_family<Lane>(n_lots, n_tests, weight);
  std::vector<std::vector<std::int32_t>> all_lots(1, std::vector<std::int32_t>(n_lots));
  std::iota(all_lots[0].begin(), all_lots[0].end(), 0);
  const permutation::LotSplit split(all_lots);
  permutation::SplitTables<Lane> tables;
  permutation::Counts counts(n_tests);
  count_subset(tests, split, 0, 1, tables, counts);  // first touch of the tables
  const auto start = cpu_seconds();
  std::int64_t done = 0;
  while (done + 1 < split.n_subsets() && cpu_seconds() - start < 4.0)
    count_subset(tests, split, ++done, 1, tables, counts);
  const auto seconds = cpu_seconds() - start;
  const auto all = static_cast<double>(split.n_subsets()) / static_cast<double>(done) * seconds;
  const auto pairs = static_cast<double>(done * split.n_first_orders * split.n_last_orders) * n_tests;
  std::printf(
      "%-6s %d lots, %d tests: %lld of %lld subsets in %.2f s, %.1f G tests x relabelings/s, "
      "all: %.2f core-seconds (%.2f where the outcome mirrors itself)\n",
      name, n_lots, n_tests, static_cast<long long>(done), static_cast<long long>(split.n_subsets()), seconds,
      pairs / seconds * 1e-9, all, all / 2);
}

}  // namespace

int main(int argc, char** argv) {
  const int n_lots = argc > 2 ? std::stoi(argv[1]) : 11, n_tests = argc > 2 ? std::stoi(argv[2]) : 20'000;
  measure<std::int16_t>("int16", n_lots, n_tests, 1);
  measure<std::int32_t>("int32", n_lots, n_tests, 1'000'003);
  measure<std::int64_t>("int64", n_lots, n_tests, std::int64_t{1} << 50);
}
